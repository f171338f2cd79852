/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header that both sides share, by the name that the kernel has for it. */
#include <linux/rtp_fanout.h>
