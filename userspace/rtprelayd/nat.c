// SPDX-License-Identifier: GPL-2.0-or-later
#include "nat.h"

#include <arpa/inet.h>

#include "addr.h"
#include "leg.h"
#include "limit.h"
#include "log.h"

/**
 * struct nat - see nat.h
 * @mode: see nat_new()
 * @name: likewise
 * @index: likewise
 * @by_host: GQueue of struct leg *, by the host that each was set up from
 * @counters: see there
 */
struct nat {
	enum nat_mode mode;
	const char *name;
	guint index;
	GHashTable *by_host;
	struct nat_counters counters;
};

static const char *const nat_modes[] = {
	[NAT_HOST] = "host",
	[NAT_ANY] = "any",
	[NAT_OFF] = "off",
};

gboolean nat_mode_parse(const char *text, enum nat_mode *mode)
{
	for (guint i = 0; i < G_N_ELEMENTS(nat_modes); i++) {
		if (g_str_equal(text, nat_modes[i])) {
			*mode = i;
			return TRUE;
		}
	}
	return FALSE;
}

struct nat *nat_new(enum nat_mode mode, const char *name, guint index)
{
	struct nat *nat = g_new0(struct nat, 1);

	nat->mode = mode;
	nat->name = name;
	nat->index = index;
	nat->by_host = g_hash_table_new_full(addr_dest_hash, addr_dest_equal, g_free,
					     (GDestroyNotify)g_queue_free);
	return nat;
}

void nat_free(struct nat *nat)
{
	GHashTableIter iter;
	gpointer queue;

	g_hash_table_iter_init(&iter, nat->by_host);
	while (g_hash_table_iter_next(&iter, NULL, &queue)) {
		GList *l;

		while ((l = g_queue_pop_head_link(queue)))
			((struct leg *)l->data)->nat.nat = NULL;
	}
	g_hash_table_unref(nat->by_host);
	g_free(nat);
}

void nat_await(struct nat *nat, struct leg *leg)
{
	GQueue *queue;

	leg->nat.until = g_get_monotonic_time() + LIMIT_NAT_MS * 1000;
	if (leg->nat.nat || nat->mode == NAT_OFF)
		return;
	leg->nat.nat = nat;
	leg->nat.host = addr_dest_host(&leg->dest.addr, leg->dest.ifindex);
	leg->nat.link.data = leg;
	queue = g_hash_table_lookup(nat->by_host, &leg->nat.host);
	if (!queue) {
		queue = g_queue_new();
		g_hash_table_insert(nat->by_host, g_memdup2(&leg->nat.host,
							    sizeof(leg->nat.host)), queue);
	}
	g_queue_push_tail_link(queue, &leg->nat.link);
}

static void nat_unlink(GQueue *queue, struct leg *leg)
{
	g_queue_unlink(queue, &leg->nat.link);
	leg->nat.nat = NULL;
}

void nat_heard(struct leg *leg, gboolean rtcp)
{
	/* no translation: where its RTCP comes from, its media can go to */
	if (!rtcp || !leg->nat.rtcp)
		leg->nat.rtp = TRUE;
	if (rtcp)
		leg->nat.rtcp = TRUE;
}

void nat_forget(struct leg *leg)
{
	struct nat *nat = leg->nat.nat;
	GQueue *queue;

	if (!nat)
		return;
	queue = g_hash_table_lookup(nat->by_host, &leg->nat.host);
	nat_unlink(queue, leg);
	if (!queue->length)
		g_hash_table_remove(nat->by_host, &leg->nat.host);
}

/**
 * struct nat_search - for whom a datagram can be
 * @from: where it came from
 * @rtcp: see nat_find()
 * @now: monotonic time, us
 * @looked: legs looked at so far
 * @named: somebody named that port: it is known there
 * @likely: who is waited for, and of whose media the port before is known
 * @n_likely: how many of those
 * @any: who is waited for
 * @n_any: how many of those
 */
struct nat_search {
	const struct rtp_fanout_dest *from;
	gboolean rtcp;
	gint64 now;
	guint looked;
	gboolean named;
	struct leg *likely;
	guint n_likely;
	struct leg *any;
	guint n_any;
};

