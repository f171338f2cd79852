/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PLAY, PAUSE and TEARDOWN (RFC 2326, sections 10.5 to 10.7) */
#ifndef RTPRELAYD_PLAYBACK_H
#define RTPRELAYD_PLAYBACK_H

#include "client.h"

void playback_play(struct client *client, GstRTSPMessage *msg);
void playback_pause(struct client *client, GstRTSPMessage *msg);
void playback_teardown(struct client *client, GstRTSPMessage *msg);

#endif
