// SPDX-License-Identifier: GPL-2.0-or-later
/* What is agreed on before a stream plays: URL, cap, transport, description */
#include <arpa/inet.h>
#include <string.h>

#include "addr.h"
#include "cap.h"
#include "fanout.h"
#include "leg.h"
#include "sdp.h"
#include "session_header.h"
#include "transport.h"
#include "upstream_transport.h"
#include "url.h"

static const struct {
	const char *query;
	gboolean ok;
	struct rtp_fanout_cap cap;
} caps[] = {
	{ NULL, TRUE, { 7, 15, 7 } },
	{ "", TRUE, { 7, 15, 7 } },
	{ "other=1", TRUE, { 7, 15, 7 } },
	{ "cap=0,0,0", TRUE, { 0, 0, 0 } },
	{ "cap=1,2,3", TRUE, { 1, 2, 3 } },
	{ "cap=7,15,7", TRUE, { 7, 15, 7 } },
	{ "cap=1%2C2%2C3", TRUE, { 1, 2, 3 } },
	{ "a=b&cap=2,0,1&c=d", TRUE, { 2, 0, 1 } },
	{ "cap", FALSE },
	{ "cap=", FALSE },
	{ "cap=1", FALSE },
	{ "cap=1,2", FALSE },
	{ "cap=1,2,3,4", FALSE },
	{ "cap=8,0,0", FALSE },
	{ "cap=0,16,0", FALSE },
	{ "cap=0,0,8", FALSE },
	{ "cap=-1,0,0", FALSE },
	{ "cap=+1,0,0", FALSE },
	{ "cap= 1,0,0", FALSE },
	{ "cap=0x1,0,0", FALSE },
	{ "cap=a,b,c", FALSE },
	{ "cap=99999999999999999999,0,0", FALSE },
	{ "cap=1,2,3&cap=1,2,3", FALSE },
	{ "cap=%zz", FALSE },
};

static void test_cap(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(caps); i++) {
		struct rtp_fanout_cap cap;

		g_test_message("%s", caps[i].query);
		g_assert_cmpint(cap_parse(caps[i].query, &cap), ==, caps[i].ok);
		if (caps[i].ok)
			g_assert_cmpmem(&cap, sizeof(cap), &caps[i].cap, sizeof(cap));
	}
}

/* What has no layers has one cap; what is within another one has no layer more. */
static void test_cap_order(void)
{
	const struct rtp_fanout_cap low = { 1, 2, 0 }, high = { 1, 2, 3 }, other = { 2, 0, 0 };
	const struct rtp_fanout_cap all = FANOUT_CAP_ALL;
	struct rtp_fanout_cap paused = { 1, 2, 0, RTP_FANOUT_CAP_PAUSE }, cap;
	guint8 codec[128] = { [96] = RTP_FANOUT_CODEC_OPAQUE };

	cap = cap_canonical(&low, codec);
	g_assert_cmpmem(&cap, sizeof(cap), &all, sizeof(all));
	cap = cap_canonical(&paused, codec);
	g_assert_cmpuint(cap.did, ==, 7);
	g_assert_cmpuint(cap.flags, ==, RTP_FANOUT_CAP_PAUSE);
	codec[127] = RTP_FANOUT_CODEC_H264;
	cap = cap_canonical(&low, codec);
	g_assert_cmpmem(&cap, sizeof(cap), &low, sizeof(low));

	g_assert_true(cap_is_within(&low, &low));
	g_assert_true(cap_is_within(&low, &high));
	g_assert_false(cap_is_within(&high, &low));
	g_assert_false(cap_is_within(&low, &other));
	g_assert_false(cap_is_within(&paused, &high));
	g_assert_cmpint(cap_compare(&low, &low), ==, 0);
	g_assert_cmpint(cap_compare(&low, &high), <, 0);
	g_assert_cmpint(cap_compare(&other, &high), >, 0);
}

static gboolean is_name(const char *name, gpointer user_data)
{
	return g_str_equal(name, "/cam") || g_str_equal(name, "/a/track0");
}

