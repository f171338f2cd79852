// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp.h"

#include <gst/rtp/gstrtpbuffer.h>
#include <string.h>

#include "addr.h"
#include "url.h"

/* Payload types that cannot be told from RTCP (RFC 5761, section 4) */
#define RTCP_TYPE_FIRST	64
#define RTCP_TYPE_LAST	95

G_DEFINE_QUARK(sdp-error-quark, sdp_error)

static gboolean sdp_fail(GError **error, const char *what)
{
	g_set_error_literal(error, SDP_ERROR, 0, what);
	return FALSE;
}

static void sdp_track_free(gpointer data)
{
	struct sdp_track *track = data;

	g_free(track->control);
	g_free(track);
}

void sdp_free(struct sdp *sdp)
{
	if (!sdp)
		return;
	gst_sdp_message_free(sdp->message);
	g_free(sdp->control);
	g_ptr_array_unref(sdp->tracks);
	g_free(sdp);
}

/*
 * Servers and clients agree to append a relative control attribute to its base,
 * whether or not that ends in a slash (RFC 2326, C.1.1, has it resolved).
 */
static char *sdp_resolve(const char *base, const char *control)
{
	if (!control || !*control || g_str_equal(control, "*"))
		return g_strdup(base);
	if (g_ascii_strncasecmp(control, "rtsp://", 7) == 0 ||
	    g_ascii_strncasecmp(control, "rtsps://", 8) == 0)
		return g_strdup(control);
	return g_strconcat(base, g_str_has_suffix(base, "/") ? "" : "/", control, NULL);
}

/* a=rtpmap:PT ENCODING/CLOCK[/CHANNELS]; NULL when the type has none */
static char **sdp_rtpmap(const GstSDPMedia *media, guint type)
{
	const char *map;

	for (guint i = 0; (map = gst_sdp_media_get_attribute_val_n(media, "rtpmap", i));
	     i++) {
		g_auto(GStrv) words = g_strsplit_set(map, " /", 4);
		guint64 number;

		if (g_strv_length(words) >= 2 &&
		    g_ascii_string_to_unsigned(words[0], 10, 0, 127, &number, NULL) &&
		    number == type)
			return g_steal_pointer(&words);
	}
	return NULL;
}

static guint8 sdp_codec(const GstSDPMedia *media, guint type)
{
	g_auto(GStrv) map = sdp_rtpmap(media, type);

	return map && (!g_ascii_strcasecmp(map[1], "H264") ||
		       !g_ascii_strcasecmp(map[1], "H264-SVC")) ?
	       RTP_FANOUT_CODEC_H264 : RTP_FANOUT_CODEC_OPAQUE;
}

static guint32 sdp_clock_rate(const GstSDPMedia *media, guint type)
{
	g_auto(GStrv) map = sdp_rtpmap(media, type);
	guint64 rate;

	if (map && map[2] &&
	    g_ascii_string_to_unsigned(map[2], 10, 1, G_MAXINT32, &rate, NULL))
		return rate;
	rate = gst_rtp_buffer_default_clock_rate(type);
	return rate <= G_MAXINT32 ? rate : 0;
}

/* a=rtcp-fb:PT nack pli, or ccm fir (RFC 4585, 4.2; RFC 5104, 7.1) */
static enum rtcp_request sdp_request(const GstSDPMedia *media)
{
	enum rtcp_request request = RTCP_REQUEST_NONE;
	const char *feedback;

	for (guint i = 0; (feedback = gst_sdp_media_get_attribute_val_n(media, "rtcp-fb", i));
	     i++) {
		g_auto(GStrv) words = g_strsplit(feedback, " ", -1);

		if (g_strv_length(words) < 3)
			continue;
		if (g_str_equal(words[1], "nack") && g_str_equal(words[2], "pli"))
			return RTCP_REQUEST_PLI;
		if (g_str_equal(words[1], "ccm") && g_str_equal(words[2], "fir"))
			request = RTCP_REQUEST_FIR;
	}
	return request;
}

static gboolean sdp_parse_track(struct sdp *sdp, const GstSDPMedia *media,
				GError **error)
{
	struct sdp_track *track = g_new0(struct sdp_track, 1);

	g_ptr_array_add(sdp->tracks, track);
	track->control = sdp_resolve(sdp->control,
				     gst_sdp_media_get_attribute_val(media, "control"));

	track->feedback = !g_strcmp0(gst_sdp_media_get_proto(media), "RTP/AVPF");
	track->request = sdp_request(media);
	if (!track->feedback && g_strcmp0(gst_sdp_media_get_proto(media), "RTP/AVP"))
		return sdp_fail(error, "a track is neither RTP/AVP nor RTP/AVPF");
	if (!gst_sdp_media_formats_len(media))
		return sdp_fail(error, "a track has no payload type");
	for (guint i = 0; i < gst_sdp_media_formats_len(media); i++) {
		guint64 type;

		if (!g_ascii_string_to_unsigned(gst_sdp_media_get_format(media, i), 10,
						0, 127, &type, NULL))
			return sdp_fail(error, "a payload type is not within 0 to 127");
		if (type >= RTCP_TYPE_FIRST && type <= RTCP_TYPE_LAST)
			return sdp_fail(error, "a payload type is within 64 to 95, "
					       "where it cannot be told from RTCP");
		track->codec[type] = sdp_codec(media, type);
		if (i == 0)
			track->clock_rate = sdp_clock_rate(media, type);
	}
	return TRUE;
}

