// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends a packetized stream through a fan-out of the kernel's to destinations of its
 * own, changes their caps at random while it flows, and writes down what each got and
 * when what was asked. It judges nothing.
 *
 * The time of a change is exact to the datagram: it is made when all that was sent
 * before has arrived at a destination without a cap.
 */
#include "cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <json-glib/json-glib.h>
#include <linux/rtp_fanout.h>
#include <netinet/in.h>
#include <so_rtp_fanout.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RELAY_PORT	5004
#define RTP_HEADER_SIZE	12
#define RECEIVE_BUFFER	(8 << 20)
/* of those that a datagram takes to cross the machine, emulated and busy: plenty */
#define ARRIVAL_S	10
/* from one look at what has come to the next */
#define STEP_US		2000
/* a change of the caps of each destination, once in each such time of the stream */
#define CHANGE_S	2
#define TOP_QID		15

static gint opt_codec;
static gint opt_dependency_id;
static gint opt_spatial = 1;
static gint opt_temporal = 1;
static gint opt_destinations = 16;
static gint opt_immediate;
static gboolean opt_pause;
static gint opt_rate = 20;
static gdouble opt_speed = 1;
static gint opt_seed = 1;

static const GOptionEntry entries[] = {
	{ "codec", 0, 0, G_OPTION_ARG_INT, &opt_codec, "enum rtp_fanout_codec of the stream", "N" },
	{ "dependency-id", 0, 0, G_OPTION_ARG_INT, &opt_dependency_id,
	  "header extension that is the AV1 dependency descriptor (none)", "ID" },
	{ "spatial", 0, 0, G_OPTION_ARG_INT, &opt_spatial, "spatial layers (1)", "N" },
	{ "temporal", 0, 0, G_OPTION_ARG_INT, &opt_temporal, "temporal layers (1)", "N" },
	{ "destinations", 0, 0, G_OPTION_ARG_INT, &opt_destinations,
	  "whose caps change (16)", "N" },
	{ "immediate", 0, 0, G_OPTION_ARG_INT, &opt_immediate,
	  "so many of them, the last, go down at once (0)", "N" },
	{ "pause", 0, 0, G_OPTION_ARG_NONE, &opt_pause, "pause them now and then", NULL },
	{ "rate", 0, 0, G_OPTION_ARG_INT, &opt_rate, "pictures a second (20)", "N" },
	{ "speed", 0, 0, G_OPTION_ARG_DOUBLE, &opt_speed, "times real time (1)", "X" },
	{ "seed", 0, 0, G_OPTION_ARG_INT, &opt_seed, "of what is random (1)", "N" },
	{}
};

struct destination {
	int fd;
	FILE *file;
	guint64 received;
	guint change_at;	/* in pictures: when its cap changes next */
	struct rtp_fanout_dest dest;
};

static struct {
	int relay, sender;
	/* of those whose caps change, and one more that gets everything */
	struct destination *destinations;
	guint count;
	guint64 sent;
	GRand *random;
	FILE *changes;
} rig;

static struct destination *witness(void)
{
	return &rig.destinations[rig.count - 1];
}

static int open_socket(guint16 port, struct rtp_fanout_addr *address)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = RECEIVE_BUFFER;
	socklen_t len = sizeof(name);

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, len) ||
	    getsockname(fd, (struct sockaddr *)&name, &len))
		cli_die("UDP port %u of the loopback address: %s", port, g_strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		cli_die("SO_RCVBUFFORCE: %s; run this as root", g_strerror(errno));
	address->family = AF_INET;
	address->port = name.sin_port;
	memcpy(address->addr, &name.sin_addr, sizeof(name.sin_addr));
	return fd;
}

static void control(guint32 op, guint32 flags, const void *element, gsize size, const char *what)
{
	struct {
		struct rtp_fanout_hdr hdr;
		guint8 element[sizeof(struct rtp_fanout_config)];
	} call = { .hdr = { .op = op, .flags = flags, .count = 1, .size = size } };

	memcpy(call.element, element, size);
	if (setsockopt(rig.relay, SOL_SOCKET, SO_RTP_FANOUT, &call, sizeof(call.hdr) + size))
		cli_die("%s: %s", what, g_strerror(errno));
}

