/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Transport header as a library reads it */
#ifndef RTPRELAYD_TRANSPORT_HEADER_H
#define RTPRELAYD_TRANSPORT_HEADER_H

#include <gst/rtsp/gstrtsptransport.h>

/**
 * transport_header_parse - read one transport
 * @text: of the header; parameters that RFC 2326 does not have are passed over. The
 *	library would do so as well, but print each of them.
 *
 * Return: to be freed with gst_rtsp_transport_free(); NULL when it is none.
 */
GstRTSPTransport *transport_header_parse(const char *text);

#endif
