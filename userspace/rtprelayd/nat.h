/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symmetric RTP: a viewer behind a NAT names ports in SETUP that are not those
 * that its datagrams come from, and go back to. So it sends some to the relay's
 * ports (hole punching), and what comes from where is learned, as far as there is
 * one viewer only that it can be.
 *
 * Whoever can send from an address that a viewer is expected at can move that
 * viewer's media there. So a port is learned once, in the first LIMIT_NAT_MS, and
 * from the viewer's own host only, unless the configuration has it otherwise.
 */
#ifndef RTPRELAYD_NAT_H
#define RTPRELAYD_NAT_H

#include <linux/rtp_fanout.h>
#include <glib.h>

struct leg;
struct nat;

enum nat_mode {
	NAT_HOST,	/* from the viewer's own host */
	NAT_ANY,	/* from anywhere */
	NAT_OFF,	/* not at all */
};

/* nat_mode_parse - "host", "any" or "off"; FALSE for any other text */
gboolean nat_mode_parse(const char *text, enum nat_mode *mode);

/**
 * struct nat_leg - a leg over UDP, as long as its ports may be learned
 * @nat: where it is, or NULL
 * @host: address and interface from which it was set up, port 0
 * @link: in the queue of that
 * @until: monotonic time up to which they are, us
 * @rtp: where its media goes is known
 * @rtcp: where its RTCP goes is
 */
struct nat_leg {
	struct nat *nat;
	struct rtp_fanout_dest host;
	GList link;
	gint64 until;
	gboolean rtp;
	gboolean rtcp;
};

/**
 * struct nat_counters - of hole punching
 * @learned: ports that were
 * @ambiguous: datagrams that can be of more than one viewer, and changed nothing
 * @refused: datagrams that are of no viewer that is waited for
 */
struct nat_counters {
	guint64 learned;
	guint64 ambiguous;
	guint64 refused;
};

/* nat_new - for a track; @name is that of its stream, for the log, and outlives it */
struct nat *nat_new(enum nat_mode mode, const char *name, guint index);

/* nat_free - its legs are waited for no more */
void nat_free(struct nat *nat);

/* nat_await - wait for a leg's datagrams, from now on; known ports stay so */
void nat_await(struct nat *nat, struct leg *leg);

/* nat_forget - wait no more; nothing is done for one that is not waited for */
void nat_forget(struct leg *leg);

/* nat_heard - a datagram came from where the leg's media, or RTCP, goes */
void nat_heard(struct leg *leg, gboolean rtcp);

/**
 * nat_find - whose is a datagram that came from an address nobody is known at?
 * @from: address, port, and interface of a link-local address
 * @rtcp: it came to the port of RTCP, else to that of the media
 *
 * Return: the leg, which is to be sent what it is due to there from now on; NULL
 * when nothing is to be done.
 */
struct leg *nat_find(struct nat *nat, const struct rtp_fanout_dest *from, gboolean rtcp);

const struct nat_counters *nat_counters(const struct nat *nat);

#endif
