// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_play.h"

#include "limit.h"

/**
 * struct session_play - a PLAY that waits
 * @table: where its session is
 * @id: by which that is found, since it may end first
 * @again: it played already
 * @func: see session_play()
 * @user_data: for @func
 * @give_up_at: monotonic time at which what is not known is not told, us
 */
struct session_play {
	struct session_table *table;
	char *id;
	gboolean again;
	session_played func;
	gpointer user_data;
	gint64 give_up_at;
};

static void session_play_done(struct session_play *play, GstRTSPStatusCode status)
{
	struct session *session = session_find(play->table, play->id);
	struct session_start starts[LIMIT_TRACKS];
	struct leg *leg;
	guint n = 0;

	if (!session && status == GST_RTSP_STS_OK)
		status = GST_RTSP_STS_SESSION_NOT_FOUND;
	for (guint i = 0; session && i < LIMIT_TRACKS; i++) {
		leg = session_leg(session, i);
		if (!leg)
			continue;
		starts[n].index = i;
		starts[n].cap = leg->asked;
		starts[n].known = !play->again && track_first_seq(leg, &starts[n].seq);
		n++;
	}
	play->func(status, starts, n, play->user_data);
	/* the viewer has its answer now, if it is still there */
	session = session_find(play->table, play->id);
	if (session)
		session_release(session);
	g_free(play->id);
	g_free(play);
}

static gboolean session_wait_first(gpointer user_data)
{
	struct session_play *play = user_data;
	struct session *session = session_find(play->table, play->id);
	gboolean all = TRUE;
	struct leg *leg;
	guint16 seq;

	for (guint i = 0; session && i < LIMIT_TRACKS; i++) {
		leg = session_leg(session, i);
		all = all && (!leg || track_first_seq(leg, &seq));
	}
	if (session && !play->again && !all && g_get_monotonic_time() < play->give_up_at)
		return G_SOURCE_CONTINUE;
	session_play_done(play, GST_RTSP_STS_OK);
	return G_SOURCE_REMOVE;
}

static void session_upstream_plays(GstRTSPStatusCode status, gpointer user_data)
{
	struct session_play *play = user_data;

	if (status != GST_RTSP_STS_OK) {
		session_play_done(play, status);
		return;
	}
	play->give_up_at = g_get_monotonic_time() + LIMIT_RTP_INFO_MS * 1000;
	g_timeout_add(LIMIT_RTP_INFO_POLL_MS, session_wait_first, play);
}

void session_play(struct session *session, session_played func, gpointer user_data)
{
	struct session_play *play = g_new0(struct session_play, 1);
	GstRTSPStatusCode status;

	play->table = session_table(session);
	play->id = g_strdup(session_id(session));
	play->again = session_is_playing(session);
	play->func = func;
	play->user_data = user_data;

	/* before the server is asked to play: the first viewer misses nothing */
	status = session_begin(session);
	if (status == GST_RTSP_STS_OK)
		path_reach(session_path(session), UPSTREAM_PLAYING, session_upstream_plays,
			   play);
	else
		session_play_done(play, status);
}