static const struct {
	const char *text;
	const char *base;	/* NULL: refused */
	const char *name;
	gint track;
} urls[] = {
	{ "rtsp://h/cam", "rtsp://h/cam", "/cam", -1 },
	{ "rtsp://h:1/cam/", "rtsp://h:1/cam", "/cam", -1 },
	{ "rtsp://h/cam?cap=1,2,3", "rtsp://h/cam", "/cam", -1 },
	{ "rtsp://h/cam/track0", "rtsp://h/cam", "/cam", 0 },
	{ "rtsp://h/cam/track15?cap=0,0,0", "rtsp://h/cam", "/cam", 15 },
	{ "rtsp://h/cam/track16", "rtsp://h/cam/track16", "/cam/track16", -1 },
	{ "rtsp://h/cam/trackx", "rtsp://h/cam/trackx", "/cam/trackx", -1 },
	{ "rtsp://h/cam/track-1", "rtsp://h/cam/track-1", "/cam/track-1", -1 },
	{ "rtsp://h/a/track0", "rtsp://h/a/track0", "/a/track0", -1 },
	{ "rtsp://h/a/track0/track1", "rtsp://h/a/track0", "/a/track0", 1 },
	{ "rtsp://[::1]:8554/cam/track1", "rtsp://[::1]:8554/cam", "/cam", 1 },
	{ "rtsps://h/cam/track1", "rtsps://h/cam", "/cam", 1 },
	{ "rtsp://h/cam?cap=9,9,9", NULL },
	{ "rtspu://h/cam", NULL },
	{ "http://h/cam", NULL },
	{ "/cam", NULL },
	{ "*", NULL },
};

static void test_url(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
		struct url *url = url_parse(urls[i].text, is_name, NULL);

		g_test_message("%s", urls[i].text);
		g_assert_cmpint(url != NULL, ==, urls[i].base != NULL);
		if (!url)
			continue;
		g_assert_cmpstr(url->base, ==, urls[i].base);
		g_assert_cmpstr(url->name, ==, urls[i].name);
		g_assert_cmpint(url->track, ==, urls[i].track);
		url_free(url);
	}
}

/* What a track's URL says is what a request for it means. */
static void test_url_track(void)
{
	const struct rtp_fanout_cap cap = { 1, 0, 2 };
	g_autofree char *text = url_track("rtsp://h/cam", 3, &cap);
	g_autofree char *plain = url_track("rtsp://h/cam", 3, &FANOUT_CAP_ALL);
	struct url *url = url_parse(text, is_name, NULL);

	g_assert_cmpstr(plain, ==, "rtsp://h/cam/track3");
	g_assert_null(strchr(text, ','));
	g_assert_cmpstr(url->name, ==, "/cam");
	g_assert_cmpint(url->track, ==, 3);
	g_assert_cmpmem(&url->cap, sizeof(cap), &cap, sizeof(cap));
	url_free(url);
}

/* A link-local address is of no use without its interface. */
static void test_link_local(void)
{
	const struct transport_ports ports = { 5000, 5001 };
	const struct rtp_fanout_addr local = { .family = AF_INET6 };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_scope_id = 3 }, out;
	struct sockaddr *sa = (struct sockaddr *)&in6;
	struct sockaddr_storage to;
	struct rtp_fanout_addr addr;
	struct leg leg = { 0 };

	inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr);
	g_assert_cmpuint(addr_scope(sa, sizeof(in6)), ==, 3);
	g_assert_cmpuint(addr_scope(sa, sizeof(in6) - 1), ==, 0);
	g_assert_true(addr_from_sockaddr(&addr, sa, sizeof(in6)));
	leg_set_up_udp(&leg, &addr, 3, &local, &ports);
	g_assert_cmpuint(leg.dest.ifindex, ==, 3);
	g_assert_cmpuint(leg.rtcp.ifindex, ==, 3);
	g_assert_cmpuint(addr_to_sockaddr(&leg.rtcp.addr, leg.rtcp.ifindex, AF_INET6, &to),
			 ==, sizeof(out));
	memcpy(&out, &to, sizeof(out));
	g_assert_cmpuint(out.sin6_scope_id, ==, 3);
	g_assert_cmpuint(ntohs(out.sin6_port), ==, 5001);
	leg_clear(&leg);

	inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr);
	g_assert_cmpuint(addr_scope(sa, sizeof(in6)), ==, 0);
	in6.sin6_family = AF_INET;
	g_assert_cmpuint(addr_scope(sa, sizeof(in6)), ==, 0);
}

