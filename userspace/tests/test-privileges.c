// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who holds what: the daemon nothing, its helper CAP_NET_ADMIN, and neither a
 * socket longer than it needs it. Most of it takes root.
 */
#include <cap-ng.h>
#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fanout.h"
#include "helper_serve.h"
#include "look.h"
#include "udp.h"

#define OTHER_USER	"nobody"
#define NO_CAPS		"0000000000000000"
#define NET_ADMIN	"0000000000001000"

/* For send_signals() */
static gint signals_end;

/* A line of /proc/PID/.../status, its value only */
static char *status_of(const char *dir, const char *field)
{
	g_autofree char *file = g_build_filename(dir, "status", NULL);
	g_autofree char *text = NULL;
	g_autofree char *key = g_strdup_printf("\n%s:\t", field);
	const char *value;

	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	value = strstr(text, key);
	g_assert_nonnull(value);
	value += strlen(key);
	return g_strndup(value, strcspn(value, "\n"));
}

static void assert_status(const char *dir, const char *field, const char *expected)
{
	g_autofree char *value = status_of(dir, field);

	g_test_message("%s %s: %s", dir, field, value);
	g_assert_cmpstr(value, ==, expected);
}

static void assert_caps(const char *dir, const char *kept)
{
	assert_status(dir, "CapPrm", kept);
	assert_status(dir, "CapEff", kept);
	assert_status(dir, "CapInh", NO_CAPS);
	assert_status(dir, "CapAmb", NO_CAPS);
	assert_status(dir, "CapBnd", NO_CAPS);
	assert_status(dir, "NoNewPrivs", "1");
}

static guint count_fds(pid_t pid)
{
	g_autofree char *dir = g_strdup_printf("/proc/%d/fd", pid);
	g_autoptr(GDir) fds = g_dir_open(dir, 0, NULL);
	guint n = 0;

	g_assert_nonnull(fds);
	while (g_dir_read_name(fds))
		n++;
	return n;
}

/* The daemon's only child */
static pid_t helper_of(pid_t daemon)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/task/%d/children", daemon, daemon);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	return g_ascii_strtoll(text, NULL, 10);
}

static gboolean is_gone(pid_t pid)
{
	for (guint tries = 0; tries < 100; tries++) {
		g_autofree char *dir = g_strdup_printf("/proc/%d", pid);

		/* an orphan is the test's own to bury, see main() */
		waitpid(pid, NULL, WNOHANG);
		if (!g_file_test(dir, G_FILE_TEST_EXISTS))
			return TRUE;
		g_usleep(10000);
	}
	return FALSE;
}

static void assert_all_threads_bare(pid_t pid)
{
	g_autofree char *tasks = g_strdup_printf("/proc/%d/task", pid);
	g_autoptr(GDir) dir = g_dir_open(tasks, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *task = g_build_filename(tasks, name, NULL);

		assert_caps(task, NO_CAPS);
	}
}

/* Both processes, while a viewer plays; buffers beyond what the system allows. */
static void test_caps(struct bed *bed, gconstpointer data)
{
	const struct bed_wish *wish = data;
	g_autofree char *daemon = g_strdup_printf("/proc/%d", bed_pid(bed));
	pid_t pid = helper_of(bed_pid(bed));
	g_autofree char *helper = g_strdup_printf("/proc/%d", pid);
	g_autofree char *granted = g_strdup_printf("receive-buffer=%d", 2 * UDP_BUFFER);
	struct viewer *viewer = viewer_new(bed, NULL, 2);

	viewer_play(viewer);
	assert_all_threads_bare(bed_pid(bed));
	assert_caps(helper, NET_ADMIN);
	assert_status(helper, "Seccomp", "2");
	if (wish->server) {
		assert_status(daemon, "Uid", "65534\t65534\t65534\t65534");
		assert_status(helper, "Uid", "65534\t65534\t65534\t65534");
		assert_status(helper, "Groups", " ");
	}
	bed_await_log(bed, granted);
	g_assert_cmpuint(count_fds(pid), ==, 4);
	viewer_teardown(viewer);
}

static void assert_helper(struct bed *bed, const char *state, gint64 up)
{
	g_autoptr(JsonNode) status = look_json(bed, "/status");
	g_autofree char *metrics = look_text(bed, "/metrics");

	g_assert_cmpstr(json_object_get_string_member(json_node_get_object(status), "helper"),
			==, state);
	g_assert_cmpint(look_metric(metrics, "rtprelay_helper_up"), ==, up);
}

