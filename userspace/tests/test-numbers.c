// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What destinations of a fan-out get of a real stream over a bad network, while
 * their caps change: the kernel's own numbering, in userspace.
 *
 * Packets have three numbers here: how many were sent before (n), the RTP sequence
 * number, which wraps and jumps, and what a destination gets (extended to 64 bits).
 */
#include "impair.h"
#include "svcstream.h"

#include "variant.h"

#include <linux/rtp_fanout.h>
#include <stdlib.h>

#define SEED		20261122
#define PACKETS		10000000
#define DESTS		16

/* The most holes for nothing, for each packet lost */
#define PHANTOMS	1.87

/* Sequence numbers this far apart are told apart. */
#define HISTORY		32768
/* A datagram of which the number is further back has left every window. */
#define SETTLED		2048

/* So many later nothing is of a unit that was begun before. */
#define UNIT		100

/* Mean distances in packets */
#define EPOCH		40000	/* a new SSRC, or a jump of the numbers */
#define NETWORK		20000	/* another network */
#define CHANGE		300	/* any destination's cap changes */

#define UNCAPPED	{ RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX }

/* From a datagram on a destination has a cap. */
struct change {
	guint64 since;
	struct rtp_cap cap;
};

struct output {
	guint64 number;	/* 0 for none */
	guint64 n;
};

struct dest {
	struct rtp_variant variant;
	struct rtp_cap asked;		/* the highest ever, of each kind */
	struct change changes[64];	/* the last, in a ring */
	guint changed;
	guint64 highest;		/* number that it got */
	struct output *outputs;		/* HISTORY of them, by number */
	/* a destination whose cap never changes: what became of its numbers */
	guint64 settled;		/* all up to it are accounted for */
	struct output settled_output;	/* the last of those */
	guint64 phantoms;		/* holes for which nothing is lost */
	guint64 hidden;			/* losses for which there is no hole */
};

struct relay {
	struct svcstream *source;
	GRand *rand;
	struct impair *impair;
	struct rtp_classes classes;
	struct rtp_stream stream;
	struct rtp_arrival arrival;
	struct dest dests[DESTS];
	guint n_dests;
	guint64 sent;
	guint32 ssrc;
	guint16 first_seq;	/* of the packet with n 0, were it of this epoch */
	guint64 newest;		/* n of the newest that was accepted */
	guint64 clean;		/* since this n the network does nothing; G_MAXUINT64 */
	guint64 known;		/* likewise, and codecs know all layers */
	guint64 late, unnumbered;
	guint8 *lost;		/* of the last HISTORY packets, by n */
};

static const char *nals_path;

static void dest_changed(struct dest *dest, guint64 since, const struct rtp_cap *cap)
{
	dest->changes[dest->changed++ % G_N_ELEMENTS(dest->changes)] =
		(struct change){ since, *cap };
}

static const struct rtp_cap *dest_cap(const struct dest *dest, guint64 n)
{
	guint oldest = dest->changed > G_N_ELEMENTS(dest->changes) ?
		       dest->changed - G_N_ELEMENTS(dest->changes) : 0;

	for (guint i = dest->changed; i-- > oldest;) {
		const struct change *change = &dest->changes[i % G_N_ELEMENTS(dest->changes)];

		if (change->since <= n)
			return &change->cap;
	}
	return NULL;
}

static void dest_ask(struct dest *dest, const struct rtp_cap *cap)
{
	if (cap->paused)
		return;
	dest->asked.did = MAX(dest->asked.did, cap->did);
	dest->asked.qid = MAX(dest->asked.qid, cap->qid);
	dest->asked.tid = MAX(dest->asked.tid, cap->tid);
	dest->asked.paused = FALSE;
}

