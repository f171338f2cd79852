// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict.h"

/* Less is seen by nobody */
#define LOSS_UPSTREAM	0.001
#define LOSS_NETWORK	0.01
/* For a viewer to get its first datagram, and to be heard of */
#define FIRST_MS	3000

const char *verdict_side_name(enum verdict_side side)
{
	static const char *const names[] = {
		[VERDICT_NONE] = "none",
		[VERDICT_UPSTREAM] = "upstream",
		[VERDICT_RELAY] = "relay",
		[VERDICT_NETWORK] = "network",
		[VERDICT_VIEWER] = "viewer",
	};

	return names[side];
}

static void G_GNUC_PRINTF(3, 4) verdict_say(struct verdict *verdict,
					    enum verdict_side side,
					    const char *format, ...)
{
	va_list args;

	verdict->side = side;
	va_start(args, format);
	g_vsnprintf(verdict->why, sizeof(verdict->why), format, args);
	va_end(args);
}

/* A reason to drop datagrams, and what it means */
struct verdict_reason {
	guint64 count;
	enum verdict_side side;
	const char *text;
};

static const struct verdict_reason *
verdict_main_reason(const struct verdict_reason *reasons, guint n)
{
	const struct verdict_reason *most = &reasons[0];

	for (guint i = 1; i < n; i++)
		if (reasons[i].count > most->count)
			most = &reasons[i];
	return most;
}

static void verdict_rx_dropped(const struct verdict_track *seen, struct verdict *verdict)
{
	const struct rtp_fanout_info *info = seen->info;
	const struct verdict_reason reasons[] = {
		{ info->rx_dropped_queue, VERDICT_RELAY,
		  "the receive queue is full: this host is too slow, or its "
		  "net.core.rmem_max too small" },
		{ info->rx_dropped_nomem, VERDICT_RELAY, "this host is out of memory" },
		{ info->rx_dropped_policy, VERDICT_RELAY,
		  "a filter of this host refuses them" },
		{ info->rx_dropped_ttl, VERDICT_UPSTREAM,
		  "their TTL is used up: the server sends too low a one" },
		{ info->rx_dropped_malformed, VERDICT_UPSTREAM, "they are malformed" },
		{ info->rx_dropped_duplicate, VERDICT_UPSTREAM, "they come twice" },
		{ info->rx_dropped_late, VERDICT_UPSTREAM, "they come too late" },
		{ info->rx_dropped_unconfirmed, VERDICT_UPSTREAM,
		  "their numbers jump: there may be two senders" },
	};
	const struct verdict_reason *most = verdict_main_reason(reasons,
								G_N_ELEMENTS(reasons));

	verdict_say(verdict, most->side, "%.0f datagrams a second are dropped: %s",
		    MAX(seen->dropped_rate, 1), most->text);
}

void verdict_of_track(const struct verdict_track *seen, struct verdict *verdict)
{
	gdouble due = seen->packets_rate + seen->lost_rate;

	verdict_say(verdict, VERDICT_NONE, "%s", "");
	if (!seen->playing)
		verdict_say(verdict, VERDICT_UPSTREAM, "the server does not send");
	else if (!seen->measured)
		return;
	else if (!seen->info->rx_packets)
		verdict_say(verdict, VERDICT_UPSTREAM, "nothing has come from the server");
	else if (!due)
		verdict_say(verdict, VERDICT_UPSTREAM, "nothing comes from the server");
	else if (seen->dropped_rate > 0)
		verdict_rx_dropped(seen, verdict);
	else if (seen->lost_rate > LOSS_UPSTREAM * due)
		verdict_say(verdict, VERDICT_UPSTREAM,
			    "%.1f %% is lost on the way from the server",
			    100 * seen->lost_rate / due);
}

static void verdict_tx_dropped(const struct verdict_leg *seen, struct verdict *verdict)
{
	const struct rtp_fanout_dest_info *info = seen->info;
	const struct verdict_reason udp[] = {
		{ info->dropped_inflight, VERDICT_RELAY,
		  "too many bytes are in flight: this host's link is full" },
		{ info->dropped_nomem, VERDICT_RELAY, "this host is out of memory" },
		{ info->dropped_route, VERDICT_NETWORK, "there is no route to it" },
		{ info->dropped_mtu, VERDICT_NETWORK,
		  "they exceed the path's MTU: the server sends too large ones" },
		{ info->dropped_output, VERDICT_RELAY,
		  "this host's firewall or queueing discipline refuses them" },
	};
	const struct verdict_reason *most = verdict_main_reason(udp, G_N_ELEMENTS(udp));

	if (seen->interleaved)
		verdict_say(verdict, VERDICT_VIEWER,
			    "%.0f datagrams a second are dropped: its connection takes "
			    "less than the stream", MAX(seen->dropped_rate, 1));
	else
		verdict_say(verdict, most->side, "%.0f datagrams a second are dropped: %s",
			    MAX(seen->dropped_rate, 1), most->text);
}

static gboolean verdict_waits(const struct rtp_fanout_dest_info *info)
{
	return info->cap.did != info->current_cap.did ||
	       info->cap.qid != info->current_cap.qid ||
	       info->cap.tid != info->current_cap.tid;
}

void verdict_of_leg(const struct verdict_leg *seen, struct verdict *verdict)
{
	verdict_say(verdict, VERDICT_NONE, "%s", "");
	if (seen->dropped_rate > 0)
		verdict_tx_dropped(seen, verdict);
	else if (seen->track->side != VERDICT_NONE)
		*verdict = *seen->track;
	else if (!seen->info->packets && seen->age_ms > FIRST_MS)
		verdict_say(verdict, VERDICT_UPSTREAM,
			    "it was sent nothing: no key frame has come since it began");
	else if (seen->loss >= LOSS_NETWORK)
		verdict_say(verdict, VERDICT_NETWORK,
			    "it reports %.1f %% lost on the way from here", 100 * seen->loss);
	else if (!seen->interleaved && seen->silent_ms > seen->timeout_ms / 2)
		verdict_say(verdict, VERDICT_VIEWER,
			    "nothing was heard of it for %" G_GINT64_FORMAT " s: does UDP "
			    "reach it? If not, it has to ask for RTP over TCP",
			    seen->silent_ms / 1000);
	else if (verdict_waits(seen->info))
		verdict_say(verdict, VERDICT_NONE, "waits for a key frame to change layers");
}
