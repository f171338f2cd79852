/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network that loses, delays and doubles packets, the same for the same seed. */
#ifndef RTPRELAY_TESTS_IMPAIR_H
#define RTPRELAY_TESTS_IMPAIR_H

#include <glib.h>

/* The most that a packet is late, in packets */
#define IMPAIR_DEPTH	16

/* Chances are of 10,000 packets. */
struct impair_config {
	guint loss;		/* are lost */
	guint burst;		/* in bursts of 1 to so many */
	guint reorder;		/* are late */
	guint depth;		/* by 1 to so many packets */
	guint duplicate;	/* come twice */
};

typedef void (*impair_deliver)(guint64 packet, gpointer data);

/* @rand stays the caller's; a new network does nothing to packets. */
struct impair *impair_new(GRand *rand, impair_deliver deliver, gpointer data);
void impair_free(struct impair *impair);

/* Nothing is on its way then. */
void impair_set(struct impair *impair, const struct impair_config *config);

/* Sends a packet, and delivers what arrives with it. FALSE when it is lost. */
gboolean impair_send(struct impair *impair, guint64 packet);

/* Delivers what is on its way. */
void impair_flush(struct impair *impair);

#endif