static void relay_add(struct relay *relay, struct dest *dest, const struct rtp_cap *cap)
{
	struct output *outputs = dest->outputs;

	memset(outputs, 0, HISTORY * sizeof(*outputs));
	*dest = (struct dest){ .outputs = outputs, .asked.paused = TRUE };
	g_assert_cmpint(rtp_variant_init(&dest->variant, &relay->classes, cap,
					 relay->arrival.serial + 1), ==, 0);
	dest_ask(dest, cap);
	/* it is there for late ones, too */
	dest_changed(dest, 0, cap);
}

static gboolean relay_set(struct relay *relay, struct dest *dest, const struct rtp_cap *cap,
			  gboolean immediate)
{
	u32 reserved;

	if (rtp_variant_reserve(&dest->variant, &relay->classes, &relay->stream.top, cap,
				relay->arrival.serial + 1, &reserved))
		return FALSE;
	rtp_variant_want(&dest->variant, &relay->classes, cap, immediate, reserved);
	dest_ask(dest, cap);
	return TRUE;
}

/* What becomes of each number, once nothing can change it any more. */
static void dest_settle(struct relay *relay, struct dest *dest)
{
	const struct rtp_cap *cap = dest_cap(dest, 0);

	while (dest->settled + SETTLED < dest->highest) {
		struct output *output = &dest->outputs[++dest->settled % HISTORY];
		guint64 holes = dest->settled - dest->settled_output.number - 1, lost = 0;

		if (output->number != dest->settled)
			continue;
		for (guint64 n = dest->settled_output.n + 1; n < output->n; n++)
			lost += relay->lost[n % HISTORY] && svcstream_kept(relay->source, n, cap);
		if (holes > lost)
			dest->phantoms += holes - lost;
		else
			dest->hidden += lost - holes;
		dest->settled_output = *output;
	}
}

/* A destination got packet @n as @number: once, and between those between which it was sent. */
static void dest_got(struct relay *relay, struct dest *dest, guint64 n, guint16 number)
{
	/* The first number of all is not the lowest: late ones are below it. */
	guint64 full = dest->highest ? dest->highest + (gint16)(number - dest->highest) :
				       0x10000ULL + number;
	struct output *output = &dest->outputs[full % HISTORY];
	guint64 near;

	g_assert_cmpuint(output->number, !=, full);
	if (full < dest->highest) {
		g_assert_cmpuint(dest->highest - full, <, SETTLED);
		for (near = full + 1; dest->outputs[near % HISTORY].number != near; near++)
			;
		g_assert_cmpuint(n, <, dest->outputs[near % HISTORY].n);
	}
	for (near = full - 1; near + SETTLED > full && near; near--) {
		if (dest->outputs[near % HISTORY].number == near) {
			g_assert_cmpuint(n, >, dest->outputs[near % HISTORY].n);
			break;
		}
	}
	if (full > dest->highest) {
		guint64 before = dest->outputs[dest->highest % HISTORY].n;

		/* Where nothing is lost nothing seems lost. */
		if (dest->highest && before >= relay->clean)
			g_assert_cmpuint(full, ==, dest->highest + 1);
		if (!dest->highest) {
			dest->settled = full - 1;
			dest->settled_output = (struct output){ full - 1, n - 1 };
		}
		dest->highest = full;
	}
	*output = (struct output){ full, n };
}

static void dest_take(struct relay *relay, struct dest *dest, guint64 n)
{
	const struct rtp_arrival *arrival = &relay->arrival;
	guint8 class = dest->variant.class;
	const struct rtp_cap *cap;
	struct rtp_copy copy;
	gboolean kept;

	if (rtp_variant_is_pending(&dest->variant) && rtp_arrival_may_switch(arrival)) {
		rtp_variant_switch(&dest->variant, &relay->classes, arrival);
		if (dest->variant.class != class)
			dest_changed(dest, n, &relay->classes.cap[dest->variant.class]);
	}

	cap = dest_cap(dest, n);
	kept = cap && rtp_layer_kept(&arrival->layer, cap);
	if (n >= relay->known)
		g_assert_cmpint(kept, ==, svcstream_kept(relay->source, n, cap));
	if (rtp_variant_number(&dest->variant, &relay->classes, arrival, &copy)) {
		g_assert_true(kept);
		g_assert_true(rtp_layer_kept(&arrival->layer, &dest->asked));
		dest_got(relay, dest, n, copy.number);
	} else if (n >= relay->clean) {
		g_assert_false(kept);
	}
}

