// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon's methods, with an origin behind it: a viewer that has set up a track
 * goes on with what the input says. In the input @ stands for its session's
 * identifier, which is not to be guessed.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "framer.h"
#include "origin.h"
#include "server.h"

#define RELAY_HOST	"127.0.0.1"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct origin *origin;
static struct server *server;
static GSocketAddress *address;

/* A port that was free a moment ago */
static guint16 free_port(void)
{
	g_autoptr(GSocketListener) listener = g_socket_listener_new();

	return g_socket_listener_add_any_inet_port(listener, NULL, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	g_autofree char *dir = g_dir_make_tmp("fuzz-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "conf", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct config *config;
	guint16 port = free_port();

	origin = origin_new();
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
	text = g_strdup_printf("[server]\nlisten=" RELAY_HOST ":%u\nbackend=user\n"
			       "[path /cam]\nupstream=rtsp://" ORIGIN_HOST ":%u/live\n"
			       "pull=always\n[path /other]\n"
			       "upstream=rtsp://" ORIGIN_HOST ":1/live\nreconnect=0\n",
			       port, origin_port(origin));
	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	config = config_load(file, &error);
	g_assert_no_error(error);
	g_unlink(file);
	g_rmdir(dir);
	server = server_new(config, &error);
	g_assert_no_error(error);
	config_free(config);
	address = g_inet_socket_address_new_from_string(RELAY_HOST, port);
	return 0;
}

/* What came back, until the relay hung up */
struct answers {
	GByteArray *bytes;
	gboolean ended;
};

static gboolean readable(gint fd, GIOCondition condition, gpointer user_data)
{
	struct answers *answers = user_data;
	guint8 data[4096];
	gssize n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	if (n > 0)
		g_byte_array_append(answers->bytes, data, n);
	else
		answers->ended = TRUE;
	return answers->ended ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* The one session that there is, set up by the first request */
static const char *find_session(void)
{
	g_autoptr(GList) list = session_list(server_sessions(server));

	return list ? session_id(list->data) : NULL;
}

static void say(GSocket *socket, const GString *text)
{
	gsize done = 0;

	while (done < text->len) {
		gssize n = send(g_socket_get_fd(socket), text->str + done, text->len - done,
				MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EPIPE)
			break;
		done += MAX(n, 0);
		g_main_context_iteration(NULL, FALSE);
	}
}

/* Each answer is one that was asked for. */
static void check(const struct answers *answers)
{
	struct framer *framer = framer_new();
	enum framer_result result;

	framer_push(framer, answers->bytes->data, answers->bytes->len);
	do {
		GstRTSPMessage msg = { 0 };

		result = framer_pull(framer, &msg, NULL);
		g_assert_true(result != FRAMER_MESSAGE ||
			      msg.type == GST_RTSP_MESSAGE_RESPONSE ||
			      msg.type == GST_RTSP_MESSAGE_DATA);
		gst_rtsp_message_unset(&msg);
	} while (result == FRAMER_MESSAGE);
	g_assert_cmpint(result, ==, FRAMER_MORE);
	framer_free(framer);
}

/* With -close_fd_mask=2, or the log would be written to whatever is opened next */
static void open_log(void)
{
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		g_assert_cmpint(open("/dev/null", O_WRONLY), ==, STDERR_FILENO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
						 G_SOCKET_PROTOCOL_TCP, NULL);
	struct answers answers = { .bytes = g_byte_array_new() };
	g_autoptr(GString) text = g_string_new("SETUP rtsp://h/cam/track0 RTSP/1.0\r\nCSeq: 1\r\n"
					       "Transport: RTP/AVP/TCP;unicast\r\n\r\n");
	g_autofree char *id = NULL;
	GList *left;

	open_log();
	g_assert_true(g_socket_connect(socket, address, NULL, NULL));
	g_unix_fd_add(g_socket_get_fd(socket), G_IO_IN, readable, &answers);
	say(socket, text);
	while (!answers.bytes->len)
		g_main_context_iteration(NULL, TRUE);
	id = g_strdup(find_session());

	g_string_truncate(text, 0);
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '@' && id)
			g_string_append(text, id);
		else
			g_string_append_c(text, data[i]);
	}
	say(socket, text);
	g_socket_shutdown(socket, FALSE, TRUE, NULL);
	while (!answers.ended)
		g_main_context_iteration(NULL, TRUE);
	check(&answers);

	/* UDP sessions outlive their connections */
	left = session_list(server_sessions(server));
	for (GList *l = left; l; l = l->next)
		session_end(l->data, "the next input");
	g_list_free(left);
	g_byte_array_unref(answers.bytes);
	return 0;
}
