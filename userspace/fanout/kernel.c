// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's backend: SO_RTP_FANOUT. The media never comes here, so the
 * socket wakes the process only for what is not of the stream, for the tee, and
 * for events.
 */
#include "backend.h"

#include <errno.h>
#include <glib-unix.h>
#include <so_rtp_fanout.h>
#include <string.h>

/* Elements that a listing asks for at once */
#define KERNEL_DESTS	256
#define KERNEL_EVENTS	64

struct kernel {
	struct fanout *fanout;
	GSource *watch;
};

static fanout_privileged kernel_privileged = fanout_set_config;

void fanout_set_privileged(fanout_privileged func)
{
	kernel_privileged = func;
}

int fanout_set_config(int fd, enum rtp_fanout_op op,
		      const struct rtp_fanout_config *config)
{
	const struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_config config;
	} call = {
		.hdr = { .op = op, .count = 1, .size = sizeof(*config) },
		.config = *config,
	};

	if (!setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &call, sizeof(call)))
		return 0;
	return errno;
}

static gboolean kernel_call(int fd, guint32 op, guint32 flags, gconstpointer element,
			    gsize size, const char *what, GError **error)
{
	struct {
		struct rtp_fanout_hdr hdr;
		guint8 element[sizeof(struct rtp_fanout_config)];
	} call = {
		.hdr = {
			.op = op,
			.flags = flags,
			.count = element ? 1 : 0,
			.size = size,
		},
	};

	G_STATIC_ASSERT(sizeof(struct rtp_fanout_dest) <= sizeof(call.element));
	if (element)
		memcpy(call.element, element, size);
	if (!setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &call, sizeof(call.hdr) + size))
		return TRUE;
	return fanout_fail(error, errno, what);
}

/* @buf begins with the header; its count is what came back */
static gboolean kernel_get(int fd, gpointer buf, gsize size, const char *what,
			   GError **error)
{
	socklen_t len = size;

	if (!getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, buf, &len))
		return TRUE;
	return fanout_fail(error, errno, what);
}

static void kernel_read_events(struct kernel *kernel)
{
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_event events[KERNEL_EVENTS];
	} call;

	do {
		call.hdr = (struct rtp_fanout_hdr){
			.op = RTP_FANOUT_EVENTS,
			.count = KERNEL_EVENTS,
			.size = sizeof(call.events[0]),
		};
		if (!kernel_get(kernel->fanout->fd, &call, sizeof(call),
				"RTP_FANOUT_EVENTS", NULL))
			return;
		for (guint i = 0; i < MIN(call.hdr.count, KERNEL_EVENTS); i++)
			fanout_give_event(kernel->fanout, &call.events[i]);
	} while (call.hdr.count == KERNEL_EVENTS);
}

static gboolean kernel_ready(gint fd, GIOCondition condition, gpointer user_data)
{
	struct kernel *kernel = user_data;

	if (condition & G_IO_PRI)
		kernel_read_events(kernel);
	if (condition & (G_IO_IN | G_IO_ERR))
		fanout_read(kernel->fanout);
	return G_SOURCE_CONTINUE;
}

static gpointer kernel_attach(struct fanout *fanout,
			      const struct rtp_fanout_config *config, GError **error)
{
	int err = kernel_privileged(fanout->fd, RTP_FANOUT_ATTACH, config);
	struct kernel *kernel;

	if (err) {
		fanout_fail(error, err, "RTP_FANOUT_ATTACH");
		return NULL;
	}

	kernel = g_new0(struct kernel, 1);
	kernel->fanout = fanout;
	kernel->watch = g_unix_fd_source_new(fanout->fd, G_IO_IN | G_IO_PRI);
	g_source_set_callback(kernel->watch, G_SOURCE_FUNC(kernel_ready), kernel, NULL);
	/* it does not: but GLib would stop and start to poll at each dispatch */
	g_source_set_can_recurse(kernel->watch, TRUE);
	g_source_attach(kernel->watch, g_main_context_get_thread_default());
	return kernel;
}

static void kernel_detach(gpointer state)
{
	struct kernel *kernel = state;

	kernel_call(kernel->fanout->fd, RTP_FANOUT_DETACH, 0, NULL, 0,
		    "RTP_FANOUT_DETACH", NULL);
	g_source_destroy(kernel->watch);
	g_source_unref(kernel->watch);
	g_free(kernel);
}

