// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel says of the fan-outs of another process, read from its sockets
 * without its help: what a relay does can be judged without asking the relay.
 */
#include "cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <json-glib/json-glib.h>
#include <linux/rtp_fanout.h>
#include <so_rtp_fanout.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"

/* one syscall number on every architecture; glibc has the wrappers from 2.36 on */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open	434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd	438
#endif

#define DESTS	256

static const GOptionEntry entries[] = { {} };

static gboolean read_info(int fd, struct rtp_fanout_info *info)
{
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_info info;
	} call = {
		.hdr = { .op = RTP_FANOUT_INFO, .count = 1, .size = sizeof(*info) },
	};
	socklen_t len = sizeof(call);

	if (getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &call, &len) || call.hdr.count != 1)
		return FALSE;
	*info = call.info;
	return TRUE;
}

static gchar *address_text(const struct rtp_fanout_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	return g_strdup(inet_ntop(address->family, address->addr, text, sizeof(text)));
}

static void add_dest(JsonArray *array, const struct rtp_fanout_dest_info *info)
{
	JsonObject *object = json_object_new();
	g_autofree gchar *address = address_text(&info->addr);
	guint64 dropped = info->dropped_nomem + info->dropped_inflight + info->dropped_route +
			  info->dropped_mtu + info->dropped_output;

	json_object_set_string_member(object, "address", address);
	json_object_set_int_member(object, "port", ntohs(info->addr.port));
	json_object_set_int_member(object, "packets", info->packets);
	json_object_set_int_member(object, "octets", info->octets);
	json_object_set_int_member(object, "dropped", dropped);
	json_object_set_int_member(object, "dropped_inflight", info->dropped_inflight);
	json_array_add_object_element(array, object);
}

static JsonArray *read_dests(int fd)
{
	JsonArray *array = json_array_new();
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_cursor cursor;
		struct rtp_fanout_dest_info dests[DESTS];
	} call = {};

	do {
		socklen_t len = sizeof(call);

		call.hdr = (struct rtp_fanout_hdr){
			.op = RTP_FANOUT_DESTS,
			.count = DESTS,
			.size = sizeof(call.dests[0]),
		};
		if (getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &call, &len))
			cli_die("RTP_FANOUT_DESTS: %s", g_strerror(errno));
		for (guint i = 0; i < MIN(call.hdr.count, DESTS); i++)
			add_dest(array, &call.dests[i]);
	} while (call.cursor.next);
	return array;
}

static JsonObject *describe(int fd, const struct rtp_fanout_info *info)
{
	JsonObject *object = json_object_new();
	const char *name;
	guint64 value;

	for (guint i = 0; (name = fanout_counter(info, i, &value)); i++)
		json_object_set_int_member(object, name, value);
	json_object_set_array_member(object, "dests", read_dests(fd));
	return object;
}

static JsonArray *read_process(const char *pid)
{
	g_autofree gchar *path = g_build_filename("/proc", pid, "fd", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
	int pidfd = syscall(SYS_pidfd_open, atoi(pid), 0);
	JsonArray *array = json_array_new();
	const char *name;

	if (!dir)
		cli_die("%s", error->message);
	if (pidfd < 0)
		cli_die("process %s: %s", pid, g_strerror(errno));
	while ((name = g_dir_read_name(dir))) {
		g_autofree gchar *link = g_build_filename(path, name, NULL);
		g_autofree gchar *target = g_file_read_link(link, NULL);
		struct rtp_fanout_info info;
		int fd;

		if (!target || !g_str_has_prefix(target, "socket:"))
			continue;
		fd = syscall(SYS_pidfd_getfd, pidfd, atoi(name), 0);
		/* closed since */
		if (fd < 0 && errno == EBADF)
			continue;
		if (fd < 0)
			cli_die("process %s: %s; run it as root", pid, g_strerror(errno));
		if (read_info(fd, &info))
			json_array_add_object_element(array, describe(fd, &info));
		close(fd);
	}
	close(pidfd);
	return array;
}

int main(int argc, char **argv)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_ARRAY);
	g_autofree gchar *text = NULL;

	cli_parse(&argc, &argv, entries, 1, "PID",
		  "Prints the counters of all RTP fan-outs of a process, as a JSON array.");
	json_node_take_array(root, read_process(argv[1]));
	text = json_to_string(root, TRUE);
	g_print("%s\n", text);
	return EXIT_SUCCESS;
}