/* The packet arrives at the fan-out. */
static void relay_take(guint64 n, gpointer data)
{
	struct relay *relay = data;
	struct rtp_arrival *arrival = &relay->arrival;
	struct rtp_stream *stream = &relay->stream;
	enum rtp_verdict verdict;
	struct rtp_packet pkt;
	gboolean late;
	guint32 keep;

	arrival->serial++;
	svcstream_packet(relay->source, n, &pkt);
	pkt.ssrc = relay->ssrc;
	pkt.seq = relay->first_seq + n;
	verdict = rtp_stream_receive(stream, pkt.ssrc, pkt.seq);
	if (n >= relay->known)
		g_assert_cmpint(verdict, <=, RTP_ACCEPT_FIRST);
	if (verdict > RTP_ACCEPT_LATE)
		return;

	late = rtp_stream_late(stream);
	rtp_codec_find(RTP_FANOUT_CODEC_H264)->classify(&stream->codec, &pkt, late,
							&arrival->layer);
	arrival->used = rtp_stream_classes(stream, &relay->classes);
	keep = rtp_class_keep(&relay->classes, arrival->used, &arrival->layer);
	rtp_stream_number(stream, pkt.timestamp, &arrival->layer, keep, arrival->used,
			  &arrival->numbers);
	if (late) {
		g_assert_cmpuint(n, <, relay->newest);
		relay->late++;
		relay->unnumbered += !!(keep & ~arrival->numbers.classes);
	} else {
		g_assert_cmpuint(n, >, relay->newest);
		relay->newest = n;
	}
	for (guint i = 0; i < relay->n_dests; i++)
		dest_take(relay, &relay->dests[i], n);
}

static void relay_send(struct relay *relay)
{
	guint64 n = ++relay->sent;

	relay->lost[n % HISTORY] = !impair_send(relay->impair, n);
}

static struct relay *relay_new(guint n_dests, const struct rtp_cap *caps, guint n_caps)
{
	struct relay *relay = g_new0(struct relay, 1);

	relay->source = svcstream_new(nals_path);
	relay->rand = g_rand_new_with_seed(SEED);
	relay->impair = impair_new(relay->rand, relay_take, relay);
	relay->lost = g_malloc0(HISTORY);
	relay->clean = G_MAXUINT64;
	relay->known = G_MAXUINT64;
	relay->arrival.stream = &relay->stream;
	rtp_classes_init(&relay->classes);
	/* so that the extended numbers wrap as well */
	relay->stream.seq.head = -PACKETS / 3;
	for (guint i = 0; i < RTP_CLASSES; i++)
		rtp_seq_open(&relay->stream.seq, i);

	relay->n_dests = n_dests;
	for (guint i = 0; i < n_dests; i++) {
		relay->dests[i].outputs = g_new0(struct output, HISTORY);
		relay_add(relay, &relay->dests[i], &caps[i % n_caps]);
	}
	return relay;
}

/* Each class has as many references as destinations hold it. */
static void relay_check_references(const struct relay *relay, guint n_dests)
{
	const struct rtp_classes *classes = &relay->classes;
	guint pending = 0;

	for (guint class = 0; class < RTP_CLASSES; class++) {
		guint refs = class == RTP_CLASS_ALL;

		for (guint i = 0; i < n_dests; i++)
			refs += !!(relay->dests[i].variant.classes & BIT(class));
		g_assert_cmpint(!!(classes->used & BIT(class)), ==, !!refs);
		if (refs)
			g_assert_cmpuint(classes->refs[class], ==, refs);
	}
	for (guint i = 0; i < n_dests; i++)
		pending += rtp_variant_is_pending(&relay->dests[i].variant);
	g_assert_cmpuint(classes->switching, ==, pending);
}

