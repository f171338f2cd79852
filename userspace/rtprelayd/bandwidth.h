/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request says of the way to its viewer (RFC 2326, sections 12.6 and 12.7) */
#ifndef RTPRELAYD_BANDWIDTH_H
#define RTPRELAYD_BANDWIDTH_H

#include <gst/rtsp/gstrtspmessage.h>

/**
 * bandwidth_read - read the headers Bandwidth and Blocksize
 * @octets: set: what the viewer can take, octets a second; 0 when it does not tell
 *
 * A Blocksize is checked and has no effect. It asks for a size of packets, which a
 * server may override; a relay sends the packets that it gets.
 *
 * Return: FALSE when there is one that is no positive decimal number, or two of one.
 */
gboolean bandwidth_read(GstRTSPMessage *msg, guint64 *octets);

#endif
