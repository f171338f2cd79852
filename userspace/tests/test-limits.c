// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How limits are shared, with sessions, tracks, interfaces and a clock that are made up:
 * all that the limiter asks is defined here.
 */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "interfaces.h"
#include "limit.h"
#include "limiter.h"
#include "peaks.h"
#include "session.h"
#include "share.h"

#define MBIT	125000
#define CROWD	2000

struct track {
	struct peaks *peaks;
	struct rtp_fanout_layer layers[3];
	guint n;
};

struct path {
	struct config_path config;
	struct config_limit limit;
	struct track track;
};

struct session {
	struct path *path;
	struct rtp_fanout_addr viewer;
	gint64 began_at;
	gint64 silent_ms;
	gboolean playing;
	struct leg leg;
};

static GPtrArray *sessions;
static guint applied, moved;
static gint64 later_us;
static const char *interface_name = "a0";

gint64 g_get_monotonic_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + later_us;
}

int getifaddrs(struct ifaddrs **all)
{
	static struct sockaddr_in addr = { .sin_family = AF_INET };
	static struct ifaddrs one = { .ifa_addr = (struct sockaddr *)&addr };

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	one.ifa_name = (char *)interface_name;
	*all = &one;
	return 0;
}

void freeifaddrs(struct ifaddrs *all)
{
}

void track_get_status(struct track *track, struct track_status *status)
{
	*status = (struct track_status){
		.fanout = (struct fanout *)track,
		.peaks = track->peaks,
	};
}

guint fanout_layers(struct fanout *fanout, struct rtp_fanout_layer *layers, guint n,
		    GError **error)
{
	const struct track *track = (struct track *)fanout;

	memcpy(layers, track->layers, track->n * sizeof(*layers));
	return track->n;
}

const struct config_limit *path_limit(const struct path *path)
{
	return &path->limit;
}

const struct config_path *path_config(const struct path *path)
{
	return &path->config;
}

const char *path_name(const struct path *path)
{
	return path->config.name;
}

struct track *path_track(const struct path *path, guint index)
{
	return index ? NULL : (struct track *)&path->track;
}

struct path *session_path(const struct session *session)
{
	return session->path;
}

struct leg *session_leg(struct session *session, guint index)
{
	return index ? NULL : &session->leg;
}

const struct rtp_fanout_addr *session_viewer(const struct session *session)
{
	return &session->viewer;
}

const struct rtp_fanout_addr *session_local(const struct session *session)
{
	return &session->viewer;
}

gint64 session_began_at(const struct session *session)
{
	return session->began_at;
}

gint64 session_silent_ms(const struct session *session)
{
	return session->silent_ms;
}

gboolean session_is_playing(const struct session *session)
{
	return session->playing;
}

guint64 session_bandwidth(const struct session *session)
{
	return 0;
}

void session_each(struct session_table *table,
		  void (*visit)(struct session *session, gpointer user_data),
		  gpointer user_data)
{
	for (guint i = 0; i < sessions->len; i++)
		visit(g_ptr_array_index(sessions, i), user_data);
}

void adapter_apply(const char *path, struct leg *leg, const struct points *points)
{
	guint level = MIN(points_find(points, &leg->adapter.wanted),
			  points_find(points, &leg->adapter.allowed));

	applied++;
	moved += level != points_find(points, &leg->dest.cap);
	leg->dest.cap = points->cap[level];
}

/* Three layers of frames, of which each takes as much as those below it */
static void track_sends(struct track *track, guint64 rate, guint64 packets)
{
	track->n = G_N_ELEMENTS(track->layers);
	for (guint i = 0; i < track->n; i++)
		track->layers[i] = (struct rtp_fanout_layer){
			.tid = i,
			.rate = i ? rate << i >> 1 : rate,
			.packets = packets,
		};
}

struct made {
	struct path path;
	struct limiter *limiter;
	struct config_limits limits;
	GHashTable *paths;
};

static void set_up(struct made *made, gconstpointer unused)
{
	later_us = 0;
	sessions = g_ptr_array_new_with_free_func(g_free);
	made->path.config.name = (char *)"/cam";
	made->path.track.peaks = peaks_new();
	track_sends(&made->path.track, MBIT, 1);
	made->paths = g_hash_table_new(g_str_hash, g_str_equal);
	made->limits.interfaces = g_hash_table_new(g_str_hash, g_str_equal);
	made->limiter = limiter_new(made->paths, NULL);
}

static void tear_down(struct made *made, gconstpointer unused)
{
	limiter_free(made->limiter);
	g_hash_table_unref(made->limits.interfaces);
	g_hash_table_unref(made->paths);
	peaks_free(made->path.track.peaks);
	g_ptr_array_unref(sessions);
}

static struct session *add_session(struct made *made, guint8 host)
{
	struct session *session = g_new0(struct session, 1);

