/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon does on each RTSP method (RFC 2326, section 10) */
#ifndef RTPRELAYD_METHODS_H
#define RTPRELAYD_METHODS_H

#include "client.h"

/* methods_handle - answer a request, now or later; its CSeq has been read */
void methods_handle(struct client *client, GstRTSPMessage *request);

#endif