/* What a server's Session header says, or why it is none */
static void test_session_header(void)
{
	static const struct {
		const char *header;
		const char *id;
		guint timeout_s;
	} rows[] = {
		{ "77", "77", 60 },
		{ "a-b.c;timeout=5", "a-b.c", 5 },
		{ " 77 ; x ; timeout=5 ", "77", 5 },
		{ "77;timeout=0", "77", 60 },
		{ "77;timeout=99999999999", "77", 60 },
		{ "77;timeout=-1", "77", 60 },
		{ "", NULL },
		{ " ;timeout=5", NULL },
		{ NULL, NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint timeout_s = 0;
		g_autofree char *id = session_header_parse(rows[i].header, &timeout_s);

		g_assert_cmpstr(id, ==, rows[i].id);
		g_assert_cmpuint(timeout_s, ==, rows[i].timeout_s);
	}
}

static const struct {
	const char *header;
	guint16 rtp;	/* port; 0: refused, or interleaved */
	guint16 rtcp;
	const char *channels;	/* "any", or two of them */
} transports[] = {
	{ "RTP/AVP;unicast;client_port=5000-5001", 5000, 5001 },
	{ "RTP/AVP/UDP;unicast;client_port=5000-5001", 5000, 5001 },
	{ "RTP/AVPF;unicast;client_port=5000-5001", 5000, 5001 },
	{ "RTP/AVP;unicast;client_port=5000", 5000, 5001 },
	{ "RTP/AVP;unicast;client_port=5000-7001", 5000, 7001 },
	{ "RTP/AVP; unicast; x-own=1;y;;appendix;client_port=5000-5001", 5000, 5001 },
	{ "RTP/AVP;unicast;client_port=5000-5001;mode=\"PLAY\"", 5000, 5001 },
	{ "RTP/AVP;unicast;destination=192.0.2.1;client_port=5000-5001", 5000, 5001 },
	{ "RTP/SAVP;unicast;client_port=4-5, RTP/AVP;unicast;client_port=6-7", 6, 7 },
	{ "RTP/AVP;unicast;client_port=6-7, RTP/AVP/TCP;unicast;interleaved=0-1", 6, 7 },
	{ "RTP/AVP/TCP;unicast;interleaved=0-1, RTP/AVP;unicast;client_port=6-7", 0, 0,
	  "0 1" },
	{ "RTP/AVP/TCP;unicast;interleaved=2-3", 0, 0, "2 3" },
	{ "RTP/AVP/TCP;interleaved=255-0", 0, 0, "255 0" },
	{ "RTP/AVP/TCP;unicast;interleaved=8", 0, 0, "8 9" },
	{ "RTP/AVP/TCP;unicast", 0, 0, "any" },
	{ "RTP/AVP/TCP;unicast;mode=\"PLAY\"", 0, 0, "any" },
	{ "RTP/AVP;unicast;destination=192.0.2.2;client_port=5000-5001", 0 },
	{ "RTP/AVP/TCP;unicast;interleaved=1-1", 0 },
	{ "RTP/AVP/TCP;unicast;interleaved=255", 0 },
	{ "RTP/AVP/TCP;unicast;interleaved=256-257", 0 },
	{ "RTP/AVP/TCP;unicast;interleaved=-1-0", 0 },
	{ "RTP/AVP/TCP;unicast;interleaved=a-b", 0 },
	{ "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record", 0 },
	{ "RTP/SAVP/TCP;unicast;interleaved=0-1", 0 },
	{ "RTP/AVP;multicast", 0 },
	{ "RTP/AVP;client_port=5000-5001", 0 },
	{ "RTP/SAVP;unicast;client_port=5000-5001", 0 },
	{ "RTP/AVP;unicast", 0 },
	{ "RTP/AVP;unicast;client_port=0-1", 0 },
	{ "RTP/AVP;unicast;client_port=65535", 0 },
	{ "RTP/AVP;unicast;client_port=70000-70001", 0 },
	{ "RTP/AVP;unicast;client_port=5000-5000", 0 },
	{ "RTP/AVP;unicast;client_port=5000-5001;mode=record", 0 },
	{ "", 0 },
	{ ",,,", 0 },
	{ "garbage", 0 },
};

static void test_transport(void)
{
	struct rtp_fanout_addr viewer = { .family = AF_INET };

	inet_pton(AF_INET, "192.0.2.1", viewer.addr);
	for (guint i = 0; i < G_N_ELEMENTS(transports); i++) {
		struct transport_choice choice = { 0 };
		g_autofree char *channels = NULL;

		g_test_message("%s", transports[i].header);
		g_assert_cmpint(transport_choose(transports[i].header, &viewer, &choice), ==,
				transports[i].rtp || transports[i].channels);
		if (transports[i].rtp) {
			g_assert_cmpint(choice.kind, ==, TRANSPORT_UDP);
			g_assert_cmpuint(choice.ports.rtp, ==, transports[i].rtp);
			g_assert_cmpuint(choice.ports.rtcp, ==, transports[i].rtcp);
		}
		if (!transports[i].channels)
			continue;
		g_assert_cmpint(choice.kind, ==, TRANSPORT_INTERLEAVED);
		channels = choice.any_channels ? g_strdup("any") :
			   g_strdup_printf("%u %u", choice.channels.rtp,
					   choice.channels.rtcp);
		g_assert_cmpstr(channels, ==, transports[i].channels);
	}
}

static const struct {
	gboolean tcp;
	const char *header;
	guint first;	/* server port, or channel; 0: refused */
	guint second;
	guint32 ssrc;
} answers[] = {
	{ FALSE, "RTP/AVP;unicast;client_port=4-5;server_port=8-9;ssrc=DEADBEEF", 8, 9,
	  0xdeadbeef },
	{ FALSE, "RTP/AVP;unicast;server_port=8-9", 8, 9, 0 },
	{ FALSE, "RTP/AVPF;unicast;server_port=8-11", 8, 11, 0 },
	{ FALSE, "RTP/AVP;unicast;client_port=4-5", 0 },
	{ FALSE, "RTP/AVP;unicast;client_port=6-7;server_port=8-9", 0 },
	{ FALSE, "RTP/AVP/TCP;unicast;interleaved=0-1", 0 },
	{ FALSE, "RTP/SAVP;unicast;server_port=8-9", 0 },
	{ FALSE, "RTP/AVP;multicast;server_port=8-9", 0 },
	{ FALSE, "garbage", 0 },
	{ FALSE, "", 0 },
	{ TRUE, "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1", 2, 3, 1 },
	{ TRUE, "RTP/AVP/TCP;interleaved=6", 6, 7, 0 },
	{ TRUE, "RTP/AVP/TCP;unicast;interleaved=2-2", 0 },
	{ TRUE, "RTP/AVP/TCP;unicast;interleaved=255-256", 0 },
	{ TRUE, "RTP/AVP/TCP;unicast", 0 },
	{ TRUE, "RTP/AVP;unicast;server_port=8-9", 0 },
};

static void test_transport_upstream(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		struct upstream_transport transport = {
			.tcp = answers[i].tcp,
			.client = { 4, 5 },
			.channel = 2,
			.rtcp_channel = 3,
		};
		gboolean ok = upstream_transport_answered(answers[i].header, &transport);

		g_test_message("%s", answers[i].header);
		g_assert_cmpint(ok, ==, answers[i].first != 0);
		if (!ok)
			continue;
		g_assert_cmpuint(answers[i].tcp ? transport.channel : transport.server.rtp,
				 ==, answers[i].first);
		g_assert_cmpuint(answers[i].tcp ? transport.rtcp_channel :
				 transport.server.rtcp, ==, answers[i].second);
		g_assert_cmphex(transport.ssrc, ==, answers[i].ssrc);
	}
}

