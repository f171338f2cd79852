// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtsp.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "framer.h"

#define TIMEOUT_S	5

struct rtsp {
	GSocket *socket;
	GIOStream *secure;	/* TLS on it, or NULL */
	struct framer *framer;
	GString *received;
	guint cseq;
};

static int open_at(const char *host, guint16 port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval timeout = { .tv_sec = 3 };
	int bytes = 4 << 20;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, host, &sa.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	/* a test that is held up loses nothing that the relay sent */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (!bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return fd;
	close(fd);
	return -1;
}

void rtsp_open_pair(const char *host, int fd[2], guint16 port[2])
{
	do {
		port[0] = g_random_int_range(5000, 30000) * 2;
		port[1] = port[0] + 1;
		fd[0] = open_at(host, port[0]);
		fd[1] = fd[0] < 0 ? -1 : open_at(host, port[1]);
		if (fd[0] >= 0 && fd[1] < 0)
			close(fd[0]);
	} while (fd[1] < 0);
}

struct rtsp *rtsp_connect(guint16 port)
{
	return rtsp_connect_between(VIEWER_HOST, RELAY_HOST, port);
}

struct rtsp *rtsp_connect_from(const char *host, guint16 port)
{
	return rtsp_connect_between(host, RELAY_HOST, port);
}

struct rtsp *rtsp_connect_between(const char *viewer, const char *relay, guint16 port)
{
	struct rtsp *rtsp = g_new0(struct rtsp, 1);
	g_autoptr(GSocketAddress) from = g_inet_socket_address_new_from_string(viewer, 0);
	g_autoptr(GSocketAddress) to = g_inet_socket_address_new_from_string(relay, port);
	g_autoptr(GError) error = NULL;

	rtsp->socket = g_socket_new(g_socket_address_get_family(from), G_SOCKET_TYPE_STREAM,
				    G_SOCKET_PROTOCOL_TCP, NULL);
	g_socket_set_timeout(rtsp->socket, TIMEOUT_S);
	g_assert_true(g_socket_bind(rtsp->socket, from, FALSE, NULL));
	g_socket_connect(rtsp->socket, to, NULL, &error);
	g_assert_no_error(error);
	rtsp->framer = framer_new();
	rtsp->received = g_string_new(NULL);
	return rtsp;
}

void rtsp_set_buffer(struct rtsp *rtsp, int bytes)
{
	g_socket_set_option(rtsp->socket, SOL_SOCKET, SO_RCVBUF, bytes, NULL);
}

void rtsp_close(struct rtsp *rtsp)
{
	g_clear_object(&rtsp->secure);
	g_socket_close(rtsp->socket, NULL);
	g_object_unref(rtsp->socket);
	framer_free(rtsp->framer);
	g_string_free(rtsp->received, TRUE);
	g_free(rtsp);
}

static gboolean accept_any(GTlsConnection *connection, GTlsCertificate *certificate,
			   GTlsCertificateFlags errors, gpointer unused)
{
	return TRUE;
}

gboolean rtsp_secure(struct rtsp *rtsp)
{
	g_autoptr(GSocketConnection) connection = NULL;
	g_autoptr(GError) error = NULL;

	connection = g_socket_connection_factory_create_connection(rtsp->socket);
	rtsp->secure = g_tls_client_connection_new(G_IO_STREAM(connection), NULL, &error);
	g_assert_no_error(error);
	g_tls_connection_set_database(G_TLS_CONNECTION(rtsp->secure), NULL);
	g_signal_connect(rtsp->secure, "accept-certificate", G_CALLBACK(accept_any), NULL);
	return g_tls_connection_handshake(G_TLS_CONNECTION(rtsp->secure), NULL, NULL);
}

GTlsCertificate *rtsp_certificate(struct rtsp *rtsp)
{
	return g_tls_connection_get_peer_certificate(G_TLS_CONNECTION(rtsp->secure));
}

static gssize rtsp_send(struct rtsp *rtsp, const char *bytes, gsize len)
{
	if (rtsp->secure)
		return g_output_stream_write(g_io_stream_get_output_stream(rtsp->secure),
					     bytes, len, NULL, NULL);
	return g_socket_send(rtsp->socket, bytes, len, NULL, NULL);
}

static gssize rtsp_receive(struct rtsp *rtsp, char *bytes, gsize len)
{
	if (rtsp->secure)
		return g_input_stream_read(g_io_stream_get_input_stream(rtsp->secure),
					   bytes, len, NULL, NULL);
	return g_socket_receive(rtsp->socket, bytes, len, NULL, NULL);
}

gboolean rtsp_write(struct rtsp *rtsp, const char *bytes, gsize len)
{
	while (len) {
		gssize n = rtsp_send(rtsp, bytes, len);

		if (n <= 0)
			return FALSE;
		bytes += n;
		len -= n;
	}
	return TRUE;
}

void rtsp_finish(struct rtsp *rtsp)
{
	g_assert_true(g_socket_shutdown(rtsp->socket, FALSE, TRUE, NULL));
}

GstRTSPMessage *rtsp_read(struct rtsp *rtsp)
{
	GstRTSPMessage *msg = NULL;
	char data[4096];

	gst_rtsp_message_new(&msg);
	for (;;) {
		enum framer_result result = framer_pull(rtsp->framer, msg, NULL);
		gssize n;

		if (result == FRAMER_MESSAGE)
			return msg;
		n = result == FRAMER_FAILED ? 0 :
		    rtsp_receive(rtsp, data, sizeof(data));
		if (n <= 0)
			break;
		g_string_append_len(rtsp->received, data, n);
		framer_push(rtsp->framer, (guint8 *)data, n);
	}
	gst_rtsp_message_free(msg);
	return NULL;
}

const GString *rtsp_received(const struct rtsp *rtsp)
{
	return rtsp->received;
}

GstRTSPMessage *rtsp_read_answer(struct rtsp *rtsp)
{
	GstRTSPMessage *msg;

	while ((msg = rtsp_read(rtsp)) && msg->type == GST_RTSP_MESSAGE_DATA)
		gst_rtsp_message_free(msg);
	return msg;
}

gboolean rtsp_is_closed(struct rtsp *rtsp, guint ms)
{
	gint64 end = g_get_monotonic_time() + (gint64)ms * 1000;
	char data[4096];

	while (g_get_monotonic_time() < end) {
		g_autoptr(GError) error = NULL;
		gssize n;

		if (!g_socket_condition_timed_wait(rtsp->socket, G_IO_IN,
						   end - g_get_monotonic_time(), NULL, NULL))
			return FALSE;
		n = g_socket_receive(rtsp->socket, data, sizeof(data), NULL, &error);
		if (n <= 0)
			return TRUE;
	}
	return FALSE;
}

GstRTSPMessage *rtsp_ask(struct rtsp *rtsp, const char *method, const char *url,
			 const char *headers)
{
	g_autofree char *request = NULL, *cseq = NULL;
	GstRTSPMessage *answer;

	cseq = g_strdup_printf("%u", ++rtsp->cseq);
	request = g_strdup_printf("%s %s RTSP/1.0\r\nCSeq: %s\r\n%s\r\n", method, url, cseq,
				  headers ? headers : "");
	g_assert_true(rtsp_write(rtsp, request, strlen(request)));
	answer = rtsp_read_answer(rtsp);
	g_assert_nonnull(answer);
	g_assert_cmpstr(rtsp_header(answer, GST_RTSP_HDR_CSEQ), ==, cseq);
	g_assert_nonnull(rtsp_header(answer, GST_RTSP_HDR_DATE));
	return answer;
}

gint rtsp_status(struct rtsp *rtsp, const char *method, const char *url,
		 const char *headers)
{
	GstRTSPMessage *answer = rtsp_ask(rtsp, method, url, headers);
	gint status = answer->type_data.response.code;

	gst_rtsp_message_free(answer);
	return status;
}

const char *rtsp_header(GstRTSPMessage *msg, GstRTSPHeaderField field)
{
	char *value = NULL;

	gst_rtsp_message_get_header(msg, field, &value, 0);
	return value;
}