	session->path = &made->path;
	session->viewer = (struct rtp_fanout_addr){ .family = AF_INET,
						    .addr = { 127, 0, 0, host } };
	session->began_at = sessions->len;
	session->leg.session = session;
	session->leg.adapter.wish = session->leg.adapter.wanted = FANOUT_CAP_ALL;
	session->leg.adapter.allowed = FANOUT_CAP_ALL;
	session->leg.dest.cap = FANOUT_CAP_ALL;
	g_ptr_array_add(sessions, session);
	return session;
}

static gboolean play(struct made *made, struct session *session)
{
	if (!limiter_begin(made->limiter, session))
		return FALSE;
	session->leg.track = &made->path.track;
	session->playing = TRUE;
	return TRUE;
}

static void configure(struct made *made, guint64 host)
{
	made->limits.host = host;
	limiter_configure(made->limiter, &made->limits);
}

static void run(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* A second goes by */
static void pass(struct made *made)
{
	later_us += G_USEC_PER_SEC;
	limiter_wake(made->limiter);
	run();
}

/* One raised at a time, who has least; those that are alike lie side by side */
static void allocate_simply(struct share_viewer *viewers, guint n, guint64 limit)
{
	g_autofree gboolean *done = g_new0(gboolean, n);
	guint64 used = 0, more;

	for (guint i = 0; i < n; i++) {
		viewers[i].level = 0;
		used += viewers[i].points->rate[0];
	}
	for (;;) {
		struct share_viewer *least = NULL;

		for (guint i = 0; i < n; i++)
			if (!done[i] && viewers[i].level < viewers[i].wanted &&
			    (!least || viewers[i].points->rate[viewers[i].level] <
				       least->points->rate[least->level]))
				least = &viewers[i];
		if (!least)
			return;
		more = least->points->rate[least->level + 1] - least->points->rate[least->level];
		if (used + more > limit) {
			done[least - viewers] = TRUE;
			continue;
		}
		used += more;
		least->level++;
	}
}

static void test_classes(struct made *made, gconstpointer unused)
{
	struct share_viewer viewers[60], simply[G_N_ELEMENTS(viewers)];
	struct points points[3];
	guint64 used, sum;

	for (guint turn = 0; turn < 500; turn++) {
		guint64 limit = g_test_rand_int_range(0, 400000);
		guint n = g_test_rand_int_range(0, G_N_ELEMENTS(viewers) + 1);

		for (guint i = 0; i < G_N_ELEMENTS(points); i++) {
			points[i].n = g_test_rand_int_range(1, 6);
			for (guint k = 0; k < points[i].n; k++)
				points[i].rate[k] = g_test_rand_int_range(1, 2000) +
						    (k ? points[i].rate[k - 1] : 0);
		}
		for (guint i = 0; i < n; i++) {
			gboolean like = i && g_test_rand_int_range(0, 5);
			const struct points *one = &points[g_test_rand_int_range(0, 3)];

			viewers[i].points = one;
			viewers[i].wanted = g_test_rand_int_range(0, one->n);
			if (like)
				viewers[i] = viewers[i - 1];
			/* one class each: those of two parts are not side by side */
			for (guint k = 0; !like && k < i; k++)
				if (viewers[k].points == viewers[i].points &&
				    viewers[k].wanted == viewers[i].wanted)
					viewers[i] = viewers[i - 1];
			simply[i] = viewers[i];
		}
		used = share_allocate(viewers, n, limit);
		allocate_simply(simply, n, limit);
		sum = 0;
		for (guint i = 0; i < n; i++) {
			g_assert_cmpuint(viewers[i].level, ==, simply[i].level);
			sum += viewers[i].points->rate[viewers[i].level];
		}
		g_assert_cmpuint(used, ==, sum);
	}
}

/* Key frames that are far apart do not have viewers go up and down. */
static void test_key_frames(struct made *made, gconstpointer unused)
{
	configure(made, 9 * MBIT);
	for (guint i = 0; i < 3; i++)
		g_assert_true(play(made, add_session(made, i)));
	for (guint s = 0; s < 60; s++) {
		track_sends(&made->path.track, MBIT * (12 - s % 9) / 12, s + 2);
		pass(made);
		if (s == 10)
			moved = 0;
	}
	g_assert_cmpuint(moved, ==, 0);
}

/* While a server is away what it sent counts, for those who play and those who come. */
static void test_outage(struct made *made, gconstpointer unused)
{
	struct session *late;

	configure(made, 3 * MBIT + MBIT / 2);
	for (guint i = 0; i < 3; i++)
		g_assert_true(play(made, add_session(made, i)));
	pass(made);
	moved = 0;
	for (guint s = 0; s < 30; s++) {
		track_sends(&made->path.track, MBIT >> s, 2);
		pass(made);
	}
	g_assert_cmpuint(moved, ==, 0);
	late = add_session(made, 9);
	g_assert_false(limiter_admits(made->limiter, late, 0, &FANOUT_CAP_ALL));
	g_assert_false(play(made, late));
}

/* Whoever wakes it again and again has it run once. */
static void test_rest(struct made *made, gconstpointer unused)
{
	configure(made, 100 * MBIT);
	g_assert_true(play(made, add_session(made, 1)));
	later_us += G_USEC_PER_SEC;
	applied = 0;
	for (guint i = 0; i < 20; i++) {
		limiter_wake(made->limiter);
		run();
	}
	g_assert_cmpuint(applied, ==, 1);
	g_usleep(LIMITER_REST_MS * 1000 * 3 / 2);
	run();
	g_assert_cmpuint(applied, ==, 2);
}

/* A limit that was not felt leaves nothing behind either. */
static void test_release(struct made *made, gconstpointer unused)
{
	static const struct rtp_fanout_cap low = { 0, 0, 0 };
	struct session *session = add_session(made, 1);

	configure(made, 100 * MBIT);
	session->leg.adapter.wanted = low;
	g_assert_true(play(made, session));
	pass(made);
	g_assert_false(session->leg.adapter.limited);
	g_assert_cmpuint(session->leg.adapter.allowed.tid, ==, 0);
	session->leg.track = NULL;
	configure(made, 0);
	g_assert_true(play(made, session));
	g_assert_cmpuint(session->leg.adapter.allowed.tid, ==, FANOUT_CAP_ALL.tid);
}

/* What a viewer left behind does not keep it out, and lets nobody else in. */
static void test_ghost(struct made *made, gconstpointer unused)
{
	struct session *ghost = add_session(made, 1), *back;

	configure(made, 2 * MBIT);
	g_assert_true(play(made, ghost));
	g_assert_true(play(made, add_session(made, 2)));
	ghost->silent_ms = LIMIT_TAKE_OVER_MS;
	back = add_session(made, 1);
	g_assert_false(play(made, back));
	ghost->silent_ms++;
	g_assert_false(play(made, add_session(made, 3)));
	g_assert_true(limiter_admits(made->limiter, back, 0, &FANOUT_CAP_ALL));
	g_assert_true(play(made, back));
	/* and one at a time */
	back->silent_ms = ghost->silent_ms;
	g_assert_false(play(made, add_session(made, 1)));
}

/* An address is looked for where it is. */
static void test_interfaces(struct made *made, gconstpointer unused)
{
	static const struct rtp_fanout_addr local = { .family = AF_INET,
						      .addr = { 127, 0, 0, 1 } };
	struct interfaces *interfaces = interfaces_new();

	interface_name = "a0";
	g_assert_cmpstr(interfaces_find(interfaces, &local), ==, "a0");
	interface_name = "b0";
	g_assert_cmpstr(interfaces_find(interfaces, &local), ==, "a0");
	later_us += INTERFACES_PERIOD_S * G_USEC_PER_SEC;
	g_assert_cmpstr(interfaces_find(interfaces, &local), ==, "b0");
	interfaces_free(interfaces);
}

/* What a look at many sessions takes of a processor; said, since it depends on the machine */
static void test_time(struct made *made, gconstpointer unused)
{
	guint looks = g_test_perf() ? 100 : 5;
	struct session *late;
	clock_t began;

	configure(made, CROWD * 2 * (guint64)MBIT);
	for (guint i = 0; i < CROWD; i++) {
		struct session *session = add_session(made, 1);

		session->leg.track = &made->path.track;
		session->playing = TRUE;
	}
	pass(made);
	applied = 0;
	began = clock();
	for (guint i = 0; i < looks; i++)
		pass(made);
	g_assert_cmpuint(applied, >=, looks * CROWD);
	g_test_message("%u sessions: %.3f ms to share", CROWD,
		       (clock() - began) * 1e3 / CLOCKS_PER_SEC / applied * CROWD);

	late = add_session(made, 2);
	began = clock();
	for (guint i = 0; i < looks; i++) {
		limiter_admits(made->limiter, late, 0, &FANOUT_CAP_ALL);
		limiter_begin(made->limiter, late);
	}
	g_test_message("%u sessions: %.3f ms for SETUP and PLAY of one", CROWD,
		       (clock() - began) * 1e3 / CLOCKS_PER_SEC / looks);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func) \
	g_test_add("/limits/" name, struct made, NULL, set_up, func, tear_down)
	TEST("classes", test_classes);
	TEST("key-frames", test_key_frames);
	TEST("outage", test_outage);
	TEST("rest", test_rest);
	TEST("release", test_release);
	TEST("ghost", test_ghost);
	TEST("interfaces", test_interfaces);
	TEST("time", test_time);
	return g_test_run();
}