static const char upstream_sdp[] =
	"v=0\r\n"
	"o=root 123 4 IN IP4 10.1.2.3\r\n"
	"s=camera at 10.1.2.3\r\n"
	"i=upstream.example\r\n"
	"u=http://upstream.example/\r\n"
	"e=admin@upstream.example\r\n"
	"c=IN IP4 10.1.2.3\r\n"
	"t=0 0\r\n"
	"a=tool:upstream.example\r\n"
	"a=control:rtsp://10.1.2.3/live/\r\n"
	"a=range:npt=0-14\r\n"
	"a=source-filter: incl IN IP4 * 10.1.2.3\r\n"
	"m=video 5000 RTP/AVP 96 97\r\n"
	"b=AS:1501\r\n"
	"b=TIAS:1400000\r\n"
	"b=RR:7\r\n"
	"b=X-CAM:9\r\n"
	"a=rtpmap:96 H264/90000\r\n"
	"a=fmtp:96 packetization-mode=1;profile-level-id=42C01F\r\n"
	"a=rtpmap:97 H264-SVC/90000\r\n"
	"a=control:stream=0\r\n"
	"a=candidate:1 1 UDP 1 10.1.2.3 5000 typ host\r\n"
	"a=x-own:10.1.2.3\r\n"
	"m=audio 0 RTP/AVP 0\r\n"
	"c=IN IP4 10.1.2.3\r\n"
	"a=control:rtsp://10.1.2.3/live/audio\r\n";

