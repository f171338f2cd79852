/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An H.264 SVC stream as a file: NAL units, access units, layers, caps.
 */
#ifndef RTPRELAY_MEDIA_H264_H
#define RTPRELAY_MEDIA_H264_H

#include <glib.h>

enum h264_nal_type {
	H264_SLICE = 1,
	H264_SLICE_IDR = 5,
	H264_PREFIX = 14,
	H264_SLICE_EXT = 20,
	H264_STAP_A = 24,
	H264_FU_A = 28,
};

#define H264_NAL_TYPE(octet)	((octet) & 0x1f)

/* The operating point of a NAL unit, or the highest one that a viewer wants. */
struct svc_point {
	guint8 did;	/* dependency (spatial) id, 0 to 7 */
	guint8 qid;	/* quality id, 0 to 15 */
	guint8 tid;	/* temporal id, 0 to 7 */
};

struct h264_nal {
	const guint8 *data;		/* from the header octet on, no start code */
	gsize len;			/* octets, at least 1 */
	struct svc_point layer;		/* meaningless when common is set */
	gboolean common;		/* belongs to every layer: parameter sets, SEI, ... */
};

struct h264_au {
	guint first;	/* index of the first NAL unit in h264_stream.nals */
	guint count;	/* NAL units, at least 1 */
	gboolean idr;	/* the base layer picture is an IDR picture */
};

struct h264_stream {
	GBytes *bytes;	/* the Annex B file; the NAL units point into it */
	GArray *nals;	/* struct h264_nal */
	GArray *aus;	/* struct h264_au */
};

/*
 * Finds the next NAL unit of an Annex B byte stream from *pos on. Returns FALSE
 * at the end, else sets data and len of @nal and moves *pos behind it.
 */
gboolean annexb_next(const guint8 *buf, gsize size, gsize *pos, struct h264_nal *nal);

/* Appends a NAL unit with its start code. */
void annexb_append(GByteArray *out, const guint8 *data, gsize len);

/*
 * Fills in layer and common of @nal. @prefix_tid is what the walk remembers from
 * one NAL unit to the next (the temporal id of a prefix NAL unit): start with 0.
 */
void h264_classify(struct h264_nal *nal, guint8 *prefix_tid);

/* Whether a viewer with this cap gets the NAL unit. */
gboolean h264_keep(const struct h264_nal *nal, const struct svc_point *cap);

/* "d,q,t" in decimal, each within its range; FALSE with @error set if it is not. */
gboolean svc_point_parse(const char *text, struct svc_point *point, GError **error);

/*
 * Splits an Annex B file into NAL units and access units. NULL with @error set
 * if the file cannot be read or has no picture.
 */
struct h264_stream *h264_stream_load(const char *path, GError **error);
struct h264_stream *h264_stream_new(GBytes *bytes, GError **error);
void h264_stream_free(struct h264_stream *stream);

/* g_autoptr() takes a name of one word */
typedef struct h264_stream h264_stream;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(h264_stream, h264_stream_free)

static inline const struct h264_nal *h264_stream_nal(const struct h264_stream *stream, guint i)
{
	return &g_array_index(stream->nals, struct h264_nal, i);
}

static inline const struct h264_au *h264_stream_au(const struct h264_stream *stream, guint i)
{
	return &g_array_index(stream->aus, struct h264_au, i);
}

#endif
