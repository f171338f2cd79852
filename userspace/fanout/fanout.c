// SPDX-License-Identifier: GPL-2.0-or-later
#include "backend.h"

#include <errno.h>

#include "addr.h"
#include "engine.h"
#include "tap.h"

G_DEFINE_QUARK(fanout-error-quark, fanout_error)

static const char *const backend_names[] = {
	[FANOUT_AUTO] = "auto",
	[FANOUT_KERNEL] = "kernel",
	[FANOUT_USER] = "user",
};

const char *fanout_backend_name(enum fanout_backend backend)
{
	return backend_names[backend];
}

gboolean fanout_backend_parse(const char *name, enum fanout_backend *backend)
{
	for (guint i = 0; i < G_N_ELEMENTS(backend_names); i++) {
		if (g_str_equal(name, backend_names[i])) {
			*backend = i;
			return TRUE;
		}
	}
	return FALSE;
}

gboolean fanout_fail(GError **error, int err, const char *what)
{
	g_set_error(error, FANOUT_ERROR, err, "%s: %s", what, g_strerror(err));
	return FALSE;
}

void fanout_give_datagram(struct fanout *fanout, const guint8 *data, gsize len,
			  const struct rtp_fanout_dest *from)
{
	if (fanout->callbacks.datagram)
		fanout->callbacks.datagram(data, len, from, fanout->user_data);
}

void fanout_give_event(struct fanout *fanout,
		       const struct rtp_fanout_event *event)
{
	if (fanout->callbacks.event)
		fanout->callbacks.event(event, fanout->user_data);
}

static gboolean fanout_attach(struct fanout *fanout,
			      const struct fanout_ops *ops,
			      const struct rtp_fanout_config *config,
			      GError **error)
{
	fanout->ops = ops;
	fanout->state = ops->attach(fanout, config, error);
	return fanout->state != NULL;
}

struct fanout *fanout_new(int fd, enum fanout_backend backend,
			  const struct rtp_fanout_config *config,
			  const struct fanout_callbacks *callbacks,
			  gpointer user_data, GError **error)
{
	struct fanout *fanout = g_new0(struct fanout, 1);
	gboolean done;

	fanout->fd = fd;
	fanout->config = *config;
	fanout->user_data = user_data;
	if (callbacks)
		fanout->callbacks = *callbacks;

	if (backend == FANOUT_AUTO) {
		g_autoptr(GError) refused = NULL;

		done = fanout_attach(fanout, &fanout_kernel_ops, config, &refused);
		/*
		 * Only what another kernel or another privilege would mend
		 * leads to the user's backend: a wrong config stays an error.
		 */
		if (!done && (refused->code == ENOPROTOOPT ||
			      refused->code == EOPNOTSUPP ||
			      refused->code == EPERM)) {
			fanout->fallback = g_strdup(refused->message);
			done = fanout_attach(fanout, &fanout_user_ops, config, error);
		} else if (!done) {
			g_propagate_error(error, g_steal_pointer(&refused));
		}
	} else {
		done = fanout_attach(fanout, backend == FANOUT_KERNEL ?
				     &fanout_kernel_ops : &fanout_user_ops,
				     config, error);
	}
	if (done) {
		fanout->tap = tap_new(fanout);
		return fanout;
	}

	g_free(fanout->fallback);
	g_free(fanout);
	return NULL;
}

void fanout_free(struct fanout *fanout)
{
	if (!fanout)
		return;
	fanout->ops->detach(fanout->state);
	tap_free(fanout->tap);
	engine_free(fanout->engine);
	g_free(fanout->fallback);
	g_free(fanout);
}

enum fanout_backend fanout_backend(const struct fanout *fanout)
{
	return fanout->ops->backend;
}

const char *fanout_fallback(const struct fanout *fanout)
{
	return fanout->fallback;
}

/* With the kernel's backend, an engine is there for the tap, which needs the tee. */
static gboolean fanout_is_tapped(const struct fanout *fanout)
{
	return fanout->ops->backend == FANOUT_KERNEL && fanout->engine;
}

