// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <stdio.h>

/* Between columns */
#define GAP	2

struct table {
	guint n_columns;
	GPtrArray *cells;
};

struct table *table_new(guint n_columns)
{
	struct table *table = g_new0(struct table, 1);

	table->n_columns = n_columns;
	table->cells = g_ptr_array_new_with_free_func(g_free);
	return table;
}

void table_add(struct table *table, char *cell)
{
	g_ptr_array_add(table->cells, cell);
}

void table_print(struct table *table)
{
	g_autofree gint *width = g_new0(gint, table->n_columns);

	for (guint i = 0; i < table->cells->len; i++) {
		gint *column = &width[i % table->n_columns];

		*column = MAX(*column,
			      g_utf8_strlen(g_ptr_array_index(table->cells, i), -1));
	}
	for (guint i = 0; i < table->cells->len; i++) {
		const char *cell = g_ptr_array_index(table->cells, i);
		gboolean last = i % table->n_columns == table->n_columns - 1;
		gint pad = width[i % table->n_columns] - g_utf8_strlen(cell, -1) + GAP;

		/* no blanks at the end of a line */
		if (last)
			printf("%s\n", cell);
		else
			printf("%s%*s", cell, pad, "");
	}
	g_ptr_array_unref(table->cells);
	g_free(table);
}

char *table_text(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *fit = g_string_new(NULL);

	for (const char *c = valid; *c; c = g_utf8_next_char(c))
		g_string_append_unichar(fit, g_unichar_isprint(g_utf8_get_char(c)) ?
					     g_utf8_get_char(c) : '?');
	return g_string_free(fit, FALSE);
}

char *table_rate(gint64 octets)
{
	static const struct {
		gdouble least;
		const char *unit;
	} units[] = { { 1e9, "Gbit" }, { 1e6, "Mbit" }, { 1e3, "Kbit" } };
	gdouble bits = octets * 8.0;

	for (guint i = 0; i < G_N_ELEMENTS(units); i++)
		if (bits >= units[i].least)
			return g_strdup_printf("%.2f%s", bits / units[i].least,
					       units[i].unit);
	return g_strdup_printf("%.0fbit", bits);
}

char *table_age(gint64 seconds)
{
	gint64 days = seconds / 86400, hours = seconds / 3600, minutes = seconds / 60 % 60;

	if (days)
		return g_strdup_printf("%" G_GINT64_FORMAT "d%02" G_GINT64_FORMAT "h", days,
				       hours % 24);
	return g_strdup_printf("%" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT ":%02"
			       G_GINT64_FORMAT, hours, minutes, seconds % 60);
}

char *table_number(JsonObject *object, const char *member)
{
	return g_strdup_printf("%" G_GINT64_FORMAT,
			       json_object_get_int_member_with_default(object, member, 0));
}

char *table_string(JsonObject *object, const char *member)
{
	return table_text(json_object_get_string_member_with_default(object, member, "-"));
}

gint64 table_sum(JsonObject *object, const char *prefix)
{
	g_autoptr(GList) members = json_object_get_members(object);
	gint64 sum = 0;

	for (GList *l = members; l; l = l->next)
		if (g_str_has_prefix(l->data, prefix))
			sum += json_object_get_int_member(object, l->data);
	return sum;
}

char *table_slow(JsonObject *object)
{
	g_autofree char *slow = table_string(object, "slow");
	g_autofree char *why = table_string(object, "why");

	if (g_str_equal(slow, "none"))
		return *why ? g_steal_pointer(&why) : g_strdup("-");
	return g_strdup_printf("%s: %s", slow, why);
}

void table_print_json(JsonNode *node)
{
	g_autofree char *text = json_to_string(node, TRUE);

	puts(text);
}
