/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that nobody guesses */
#ifndef RTPRELAYD_RANDOM_H
#define RTPRELAYD_RANDOM_H

#include <glib.h>

/* The most bytes for one text */
#define RANDOM_MAX	32

/* random_base64 - so many random bytes of the kernel, 1 to RANDOM_MAX, in base64 */
char *random_base64(guint bytes);

/* random_hex - so many random bytes of the kernel, 1 to RANDOM_MAX, in hexadecimal */
char *random_hex(guint bytes);

#endif