static void relay_free(struct relay *relay)
{
	for (guint i = 0; i < relay->n_dests; i++) {
		rtp_variant_exit(&relay->dests[i].variant, &relay->classes);
		g_free(relay->dests[i].outputs);
	}
	relay_check_references(relay, 0);
	impair_free(relay->impair);
	g_rand_free(relay->rand);
	svcstream_free(relay->source);
	g_free(relay->lost);
	g_free(relay);
}

static gboolean happens(struct relay *relay, guint mean)
{
	return !g_rand_int_range(relay->rand, 0, mean);
}

static void change_network(struct relay *relay)
{
	static const struct impair_config networks[] = {
		{},
		{ .loss = 100, .burst = 3, .reorder = 200, .depth = 8 },
		{ .loss = 500, .burst = 8, .reorder = 500, .depth = 16, .duplicate = 200 },
		{ .reorder = 1000, .depth = 16, .duplicate = 1000 },
	};
	guint i = g_rand_int_range(relay->rand, 0, G_N_ELEMENTS(networks));

	impair_set(relay->impair, &networks[i]);
	relay->clean = i ? G_MAXUINT64 : relay->sent + 1;
	relay->known = i ? G_MAXUINT64 : relay->sent + UNIT;
}

/* Another SSRC, or numbers further on than any loss; nothing is on its way. */
static void change_epoch(struct relay *relay)
{
	impair_flush(relay->impair);
	if (happens(relay, 2))
		relay->ssrc++;
	relay->first_seq += g_rand_int_range(relay->rand, RTP_STREAM_MAX_JUMP + 1,
					     0x10000 - 2 * RTP_STREAM_WINDOW);
	/* The first is not accepted: it only announces. */
	if (relay->clean != G_MAXUINT64)
		relay->known = relay->sent + UNIT;
}

static void change_dest(struct relay *relay)
{
	static const struct rtp_cap special[] = { UNCAPPED, { .paused = TRUE } };
	struct dest *dest = &relay->dests[g_rand_int_range(relay->rand, 0, relay->n_dests)];
	struct rtp_cap cap = {
		.did = g_rand_int_range(relay->rand, 0, 3),
		.qid = happens(relay, 2) ? 0 : RTP_QID_MAX,
		.tid = g_rand_int_range(relay->rand, 0, 4),
	};

	if (happens(relay, 4))
		cap = special[g_rand_int_range(relay->rand, 0, G_N_ELEMENTS(special))];
	if (happens(relay, 30)) {
		rtp_variant_exit(&dest->variant, &relay->classes);
		relay_add(relay, dest, &cap);
	} else {
		relay_set(relay, dest, &cap, happens(relay, 3));
	}
	relay_check_references(relay, relay->n_dests);
}

/* Everything at once, for as long as it takes. */
static void test_everything(void)
{
	const struct rtp_cap uncapped = UNCAPPED;
	struct relay *relay = relay_new(DESTS, &uncapped, 1);
	gint64 began = g_get_monotonic_time(), shown = began;

	while (relay->sent < PACKETS) {
		if (happens(relay, NETWORK))
			change_network(relay);
		if (happens(relay, EPOCH))
			change_epoch(relay);
		if (happens(relay, CHANGE))
			change_dest(relay);
		relay_send(relay);
		if (relay->sent % 65536 == 0 &&
		    g_get_monotonic_time() - shown > 5 * G_USEC_PER_SEC) {
			shown = g_get_monotonic_time();
			g_test_message("%" G_GUINT64_FORMAT " packets", relay->sent);
		}
	}
	g_test_message("seed %d: %" G_GUINT64_FORMAT " packets to %d destinations in %.1f s; %"
		       G_GUINT64_FORMAT " came late, %" G_GUINT64_FORMAT
		       " of them without a number for all that were to get them",
		       SEED, relay->sent, DESTS,
		       (g_get_monotonic_time() - began) / (double)G_USEC_PER_SEC,
		       relay->late, relay->unnumbered);
	relay_free(relay);
}