static void test_sdp(void)
{
	struct rtp_fanout_addr local = { .family = AF_INET };
	const struct sdp_viewer viewer = {
		.cap = { 1, 0, 2 },
		.local = &local,
		.rates = { { 300000, 200000 }, { 10001, 10001 } },
	};
	g_autofree char *text = NULL;
	const struct sdp_track *video, *audio;
	struct sdp *sdp;

	inet_pton(AF_INET, "192.0.2.9", local.addr);
	sdp = sdp_parse((const guint8 *)upstream_sdp, strlen(upstream_sdp),
			"rtsp://10.1.2.3/other", NULL);
	g_assert_nonnull(sdp);
	g_assert_cmpstr(sdp->control, ==, "rtsp://10.1.2.3/live/");
	g_assert_cmpuint(sdp->tracks->len, ==, 2);
	video = g_ptr_array_index(sdp->tracks, 0);
	audio = g_ptr_array_index(sdp->tracks, 1);
	g_assert_cmpstr(video->control, ==, "rtsp://10.1.2.3/live/stream=0");
	g_assert_cmpstr(audio->control, ==, "rtsp://10.1.2.3/live/audio");
	g_assert_cmpuint(video->codec[96], ==, RTP_FANOUT_CODEC_H264);
	g_assert_cmpuint(video->codec[97], ==, RTP_FANOUT_CODEC_H264);
	g_assert_cmpuint(video->codec[0], ==, RTP_FANOUT_CODEC_NONE);
	g_assert_cmpuint(audio->codec[0], ==, RTP_FANOUT_CODEC_OPAQUE);

	text = sdp_for_viewer(sdp, "cam", "rtsp://relay/cam", &viewer);
	g_test_message("%s", text);
	g_assert_null(strstr(text, "10.1.2.3"));
	g_assert_null(strstr(text, "upstream.example"));
	g_assert_nonnull(strstr(text, "o=- 123 4 IN IP4 192.0.2.9\r\n"));
	g_assert_nonnull(strstr(text, "m=video 0 RTP/AVP 96 97\r\n"));
	/* two thirds, rounded up; what the audio took, as its server does not tell */
	g_assert_nonnull(strstr(text, "b=AS:1001\r\nb=TIAS:933334\r\nb=RS:1000\r\nb=RR:1000\r\n"));
	g_assert_nonnull(strstr(text, "b=AS:81\r\nb=RS:1000\r\nb=RR:1000\r\n"));
	g_assert_null(strstr(text, "b=RR:7"));
	g_assert_null(strstr(text, "b=X-"));
	g_assert_null(strstr(text, "trr-int"));
	g_assert_nonnull(strstr(text, "a=fmtp:96 packetization-mode=1;"));
	g_assert_nonnull(strstr(text, "a=control:*\r\n"));
	g_assert_nonnull(strstr(text, "a=control:rtsp://relay/cam/track0?cap=1%2C0%2C2\r\n"));
	g_assert_nonnull(strstr(text, "a=control:rtsp://relay/cam/track1?cap=1%2C0%2C2\r\n"));
	g_assert_null(strstr(text, "npt=0-14"));
	sdp_free(sdp);
}

