// SPDX-License-Identifier: GPL-2.0-or-later
#include "status_viewer.h"

#include "addr.h"
#include "cap.h"
#include "limit.h"
#include "log.h"
#include "status_track.h"

/**
 * struct status_legs - what viewers were sent
 * @sent: struct rtp_fanout_dest_info by struct leg *
 * @verdicts: struct verdict by struct track *
 */
struct status_legs {
	GHashTable *sent;
	GHashTable *verdicts;
};

/* A viewer that is to be listed */
struct status_viewer {
	struct session *session;
	struct verdict verdict;
};

static void status_keep_leg(struct leg *leg, const struct rtp_fanout_dest_info *info,
			    gpointer user_data)
{
	struct status_legs *legs = user_data;

	g_hash_table_insert(legs->sent, leg, g_memdup2(info, sizeof(*info)));
}

static void status_keep_track(struct status_legs *legs, struct track *track,
			      gboolean playing)
{
	struct verdict *verdict = g_new(struct verdict, 1);

	status_track_verdict(track, playing, verdict);
	g_hash_table_insert(legs->verdicts, track, verdict);
	track_each_leg(track, status_keep_leg, legs);
}

static void status_read_legs(struct status_legs *legs, struct server *server,
			     const struct status_query *query)
{
	g_autoptr(GList) paths = server_paths(server);

	legs->sent = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	legs->verdicts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	for (GList *l = paths; l; l = l->next) {
		struct track *track;

		if (query->path && !g_str_equal(query->path, path_name(l->data)))
			continue;
		for (guint i = 0; (track = path_track(l->data, i)); i++)
			status_keep_track(legs, track,
					  upstream_is_playing(path_upstream(l->data)));
	}
}

static const struct rtp_fanout_dest_info *status_sent(const struct status_legs *legs,
						      struct leg *leg)
{
	static const struct rtp_fanout_dest_info nothing;
	const struct rtp_fanout_dest_info *info = g_hash_table_lookup(legs->sent, leg);

	return info ? info : &nothing;
}

/* The first of its tracks that has something to say speaks for the viewer. */
static void status_judge_viewer(const struct status_legs *legs,
				struct status_viewer *viewer)
{
	struct session *session = viewer->session;
	struct leg *leg;

	viewer->verdict = (struct verdict){ VERDICT_NONE, "" };
	if (!session_is_playing(session)) {
		g_strlcpy(viewer->verdict.why, "has not asked to play",
			  sizeof(viewer->verdict.why));
		return;
	}
	for (guint i = 0; i < LIMIT_TRACKS && viewer->verdict.side == VERDICT_NONE; i++) {
		leg = session_leg(session, i);
		if (!leg || !leg->track)
			continue;
		verdict_of_leg(&(struct verdict_leg){
			.track = g_hash_table_lookup(legs->verdicts, leg->track),
			.info = status_sent(legs, leg),
			.loss = receiver_loss(&leg->receiver),
			.dropped_rate = leg->dropped.rate,
			.age_ms = session_age_ms(session),
			.silent_ms = session_silent_ms(session),
			.timeout_ms = session_timeout_s(session) * 1000,
			.interleaved = leg->interleaved != NULL,
		}, &viewer->verdict);
	}
}

/* What is interleaved came by the tee, whatever serves the track. */
static const char *status_leg_backend(const struct leg *leg,
				      const struct track_status *status)
{
	if (!status->fanout)
		return "none";
	return fanout_backend_name(leg->interleaved ? FANOUT_USER :
						      fanout_backend(status->fanout));
}

static void status_add_cap(JsonObject *object, const char *name,
			   const struct rtp_fanout_cap *cap)
{
	char text[CAP_STRLEN];

	json_object_set_string_member(object, name, cap->flags & RTP_FANOUT_CAP_PAUSE ?
				      "paused" : cap_to_string(cap, text));
}

/* What it wants, what it may have, and why it has what it has */
static void status_add_decision(JsonObject *object, const struct adapter_leg *adapter)
{
	const struct decision *decision = adapter_decision(adapter);

	status_add_cap(object, "wanted", &adapter->wanted);
	status_add_cap(object, "allowed", &adapter->allowed);
	json_object_set_string_member(object, "reason", decision_name(decision->reason));
	json_object_set_string_member(object, "adapted", decision_text(decision));
}

/* What it reported, in fractions and seconds; nothing when it never did */
static void status_add_reports(JsonObject *object, const struct receiver *receiver,
			       guint32 clock_rate)
{
	gdouble age = (g_get_monotonic_time() - receiver->at) / (gdouble)G_USEC_PER_SEC;

	if (!receiver->reports)
		return;
	json_object_set_double_member(object, "loss", receiver_loss(receiver));
	json_object_set_int_member(object, "lost", receiver->block.lost);
	if (clock_rate)
		json_object_set_double_member(object, "jitter",
				receiver->block.jitter / (gdouble)clock_rate);
	if (receiver->rtt_us)
		json_object_set_double_member(object, "rtt", receiver->rtt_us / 1e6);
	status_add_u64(object, "reports", receiver->reports);
	json_object_set_double_member(object, "report_age", age);
}