/* Is the port the one after that which its media goes to? */
static gboolean nat_is_likely(const struct nat_search *search, const struct leg *leg)
{
	return search->rtcp && leg->nat.rtp &&
	       leg->dest.ifindex == search->from->ifindex &&
	       addr_same_host(&leg->dest.addr, &search->from->addr) &&
	       ntohs(search->from->addr.port) == ntohs(leg->dest.addr.port) + 1;
}

static void nat_look_at(struct nat_search *search, struct leg *leg)
{
	const struct rtp_fanout_dest *now = search->rtcp ? &leg->rtcp : &leg->dest;
	gboolean *known = search->rtcp ? &leg->nat.rtcp : &leg->nat.rtp;

	if (addr_dest_equal(now, search->from)) {
		nat_heard(leg, search->rtcp);
		search->named = TRUE;
	} else if (!*known) {
		search->any = leg;
		search->n_any++;
		if (nat_is_likely(search, leg)) {
			search->likely = leg;
			search->n_likely++;
		}
	}
}

static void nat_look(struct nat_search *search, GQueue *queue)
{
	for (GList *l = queue->head, *next; l && search->looked < LIMIT_NAT_LOOK; l = next) {
		struct leg *leg = l->data;

		next = l->next;
		if (search->now >= leg->nat.until) {
			nat_unlink(queue, leg);
			continue;
		}
		search->looked++;
		nat_look_at(search, leg);
	}
}

static void nat_look_everywhere(struct nat *nat, struct nat_search *search)
{
	GHashTableIter iter;
	gpointer queue;

	g_hash_table_iter_init(&iter, nat->by_host);
	while (search->looked < LIMIT_NAT_LOOK &&
	       g_hash_table_iter_next(&iter, NULL, &queue)) {
		nat_look(search, queue);
		if (!((GQueue *)queue)->length)
			g_hash_table_iter_remove(&iter);
	}
}

/* Whose is it, if it can be told? */
static struct leg *nat_decide(struct nat *nat, const struct nat_search *search)
{
	/* of too many not all were looked at */
	if (search->looked < LIMIT_NAT_LOOK && search->n_likely == 1)
		return search->likely;
	if (search->looked < LIMIT_NAT_LOOK && search->n_any == 1)
		return search->any;
	if (search->n_any)
		nat->counters.ambiguous++;
	else
		nat->counters.refused++;
	return NULL;
}

static void nat_log(const struct nat *nat, const struct nat_search *search,
		    const struct leg *leg)
{
	const struct rtp_fanout_addr *was = search->rtcp ? &leg->rtcp.addr :
							   &leg->dest.addr;
	char from[ADDR_STRLEN], to[ADDR_STRLEN];

	log_event("viewer-moved", LOG_S("path", nat->name), LOG_U("track", nat->index),
		  LOG_S("what", search->rtcp ? "rtcp" : "media"),
		  LOG_S("viewer", addr_to_string(was, from)),
		  LOG_S("to", addr_to_string(&search->from->addr, to)));
}

struct leg *nat_find(struct nat *nat, const struct rtp_fanout_dest *from, gboolean rtcp)
{
	struct nat_search search = {
		.from = from,
		.rtcp = rtcp,
		.now = g_get_monotonic_time(),
	};
	struct rtp_fanout_dest host = addr_dest_host(&from->addr, from->ifindex);
	GQueue *queue = g_hash_table_lookup(nat->by_host, &host);
	struct leg *found;

	if (queue)
		nat_look(&search, queue);
	/* who comes from where nobody was set up from can be anybody */
	else if (nat->mode == NAT_ANY)
		nat_look_everywhere(nat, &search);
	if (queue && !queue->length)
		g_hash_table_remove(nat->by_host, &host);
	if (search.named)
		return NULL;

	found = nat_decide(nat, &search);
	if (!found)
		return NULL;
	nat->counters.learned++;
	nat_log(nat, &search, found);
	if (rtcp)
		found->nat.rtcp = TRUE;
	else
		found->nat.rtp = TRUE;
	return found;
}

const struct nat_counters *nat_counters(const struct nat *nat)
{
	return &nat->counters;
}