/* Streams go on without the helper, and new ones begin; everybody who looks sees it. */
static void test_helper_killed(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1), *late;
	struct bed beside = *bed;
	guint8 data[2048];

	assert_helper(bed, "running", 1);

	viewer_play(viewer);
	g_assert_cmpint(kill(helper_of(bed_pid(bed)), SIGKILL), ==, 0);
	bed_await_log(bed, "helper-lost: reason=\"it has ended\" do=\"restart the daemon");
	assert_helper(bed, "lost", 0);
	for (guint i = 0; i < 50; i++)
		g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 0);

	beside.url = g_strdup_printf("rtsp://" RELAY_HOST ":%u/other", bed->port);
	late = viewer_new(&beside, NULL, 1);
	viewer_play(late);
	bed_await_log(bed, "fallback=\"RTP_FANOUT_ATTACH: Operation not permitted\"");
	viewer_teardown(late);
	viewer_teardown(viewer);
	g_free(beside.url);
}

/* Where only the kernel may serve, whoever started the daemon is to do it again. */
static void test_helper_killed_kernel(void)
{
	static const struct bed_wish wish = { .backend = "kernel" };
	struct bed bed = { 0 };

	bed_set_up(&bed, &wish);
	g_assert_cmpint(kill(helper_of(bed_pid(&bed)), SIGKILL), ==, 0);
	g_assert_true(g_subprocess_wait(bed.daemon, NULL, NULL));
	g_assert_cmpint(g_subprocess_get_exit_status(bed.daemon), ==, 1);
	bed_await_log(&bed, "helper-lost: reason=\"it has ended\" do=\"the daemon ends");
	bed_await_log(&bed, "stopped: ");
	bed_tear_down(&bed, &(struct bed_wish){ .status = -1 });
}

/* A TCP port that only root may listen on, and nobody does; below @below */
static guint16 free_low_port(guint16 below)
{
	while (--below) {
		g_autoptr(GSocketAddress) address =
			g_inet_socket_address_new_from_string(RELAY_HOST, below);
		g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_IPV4,
							 G_SOCKET_TYPE_STREAM,
							 G_SOCKET_PROTOCOL_TCP, NULL);

		if (g_socket_bind(socket, address, FALSE, NULL))
			break;
	}
	return below;
}

/* Whatever is listened on may be below 1024, though root is given up. */
static void test_low_ports(struct bed *bed, gconstpointer unused)
{
	g_autofree char *pem = g_build_filename(g_getenv("TESTS"), "relay-a.pem", NULL);
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketConnection) connection = NULL;
	const struct passwd *other = getpwnam(OTHER_USER);
	g_autoptr(JsonNode) status = NULL;
	g_autofree char *server = NULL;
	struct viewer *viewer;
	guint16 tls_port;

	bed_kill(bed);
	bed->port = free_low_port(1024);
	bed->http_port = free_low_port(bed->port);
	tls_port = free_low_port(bed->http_port);
	g_clear_pointer(&bed->url, g_free);
	bed->url = g_strdup_printf("rtsp://" RELAY_HOST ":%u/cam", bed->port);
	server = g_strdup_printf("user=" OTHER_USER "\nlisten-tls=" RELAY_HOST ":%u\n"
				 "certificate=%s\n", tls_port, pem);
	bed_configure(bed, server, NULL);
	/* the control socket is made by the user that it becomes */
	g_assert_cmpint(chown(bed->dir, other->pw_uid, other->pw_gid), ==, 0);
	bed_start(bed, NULL);
	viewer = viewer_new(bed, NULL, 1);
	viewer_play(viewer);
	status = look_json(bed, "/status");
	g_assert_nonnull(look_viewer(status, 0));
	connection = g_socket_client_connect_to_host(client, RELAY_HOST, tls_port, NULL, NULL);
	g_assert_nonnull(connection);
	viewer_teardown(viewer);
}

/* What is sent to end the daemon is not for its helper. */
static void test_helper_keeps(struct bed *bed, gconstpointer unused)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE };
	pid_t helper = helper_of(bed_pid(bed));

	for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
		g_assert_cmpint(kill(helper, signals[i]), ==, 0);
	g_usleep(50000);
	g_assert_cmpint(helper_of(bed_pid(bed)), ==, helper);
}

static gboolean port_is_free(guint16 port)
{
	g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(RELAY_HOST,
										  port);
	g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_IPV4,
						 G_SOCKET_TYPE_DATAGRAM,
						 G_SOCKET_PROTOCOL_UDP, NULL);

	for (guint tries = 0; tries < 100; tries++) {
		if (g_socket_bind(socket, address, FALSE, NULL))
			return TRUE;
		g_usleep(10000);
	}
	return FALSE;
}

static gpointer send_signals(gpointer user_data)
{
	struct bed *bed = user_data;

	while (!g_atomic_int_get(&signals_end)) {
		kill(bed_pid(bed), SIGHUP);
		g_usleep(50);
	}
	return NULL;
}

