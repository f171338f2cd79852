// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The status page in a browser: what it makes of it, with nobody, some and many
 * watching. With SCREENSHOT it leaves a picture there, for the documentation.
 */
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "look.h"

/* Nobody is dropped while a slow machine starts a browser. */
static const struct bed_wish wish = { .monitor = TRUE, .timeout = 600 };

/* All layers of the first viewer would be too much for all of them. */
static const struct bed_wish limited = {
	.monitor = TRUE,
	.timeout = 600,
	.server = "rate-limit=600k\n",
};

#define MANY	500
/* Longest that the browser may take with many, in seconds: it must not hang */
#define HANGS_S	60

static const char *const browsers[] = { "chromium", "chromium-browser", "google-chrome" };

static char *find_browser(void)
{
	char *path = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(browsers) && !path; i++)
		path = g_find_program_in_path(browsers[i]);
	return path;
}

/* What the browser prints, having followed the page for some seconds of its time */
static char *browse(const struct bed *bed, const char *browser, const char *what,
		    char **console)
{
	g_autofree char *profile = g_strdup_printf("%s/profile", bed->dir);
	g_autofree char *user_data = g_strconcat("--user-data-dir=", profile, NULL);
	g_autofree char *url = g_strdup_printf("http://" RELAY_HOST ":%u/", bed->http_port);
	/* as root it has no sandbox; it is shown nothing but the page */
	const char *argv[] = {
		browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--disable-dev-shm-usage", "--enable-logging=stderr", "--window-size=1280,840",
		"--virtual-time-budget=20000", user_data, what, url, NULL
	};
	const char *remove[] = { "rm", "-r", profile, NULL };
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GError) error = NULL;
	char *dom = NULL;

	process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE |
				    G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
	g_assert_no_error(error);
	g_assert_true(g_subprocess_communicate_utf8(process, NULL, NULL, &dom, console,
						    &error));
	g_assert_no_error(error);
	g_assert_true(g_subprocess_get_successful(process));
	g_spawn_sync(NULL, (char **)remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
		     NULL, NULL);
	return dom;
}

static guint count_of(const char *text, const char *what)
{
	guint n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

/* What the page has become. Nothing that it says, its policy included, is an error. */
static char *page_dom(const struct bed *bed, const char *browser)
{
	g_autofree char *console = NULL;
	char *dom = browse(bed, browser, "--dump-dom", &console);

	g_test_message("%s", console);
	g_assert_null(strstr(console, "CONSOLE"));
	g_assert_nonnull(strstr(dom, "role=\"status\" class=\"good\">live</p>"));
	return dom;
}

static void test_nobody(struct bed *bed, gconstpointer unused)
{
	g_autofree char *browser = find_browser();
	g_autofree char *dom = page_dom(bed, browser);

	g_assert_cmpuint(count_of(dom, "<article class=\"stream\">"), ==, 3);
	g_assert_cmpuint(count_of(dom, ">idle</span>"), ==, 3);
	g_assert_null(strstr(dom, "limit of"));
	g_assert_nonnull(strstr(dom, "<tbody></tbody>"));
	g_assert_nonnull(strstr(dom, "<p id=\"empty\">Nobody is watching.</p>"));
}

static void test_some(struct bed *bed, gconstpointer unused)
{
	static const char *const caps[] = { NULL, "0,0,0", "1,15,1" };
	g_autofree char *dom = NULL, *first = NULL, *browser = find_browser();
	const char *screenshot = g_getenv("SCREENSHOT");
	struct viewer *viewers[G_N_ELEMENTS(caps)];
	g_autoptr(JsonNode) status = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(caps); i++) {
		viewers[i] = viewer_new(bed, caps[i], 2);
		viewer_play(viewers[i]);
	}
	/* until the counters were sampled twice */
	g_usleep(5 * G_USEC_PER_SEC);
	viewer_report_loss(viewers[2], 0, 20);
	dom = page_dom(bed, browser);
	status = look_json(bed, "/status");
	g_assert_cmpuint(count_of(dom, "<td class=\"id\">"), ==, G_N_ELEMENTS(caps));
	for (guint i = 0; i < G_N_ELEMENTS(caps); i++)
		g_assert_nonnull(strstr(dom, json_object_get_string_member(
				look_viewer(status, i), "viewer")));
	g_assert_nonnull(strstr(dom, "<td>0,0,0</td>"));
	g_assert_nonnull(strstr(dom, "<td>" VIEWER_HOST "</td>"));
	g_assert_nonnull(strstr(dom, ">playing</span>"));
	g_assert_nonnull(strstr(dom, ">3 viewers</span>"));
	g_assert_nonnull(strstr(dom, "<strong>video H264</strong>"));
	g_assert_nonnull(strstr(dom, "<td class=\"n bad\">7.8 %</td>"));
	g_assert_nonnull(strstr(dom, "network: it reports 7.8 % lost"));
	/* bars of its layers, of which the largest is as long as can be */
	g_assert_cmpuint(count_of(dom, "<div class=\"fill d"), ==, 9);
	g_assert_nonnull(strstr(dom, "width: 100%"));
	g_assert_nonnull(strstr(dom, "<polyline class=\"spark\""));
	/* who has less than it asked for, why, and what is left of the limit */
	g_assert_nonnull(strstr(dom, " of 7,15,7</td>"));
	g_assert_nonnull(strstr(dom, "<td class=\"decision\">host limit of 600 kb/s shared by 3"));
	g_assert_nonnull(strstr(dom, "<td class=\"decision\">wish</td>"));
	g_assert_nonnull(strstr(dom, "limit of this host"));
	g_assert_nonnull(strstr(dom, " of 600 kb/s, 3 viewers"));
	if (screenshot) {
		g_autofree char *what = g_strconcat("--screenshot=", screenshot, NULL);

		g_free(browse(bed, browser, what, NULL));
	}
	for (guint i = 0; i < G_N_ELEMENTS(caps); i++)
		viewer_teardown(viewers[i]);
}

/* They have set up, and do not play: the page has all the work, the relay none. */
static void test_many(struct bed *bed, gconstpointer unused)
{
	g_autofree char *dom = NULL, *browser = find_browser();
	struct viewer *viewers[MANY];
	gint64 start;

	for (guint i = 0; i < MANY; i++)
		viewers[i] = viewer_new(bed, NULL, 1);
	start = g_get_monotonic_time();
	dom = page_dom(bed, browser);
	g_assert_cmpint(g_get_monotonic_time() - start, <, HANGS_S * G_USEC_PER_SEC);
	g_assert_cmpuint(count_of(dom, "<td class=\"id\">"), ==, MANY);
	g_assert_cmpuint(count_of(dom, "has not asked to play"), ==, MANY);
	for (guint i = 0; i < MANY; i++)
		viewer_vanish(viewers[i]);
}

#define ADD(name, wish, func) \
	g_test_add("/page/" name, struct bed, wish, bed_set_up, func, bed_tear_down)

static void test_no_browser(void)
{
	g_test_skip("no browser: it is in the package chromium");
}

int main(int argc, char **argv)
{
	g_autofree char *browser = find_browser();
	struct rlimit limit;

	g_test_init(&argc, &argv, NULL);
	if (!browser) {
		g_test_add_func("/page/no-browser", test_no_browser);
		return g_test_run();
	}
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	ADD("nobody", &wish, test_nobody);
	ADD("some", &limited, test_some);
	ADD("many", &wish, test_many);
	return g_test_run();
}