static gboolean kernel_configure(gpointer state,
				 const struct rtp_fanout_config *config, GError **error)
{
	struct kernel *kernel = state;
	int err = fanout_set_config(kernel->fanout->fd, RTP_FANOUT_CONFIG, config);

	/* most changes ask for no capability */
	if (err == EPERM)
		err = kernel_privileged(kernel->fanout->fd, RTP_FANOUT_CONFIG, config);
	return err ? fanout_fail(error, err, "RTP_FANOUT_CONFIG") : TRUE;
}

static gboolean kernel_add(gpointer state, const struct rtp_fanout_dest *dest,
			   GError **error)
{
	struct kernel *kernel = state;

	return kernel_call(kernel->fanout->fd, RTP_FANOUT_ADD, 0, dest, sizeof(*dest),
			   "RTP_FANOUT_ADD", error);
}

static gboolean kernel_del(gpointer state, const struct rtp_fanout_dest *dest,
			   GError **error)
{
	struct kernel *kernel = state;

	return kernel_call(kernel->fanout->fd, RTP_FANOUT_DEL, 0, dest, sizeof(*dest),
			   "RTP_FANOUT_DEL", error);
}

static gboolean kernel_set(gpointer state, const struct rtp_fanout_dest *dest,
			   guint32 flags, GError **error)
{
	struct kernel *kernel = state;

	return kernel_call(kernel->fanout->fd, RTP_FANOUT_SET, flags, dest, sizeof(*dest),
			   "RTP_FANOUT_SET", error);
}

static gboolean kernel_info(gpointer state, struct rtp_fanout_info *info,
			    GError **error)
{
	struct kernel *kernel = state;
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_info info;
	} call = {
		.hdr = {
			.op = RTP_FANOUT_INFO,
			.count = 1,
			.size = sizeof(call.info),
		},
	};
	gboolean done = kernel_get(kernel->fanout->fd, &call, sizeof(call),
				   "RTP_FANOUT_INFO", error);

	if (!done)
		memset(&call.info, 0, sizeof(call.info));
	*info = call.info;
	return done;
}

static gboolean kernel_each_dest(gpointer state, fanout_visitor visit,
				 gpointer user_data, GError **error)
{
	struct kernel *kernel = state;
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_cursor cursor;
		struct rtp_fanout_dest_info dests[KERNEL_DESTS];
	} call;

	call.cursor.next = 0;
	do {
		call.hdr = (struct rtp_fanout_hdr){
			.op = RTP_FANOUT_DESTS,
			.count = KERNEL_DESTS,
			.size = sizeof(call.dests[0]),
		};
		if (!kernel_get(kernel->fanout->fd, &call, sizeof(call),
				"RTP_FANOUT_DESTS", error))
			return FALSE;
		for (guint i = 0; i < MIN(call.hdr.count, KERNEL_DESTS); i++)
			if (!visit(&call.dests[i], user_data))
				return TRUE;
	} while (call.cursor.next);
	return TRUE;
}

static guint kernel_layers(gpointer state, struct rtp_fanout_layer *layers, guint n,
			   GError **error)
{
	struct kernel *kernel = state;
	gsize size = sizeof(struct rtp_fanout_hdr) + n * sizeof(*layers);
	g_autofree struct rtp_fanout_hdr *hdr = g_malloc0(size);

	hdr->op = RTP_FANOUT_LAYERS;
	hdr->count = n;
	hdr->size = sizeof(*layers);
	if (!kernel_get(kernel->fanout->fd, hdr, size, "RTP_FANOUT_LAYERS", error))
		return 0;
	n = MIN(hdr->count, n);
	memcpy(layers, hdr + 1, n * sizeof(*layers));
	return n;
}

const struct fanout_ops fanout_kernel_ops = {
	.backend = FANOUT_KERNEL,
	.attach = kernel_attach,
	.detach = kernel_detach,
	.configure = kernel_configure,
	.add = kernel_add,
	.del = kernel_del,
	.set = kernel_set,
	.info = kernel_info,
	.each_dest = kernel_each_dest,
	.layers = kernel_layers,
};
