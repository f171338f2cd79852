/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open bitstream units of AV1 (AV1 bitstream specification, section 5.3). */
#ifndef RTPRELAY_MEDIA_OBU_H
#define RTPRELAY_MEDIA_OBU_H

#include <glib.h>

#define OBU_SEQUENCE_HEADER	1
#define OBU_TEMPORAL_DELIMITER	2
#define OBU_TILE_LIST		8

#define OBU_EXTENSION		0x04
#define OBU_HAS_SIZE		0x02

struct obu {
	guint type;
	const guint8 *data;	/* from the header on */
	gsize head;		/* octets of the header, with its extension, without a size */
	gsize skip;		/* octets of the size behind it */
	gsize len;		/* octets behind both */
};

/*
 * The OBU at *pos, which is moved behind it. One without a size reaches to the end.
 * FALSE at the end, and, with *bad set, when it does not fit.
 */
gboolean obu_next(const guint8 *data, gsize size, gsize *pos, struct obu *obu, gboolean *bad);

/* leb128() at *pos, which is moved behind it; FALSE when it does not fit. */
gboolean obu_read_size(const guint8 *data, gsize size, gsize *pos, gsize *value);
void obu_append_size(GByteArray *to, gsize value);

#endif