static void read_info(struct rtp_fanout_info *info)
{
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_info info;
	} call = {
		.hdr = { .op = RTP_FANOUT_INFO, .count = 1, .size = sizeof(*info) },
	};
	socklen_t len = sizeof(call);

	if (getsockopt(rig.relay, SOL_SOCKET, SO_RTP_FANOUT, &call, &len))
		cli_die("RTP_FANOUT_INFO: %s", g_strerror(errno));
	*info = call.info;
}

/* Takes what has come. Files have each datagram behind its length (RFC 4571). */
static void receive(void)
{
	static guint8 buffer[65536];

	for (guint i = 0; i < rig.count; i++) {
		struct destination *destination = &rig.destinations[i];
		ssize_t got;

		while ((got = recv(destination->fd, buffer + 2, sizeof(buffer) - 2, 0)) >= 0) {
			buffer[0] = got >> 8;
			buffer[1] = got;
			fwrite(buffer, 2 + got, 1, destination->file);
			destination->received++;
		}
		/* what the stream's copies to an address meet is told to the socket */
		if (errno != EAGAIN)
			cli_die("destination %u: %s", i, g_strerror(errno));
	}
}

/* Until all that was sent is with the destination that gets everything, and stays so. */
static void settle(void)
{
	gint64 until = g_get_monotonic_time() + ARRIVAL_S * G_USEC_PER_SEC;
	guint64 copies = G_MAXUINT64;

	for (;;) {
		struct rtp_fanout_info info;

		receive();
		read_info(&info);
		if (witness()->received == rig.sent && info.tx_packets == copies)
			return;
		copies = info.tx_packets;
		if (g_get_monotonic_time() > until)
			cli_die("of %" G_GUINT64_FORMAT " datagrams sent, %" G_GUINT64_FORMAT
				" reached a destination without a cap",
				rig.sent, witness()->received);
		g_usleep(STEP_US);
	}
}

static void note_change(guint number)
{
	const struct rtp_fanout_cap *cap = &rig.destinations[number].dest.cap;

	fprintf(rig.changes, "%" G_GUINT64_FORMAT " %u %u %u %u\n",
		rig.sent, number, cap->did, cap->tid, cap->flags);
}

static void choose_cap(guint number)
{
	struct rtp_fanout_cap *cap = &rig.destinations[number].dest.cap;

	/* A cap that is paused is one cap, whatever else it says: the kernel holds few. */
	*cap = (struct rtp_fanout_cap){ .flags = RTP_FANOUT_CAP_PAUSE };
	if (opt_pause && !g_rand_int_range(rig.random, 0, 8))
		return;
	*cap = (struct rtp_fanout_cap){
		.did = g_rand_int_range(rig.random, 0, opt_spatial),
		.qid = TOP_QID,
		.tid = g_rand_int_range(rig.random, 0, opt_temporal),
	};
}

/* Who decodes the base layer alone does not care where the others end. */
static guint8 manner(guint number)
{
	return number + opt_immediate + 1 >= rig.count ? RTP_FANOUT_CAP_IMMEDIATE : 0;
}

static void add_destinations(const char *directory)
{
	rig.count = opt_destinations + 1;
	rig.destinations = g_new0(struct destination, rig.count);
	for (guint i = 0; i < rig.count; i++) {
		struct destination *destination = &rig.destinations[i];
		g_autofree gchar *path = g_strdup_printf("%s/%u.rtp", directory, i);

		destination->file = fopen(path, "wb");
		if (!destination->file)
			cli_die("cannot write %s: %s", path, g_strerror(errno));
		destination->fd = open_socket(0, &destination->dest.addr);
		destination->dest.cookie = i;
		if (destination == witness())
			destination->dest.cap = (struct rtp_fanout_cap){ 7, TOP_QID, 7, 0 };
		else
			choose_cap(i);
		control(RTP_FANOUT_ADD, 0, &destination->dest, sizeof(destination->dest),
			"RTP_FANOUT_ADD");
		note_change(i);
	}
}

