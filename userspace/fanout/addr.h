/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transport addresses in the one form that the fan-out and its users share. */
#ifndef FANOUT_ADDR_H
#define FANOUT_ADDR_H

#include <glib.h>
#include <sys/socket.h>
#include <linux/rtp_fanout.h>

/* Longest result of addr_to_string(), NUL included: "[v6]:port" */
#define ADDR_STRLEN	56

/**
 * addr_from_sockaddr - take an address from the socket API
 * @addr: set; an IPv4-mapped IPv6 address becomes the IPv4 address
 * @sa: AF_INET or AF_INET6
 * @len: bytes valid at @sa
 *
 * Return: FALSE for another family or a short @len; @addr is then all zero.
 */
gboolean addr_from_sockaddr(struct rtp_fanout_addr *addr,
			    const struct sockaddr *sa, socklen_t len);

/* addr_scope - the interface of an IPv6 link-local address, 0 for any other */
guint addr_scope(const struct sockaddr *sa, socklen_t len);

/**
 * addr_dest_from_sockaddr - the same two of one address
 * @dest: set, all but address, port and interface to zero
 * @sa: see addr_from_sockaddr()
 * @len: likewise
 *
 * Return: FALSE as addr_from_sockaddr() does.
 */
gboolean addr_dest_from_sockaddr(struct rtp_fanout_dest *dest, const struct sockaddr *sa,
				 socklen_t len);

/**
 * addr_to_sockaddr - give an address to a socket
 * @addr: AF_INET or AF_INET6
 * @ifindex: scope of an IPv6 link-local address, else 0
 * @family: that of the socket; AF_INET6 maps an IPv4 address
 * @sa: set
 *
 * Return: bytes set at @sa; 0 for an IPv6 address and an AF_INET socket.
 */
socklen_t addr_to_sockaddr(const struct rtp_fanout_addr *addr, guint ifindex,
			   int family, struct sockaddr_storage *sa);

/* GHashTable functions for const struct rtp_fanout_addr *, port included */
guint addr_hash(gconstpointer addr);
gboolean addr_equal(gconstpointer a, gconstpointer b);

/*
 * The same for const struct rtp_fanout_dest *, which address, port and interface tell
 * apart: a link-local address can be there once on each link
 */
guint addr_dest_hash(gconstpointer dest);
gboolean addr_dest_equal(gconstpointer a, gconstpointer b);

/* addr_dest_host - the key of those who differ in the port alone: that is 0 in it */
struct rtp_fanout_dest addr_dest_host(const struct rtp_fanout_addr *addr, guint ifindex);

/* addr_same_host - are the addresses, ports aside, the same? */
gboolean addr_same_host(const struct rtp_fanout_addr *a,
			const struct rtp_fanout_addr *b);

/* Control data that addr_put_source() may need */
#define ADDR_CONTROL_LEN	CMSG_SPACE(20)	/* struct in6_pktinfo */

/**
 * addr_put_source - have a message leave by a destination's interface and from
 *	its local address
 * @msg: its msg_control has room at msg_controllen, which grows; untouched when
 *	@dest names neither
 * @family: the socket's
 */
void addr_put_source(struct msghdr *msg, int family,
		     const struct rtp_fanout_dest *dest);

/* addr_put_control - append an element to a message's control data */
void addr_put_control(struct msghdr *msg, int level, int type,
		      gconstpointer data, gsize len);

/* addr_host - the address without its port, as text; returns @buf */
const char *addr_host(const struct rtp_fanout_addr *addr,
		      char buf[static ADDR_STRLEN]);

/* addr_to_string - "1.2.3.4:5" or "[::1]:5"; returns @buf */
const char *addr_to_string(const struct rtp_fanout_addr *addr,
			   char buf[static ADDR_STRLEN]);

#endif
