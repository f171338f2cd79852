/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cap that a viewer asks for in its URL: ?cap=DID,QID,TID */
#ifndef RTPRELAYD_CAP_H
#define RTPRELAYD_CAP_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/* Longest result of cap_to_string(), NUL included: "7,15,7" */
#define CAP_STRLEN	7

/**
 * cap_parse - read the cap from a URL's query
 * @query: what follows the question mark, or NULL
 * @cap: set; everything when @query has no cap
 *
 * Return: FALSE when there are two caps, or one that is not three decimal
 * numbers within 0-7, 0-15 and 0-7. Other parameters are left alone.
 */
gboolean cap_parse(const char *query, struct rtp_fanout_cap *cap);

/**
 * cap_canonical - one cap for all that keep the same
 * @codec: of the stream, see struct rtp_fanout_config
 *
 * Return: FANOUT_CAP_ALL with the flags of @cap when the stream has no layers, else
 * @cap.
 */
struct rtp_fanout_cap cap_canonical(const struct rtp_fanout_cap *cap,
				    const guint8 codec[static 128]);

/* cap_is_within - has @cap none but layers that @of has? A pause is within nothing. */
gboolean cap_is_within(const struct rtp_fanout_cap *cap,
		       const struct rtp_fanout_cap *of);

/* cap_compare - negative, 0, positive: by spatial, then temporal, then quality layer */
gint cap_compare(const struct rtp_fanout_cap *a, const struct rtp_fanout_cap *b);

/* cap_to_string - the value that cap_parse() reads; returns @buf */
const char *cap_to_string(const struct rtp_fanout_cap *cap,
			  char buf[static CAP_STRLEN]);

#endif
