// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_adapt.h"

#include "config.h"

gboolean config_adapt_load(struct config_adapt *adapt, GKeyFile *file,
			   const char *group, GError **error)
{
	static const char *const modes[] = { "adaptive", "thesis", "none", NULL };
	static const char *const orders[] = { "frame-rate", "resolution", NULL };
	static const char *const profiles[] = { "avp", "avpf", NULL };
	guint mode, order, profile;

	if (!config_load_word(file, group, "adapt", modes, &mode, error) ||
	    !config_load_word(file, group, "give-up", orders, &order, error) ||
	    !config_load_word(file, group, "rtp-profile", profiles, &profile, error))
		return FALSE;
	adapt->mode = mode;
	adapt->order = order;
	adapt->feedback = profile;
	return TRUE;
}
