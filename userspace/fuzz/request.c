// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is read from a viewer's request once it is framed: URL, Transport, Range,
 * Session, and who asks. Nobody gets in without the password.
 */
#include <gst/gst.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "auth.h"
#include "framer.h"
#include "random.h"
#include "request.h"
#include "transport.h"
#include "users.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct users *users;
static char *nonce;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	g_autofree char *password = random_hex(RANDOM_MAX);

	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
	users = users_new();
	users_add(users, "alice", password);
	nonce = random_hex(RANDOM_MAX);
	return 0;
}

static gboolean is_name(const char *name, gpointer unused)
{
	return g_str_equal(name, "/cam") || g_str_equal(name, "/a/track0");
}

static void check_transport(const char *header)
{
	const struct rtp_fanout_addr viewer = { .family = AF_INET, .addr = { 192, 0, 2, 1 } };
	const struct rtp_fanout_addr *const viewers[] = { &viewer, NULL };

	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++) {
		struct transport_choice choice;
		g_autofree char *answer = NULL;

		if (!transport_choose(header, viewers[i], &choice))
			continue;
		switch (choice.kind) {
		case TRANSPORT_UDP:
			g_assert_nonnull(viewers[i]);
			g_assert_cmpuint(choice.ports.rtp, >=, 1);
			g_assert_cmpuint(choice.ports.rtcp, >=, 1);
			g_assert_cmpuint(choice.ports.rtp, !=, choice.ports.rtcp);
			answer = transport_answer(&choice, &choice.ports, 1);
			break;
		case TRANSPORT_INTERLEAVED:
			if (choice.any_channels)
				break;
			g_assert_cmpuint(choice.channels.rtp, !=, choice.channels.rtcp);
			answer = transport_answer_interleaved(&choice, &choice.channels, 1);
			break;
		}
	}
}

static void check_auth(GstRTSPMessage *request, const struct url *url)
{
	static const struct config_path path = { .name = "/cam" };

	for (gboolean secure = FALSE; secure <= TRUE; secure++) {
		const struct auth_query query = {
			.users = users,
			.path = &path,
			.url = url,
			.nonce = nonce,
			.secure = secure,
		};
		g_autofree char *user = NULL;
		enum auth_verdict verdict = auth_check(&query, request, &user);

		g_assert_true(verdict == AUTH_MISSING || verdict == AUTH_WRONG);
		g_assert_true(!user || g_str_equal(user, "alice"));
	}
}

static void check_request(GstRTSPMessage *request)
{
	const char *transport = request_header(request, GST_RTSP_HDR_TRANSPORT);
	g_autofree char *session = request_session_id(request);
	GstRTSPStatusCode range = request_check_range(request);
	struct url *url;

	g_assert_true(!session || !strchr(session, ';'));
	g_assert_true(range == GST_RTSP_STS_OK || range == GST_RTSP_STS_BAD_REQUEST ||
		      range == GST_RTSP_STS_INVALID_RANGE ||
		      range == GST_RTSP_STS_NOT_IMPLEMENTED);
	if (transport)
		check_transport(transport);
	url = url_parse(request->type_data.request.uri, is_name, NULL);
	if (url) {
		g_autofree char *track = url_track(url->base, MAX(url->track, 0), &url->cap);

		g_assert_true(g_str_has_prefix(request->type_data.request.uri, url->base));
		g_assert_true(g_str_has_prefix(track, url->base));
		/* methods that are none are answered before */
		if (request->type_data.request.method != GST_RTSP_INVALID)
			check_auth(request, url);
		url_free(url);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct framer *framer = framer_new();
	enum framer_result result;

	framer_push(framer, data, size);
	do {
		GstRTSPMessage msg = { 0 };
		g_autoptr(GError) error = NULL;

		result = framer_pull(framer, &msg, &error);
		if (result == FRAMER_MESSAGE && msg.type == GST_RTSP_MESSAGE_REQUEST)
			check_request(&msg);
		gst_rtsp_message_unset(&msg);
	} while (result == FRAMER_MESSAGE);
	framer_free(framer);
	return 0;
}
