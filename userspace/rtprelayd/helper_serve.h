/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper process itself, and what passes between it and the daemon */
#ifndef RTPRELAYD_HELPER_SERVE_H
#define RTPRELAYD_HELPER_SERVE_H

#include <glib.h>
#include <linux/rtp_fanout.h>

#include "privileges.h"

enum helper_op {
	HELPER_BUFFERS = 1,	/* both buffers of the socket to UDP_BUFFER */
	HELPER_ATTACH,		/* RTP_FANOUT_ATTACH with @config */
	HELPER_CONFIG,		/* RTP_FANOUT_CONFIG with @config */
};

/**
 * struct helper_request - a message to the helper; a UDP socket comes with it
 * @op: enum helper_op
 * @config: its bpf_fd is 0, since a descriptor's number means nothing there
 */
struct helper_request {
	guint32 op;
	struct rtp_fanout_config config;
};

/**
 * struct helper_answer - a message from it: one when it is ready, one a request
 * @err: 0 or an errno value; EBADMSG for what is no request, ENOTSOCK for what is
 *	no UDP socket, EINVAL for any other operation
 */
struct helper_answer {
	gint32 err;
};

/**
 * helper_serve - be the helper: to be called in a new child, never returns
 * @fd: its end of a pair of SOCK_SEQPACKET sockets; ends when the other is closed
 * @user: see privileges_reduce()
 */
G_NORETURN void helper_serve(int fd, const struct privileges_user *user);

#endif
