/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SETUP: a viewer's session and the transport of a track (RFC 2326, section 10.4) */
#ifndef RTPRELAYD_SETUP_H
#define RTPRELAYD_SETUP_H

#include "client.h"

void setup_handle(struct client *client, GstRTSPMessage *msg);

#endif
