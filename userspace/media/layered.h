/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scalable stream as its encoder gave it out: one frame for each spatial layer of
 * each picture, with what the encoder knows of it and a packetizer needs.
 *
 * In a file: a header of 16 octets, then for each frame one of 48 octets and its data;
 * all numbers little endian.
 *
 *	file	0  8  "layered1"
 *		8  4  "VP90" or "AV01"
 *		12 4  0
 *	frame	0  4  number of the frame
 *		4  4  number of the picture
 *		8  4  timestamp, in 90,000ths of a second
 *		12 4  octets of data that follow
 *		16 2  width
 *		18 2  height
 *		20 1  spatial layer
 *		21 1  temporal layer
 *		22 1  flags: 1 for key, 2 for switching
 *		23 1  how many references, at most 12
 *		24 24 references, 2 octets each
 */
#ifndef RTPRELAY_MEDIA_LAYERED_H
#define RTPRELAY_MEDIA_LAYERED_H

#include <glib.h>

#define LAYERED_CLOCK		90000
#define LAYERED_MAX_REFS	12
#define LAYERED_MAX_ID		7

enum layered_codec {
	LAYERED_VP9,
	LAYERED_AV1,
};

/*
 * Frames are numbered from 0 in the order of the encoder, those of a picture from the
 * lowest spatial layer up; the encoder leaves none out. A file that was cut keeps the
 * numbers.
 */
struct layered_frame {
	guint32 number;
	guint32 picture;
	guint32 timestamp;
	guint16 width;
	guint16 height;
	guint8 sid;		/* spatial layer, 0 to LAYERED_MAX_ID */
	guint8 tid;		/* temporal layer, the same for all of a picture */
	gboolean key;		/* its picture refers to no other, nor one after it to one before */
	gboolean switching;	/* more temporal layers can be begun after its picture */
	guint refs;
	guint16 ref[LAYERED_MAX_REFS];	/* how many frames back, each at least 1 */
	GBytes *data;
};

struct layered {
	enum layered_codec codec;
	GPtrArray *frames;	/* struct layered_frame, owned */
};

struct layered *layered_new(enum layered_codec codec);
void layered_free(struct layered *stream);

/* NULL with @error set if the file cannot be read or is not of this format. */
struct layered *layered_load(const char *path, GError **error);
struct layered *layered_parse(const guint8 *data, gsize size, GError **error);
gboolean layered_save(const struct layered *stream, const char *path, GError **error);

/* Appends a frame without references. @data is copied. */
struct layered_frame *layered_add(struct layered *stream, const guint8 *data, gsize len);

void layered_add_ref(struct layered_frame *frame, guint32 number);

/* Sets switching of each frame, from the references. */
void layered_mark_switching(struct layered *stream);

/* Whether the frame refers to another picture. */
gboolean layered_predicted(const struct layered_frame *frame);

/* Whether it refers to the layer right below in its picture. */
gboolean layered_refers_below(const struct layered_frame *frame);

/* The first frame of the picture after that of frame @index, or how many frames there are. */
guint layered_next_picture(const struct layered *stream, guint index);

/* g_autoptr() takes a name of one word */
typedef struct layered layered;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(layered, layered_free)

static inline struct layered_frame *layered_at(const struct layered *stream, guint index)
{
	return g_ptr_array_index(stream->frames, index);
}

#endif
