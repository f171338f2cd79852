/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs share that make the test vectors of the codecs: real
 * packetisers, told what an encoder made, and the files that come of it.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <glib.h>
#include <gst/gst.h>

#include "codec.h"

/**
 * struct unit - a NAL unit as an encoder made it
 * @data: its bytes, without a start code
 * @len: how many
 * @picture: the picture that it is of, counted in decoding order
 * @time: when that is shown, in pictures
 * @layer: what the encoder says about it; what can be begun here, if it were
 *	the first unit of its layer and access unit. RTP_LAYER_UNMARK: it is
 *	not the last of its access unit even if it is where a packet ends.
 * @coded: it is part of a picture
 */
struct unit {
	guint8 *data;
	gsize len;
	guint picture;
	guint time;
	struct rtp_layer layer;
	gboolean coded;
};

/**
 * struct packet - an RTP packet as a packetiser made it
 * @rtp: all of it
 * @picture: of the first unit that is in it
 * @layer: what a codec is to say
 * @whole: cut short, it could no longer be read
 * @fragment: it holds a part of a unit
 */
struct packet {
	GBytes *rtp;
	guint picture;
	struct rtp_layer layer;
	gboolean whole;
	gboolean fragment;
};

/* A payload made by hand. */
struct payload {
	gsize len;
	guint8 bytes[24];
};

#define PAYLOAD(...) { sizeof((guint8[]) { __VA_ARGS__ }), { __VA_ARGS__ } }

/* How NAL units look in packets: bytes of a unit's header, which a packet has
 * as well; a fragment has one more.
 */
#define H264_HEADER	1
#define H265_HEADER	2

GArray *units_new(void);
GPtrArray *packets_new(void);
void packets_append(GPtrArray *packets, GBytes *rtp);

GPtrArray *vectors_gstreamer(const GArray *units, const char *caps, const char *payloader);
GPtrArray *vectors_ffmpeg(const GArray *units, const char *format, guint size);
GPtrArray *vectors_pipeline(const char *description, void (*prepare)(GstElement *pipeline));

void vectors_expect(GPtrArray *packets, const GArray *units, gsize header);
void vectors_append(GString *text, const char *name, const GPtrArray *packets);
void vectors_write(const GString *text, const char *path);
void vectors_seed(const GPtrArray *packets, const char *directory, const char *name);
void vectors_seed_payloads(const struct payload *payloads, gsize n, const char *directory,
			   const char *name);

#endif /* VECTORS_H */
