// SPDX-License-Identifier: GPL-2.0-or-later
#include "user.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"

/* RTP payload types that cannot be told from RTCP (RFC 5761, section 4) */
#define RTCP_TYPE_FIRST	64
#define RTCP_TYPE_LAST	95

static gboolean user_ready(gint fd, GIOCondition condition, gpointer user_data)
{
	struct user *user = user_data;

	fanout_read(user->fanout);
	user_pace_leave(&user->pace);
	return G_SOURCE_CONTINUE;
}

static gboolean user_is_unicast(const struct rtp_fanout_addr *addr)
{
	static const guint8 none[16];

	if (!addr->port || !memcmp(addr->addr, none, sizeof(none)))
		return FALSE;
	switch (addr->family) {
	case AF_INET:
		/* 224.0.0.0/4 is multicast, 240.0.0.0/4 reserved or broadcast */
		return addr->addr[0] < 224;
	case AF_INET6:
		return addr->addr[0] != 0xff;
	}
	return FALSE;
}

static gboolean user_config_valid(const struct rtp_fanout_config *config)
{
	gboolean any = FALSE;

	static const guint8 none[sizeof(config->reserved)];

	if (!user_is_unicast(&config->source) || config->bpf_fd ||
	    config->pace_percent > 100 ||
	    config->pace_burst > RTP_FANOUT_MAX_PACE_BURST ||
	    (config->pace_burst && !config->pace_percent) ||
	    config->silent_ms > RTP_FANOUT_MAX_SILENT_MS || config->reserved2 ||
	    memcmp(config->reserved, none, sizeof(none)) ||
	    config->flags & ~RTP_FANOUT_TEE)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(config->codec); i++) {
		if (config->codec[i] == RTP_FANOUT_CODEC_NONE)
			continue;
		if ((i >= RTCP_TYPE_FIRST && i <= RTCP_TYPE_LAST) ||
		    !rtp_codec_find(config->codec[i]))
			return FALSE;
		any = TRUE;
	}
	return any;
}

static void user_set_pace(struct user *user, const struct rtp_fanout_config *config)
{
	rtp_pace_set(&user->engine->pace, config->pace_percent,
		     config->pace_burst ?: RTP_FANOUT_DEFAULT_PACE_BURST);
}

static gboolean user_hold(gpointer state, const guint8 *data, gsize len)
{
	struct user *user = state;

	return user_pace_hold(&user->pace, data, len);
}

static gpointer user_attach(struct fanout *fanout,
			    const struct rtp_fanout_config *config, GError **error)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct user *user;

	if (!user_config_valid(config)) {
		fanout_fail(error, EINVAL, "fan-out configuration");
		return NULL;
	}
	if (getsockname(fanout->fd, (struct sockaddr *)&sa, &len)) {
		fanout_fail(error, errno, "getsockname");
		return NULL;
	}

	user = g_new0(struct user, 1);
	user->fanout = fanout;
	user->family = sa.ss_family;
	addr_from_sockaddr(&user->own, (struct sockaddr *)&sa, len);
	user->engine = engine_new(fanout, config);
	fanout->engine = user->engine;
	user_set_pace(user, config);
	user_pace_init(&user->pace, user);
	user->dests = g_ptr_array_new();
	user->table = g_hash_table_new_full(addr_dest_hash, addr_dest_equal, NULL,
					    g_free);
	user->watch = g_unix_fd_source_new(fanout->fd, G_IO_IN);
	g_source_set_callback(user->watch, G_SOURCE_FUNC(user_ready), user, NULL);
	/* it does not: but GLib would stop and start to poll at each dispatch */
	g_source_set_can_recurse(user->watch, TRUE);
	g_source_attach(user->watch, g_main_context_get_thread_default());
	return user;
}

static void user_detach(gpointer state)
{
	struct user *user = state;

	g_source_destroy(user->watch);
	g_source_unref(user->watch);
	user_pace_exit(&user->pace);
	g_ptr_array_unref(user->dests);
	g_hash_table_unref(user->table);
	g_free(user);
}

static gboolean user_configure(gpointer state,
			       const struct rtp_fanout_config *config, GError **error)
{
	static const char what[] = "configure fan-out";
	struct user *user = state;
	const struct rtp_fanout_config *now = &user->engine->config;
	struct rtp_fanout_config next = *config;

	next.flags &= ~RTP_FANOUT_RESTART;
	if (next.ssrc != now->ssrc || next.clock_rate != now->clock_rate ||
	    next.bpf_fd || next.dependency_id != now->dependency_id ||
	    memcmp(next.codec, now->codec, sizeof(next.codec)))
		return fanout_fail(error, EBUSY, what);
	if (!user_config_valid(&next))
		return fanout_fail(error, EINVAL, what);

	/* what came before is of the stream as it was */
	user_pace_end(&user->pace);
	engine_configure(user->engine, config);
	user_set_pace(user, config);
	return TRUE;
}