/* A signal while the daemon waits for its helper is no reason to give that up. */
static void test_signals(struct bed *bed, gconstpointer unused)
{
	GThread *thread;

	bed_await_log(bed, "ready: ");
	g_atomic_int_set(&signals_end, 0);
	thread = g_thread_new(NULL, send_signals, bed);
	for (guint i = 0; i < 40; i++) {
		struct viewer *viewer = viewer_new(bed, NULL, 2);

		viewer_teardown(viewer);
	}
	g_atomic_int_set(&signals_end, 1);
	g_thread_join(thread);
	g_assert_cmpint(helper_of(bed_pid(bed)), >, 0);
}

/* A second later neither a process nor a port of it is left. */
static void test_daemon_killed(void)
{
	static const struct bed_wish wish = { .status = 0 };

	for (guint i = 0; i < 10; i++) {
		struct bed bed = { 0 };
		struct viewer *viewer;
		pid_t helper;

		bed_set_up(&bed, &wish);
		helper = helper_of(bed_pid(&bed));
		g_assert_cmpint(helper, >, 0);
		viewer = viewer_new(&bed, NULL, 2);
		viewer_play(viewer);
		g_usleep(g_test_rand_int_range(0, 50000));
		g_subprocess_send_signal(bed.daemon, SIGKILL);
		g_assert_true(is_gone(helper));
		g_assert_true(port_is_free(viewer->server_port[0][0]));
		viewer_vanish(viewer);
		bed_tear_down(&bed, &(struct bed_wish){ .status = -1 });
	}
}

static void drop_all(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	capng_apply(CAPNG_SELECT_ALL);
}

/* As if net.core.rmem_max were as small as it is by default */
static void drop_all_small_buffers(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), SCMP_SYS(setsockopt), 2,
			 SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET), SCMP_A2(SCMP_CMP_EQ, SO_RCVBUF));
	seccomp_load(filter);
	drop_all();
}

/* Complaint 3: receive buffers that silently stay small */
static void test_small_buffers(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);

	viewer_play(viewer);
	bed_await_log(bed, "receive-buffer-small: path=/cam track=0 granted=");
	bed_await_log(bed, "wanted=4194304 raise=net.core.rmem_max");
	viewer_teardown(viewer);
}

/* Without capabilities it works as far as it can, and says so. */
static void test_powerless(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);

	viewer_play(viewer);
	g_assert_cmpint(helper_of(bed_pid(bed)), ==, 0);
	bed_await_log(bed, "helper=0 reason=\"CAP_NET_ADMIN is missing\"");
	bed_await_log(bed, "backend=user");
	viewer_teardown(viewer);
}

static void test_powerless_kernel(struct bed *bed, gconstpointer unused)
{
	bed_await_log(bed, "rtprelayd: backend kernel: CAP_NET_ADMIN is missing");
}

/* -- the helper by itself ------------------------------------------------------ */

static pid_t spawn_helper(int *fd)
{
	struct helper_answer answer;
	int pair[2];
	pid_t pid;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
	pid = fork();
	if (!pid)
		helper_serve(pair[1], &(struct privileges_user){ NULL });
	close(pair[1]);
	g_assert_cmpint(recv(pair[0], &answer, sizeof(answer), 0), ==, sizeof(answer));
	g_assert_cmpint(answer.err, ==, 0);
	*fd = pair[0];
	return pid;
}

static int ask(int helper, const struct helper_request *request, gsize size,
	       const int *fds, guint n_fds)
{
	struct iovec iov = { (void *)request, size };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {
		.header = {
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
		},
	};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = n_fds ? control.bytes : NULL,
		.msg_controllen = n_fds ? CMSG_SPACE(n_fds * sizeof(int)) : 0,
	};
	struct helper_answer answer = { .err = -1 };

	memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	g_assert_cmpint(sendmsg(helper, &msg, 0), ==, size);
	g_assert_cmpint(recv(helper, &answer, sizeof(answer), 0), ==, sizeof(answer));
	return answer.err;
}

