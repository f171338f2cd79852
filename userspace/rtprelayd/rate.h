/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates as operators write and read them: in bits a second */
#ifndef RTPRELAYD_RATE_H
#define RTPRELAYD_RATE_H

#include <glib.h>

/* The most that is understood: a terabit a second */
#define RATE_MAX	G_GUINT64_CONSTANT(1000000000000)

/* Longest result of rate_to_string(), NUL included */
#define RATE_STRLEN	16

/**
 * rate_parse - read a number of bits a second
 * @text: decimal digits, and k, M or G for thousands, millions or thousand millions
 * @bits: set
 *
 * Return: FALSE when it is none, or not within 1 to RATE_MAX.
 */
gboolean rate_parse(const char *text, guint64 *bits);

/* rate_octets - bits a second as octets: less than one is not nothing */
guint64 rate_octets(guint64 bits);

/* rate_to_string - octets a second as "3.1 Mb/s"; returns @buf */
const char *rate_to_string(guint64 octets, char buf[static RATE_STRLEN]);

#endif