/* An address that can be bound is one of this host's. */
static gboolean user_is_local(const struct user *user,
			      const struct rtp_fanout_dest *dest)
{
	struct rtp_fanout_addr any_port = dest->addr;
	struct sockaddr_storage sa;
	gboolean local;
	socklen_t len;
	int fd;

	any_port.port = 0;
	len = addr_to_sockaddr(&any_port, dest->ifindex, user->family, &sa);
	fd = socket(user->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FALSE;
	local = !bind(fd, (struct sockaddr *)&sa, len);
	close(fd);
	return local;
}

static gboolean user_add(gpointer state, const struct rtp_fanout_dest *dest,
			 GError **error)
{
	static const char what[] = "add destination";
	struct user *user = state;
	struct sockaddr_storage sa;
	struct user_dest *added;
	socklen_t sa_len;

	if (!user_is_unicast(&dest->addr))
		return fanout_fail(error, EINVAL, what);
	sa_len = addr_to_sockaddr(&dest->addr, dest->ifindex, user->family, &sa);
	if (!sa_len)
		return fanout_fail(error, EAFNOSUPPORT, what);
	if (g_hash_table_contains(user->table, dest))
		return fanout_fail(error, EEXIST, what);
	if (dest->addr.port == user->own.port && user_is_local(user, dest))
		return fanout_fail(error, EADDRNOTAVAIL, what);

	added = g_new0(struct user_dest, 1);
	if (!engine_dest_init(user->engine, &added->dest, dest, what, error)) {
		g_free(added);
		return FALSE;
	}
	added->request = *dest;
	memcpy(&added->sa, &sa, sa_len);
	added->sa_len = sa_len;
	g_ptr_array_add(user->dests, added);
	g_hash_table_insert(user->table, &added->request, added);
	return TRUE;
}

static gboolean user_set(gpointer state, const struct rtp_fanout_dest *dest,
			 guint32 flags, GError **error)
{
	struct user *user = state;
	struct user_dest *found = g_hash_table_lookup(user->table, dest);

	if (!found)
		return fanout_fail(error, ENOENT, "change destination");
	return engine_dest_set(user->engine, &found->dest, dest, flags, error);
}

static gboolean user_del(gpointer state, const struct rtp_fanout_dest *dest,
			 GError **error)
{
	struct user *user = state;
	struct user_dest *gone = g_hash_table_lookup(user->table, dest);

	if (!gone)
		return fanout_fail(error, ENOENT, "remove destination");
	user_walk_without(user, gone);
	engine_dest_exit(user->engine, &gone->dest);
	g_hash_table_remove(user->table, &gone->request);
	return TRUE;
}

static gboolean user_info(gpointer state, struct rtp_fanout_info *info,
			  GError **error)
{
	struct user *user = state;
	struct engine *engine = user->engine;

	*info = engine->info;
	info->caps = rtp_classes_count(&engine->caps);
	info->switching = engine->caps.switching;
	info->ssrc = engine->stream.ssrc;
	info->queue_bytes = user->pace.bytes;
	info->queue_limit = user->pace.limit;
	info->rx_seq = (guint32)engine->stream.cycles << 16 | engine->stream.max_seq;
	info->rx_lost = engine->stream.lost;
	info->rx_jitter = engine->source.jitter;
	info->ts_offset = engine->source.offset;
	return TRUE;
}

static gboolean user_each_dest(gpointer state, fanout_visitor visit,
			       gpointer user_data, GError **error)
{
	struct user *user = state;

	for (guint i = 0; i < user->dests->len; i++) {
		struct user_dest *dest = g_ptr_array_index(user->dests, i);

		if (!visit(engine_dest_describe(user->engine, &dest->dest), user_data))
			break;
	}
	return TRUE;
}

static gboolean user_find(gpointer state, const struct rtp_fanout_dest *dest,
			  struct rtp_fanout_dest_info *info)
{
	struct user *user = state;
	struct user_dest *found = g_hash_table_lookup(user->table, dest);

	if (found)
		*info = *engine_dest_describe(user->engine, &found->dest);
	return found != NULL;
}

static guint user_layers(gpointer state, struct rtp_fanout_layer *layers, guint n,
			 GError **error)
{
	const struct user *user = state;

	return rtp_rates_list(&user->engine->rates, NULL, layers, n);
}

const struct fanout_ops fanout_user_ops = {
	.backend = FANOUT_USER,
	.attach = user_attach,
	.detach = user_detach,
	.configure = user_configure,
	.add = user_add,
	.del = user_del,
	.set = user_set,
	.info = user_info,
	.each_dest = user_each_dest,
	.find = user_find,
	.layers = user_layers,
	.hold = user_hold,
	.send = user_send,
};
