// SPDX-License-Identifier: GPL-2.0-or-later
#include "status_track.h"

#include <gst/gst.h>

#include "counters.h"

void status_add_u64(JsonObject *object, const char *name, guint64 value)
{
	json_object_set_int_member(object, name, MIN(value, G_MAXINT64));
}

static guint64 status_rx_dropped(const struct rtp_fanout_info *info)
{
	return info->rx_dropped_queue + info->rx_dropped_nomem + info->rx_dropped_policy +
	       info->rx_dropped_ttl + info->rx_dropped_malformed +
	       info->rx_dropped_duplicate + info->rx_dropped_late +
	       info->rx_dropped_unconfirmed;
}

static void status_sample_leg(struct leg *leg, const struct rtp_fanout_dest_info *info,
			      gpointer unused)
{
	meter_sample(&leg->octets, info->octets);
	meter_sample(&leg->dropped, info->dropped_nomem + info->dropped_inflight +
		     info->dropped_route + info->dropped_mtu + info->dropped_output);
}

void status_track_sample(struct track *track)
{
	struct track_status status;
	struct rtp_fanout_info info;

	track_get_status(track, &status);
	if (!status.fanout || !fanout_info(status.fanout, &info, NULL))
		return;
	meter_sample(&status.meters->rx_octets, info.rx_octets);
	meter_sample(&status.meters->rx_packets, info.rx_packets);
	meter_sample(&status.meters->rx_lost, info.rx_lost);
	meter_sample(&status.meters->rx_dropped, status_rx_dropped(&info));
	meter_sample(&status.meters->tx_octets, info.tx_octets);
	meter_sample(&status.meters->tx_dropped, info.tx_dropped);
	track_each_leg(track, status_sample_leg, NULL);
}

static void status_judge(const struct track_status *status,
			 const struct rtp_fanout_info *info, gboolean playing,
			 struct verdict *verdict)
{
	verdict_of_track(&(struct verdict_track){
		.playing = playing,
		.measured = status->meters->rx_packets.ready,
		.info = info,
		.packets_rate = status->meters->rx_packets.rate,
		.lost_rate = status->meters->rx_lost.rate,
		.dropped_rate = status->meters->rx_dropped.rate,
	}, verdict);
}

void status_track_verdict(struct track *track, gboolean playing,
			  struct verdict *verdict)
{
	struct rtp_fanout_info info = { 0 };
	struct track_status status;

	track_get_status(track, &status);
	if (status.fanout)
		fanout_info(status.fanout, &info, NULL);
	status_judge(&status, &info, playing, verdict);
}

/* What the first of its payload types is, as the library reads the description */
static void status_add_codec(JsonObject *object, const GstSDPMedia *media)
{
	const char *format = gst_sdp_media_get_format(media, 0);
	GstCaps *caps = format ?
			gst_sdp_media_get_caps_from_media(media, atoi(format)) : NULL;
	const GstStructure *structure = caps ? gst_caps_get_structure(caps, 0) : NULL;
	const char *codec = NULL;
	gint rate = 0;

	if (structure) {
		codec = gst_structure_get_string(structure, "encoding-name");
		gst_structure_get_int(structure, "clock-rate", &rate);
	}
	json_object_set_string_member(object, "media", gst_sdp_media_get_media(media));
	json_object_set_string_member(object, "codec", codec ? codec : "unknown");
	json_object_set_int_member(object, "clock_rate", rate);
	g_clear_pointer(&caps, gst_caps_unref);
}

static void status_add_layers(JsonObject *object, struct fanout *fanout)
{
	g_autofree struct rtp_fanout_layer *layers = g_new(struct rtp_fanout_layer,
							   RTP_FANOUT_MAX_COUNT);
	guint n = fanout ? fanout_layers(fanout, layers, RTP_FANOUT_MAX_COUNT, NULL) : 0;
	JsonArray *array = json_array_new();

	for (guint i = 0; i < n; i++) {
		JsonObject *layer = json_object_new();

		json_object_set_int_member(layer, "did", layers[i].did);
		json_object_set_int_member(layer, "qid", layers[i].qid);
		json_object_set_int_member(layer, "tid", layers[i].tid);
		status_add_u64(layer, "rate", layers[i].rate);
		status_add_u64(layer, "packets", layers[i].packets);
		status_add_u64(layer, "octets", layers[i].octets);
		json_array_add_object_element(array, layer);
	}
	json_object_set_array_member(object, "layers", array);
}

static void status_add_counters(JsonObject *object, const struct track_status *status,
				const struct rtp_fanout_info *info)
{
	const struct {
		const char *name;
		guint64 value;
	} own[] = {
		{ "ssrc", info->ssrc },
		{ "viewers", info->dests },
		{ "rx_rate", status->meters->rx_octets.rate },
		{ "tx_rate", status->meters->tx_octets.rate },
		{ "socket_datagrams", status->socket_datagrams },
		{ "rtcp_ignored", status->rtcp_ignored },
		{ "nat_learned", status->nat->learned },
		{ "nat_ambiguous", status->nat->ambiguous },
		{ "nat_refused", status->nat->refused },
	};
	const char *name;
	guint64 value;

	for (guint i = 0; i < G_N_ELEMENTS(own); i++)
		status_add_u64(object, own[i].name, own[i].value);
	for (guint i = 0; (name = fanout_counter(info, i, &value)); i++)
		status_add_u64(object, name, value);
}

JsonObject *status_track(struct track *track, const GstSDPMedia *media,
			 gboolean playing)
{
	JsonObject *object = json_object_new();
	struct rtp_fanout_info info = { 0 };
	struct track_status status;
	struct verdict verdict;
	const char *fallback;

	track_get_status(track, &status);
	if (status.fanout)
		fanout_info(status.fanout, &info, NULL);
	fallback = status.fanout ? fanout_fallback(status.fanout) : NULL;
	status_judge(&status, &info, playing, &verdict);

	json_object_set_string_member(object, "path", status.config->name);
	json_object_set_int_member(object, "track", status.config->index);
	status_add_codec(object, media);
	json_object_set_string_member(object, "backend", status.fanout ?
		fanout_backend_name(fanout_backend(status.fanout)) : "none");
	if (fallback)
		json_object_set_string_member(object, "fallback", fallback);
	json_object_set_int_member(object, "port", status.udp->ports.rtp);
	json_object_set_int_member(object, "receive_buffer", status.udp->rcvbuf);
	json_object_set_string_member(object, "slow", verdict_side_name(verdict.side));
	json_object_set_string_member(object, "why", verdict.why);
	status_add_counters(object, &status, &info);
	status_add_layers(object, status.fanout);
	return object;
}