static JsonObject *status_leg(struct leg *leg, guint index,
			      const struct rtp_fanout_dest_info *info)
{
	const struct {
		const char *name;
		guint64 value;
	} counters[] = {
		{ "packets", info->packets },
		{ "octets", info->octets },
		{ "rate", leg->octets.rate },
		{ "dropped_nomem", info->dropped_nomem },
		{ "dropped_inflight", info->dropped_inflight },
		{ "dropped_route", info->dropped_route },
		{ "dropped_mtu", info->dropped_mtu },
		{ "dropped_output", info->dropped_output },
	};
	JsonObject *object = json_object_new();
	struct track_status status = { 0 };
	char addr[ADDR_STRLEN];

	if (leg->track)
		track_get_status(leg->track, &status);
	json_object_set_int_member(object, "track", index);
	json_object_set_string_member(object, "address",
				      addr_to_string(leg_addr(leg), addr));
	json_object_set_string_member(object, "transport",
				      transport_name(leg->transport));
	json_object_set_string_member(object, "backend", status_leg_backend(leg, &status));
	status_add_cap(object, "cap", &leg->dest.cap);
	status_add_cap(object, "current_cap", status.fanout ? &info->current_cap :
							       &leg->dest.cap);
	status_add_cap(object, "wish", &leg->adapter.wish);
	status_add_decision(object, &leg->adapter);
	for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
		status_add_u64(object, counters[i].name, counters[i].value);
	status_add_reports(object, &leg->receiver,
			   leg->track ? status.config->clock_rate : 0);
	return object;
}

static JsonObject *status_viewer(const struct status_legs *legs,
				 const struct status_viewer *viewer)
{
	struct session *session = viewer->session;
	JsonObject *object = json_object_new();
	JsonArray *tracks = json_array_new();
	char host[ADDR_STRLEN];

	json_object_set_string_member(object, "viewer", session_name(session));
	json_object_set_string_member(object, "path", path_name(session_path(session)));
	json_object_set_string_member(object, "address",
				      addr_host(session_viewer(session), host));
	json_object_set_boolean_member(object, "playing", session_is_playing(session));
	json_object_set_int_member(object, "age", session_age_ms(session) / 1000);
	json_object_set_int_member(object, "silent", session_silent_ms(session) / 1000);
	json_object_set_string_member(object, "slow", verdict_side_name(viewer->verdict.side));
	json_object_set_string_member(object, "why", viewer->verdict.why);
	for (guint i = 0; i < LIMIT_TRACKS; i++) {
		struct leg *leg = session_leg(session, i);

		if (leg)
			json_array_add_object_element(tracks,
				status_leg(leg, i, status_sent(legs, leg)));
	}
	json_object_set_array_member(object, "tracks", tracks);
	return object;
}

static GArray *status_select(struct server *server, const struct status_legs *legs,
			     const struct status_query *query)
{
	g_autoptr(GList) sessions = session_list(server_sessions(server));
	GArray *viewers = g_array_new(FALSE, FALSE, sizeof(struct status_viewer));

	for (GList *l = sessions; l; l = l->next) {
		struct status_viewer viewer = { .session = l->data };

		if (query->path &&
		    !g_str_equal(query->path, path_name(session_path(l->data))))
			continue;
		status_judge_viewer(legs, &viewer);
		g_array_append_val(viewers, viewer);
	}
	return viewers;
}

JsonArray *status_viewers(struct server *server, const struct status_query *query)
{
	JsonArray *array = json_array_new();
	g_autoptr(GArray) viewers = NULL;
	struct status_legs legs;
	guint left = query->viewers;

	if (!left)
		return array;
	status_read_legs(&legs, server, query);
	viewers = status_select(server, &legs, query);
	for (gint complains = TRUE; complains >= FALSE; complains--) {
		for (guint i = 0; i < viewers->len && left; i++) {
			struct status_viewer *viewer = &g_array_index(viewers,
						struct status_viewer, i);

			if ((viewer->verdict.side != VERDICT_NONE) != complains)
				continue;
			json_array_add_object_element(array, status_viewer(&legs, viewer));
			left--;
		}
	}
	g_hash_table_unref(legs.sent);
	g_hash_table_unref(legs.verdicts);
	return array;
}

static void status_warn_viewer(const struct status_viewer *viewer)
{
	struct session *session = viewer->session;
	const char *side = verdict_side_name(viewer->verdict.side);
	char text[ADDR_STRLEN];
	const char *host = addr_host(session_viewer(session), text);

	if (viewer->verdict.side == VERDICT_NONE)
		log_event("viewer-well", LOG_S("path", path_name(session_path(session))),
			  LOG_S("viewer", host), LOG_S("session", session_name(session)));
	else
		log_warn("viewer-slow", LOG_S("path", path_name(session_path(session))),
			 LOG_S("viewer", host), LOG_S("session", session_name(session)),
			 LOG_S("side", side), LOG_S("why", viewer->verdict.why));
}

void status_warn_viewers(struct server *server)
{
	const struct status_query all = { .viewers = G_MAXUINT };
	g_autoptr(GArray) viewers = NULL;
	struct status_legs legs;
	guint lines = 0;

	if (!session_count(server_sessions(server)))
		return;
	status_read_legs(&legs, server, &all);
	viewers = status_select(server, &legs, &all);
	for (guint i = 0; i < viewers->len && lines < LIMIT_WARN_LINES; i++) {
		struct status_viewer *viewer = &g_array_index(viewers, struct status_viewer, i);

		if (viewer->verdict.side == session_slow(viewer->session))
			continue;
		session_set_slow(viewer->session, viewer->verdict.side);
		status_warn_viewer(viewer);
		lines++;
	}
	g_hash_table_unref(legs.sent);
	g_hash_table_unref(legs.verdicts);
}