static gboolean sdp_parse_tracks(struct sdp *sdp, GError **error)
{
	guint n = gst_sdp_message_medias_len(sdp->message);

	if (!n)
		return sdp_fail(error, "the description has no track");
	if (n > LIMIT_TRACKS)
		return sdp_fail(error, "the description has too many tracks");
	for (guint i = 0; i < n; i++)
		if (!sdp_parse_track(sdp, gst_sdp_message_get_media(sdp->message, i),
				     error))
			return FALSE;
	return TRUE;
}

struct sdp *sdp_parse(const guint8 *body, gsize len, const char *base,
		      GError **error)
{
	struct sdp *sdp = g_new0(struct sdp, 1);

	sdp->tracks = g_ptr_array_new_with_free_func(sdp_track_free);
	gst_sdp_message_new(&sdp->message);
	if (!len || memchr(body, '\0', len) ||
	    gst_sdp_message_parse_buffer(body, len, sdp->message) != GST_SDP_OK) {
		sdp_fail(error, "the description is not SDP");
		sdp_free(sdp);
		return NULL;
	}
	sdp->control = sdp_resolve(base, gst_sdp_message_get_attribute_val(sdp->message,
									    "control"));
	if (!sdp_parse_tracks(sdp, error)) {
		sdp_free(sdp);
		return NULL;
	}
	return sdp;
}

gboolean sdp_same_media(const struct sdp *a, const struct sdp *b)
{
	if (a->tracks->len != b->tracks->len)
		return FALSE;
	for (guint i = 0; i < a->tracks->len; i++) {
		const struct sdp_track *x = g_ptr_array_index(a->tracks, i);
		const struct sdp_track *y = g_ptr_array_index(b->tracks, i);

		if (memcmp(x->codec, y->codec, sizeof(x->codec)) ||
		    x->clock_rate != y->clock_rate)
			return FALSE;
	}
	return TRUE;
}

static void sdp_copy_media(GstSDPMedia *to, const GstSDPMedia *from, gboolean feedback)
{
	static const char *const taken[] = {
		"rtpmap", "fmtp", "ptime", "maxptime", "framerate", "framesize",
		"cliprect", "x-dimensions", "imageattr", "lang", "label", "mid",
		"depend", "extmap", "quality", "orient", NULL
	};

	gst_sdp_media_set_media(to, gst_sdp_media_get_media(from));
	gst_sdp_media_set_port_info(to, 0, 1);
	gst_sdp_media_set_proto(to, feedback ? "RTP/AVPF" : "RTP/AVP");
	for (guint i = 0; i < gst_sdp_media_formats_len(from); i++)
		gst_sdp_media_add_format(to, gst_sdp_media_get_format(from, i));
	for (guint i = 0; i < gst_sdp_media_attributes_len(from); i++) {
		const GstSDPAttribute *attr = gst_sdp_media_get_attribute(from, i);

		if (g_strv_contains(taken, attr->key))
			gst_sdp_media_add_attribute(to, attr->key, attr->value);
	}
}

char *sdp_for_viewer(const struct sdp *sdp, const char *name, const char *url,
		     const struct sdp_viewer *viewer)
{
	const GstSDPOrigin *origin = gst_sdp_message_get_origin(sdp->message);
	gboolean v6 = viewer->local->family == AF_INET6;
	char host[ADDR_STRLEN];
	GstSDPMessage *made;
	char *text;

	addr_host(viewer->local, host);
	gst_sdp_message_new(&made);
	gst_sdp_message_set_version(made, "0");
	/* the upstream's version number: a viewer sees when the stream changed */
	gst_sdp_message_set_origin(made, "-",
				   origin->sess_id ? origin->sess_id : "0",
				   origin->sess_version ? origin->sess_version : "0",
				   "IN", v6 ? "IP6" : "IP4", host);
	gst_sdp_message_set_session_name(made, name);
	gst_sdp_message_set_connection(made, "IN", v6 ? "IP6" : "IP4",
				       v6 ? "::" : "0.0.0.0", 0, 0);
	gst_sdp_message_add_time(made, "0", "0", NULL);
	gst_sdp_message_add_attribute(made, "control", "*");

	for (guint i = 0; i < sdp->tracks->len; i++) {
		const struct sdp_track *track = g_ptr_array_index(sdp->tracks, i);
		const GstSDPMedia *from = gst_sdp_message_get_media(sdp->message, i);
		g_autofree char *control = NULL;
		GstSDPMedia *media;

		gst_sdp_media_new(&media);
		sdp_copy_media(media, from, viewer->feedback);
		sdp_bandwidth_offer(media, from, &viewer->rates[i]);
		control = url_track(url, i, &viewer->cap);
		gst_sdp_media_add_attribute(media, "control", control);
		/* what viewers ask for is passed on where the server takes it */
		if (track->request != RTCP_REQUEST_NONE)
			gst_sdp_media_add_attribute(media, "rtcp-fb", "* nack pli");
		if (viewer->feedback)
			gst_sdp_media_add_attribute(media, "rtcp-fb", "* trr-int "
						    G_STRINGIFY(SDP_REPORT_MS));
		gst_sdp_message_add_media(made, media);
		gst_sdp_media_free(media);
	}
	text = gst_sdp_message_as_text(made);
	gst_sdp_message_free(made);
	return text;
}
