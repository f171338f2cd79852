/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fan-out: a UDP socket that replicates the RTP stream it receives to a list
 * of destinations, each with its own cap on the layers of the stream.
 *
 * One interface, two backends: the kernel's SO_RTP_FANOUT, with which no media
 * datagram reaches the process, and recvmmsg() with sendmmsg() in the process
 * itself, for kernels without it. What goes in and out has the types of
 * <linux/rtp_fanout.h>, which documents every field, its unit and range.
 *
 * A fan-out belongs to the thread-default main context of its creator and is
 * used from that thread alone.
 */
#ifndef FANOUT_H
#define FANOUT_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/* The domain of all errors here; their code is an errno value */
#define FANOUT_ERROR	fanout_error_quark()
GQuark fanout_error_quark(void);

enum fanout_backend {
	FANOUT_AUTO,	/* the kernel's where it can be had, else the user's */
	FANOUT_KERNEL,
	FANOUT_USER,
};

/* A cap that keeps every layer */
#define FANOUT_CAP_ALL	((struct rtp_fanout_cap){ .did = 7, .qid = 15, .tid = 7 })

struct fanout;

/* The fixed header of RTP, in bytes */
#define FANOUT_HEAD_LEN	12

/**
 * struct fanout_copy - a datagram as a destination of the tap gets it
 * @head: its first FANOUT_HEAD_LEN bytes
 * @rest: the others, @rest_len bytes
 */
struct fanout_copy {
	const guint8 *head;
	const guint8 *rest;
	gsize rest_len;
};

/**
 * struct fanout_callbacks - what a fan-out tells its owner
 * @datagram: a datagram reached the socket: one that is not of the stream, or,
 *	with RTP_FANOUT_TEE, one that is. @data lives until it returns. Of @from
 *	address and port are set, and the interface of a link-local address.
 * @event: something happened to a destination or to the stream
 * @copies: @n datagrams for the destination of the tap with that cookie, in
 *	order; they live until it returns. It must not add or remove
 *	destinations or change their caps. Returns how many it took, the first ones; the others are
 *	counted as dropped_inflight.
 *
 * Each may be NULL. They run from the main context and must neither free nor
 * configure the fan-out; nor must @event add, remove or change destinations.
 */
struct fanout_callbacks {
	void (*datagram)(const guint8 *data, gsize len,
			 const struct rtp_fanout_dest *from, gpointer user_data);
	void (*event)(const struct rtp_fanout_event *event, gpointer user_data);
	guint (*copies)(guint64 cookie, const struct fanout_copy *copies, guint n,
			gpointer user_data);
};

/* fanout_visitor - for fanout_each_dest(); return FALSE to end the walk */
typedef gboolean (*fanout_visitor)(const struct rtp_fanout_dest_info *info,
				   gpointer user_data);

/**
 * fanout_privileged - do what asks for CAP_NET_ADMIN
 * @op: RTP_FANOUT_ATTACH or RTP_FANOUT_CONFIG
 *
 * Return: 0 or the errno value of setsockopt().
 */
typedef int (*fanout_privileged)(int fd, enum rtp_fanout_op op,
				 const struct rtp_fanout_config *config);

/* fanout_set_config - the one that calls setsockopt() itself */
int fanout_set_config(int fd, enum rtp_fanout_op op,
		      const struct rtp_fanout_config *config);

/*
 * fanout_set_privileged - have another one called from now on, by every fan-out of
 * the process: one that asks a process that has the capability
 */
void fanout_set_privileged(fanout_privileged func);

/**
 * fanout_new - make a socket a fan-out
 * @fd: a bound, unconnected, non-blocking UDP socket, AF_INET or AF_INET6. It
 *	stays the caller's, must outlive the fan-out, and is read by it alone.
 * @backend: which one serves it
 * @config: the stream. The user's backend does not tell of silence.
 * @callbacks: copied, or NULL
 * @user_data: for @callbacks
 * @error: with FANOUT_KERNEL, ENOPROTOOPT or EOPNOTSUPP (kernel without
 *	SO_RTP_FANOUT) and EPERM (no CAP_NET_ADMIN), after which FANOUT_AUTO takes
 *	the user's; EBUSY when the socket already is a fan-out or a tunnel;
 *	ENOMEM. With either backend EINVAL when @config is wrong.
 *
 * Return: the fan-out, or NULL.
 */
struct fanout *fanout_new(int fd, enum fanout_backend backend,
			  const struct rtp_fanout_config *config,
			  const struct fanout_callbacks *callbacks,
			  gpointer user_data, GError **error);