static void attach(guint8 payload_type)
{
	struct rtp_fanout_config config = { .dependency_id = opt_dependency_id };
	struct rtp_fanout_addr address;

	rig.relay = open_socket(RELAY_PORT, &address);
	rig.sender = open_socket(0, &config.source);
	config.codec[payload_type] = opt_codec;
	control(RTP_FANOUT_ATTACH, 0, &config, sizeof(config), "RTP_FANOUT_ATTACH");
}

/* A moment within the next time of CHANGE_S, for each destination its own. */
static void choose_time(struct destination *destination, guint picture)
{
	guint every = CHANGE_S * opt_rate;

	destination->change_at = (picture / every + 1) * every +
				 g_rand_int_range(rig.random, 0, every);
}

static void change_caps(guint picture)
{
	for (guint i = 0; i + 1 < rig.count; i++) {
		struct destination *destination = &rig.destinations[i];

		/* in the middle of its datagrams, as likely as not */
		if (picture < destination->change_at || !g_rand_int_range(rig.random, 0, 3))
			continue;
		settle();
		choose_cap(i);
		destination->dest.cap.flags |= manner(i);
		control(RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, &destination->dest,
			sizeof(destination->dest), "RTP_FANOUT_SET");
		note_change(i);
		choose_time(destination, picture);
	}
}

static void send_stream(const guint8 *data, gsize size)
{
	struct sockaddr_in relay = {
		.sin_family = AF_INET,
		.sin_port = htons(RELAY_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	gint64 began = g_get_monotonic_time(), told = began;
	const guint8 *timestamp = NULL;
	guint picture = 0;
	gsize len;

	for (gsize pos = 0; pos < size; pos += 2 + len) {
		const guint8 *packet = data + pos + 2;

		len = size - pos < 2 ? 0 : data[pos] << 8 | data[pos + 1];
		if (len < RTP_HEADER_SIZE || size - pos - 2 < len)
			cli_die("the stream's file is cut short");
		if (timestamp && memcmp(timestamp, packet + 4, 4)) {
			gint64 due = began + ++picture * G_USEC_PER_SEC / (opt_rate * opt_speed);

			for (receive(); g_get_monotonic_time() < due; receive())
				g_usleep(STEP_US);
		}
		timestamp = packet + 4;
		change_caps(picture);
		if (sendto(rig.sender, packet, len, 0, (struct sockaddr *)&relay,
			   sizeof(relay)) < 0)
			cli_die("sendto: %s", g_strerror(errno));
		rig.sent++;
		if (g_get_monotonic_time() - told > 5 * G_USEC_PER_SEC) {
			told = g_get_monotonic_time();
			g_print("%u pictures sent\n", picture);
		}
	}
	settle();
}

static gboolean saw_wait(void)
{
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_event event[64];
	} call = {
		.hdr = {
			.op = RTP_FANOUT_EVENTS,
			.count = G_N_ELEMENTS(call.event),
			.size = sizeof(call.event[0]),
		},
	};
	socklen_t len = sizeof(call);
	guint32 events = 0;

	if (getsockopt(rig.relay, SOL_SOCKET, SO_RTP_FANOUT, &call, &len))
		cli_die("RTP_FANOUT_EVENTS: %s", g_strerror(errno));
	for (guint i = 0; i < MIN(call.hdr.count, G_N_ELEMENTS(call.event)); i++)
		events |= call.event[i].events;
	return events & RTP_FANOUT_EVENT_WAIT_SYNC;
}

static JsonArray *describe_destinations(void)
{
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_cursor cursor;
		struct rtp_fanout_dest_info dest[RTP_FANOUT_MAX_COUNT];
	} *call = g_malloc0(sizeof(*call));
	JsonArray *array = json_array_new();
	socklen_t len = sizeof(*call);

	call->hdr = (struct rtp_fanout_hdr){
		.op = RTP_FANOUT_DESTS,
		.count = G_N_ELEMENTS(call->dest),
		.size = sizeof(call->dest[0]),
	};
	if (getsockopt(rig.relay, SOL_SOCKET, SO_RTP_FANOUT, call, &len))
		cli_die("RTP_FANOUT_DESTS: %s", g_strerror(errno));
	for (guint i = 0; i < MIN(call->hdr.count, G_N_ELEMENTS(call->dest)); i++) {
		const struct rtp_fanout_dest_info *info = &call->dest[i];
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "number", info->cookie);
		json_object_set_int_member(object, "packets", info->packets);
		json_object_set_int_member(object, "did", info->current_cap.did);
		json_object_set_int_member(object, "tid", info->current_cap.tid);
		json_object_set_int_member(object, "flags", info->current_cap.flags);
		json_array_add_object_element(array, object);
	}
	g_free(call);
	return array;
}

