// SPDX-License-Identifier: GPL-2.0-or-later
#include "share.h"

static guint64 share_rate(const struct share_viewer *viewer, guint level)
{
	return viewer->points->rate[level];
}

/* Who has least and could have more comes first; those who are alike by place. */
static gint share_compare(gconstpointer a, gconstpointer b, gpointer unused)
{
	const struct share_viewer *x = a, *y = b;
	guint64 has = share_rate(x, x->level), other = share_rate(y, y->level);

	if (has != other)
		return has < other ? -1 : 1;
	return x < y ? -1 : x > y;
}

guint64 share_allocate(struct share_viewer *viewers, guint n, guint64 limit)
{
	g_autoptr(GSequence) waiting = g_sequence_new(NULL);
	guint64 used = 0;

	for (guint i = 0; i < n; i++) {
		viewers[i].level = 0;
		used += share_rate(&viewers[i], 0);
		if (viewers[i].wanted)
			g_sequence_insert_sorted(waiting, &viewers[i], share_compare,
						 NULL);
	}

	/* each turn raises a level or drops a viewer: n * POINTS_MAX at the most */
	while (!g_sequence_is_empty(waiting)) {
		GSequenceIter *first = g_sequence_get_begin_iter(waiting);
		struct share_viewer *viewer = g_sequence_get(first);
		guint64 more = share_rate(viewer, viewer->level + 1) -
			       share_rate(viewer, viewer->level);

		g_sequence_remove(first);
		if (used + more > limit)
			continue;
		used += more;
		viewer->level++;
		if (viewer->level < viewer->wanted)
			g_sequence_insert_sorted(waiting, viewer, share_compare, NULL);
	}
	return used;
}