/**
 * fanout_configure - change a fan-out while the stream flows
 * @config: the stream as it is from now on. Its source, ifindex, flags, pace and
 *	silent_ms may differ from what fanout_new() or the last of these calls was given;
 *	all else may not, and bpf_fd is 0. With another source or ifindex, or
 *	with RTP_FANOUT_RESTART, the stream begins anew: two datagrams in
 *	sequence confirm it, the first of which is dropped; then the numbers of
 *	all destinations go on, as do the timestamps where there is a clock_rate.
 * @error: EINVAL when @config is wrong; EBUSY when it differs in what must be as
 *	it was; with the kernel's also EPERM (another source or ifindex, and no
 *	CAP_NET_ADMIN), what RTP_FANOUT_ATTACH says of an address, ERANGE and
 *	ENOMEM
 *
 * Return: FALSE on error; nothing has changed then.
 */
gboolean fanout_configure(struct fanout *fanout,
			  const struct rtp_fanout_config *config, GError **error);

/* fanout_free - end it; its socket is an ordinary one again */
void fanout_free(struct fanout *fanout);

/* fanout_backend - which one serves it: never FANOUT_AUTO */
enum fanout_backend fanout_backend(const struct fanout *fanout);

/* fanout_backend_name - "auto", "kernel" or "user" */
const char *fanout_backend_name(enum fanout_backend backend);

/* fanout_backend_parse - the reverse; FALSE for any other text */
gboolean fanout_backend_parse(const char *name, enum fanout_backend *backend);

/* fanout_fallback - why FANOUT_AUTO took the user's, NULL when it did not */
const char *fanout_fallback(const struct fanout *fanout);

/**
 * fanout_add - add a destination
 * @dest: where its datagrams go. With an address of family AF_UNSPEC, all else
 *	of it and @ifindex and @local 0, it is one of the tap: known by its
 *	cookie, its datagrams are given to fanout_callbacks.copies. As long as
 *	there is one, the kernel's backend has the stream come here as well.
 * @error: EEXIST when that address, port and interface is one already; EINVAL
 *	for a bad address, port, cap, lease or local address; EADDRNOTAVAIL for
 *	the socket's own; EAFNOSUPPORT when the socket cannot send to that family;
 *	ENOSPC when there are too many; ENOMEM; with the kernel's also what a
 *	security module says.
 *
 * Return: FALSE on error; nothing has changed then.
 */
gboolean fanout_add(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		    GError **error);

/**
 * fanout_set - change a destination, found as by fanout_del()
 * @dest: what it is to have
 * @flags: which of that: RTP_FANOUT_SET_*; not the cookie of one of the tap
 * @error: ENOENT when there is none; EINVAL for a bad cap, lease or flag; ENOSPC
 *	when there are too many caps
 *
 * Return: FALSE on error; nothing has changed then.
 */
gboolean fanout_set(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		    guint32 flags, GError **error);

/**
 * fanout_del - remove a destination, found by address, port and interface; one of
 *	the tap by its cookie
 * @error: ENOENT when there is none
 *
 * Return: FALSE on error.
 */
gboolean fanout_del(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		    GError **error);

/**
 * fanout_info - the stream and its counters
 * @error: what getsockopt() says; none with the user's backend
 *
 * Return: FALSE on error; @info is then all zero.
 */
gboolean fanout_info(struct fanout *fanout, struct rtp_fanout_info *info,
		     GError **error);

/**
 * fanout_each_dest - visit all destinations with their counters, in no order
 * @error: what getsockopt() says; none with the user's backend
 *
 * @visit must not add or remove destinations.
 *
 * Return: FALSE on error.
 */
gboolean fanout_each_dest(struct fanout *fanout, fanout_visitor visit,
			  gpointer user_data, GError **error);

/**
 * fanout_find - a destination with an address, and its counters
 * @dest: found as by fanout_del()
 * @info: set
 *
 * The kernel's backend walks over those before it.
 *
 * Return: FALSE when there is none.
 */
gboolean fanout_find(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		     struct rtp_fanout_dest_info *info);

/**
 * fanout_layers - the layers of the stream that were seen, the base layer first
 * @layers: filled in with layers and their counters
 * @n: the most that fit; there are at most RTP_FANOUT_MAX_COUNT
 * @error: what getsockopt() says; none with the user's backend
 *
 * Return: how many were filled in; 0 on error.
 */
guint fanout_layers(struct fanout *fanout, struct rtp_fanout_layer *layers, guint n,
		    GError **error);

#endif