/* Of rates nothing is known: the server's numbers stay, and there are no others. */
static void test_sdp_unknown(void)
{
	struct rtp_fanout_addr local = { .family = AF_INET };
	const struct sdp_viewer viewer = {
		.cap = { 0, 0, 0 },
		.local = &local,
		.feedback = TRUE,
	};
	struct sdp *sdp = sdp_parse((const guint8 *)upstream_sdp, strlen(upstream_sdp),
				    "rtsp://10.1.2.3/other", NULL);
	g_autofree char *text = sdp_for_viewer(sdp, "cam", "rtsp://relay/cam", &viewer);

	g_assert_nonnull(strstr(text, "m=video 0 RTP/AVPF 96 97\r\n"));
	g_assert_nonnull(strstr(text, "b=AS:1501\r\nb=TIAS:1400000\r\nb=RS:"));
	g_assert_nonnull(strstr(text, "m=audio 0 RTP/AVPF 0\r\n"));
	g_assert_null(strstr(strstr(text, "m=audio"), "b=AS"));
	g_assert_nonnull(strstr(text, "a=rtcp-fb:* trr-int 1000\r\n"));
	sdp_free(sdp);
}

static const char *const bad_sdp[] = {
	"",
	"garbage",
	"v=0\r\no=- 1 1 IN IP4 h\r\ns=x\r\nt=0 0\r\n",
	"v=0\r\nm=video 0 RTP/AVP 72\r\n",
	"v=0\r\nm=video 0 RTP/AVP 128\r\n",
	"v=0\r\nm=video 0 RTP/AVP x\r\n",
	"v=0\r\nm=video 0 RTP/SAVP 96\r\n",
	"v=0\r\nm=video 0 udp 96\r\n",
};

static void test_sdp_refused(void)
{
	GString *many = g_string_new("v=0\r\n");

	for (guint i = 0; i < G_N_ELEMENTS(bad_sdp); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", bad_sdp[i]);
		g_assert_null(sdp_parse((const guint8 *)bad_sdp[i], strlen(bad_sdp[i]),
					"rtsp://h/a", &error));
		g_assert_error(error, SDP_ERROR, 0);
	}
	for (guint i = 0; i < 17; i++)
		g_string_append(many, "m=audio 0 RTP/AVP 0\r\n");
	g_assert_null(sdp_parse((guint8 *)many->str, many->len, "rtsp://h/a", NULL));
	g_string_free(many, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cap", test_cap);
	g_test_add_func("/cap-order", test_cap_order);
	g_test_add_func("/link-local", test_link_local);
	g_test_add_func("/session-header", test_session_header);
	g_test_add_func("/url/parse", test_url);
	g_test_add_func("/url/track", test_url_track);
	g_test_add_func("/transport/viewer", test_transport);
	g_test_add_func("/transport/upstream", test_transport_upstream);
	g_test_add_func("/sdp/rewritten", test_sdp);
	g_test_add_func("/sdp/unknown", test_sdp_unknown);
	g_test_add_func("/sdp/refused", test_sdp_refused);
	return g_test_run();
}
