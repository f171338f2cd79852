/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a backend of the fan-out library is; see fanout.h for what each does. */
#ifndef FANOUT_BACKEND_H
#define FANOUT_BACKEND_H

#include "fanout.h"

struct engine;
struct tap;

struct fanout_ops {
	enum fanout_backend backend;
	/* Take @fanout->fd with @config. Return: the backend's own state. */
	gpointer (*attach)(struct fanout *fanout,
			   const struct rtp_fanout_config *config, GError **error);
	void (*detach)(gpointer state);
	gboolean (*configure)(gpointer state,
			      const struct rtp_fanout_config *config, GError **error);
	gboolean (*add)(gpointer state, const struct rtp_fanout_dest *dest,
			GError **error);
	gboolean (*del)(gpointer state, const struct rtp_fanout_dest *dest,
			GError **error);
	gboolean (*set)(gpointer state, const struct rtp_fanout_dest *dest,
			guint32 flags, GError **error);
	gboolean (*info)(gpointer state, struct rtp_fanout_info *info,
			 GError **error);
	gboolean (*each_dest)(gpointer state, fanout_visitor visit,
			      gpointer user_data, GError **error);
	/* NULL where there is nothing quicker than each_dest */
	gboolean (*find)(gpointer state, const struct rtp_fanout_dest *dest,
			 struct rtp_fanout_dest_info *info);
	/* At most @n of them. Return: how many; 0 on error. */
	guint (*layers)(gpointer state, struct rtp_fanout_layer *layers, guint n,
			GError **error);
	/*
	 * Keep a datagram of the stream, which the engine is to take later. Return:
	 * FALSE when it is to take it now. NULL where it is the kernel that paces.
	 */
	gboolean (*hold)(gpointer state, const guint8 *data, gsize len);
	/* Send the engine's batch; NULL where it is the kernel that sends. */
	void (*send)(gpointer state);
};

/**
 * struct fanout - see fanout.h
 * @ops: the backend
 * @state: its own
 * @fd: the socket
 * @config: as the owner wants it
 * @callbacks: see fanout_new()
 * @user_data: likewise
 * @fallback: why the user's serves in the kernel's place
 * @engine: what numbers datagrams in the process: with the user's backend there
 *	from first to last, with the kernel's while @tap has destinations
 * @tap: destinations whose datagrams go to the owner
 */
struct fanout {
	const struct fanout_ops *ops;
	gpointer state;
	int fd;
	struct rtp_fanout_config config;
	struct fanout_callbacks callbacks;
	gpointer user_data;
	char *fallback;
	struct engine *engine;
	struct tap *tap;
};

extern const struct fanout_ops fanout_kernel_ops;
extern const struct fanout_ops fanout_user_ops;

/* The most datagrams read from a socket before the main loop runs again */
#define FANOUT_RX_BATCH		64
/* The largest UDP payload, in bytes */
#define FANOUT_DATAGRAM_MAX	65536

/* Read what waits at the socket, up to FANOUT_RX_BATCH datagrams. */
void fanout_read(struct fanout *fanout);

/* Send the engine's batch to all of its destinations. */
void fanout_send(struct fanout *fanout, struct engine *engine);

/* Have the stream's datagrams come here, or only if the owner wants that. */
gboolean fanout_tee(struct fanout *fanout, gboolean on, GError **error);

/* Hand a datagram or an event to the owner, if it wants it */
void fanout_give_datagram(struct fanout *fanout, const guint8 *data, gsize len,
			  const struct rtp_fanout_dest *from);
void fanout_give_event(struct fanout *fanout,
		       const struct rtp_fanout_event *event);

/* Set @error from @err, an errno value. Return: FALSE. */
gboolean fanout_fail(GError **error, int err, const char *what);

#endif
