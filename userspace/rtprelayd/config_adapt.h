/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a path that say how layers are adapted to what its viewers report */
#ifndef RTPRELAYD_CONFIG_ADAPT_H
#define RTPRELAYD_CONFIG_ADAPT_H

#include <glib.h>

#include "points.h"

/* For the list of keys that a path may have */
#define CONFIG_ADAPT_KEYS	"adapt", "give-up", "rtp-profile"

/**
 * enum adapt_mode - who decides which layers a viewer gets
 * @ADAPT_ADAPTIVE: adaptive.h; never more than the viewer asked for
 * @ADAPT_THESIS: thesis.h, for comparison
 * @ADAPT_NONE: the viewer alone
 */
enum adapt_mode {
	ADAPT_ADAPTIVE,
	ADAPT_THESIS,
	ADAPT_NONE,
};

/**
 * struct config_adapt - what was said
 * @mode: of the path
 * @order: what a viewer loses first
 * @feedback: viewers are offered RTP/AVPF (RFC 4585), by which some report more often
 */
struct config_adapt {
	enum adapt_mode mode;
	enum points_order order;
	gboolean feedback;
};

/* config_adapt_load - read the keys; FALSE, with a CONFIG_ERROR, when one is wrong */
gboolean config_adapt_load(struct config_adapt *adapt, GKeyFile *file,
			   const char *group, GError **error);

#endif
