// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_adapt.h"

#include "config.h"

gboolean config_adapt_load(struct config_adapt *adapt, GKeyFile *file,
			   const char *group, GError **error)
{
	static const char *const modes[] = { "adaptive", "thesis", "none", NULL };
	static const char *const orders[] = { "frame-rate", "resolution", NULL };
	guint mode, order;

	if (!config_load_word(file, group, "adapt", modes, &mode, error) ||
	    !config_load_word(file, group, "give-up", orders, &order, error))
		return FALSE;
	adapt->mode = mode;
	adapt->order = order;
	return TRUE;
}
