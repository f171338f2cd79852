/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DESCRIBE: the session description that viewers get (RFC 2326, section 10.2) */
#ifndef RTPRELAYD_DESCRIBE_H
#define RTPRELAYD_DESCRIBE_H

#include "client.h"

void describe_handle(struct client *client, GstRTSPMessage *msg);

#endif
