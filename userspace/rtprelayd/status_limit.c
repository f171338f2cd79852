// SPDX-License-Identifier: GPL-2.0-or-later
#include "status_limit.h"

#include "limit.h"
#include "status_track.h"

/* struct status_decisions - by struct track *, DECISION_REASONS numbers */
struct status_decisions {
	GHashTable *tracks;
};

JsonArray *status_limits(struct server *server, const char *only)
{
	g_autoptr(GArray) scopes = limiter_scopes(server_limiter(server));
	JsonArray *array = json_array_new();

	for (guint i = 0; i < scopes->len; i++) {
		const struct limiter_scope *scope = &g_array_index(scopes, struct limiter_scope,
								   i);
		JsonObject *object;

		if (only && g_str_equal(scope->scope, "path") && !g_str_equal(scope->name, only))
			continue;
		object = json_object_new();
		json_object_set_string_member(object, "scope", scope->scope);
		json_object_set_string_member(object, "name", scope->name);
		status_add_u64(object, "limit", scope->limit);
		status_add_u64(object, "used", scope->used);
		json_object_set_int_member(object, "viewers", scope->viewers);
		json_array_add_object_element(array, object);
	}
	return array;
}

static void status_count_decisions(struct session *session, gpointer user_data)
{
	struct status_decisions *decisions = user_data;

	for (guint i = 0; i < LIMIT_TRACKS; i++) {
		const struct leg *leg = session_leg(session, i);
		guint *counts;

		if (!leg || !leg->track)
			continue;
		counts = g_hash_table_lookup(decisions->tracks, leg->track);
		if (!counts) {
			counts = g_new0(guint, DECISION_REASONS);
			g_hash_table_insert(decisions->tracks, leg->track, counts);
		}
		counts[adapter_decision(&leg->adapter)->reason]++;
	}
}

struct status_decisions *status_decisions_new(struct server *server)
{
	struct status_decisions *decisions = g_new0(struct status_decisions, 1);

	decisions->tracks = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	session_each(server_sessions(server), status_count_decisions, decisions);
	return decisions;
}

void status_decisions_free(struct status_decisions *decisions)
{
	g_hash_table_unref(decisions->tracks);
	g_free(decisions);
}

JsonObject *status_decisions(const struct status_decisions *decisions,
			     const struct track *track)
{
	const guint *counts = g_hash_table_lookup(decisions->tracks, track);
	JsonObject *object = json_object_new();

	for (guint i = 0; i < DECISION_REASONS; i++)
		json_object_set_int_member(object, decision_name(i), counts ? counts[i] : 0);
	return object;
}