gboolean fanout_configure(struct fanout *fanout,
			  const struct rtp_fanout_config *config, GError **error)
{
	struct rtp_fanout_config next = *config;

	if (fanout_is_tapped(fanout))
		next.flags |= RTP_FANOUT_TEE;
	if (!fanout->ops->configure(fanout->state, &next, error))
		return FALSE;
	if (fanout_is_tapped(fanout))
		engine_configure(fanout->engine, config);
	fanout->config = *config;
	fanout->config.flags &= ~RTP_FANOUT_RESTART;
	return TRUE;
}

gboolean fanout_add(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		    GError **error)
{
	if (tap_is_for(dest))
		return tap_add(fanout->tap, dest, error);
	return fanout->ops->add(fanout->state, dest, error);
}

gboolean fanout_set(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		    guint32 flags, GError **error)
{
	if (flags & ~(RTP_FANOUT_SET_COOKIE | RTP_FANOUT_SET_LEASE | RTP_FANOUT_SET_CAP))
		return fanout_fail(error, EINVAL, "change destination");
	if (tap_is_for(dest))
		return tap_set(fanout->tap, dest, flags, error);
	return fanout->ops->set(fanout->state, dest, flags, error);
}

gboolean fanout_del(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		    GError **error)
{
	if (tap_is_for(dest))
		return tap_del(fanout->tap, dest, error);
	return fanout->ops->del(fanout->state, dest, error);
}

gboolean fanout_tee(struct fanout *fanout, gboolean on, GError **error)
{
	struct rtp_fanout_config next = fanout->config;

	if (next.flags & RTP_FANOUT_TEE)
		return TRUE;
	if (on)
		next.flags |= RTP_FANOUT_TEE;
	return fanout->ops->configure(fanout->state, &next, error);
}

void fanout_send(struct fanout *fanout, struct engine *engine)
{
	if (fanout->ops->send)
		fanout->ops->send(fanout->state);
	tap_send(fanout->tap, engine);
}

gboolean fanout_info(struct fanout *fanout, struct rtp_fanout_info *info,
		     GError **error)
{
	if (!fanout->ops->info(fanout->state, info, error))
		return FALSE;
	/* what the user's sends is all in one engine */
	if (fanout->ops->backend == FANOUT_KERNEL)
		tap_add_info(fanout->tap, info);
	return TRUE;
}

/* Has a walk over the backend's destinations been ended? */
struct fanout_walk {
	fanout_visitor visit;
	gpointer user_data;
	gboolean ended;
};

static gboolean fanout_visit(const struct rtp_fanout_dest_info *info, gpointer user_data)
{
	struct fanout_walk *walk = user_data;

	walk->ended = !walk->visit(info, walk->user_data);
	return !walk->ended;
}

gboolean fanout_each_dest(struct fanout *fanout, fanout_visitor visit,
			  gpointer user_data, GError **error)
{
	struct fanout_walk walk = { .visit = visit, .user_data = user_data };

	if (!fanout->ops->each_dest(fanout->state, fanout_visit, &walk, error))
		return FALSE;
	if (!walk.ended)
		tap_each_dest(fanout->tap, visit, user_data);
	return TRUE;
}

struct fanout_search {
	const struct rtp_fanout_dest *dest;
	struct rtp_fanout_dest_info *info;
	gboolean found;
};

static gboolean fanout_compare(const struct rtp_fanout_dest_info *info,
			       gpointer user_data)
{
	struct fanout_search *search = user_data;

	search->found = info->ifindex == search->dest->ifindex &&
			addr_equal(&info->addr, &search->dest->addr);
	if (search->found)
		*search->info = *info;
	return !search->found;
}

gboolean fanout_find(struct fanout *fanout, const struct rtp_fanout_dest *dest,
		     struct rtp_fanout_dest_info *info)
{
	struct fanout_search search = { .dest = dest, .info = info };

	if (fanout->ops->find)
		return fanout->ops->find(fanout->state, dest, info);
	fanout->ops->each_dest(fanout->state, fanout_compare, &search, NULL);
	return search.found;
}

guint fanout_layers(struct fanout *fanout, struct rtp_fanout_layer *layers, guint n,
		    GError **error)
{
	return fanout->ops->layers(fanout->state, layers, MIN(n, RTP_FANOUT_MAX_COUNT),
				   error);
}
