// SPDX-License-Identifier: GPL-2.0-or-later
#include "random.h"

#include <errno.h>
#include <sys/random.h>

static void random_fill(guint8 random[static RANDOM_MAX], guint bytes)
{
	g_assert(bytes <= RANDOM_MAX);
	if (getrandom(random, bytes, 0) != bytes)
		g_error("getrandom: %s", g_strerror(errno));
}

char *random_base64(guint bytes)
{
	guint8 random[RANDOM_MAX];

	random_fill(random, bytes);
	return g_base64_encode(random, bytes);
}

char *random_hex(guint bytes)
{
	GString *text = g_string_sized_new(2 * bytes);
	guint8 random[RANDOM_MAX];

	random_fill(random, bytes);
	for (guint i = 0; i < bytes; i++)
		g_string_append_printf(text, "%02x", random[i]);
	return g_string_free(text, FALSE);
}
