// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_adapt.h"

#include "config.h"

/* The index of a key's word in @words, 0 without the key, or -1 */
static gint config_adapt_word(GKeyFile *file, const char *group, const char *key,
			      const char *const *words)
{
	g_autofree char *word = g_key_file_get_string(file, group, key, NULL);

	if (!word)
		return 0;
	for (gint i = 0; words[i]; i++)
		if (g_str_equal(word, words[i]))
			return i;
	return -1;
}

gboolean config_adapt_load(struct config_adapt *adapt, GKeyFile *file,
			   const char *group, GError **error)
{
	static const char *const modes[] = { "adaptive", "thesis", "none", NULL };
	static const char *const orders[] = { "frame-rate", "resolution", NULL };
	gint mode = config_adapt_word(file, group, "adapt", modes);
	gint order = config_adapt_word(file, group, "give-up", orders);

	if (mode < 0)
		return config_fail(error, group, "adapt", "not adaptive, thesis or none");
	if (order < 0)
		return config_fail(error, group, "give-up",
				   "neither frame-rate nor resolution");
	adapt->mode = mode;
	adapt->order = order;
	return TRUE;
}