/* A wrong request is refused, costs nothing, and the next one is served. */
static void test_helper_refuses(void)
{
	enum { UDP4, UDP6, TCP, UNIX, RAW, PIPE, KINDS };
	struct helper_request big[2] = { { .op = HELPER_BUFFERS } };
	static const struct {
		const char *what;
		guint op, kind, n_fds, bpf_fd;
		gint size;	/* more than a request has */
		int err;
	} rows[] = {
		{ "buffers", HELPER_BUFFERS, UDP4, 1, 0, 0, 0 },
		{ "buffers, IPv6", HELPER_BUFFERS, UDP6, 1, 0, 0, 0 },
		{ "no operation", 0, UDP4, 1, 0, 0, EINVAL },
		{ "unknown operation", HELPER_CONFIG + 1, UDP4, 1, 0, 0, EINVAL },
		{ "a TCP socket", HELPER_ATTACH, TCP, 1, 0, 0, ENOTSOCK },
		{ "a Unix socket", HELPER_BUFFERS, UNIX, 1, 0, 0, ENOTSOCK },
		{ "a raw socket", HELPER_BUFFERS, RAW, 1, 0, 0, ENOTSOCK },
		{ "a pipe", HELPER_ATTACH, PIPE, 1, 0, 0, ENOTSOCK },
		{ "no descriptor", HELPER_ATTACH, UDP4, 0, 0, 0, EBADMSG },
		{ "two descriptors", HELPER_ATTACH, UDP4, 2, 0, 0, EBADMSG },
		{ "too short", HELPER_BUFFERS, UDP4, 1, 0, -1, EBADMSG },
		{ "too long", HELPER_BUFFERS, UDP4, 1, 0, 1, EBADMSG },
		{ "a number that means nothing", HELPER_ATTACH, UDP4, 1, 3, 0, EINVAL },
		{ "and again", HELPER_BUFFERS, UDP4, 1, 0, 0, 0 },
	};
	int kinds[KINDS], pipes[2], helper, status;
	pid_t pid = spawn_helper(&helper);

	g_assert_cmpint(pipe(pipes), ==, 0);
	kinds[UDP4] = socket(AF_INET, SOCK_DGRAM, 0);
	kinds[UDP6] = socket(AF_INET6, SOCK_DGRAM, 0);
	kinds[TCP] = socket(AF_INET, SOCK_STREAM, 0);
	kinds[UNIX] = socket(AF_UNIX, SOCK_DGRAM, 0);
	kinds[RAW] = socket(AF_INET, SOCK_RAW, IPPROTO_UDPLITE);
	kinds[PIPE] = pipes[0];
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const int fds[] = { kinds[rows[i].kind], kinds[UDP4] };

		g_test_message("%s", rows[i].what);
		big[0].op = rows[i].op;
		big[0].config.bpf_fd = rows[i].bpf_fd;
		g_assert_cmpint(ask(helper, big, sizeof(big[0]) + rows[i].size, fds,
				    rows[i].n_fds), ==, rows[i].err);
		g_assert_cmpuint(count_fds(pid), ==, 4);
	}
	/* what it may do it hands on, and tells what came of it */
	big[0] = (struct helper_request){ .op = HELPER_ATTACH };
	status = ask(helper, big, sizeof(big[0]), &kinds[UDP4], 1);
	g_assert_cmpint(status, ==, fanout_set_config(kinds[UDP4], RTP_FANOUT_ATTACH,
						       &big[0].config));
	g_assert_cmpint(status, !=, 0);

	close(helper);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (guint i = 0; i < KINDS; i++)
		close(kinds[i]);
	close(pipes[1]);
}

#define ADD(name, func, wish) \
	g_test_add("/privileges/" name, struct bed, wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	static const struct bed_wish root = { 0 };
	static const struct bed_wish other = { .server = "user=" OTHER_USER "\n" };
	static const struct bed_wish any = { .backend = "auto", .monitor = TRUE };
	static const struct bed_wish powerless = { .backend = "auto", .child = drop_all };
	static const struct bed_wish small_buffers = { .child = drop_all_small_buffers };
	static const struct bed_wish powerless_kernel = {
		.backend = "kernel", .child = drop_all, .status = 1,
	};

	g_test_init(&argc, &argv, NULL);
	/* LeakSanitizer cannot look at a process that has changed its user. */
	g_setenv("ASAN_OPTIONS", "detect_leaks=0", FALSE);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ADD("powerless", test_powerless, &powerless);
	ADD("complaint-3-small-buffers", test_small_buffers, &small_buffers);
	ADD("powerless-kernel", test_powerless_kernel, &powerless_kernel);
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN) && !geteuid()) {
		ADD("root", test_caps, &root);
		ADD("other-user", test_caps, &other);
		ADD("helper-killed", test_helper_killed, &any);
		ADD("low-ports", test_low_ports, &root);
		ADD("signals", test_signals, &root);
		ADD("helper-keeps", test_helper_keeps, &root);
		g_test_add_func("/privileges/helper-killed-kernel",
				test_helper_killed_kernel);
		g_test_add_func("/privileges/daemon-killed", test_daemon_killed);
		g_test_add_func("/privileges/helper-refuses", test_helper_refuses);
	}
	return g_test_run();
}