static void write_summary(const char *directory)
{
	g_autofree gchar *path = g_build_filename(directory, "summary.json", NULL);
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(GError) error = NULL;
	struct rtp_fanout_info info;

	read_info(&info);
	json_object_set_int_member(object, "seed", opt_seed);
	json_object_set_int_member(object, "sent", rig.sent);
	json_object_set_int_member(object, "rx_packets", info.rx_packets);
	json_object_set_int_member(object, "rx_lost", info.rx_lost);
	json_object_set_int_member(object, "rx_passed", info.rx_passed);
	json_object_set_int_member(object, "rx_dropped",
				   info.rx_dropped_queue + info.rx_dropped_nomem +
				   info.rx_dropped_policy + info.rx_dropped_ttl +
				   info.rx_dropped_malformed + info.rx_dropped_duplicate +
				   info.rx_dropped_late + info.rx_dropped_unconfirmed);
	json_object_set_int_member(object, "tx_packets", info.tx_packets);
	json_object_set_int_member(object, "tx_dropped", info.tx_dropped);
	json_object_set_boolean_member(object, "waited", saw_wait());
	json_object_set_array_member(object, "destinations", describe_destinations());
	json_node_set_object(root, object);
	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, TRUE);
	if (!json_generator_to_file(generator, path, &error))
		cli_die("%s", error->message);
}

int main(int argc, char **argv)
{
	g_autofree gchar *path = NULL;
	g_autofree gchar *data = NULL;
	g_autoptr(GError) error = NULL;
	gboolean bad;
	gsize size;

	cli_parse(&argc, &argv, entries, 2, "FILE DIRECTORY",
		  "Sends FILE, RTP datagrams each behind its length (RFC 4571), through a fan-out\n"
		  "and changes the caps of its destinations at random. DIRECTORY gets N.rtp of each\n"
		  "destination; changes, a line 'SENT N DID TID FLAGS' for each cap: the datagrams\n"
		  "sent before, the destination, struct rtp_fanout_cap; and summary.json. The last\n"
		  "destination gets everything.");
	if (opt_spatial < 1 || opt_spatial > 8 || opt_temporal < 1 || opt_temporal > 8 ||
	    opt_destinations < 1 || opt_destinations > 256 || opt_rate < 1 || opt_speed <= 0)
		cli_die("layers are 1 to 8, destinations 1 to 256, rate and speed above 0");
	if (!g_file_get_contents(argv[1], &data, &size, &error))
		cli_die("%s", error->message);
	if (size < 2 + RTP_HEADER_SIZE)
		cli_die("%s has no datagram", argv[1]);
	path = g_build_filename(argv[2], "changes", NULL);
	rig.changes = fopen(path, "w");
	if (!rig.changes)
		cli_die("cannot write %s: %s", path, g_strerror(errno));
	rig.random = g_rand_new_with_seed(opt_seed);

	attach((guint8)data[3] & 0x7f);
	add_destinations(argv[2]);
	for (guint i = 0; i + 1 < rig.count; i++)
		choose_time(&rig.destinations[i], 0);
	send_stream((const guint8 *)data, size);
	write_summary(argv[2]);

	bad = fclose(rig.changes);
	for (guint i = 0; i < rig.count; i++)
		bad |= ferror(rig.destinations[i].file) | fclose(rig.destinations[i].file);
	if (bad)
		cli_die("cannot write all that came to %s; is there room?", argv[2]);
	return EXIT_SUCCESS;
}
