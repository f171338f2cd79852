// SPDX-License-Identifier: GPL-2.0-or-later
#include "tracks.h"

static enum rtcp_request tracks_key_frames(enum config_key_frames key_frames,
					   const struct sdp_track *sdp)
{
	switch (key_frames) {
	case CONFIG_KEY_FRAMES_AUTO:
		return sdp->request;
	case CONFIG_KEY_FRAMES_PLI:
		return RTCP_REQUEST_PLI;
	case CONFIG_KEY_FRAMES_FIR:
		return RTCP_REQUEST_FIR;
	case CONFIG_KEY_FRAMES_OFF:
		break;
	}
	return RTCP_REQUEST_NONE;
}

gboolean tracks_open(struct tracks *tracks, const struct sdp *sdp,
		     const struct track_config *common,
		     enum config_key_frames key_frames, GError **error)
{
	while (tracks->n < sdp->tracks->len) {
		const struct sdp_track *described = g_ptr_array_index(sdp->tracks, tracks->n);
		struct track_config config = *common;

		config.index = tracks->n;
		config.codec = described->codec;
		config.clock_rate = described->clock_rate;
		config.request = tracks_key_frames(key_frames, described);
		tracks->track[tracks->n] = track_new(&config, error);
		if (!tracks->track[tracks->n])
			return FALSE;
		tracks->n++;
	}
	return TRUE;
}

void tracks_close(struct tracks *tracks)
{
	for (guint i = 0; i < tracks->n; i++)
		track_free(tracks->track[i]);
	tracks->n = 0;
	tracks->client = NULL;
}

char *tracks_request(struct tracks *tracks, guint index, gboolean tcp, gboolean feedback)
{
	tracks->transport[index] = (struct upstream_transport){
		.tcp = tcp,
		.feedback = feedback,
		.client = *track_ports(tracks->track[index]),
		.channel = 2 * index,
		.rtcp_channel = 2 * index + 1,
	};
	return upstream_transport_request(&tracks->transport[index]);
}

static void tracks_send_rtcp(guint index, const guint8 *data, gsize len,
			     gpointer user_data)
{
	struct tracks *tracks = user_data;

	if (tracks->client)
		rtsp_client_send_frame(tracks->client, tracks->transport[index].rtcp_channel,
				       data, len);
}

gboolean tracks_start(struct tracks *tracks, guint index, struct rtsp_client *client,
		      const char *header, GError **error)
{
	struct upstream_transport *transport = &tracks->transport[index];

	if (!header || !upstream_transport_answered(header, transport))
		return FALSE;
	tracks->client = client;
	return track_start(tracks->track[index], &(struct track_source){
		.server = *rtsp_client_server(client),
		.ports = transport->server,
		.ssrc = transport->ssrc,
		.send = transport->tcp ? tracks_send_rtcp : NULL,
		.user_data = tracks,
	}, error);
}

void tracks_stop(struct tracks *tracks)
{
	for (guint i = 0; i < tracks->n; i++)
		track_stop(tracks->track[i]);
	tracks->client = NULL;
}

void tracks_frame(struct tracks *tracks, guint8 channel, const guint8 *data, gsize len)
{
	for (guint i = 0; i < tracks->n; i++) {
		const struct upstream_transport *transport = &tracks->transport[i];

		if (transport->tcp && channel == transport->channel)
			track_frame(tracks->track[i], FALSE, data, len);
		else if (transport->tcp && channel == transport->rtcp_channel)
			track_frame(tracks->track[i], TRUE, data, len);
	}
}

guint64 tracks_received(struct tracks *tracks)
{
	guint64 received = 0;

	for (guint i = 0; i < tracks->n; i++)
		received += track_received(tracks->track[i]);
	return received;
}

gboolean tracks_server_left(const struct tracks *tracks)
{
	for (guint i = 0; i < tracks->n; i++)
		if (track_server_left(tracks->track[i]))
			return TRUE;
	return FALSE;
}
