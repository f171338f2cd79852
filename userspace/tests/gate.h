/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What asks for a password before the test's origin answers */
#ifndef TESTS_GATE_H
#define TESTS_GATE_H

#include <gst/rtsp/gstrtspmessage.h>

#define GATE_USER	"relay"
#define GATE_PASSWORD	"pass \"word\""

enum gate {
	GATE_OPEN,
	GATE_BASIC,
	GATE_MD5,
	GATE_SHA256,
	GATE_STALE,	/* MD5, and each nonce is good for two requests */
};

/**
 * gate_admits - look at a request's authorization
 * @challenge: set to the WWW-Authenticate header of a 401, to be freed
 */
gboolean gate_admits(enum gate gate, GstRTSPMessage *request, char **challenge);

#endif
