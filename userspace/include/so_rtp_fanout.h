/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The number of the socket option, where the C library's kernel headers are
 * older than the patch.
 */
#ifndef SO_RTP_FANOUT_H
#define SO_RTP_FANOUT_H

#include <sys/socket.h>

#ifndef SO_RTP_FANOUT
#if defined(__hppa__)
#define SO_RTP_FANOUT	0x4054
#elif defined(__sparc__)
#define SO_RTP_FANOUT	0x005f
#else
#define SO_RTP_FANOUT	86
#endif
#endif

#endif
