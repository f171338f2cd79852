/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the encoders of layered files have in common: their command line and input. */
#ifndef RTPRELAY_MEDIA_PICTURES_H
#define RTPRELAY_MEDIA_PICTURES_H

#include "layered.h"

#define SPATIAL_LAYERS	3
#define TEMPORAL_LAYERS	3
#define PERIOD		4	/* of the temporal layers: 0 2 1 2 */

struct pictures {
	gint width;
	gint height;
	gint rate;	/* pictures a second */
	gint key;	/* pictures from one key picture to the next */
};

/* The temporal layer of a picture, counted from the key picture. */
guint pictures_tid(guint since_key);

/*
 * Parses a command line "[OPTION...] INPUT OUTPUT", calls @encode with each I420 picture
 * of INPUT, marks where temporal layers can be begun and writes @stream to OUTPUT.
 * Exits with a message if any of it fails. @open is called once, before the first.
 */
void pictures_encode(int argc, char **argv, struct layered *stream, const char *summary,
		     void (*open)(const struct pictures *pictures),
		     void (*encode)(guint picture, guint since_key, guint8 *i420));

#endif
