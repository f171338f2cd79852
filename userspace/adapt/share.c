// SPDX-License-Identifier: GPL-2.0-or-later
#include "share.h"

/**
 * struct share_class - viewers who are alike: what one of them gets all get, but for a
 * rest that does not do for all
 * @points: what they can get
 * @wanted: the level that their controllers give them
 * @level: that they have so far
 * @place: in the order of the classes, that of the first viewer
 * @members: guint, places of all of them, ascending
 * @n: of those, from the first on, that can have more
 */
struct share_class {
	const struct points *points;
	guint wanted;
	guint level;
	guint place;
	GArray *members;
	guint n;
};

static guint share_hash(gconstpointer key)
{
	const struct share_class *class = key;

	return g_direct_hash(class->points) * 31 + class->wanted;
}

static gboolean share_equal(gconstpointer a, gconstpointer b)
{
	const struct share_class *x = a, *y = b;

	return x->points == y->points && x->wanted == y->wanted;
}

static void share_class_free(gpointer data)
{
	struct share_class *class = data;

	g_array_unref(class->members);
	g_free(class);
}

/* The set of them, each its own key */
static GHashTable *share_classes(const struct share_viewer *viewers, guint n)
{
	GHashTable *classes = g_hash_table_new_full(share_hash, share_equal, share_class_free,
						    NULL);

	for (guint i = 0; i < n; i++) {
		struct share_class like = {
			.points = viewers[i].points,
			.wanted = viewers[i].wanted,
			.place = i,
		};
		struct share_class *class = g_hash_table_lookup(classes, &like);

		if (!class) {
			class = g_memdup2(&like, sizeof(like));
			class->members = g_array_new(FALSE, FALSE, sizeof(guint));
			g_hash_table_add(classes, class);
		}
		g_array_append_val(class->members, i);
		class->n++;
	}
	return classes;
}

/* Who has least and could have more comes first; those who have as much by place. */
static gint share_compare(gconstpointer a, gconstpointer b, gpointer unused)
{
	const struct share_class *x = a, *y = b;
	guint64 has = x->points->rate[x->level], other = y->points->rate[y->level];

	if (has != other)
		return has < other ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* The first @n of those that could have more have it; the others stay where they are. */
static void share_raise(struct share_class *class, struct share_viewer *viewers, guint n)
{
	for (guint i = n; i < class->n; i++)
		viewers[g_array_index(class->members, guint, i)].level = class->level;
	class->n = n;
	class->level++;
}

guint64 share_allocate(struct share_viewer *viewers, guint n, guint64 limit)
{
	g_autoptr(GHashTable) classes = share_classes(viewers, n);
	g_autoptr(GSequence) waiting = g_sequence_new(NULL);
	struct share_class *class;
	GHashTableIter iter;
	guint64 used = 0;

	g_hash_table_iter_init(&iter, classes);
	while (g_hash_table_iter_next(&iter, (gpointer *)&class, NULL)) {
		used += class->points->rate[0] * class->n;
		if (class->wanted)
			g_sequence_insert_sorted(waiting, class, share_compare, NULL);
	}

	/* each turn raises a class: POINTS_MAX of each at the most */
	while (!g_sequence_is_empty(waiting)) {
		GSequenceIter *first = g_sequence_get_begin_iter(waiting);
		guint64 more, fit;

		class = g_sequence_get(first);
		g_sequence_remove(first);
		more = class->points->rate[class->level + 1] - class->points->rate[class->level];
		fit = used < limit ? (limit - used) / MAX(more, 1) : 0;
		fit = MIN(fit, class->n);
		if (!fit)
			continue;
		used += more * fit;
		share_raise(class, viewers, fit);
		if (class->level < class->wanted)
			g_sequence_insert_sorted(waiting, class, share_compare, NULL);
	}

	g_hash_table_iter_init(&iter, classes);
	while (g_hash_table_iter_next(&iter, (gpointer *)&class, NULL))
		for (guint i = 0; i < class->n; i++)
			viewers[g_array_index(class->members, guint, i)].level = class->level;
	return used;
}