/* At 1 % of loss, how many holes are there for nothing? */
static void test_phantoms(void)
{
	static const struct impair_config network = {
		.loss = 100, .burst = 3, .reorder = 200, .depth = 8,
	};
	static const struct rtp_cap caps[] = {
		{ 0, 0, 7 }, { 1, 0, 7 }, { 2, 0, 7 }, { 0, 0, 0 }, { 0, 0, 1 }, { 1, 0, 0 },
		{ 2, 0, 1 }, UNCAPPED,
	};
	struct relay *relay = relay_new(G_N_ELEMENTS(caps), caps, G_N_ELEMENTS(caps));
	guint64 lost[G_N_ELEMENTS(caps)] = {};

	impair_set(relay->impair, &network);
	while (relay->sent < PACKETS / 20) {
		relay_send(relay);
		for (guint i = 0; i < G_N_ELEMENTS(caps); i++) {
			dest_settle(relay, &relay->dests[i]);
			lost[i] += relay->lost[relay->sent % HISTORY] &&
				   svcstream_kept(relay->source, relay->sent, &caps[i]);
		}
	}
	for (guint i = 0; i < G_N_ELEMENTS(caps); i++) {
		const struct dest *dest = &relay->dests[i];

		g_test_message("cap %u,%u,%u: %" G_GUINT64_FORMAT " kept packets lost, %"
			       G_GUINT64_FORMAT " of them unseen, %" G_GUINT64_FORMAT
			       " phantom holes, %.2f each", caps[i].did, caps[i].qid, caps[i].tid,
			       lost[i], dest->hidden, dest->phantoms,
			       (double)dest->phantoms / lost[i]);
		g_assert_cmpuint(dest->hidden, ==, 0);
		/* few packets to divide by where only some pictures are kept */
		if (caps[i].tid == RTP_TID_MAX)
			g_assert_cmpfloat((double)dest->phantoms, <=, PHANTOMS * lost[i]);
	}
	relay_free(relay);
}

/* What a datagram costs before any copy, with a class for each of 16 caps. */
static void test_cost(void)
{
	struct rtp_cap caps[] = {
		{ 0, 0, 0 }, { 0, 0, 1 }, { 0, 0, 2 }, { 0, 0, 7 }, { 1, 0, 0 }, { 1, 0, 1 },
		{ 1, 0, 2 }, { 1, 0, 7 }, { 2, 0, 0 }, { 2, 0, 1 }, { 2, 0, 2 }, { 2, 0, 7 },
		{ 1, 3, 2 }, { 2, 3, 2 }, { .paused = TRUE },
	};
	struct relay *relay = relay_new(G_N_ELEMENTS(caps), caps, G_N_ELEMENTS(caps));
	const guint packets = PACKETS / 5;
	gint64 began;

	relay->n_dests = 0;
	began = g_get_monotonic_time();
	while (relay->sent < packets)
		relay_take(++relay->sent, relay);
	g_test_message("%.0f ns for a datagram and %d classes",
		       (g_get_monotonic_time() - began) * 1000.0 / packets,
		       __builtin_popcount(relay->classes.used));
	relay->n_dests = G_N_ELEMENTS(caps);
	relay_free(relay);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	nals_path = g_getenv("NALS");
	if (!nals_path)
		g_error("NALS must name cockatoo.nals");
	g_test_add_func("/numbers/phantoms", test_phantoms);
	g_test_add_func("/numbers/everything", test_everything);
	g_test_add_func("/numbers/cost", test_cost);
	return g_test_run();
}
