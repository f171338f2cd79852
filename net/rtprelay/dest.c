// SPDX-License-Identifier: GPL-2.0
/*
 * The table of destinations.
 */
#include <kunit/visibility.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/dst.h>
#include "dest.h"
#include "event.h"
#include "fanout.h"
#include "sysctl.h"

/* Free slots that wait for a grace period, before an ADD waits with them. */
#define RTP_DEST_FREE_MAX	1024

static const struct rhashtable_params rtp_dest_params = {
	.key_len = sizeof(struct rtp_dest_key),
	.key_offset = offsetof(struct rtp_dest, key),
	.head_offset = offsetof(struct rtp_dest, node),
	.automatic_shrinking = true,
};

/* The fewest buckets that are worth a limit. */
#define RTP_DEST_BUCKETS	64

/**
 * rtp_dest_table_init() - make an empty table
 * @table: the table
 *
 * It takes as many destinations as a fan-out may now have.
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int rtp_dest_table_init(struct rtp_dest_table *table)
{
	struct rhashtable_params params = rtp_dest_params;
	u32 most = READ_ONCE(rtp_sysctl_max_dests);

	xa_init(&table->chunks);
	table->free_head = RTP_DEST_NONE;
	table->free_tail = RTP_DEST_NONE;

	/* Two destinations for each bucket, then the hash table is full. Left
	 * to itself it would have more buckets than destinations, and take a
	 * sixth of what a destination costs.
	 */
	params.max_size = max_t(u32, roundup_pow_of_two(most) / 2,
				RTP_DEST_BUCKETS);

	return rhashtable_init(&table->hash, &params);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_dest_table_init);

/**
 * rtp_dest_table_destroy() - free a table and what is in it
 * @table: a table that nobody uses any more
 *
 * Context: Process context.
 */
void rtp_dest_table_destroy(struct rtp_dest_table *table)
{
	struct rtp_dest_chunk *chunk;
	unsigned long index;
	unsigned int i;

	rhashtable_destroy(&table->hash);

	xa_for_each(&table->chunks, index, chunk) {
		for_each_set_bit(i, chunk->routed, RTP_CHUNK_DESTS)
			dst_release(chunk->dest[i].dst);
		kvfree(chunk);
	}
	xa_destroy(&table->chunks);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_dest_table_destroy);

/**
 * rtp_dest_find() - look up a destination
 * @table: the table
 * @key: by what
 *
 * Context: Socket locked, or an RCU read section: the destination stays until
 * its end.
 * Return: the destination, perhaps one not published yet, or NULL.
 */
struct rtp_dest *rtp_dest_find(struct rtp_dest_table *table,
			       const struct rtp_dest_key *key)
{
	return rhashtable_lookup_fast(&table->hash, key, rtp_dest_params);
}

/**
 * rtp_dest_at() - the destination in a slot
 * @table: the table
 * @slot: less than the table's slots
 *
 * Context: Socket locked.
 * Return: the destination, or NULL when the slot is free.
 */
struct rtp_dest *rtp_dest_at(struct rtp_dest_table *table, u32 slot)
{
	struct rtp_dest_chunk *chunk = rtp_dest_chunk(table, slot);
	unsigned int i = slot % RTP_CHUNK_DESTS;

	if (!test_bit(i, chunk->live))
		return NULL;

	return &chunk->dest[i];
}
EXPORT_SYMBOL_IF_KUNIT(rtp_dest_at);

/**
 * rtp_dest_is_live() - whether a destination is published
 * @table: the table
 * @dest: what rtp_dest_find() found
 *
 * Context: As rtp_dest_find().
 * Return: true when it is.
 */
bool rtp_dest_is_live(struct rtp_dest_table *table,
		      const struct rtp_dest *dest)
{
	return test_bit(dest->index % RTP_CHUNK_DESTS,
			rtp_dest_chunk(table, dest->index)->live);
}

/* A slot at the end, in a chunk of its own where the last is full. */
static struct rtp_dest *rtp_dest_grow(struct rtp_dest_table *table)
{
	struct rtp_dest_chunk *chunk;
	u32 slot = table->slots;
	struct rtp_dest *dest;
	int err;

	if (slot % RTP_CHUNK_DESTS == 0) {
		chunk = kvzalloc_obj(*chunk, GFP_KERNEL_ACCOUNT);
		if (!chunk)
			return NULL;

		err = xa_err(xa_store(&table->chunks, slot / RTP_CHUNK_DESTS,
				      chunk, GFP_KERNEL_ACCOUNT));
		if (err) {
			kvfree(chunk);
			return NULL;
		}
	}

	dest = &rtp_dest_chunk(table, slot)->dest[slot % RTP_CHUNK_DESTS];
	dest->index = slot;

	/* Threads look for a chunk only below this. */
	smp_store_release(&table->slots, slot + 1);

	return dest;
}

static void rtp_dest_free(struct rtp_dest_table *table, struct rtp_dest *dest)
{
	struct rtp_dest *tail;
	u32 slot;

	dest->freed = get_state_synchronize_rcu();
	dest->next_free = RTP_DEST_NONE;

	slot = table->free_tail;
	table->free_tail = dest->index;
	if (slot == RTP_DEST_NONE) {
		table->free_head = dest->index;
		return;
	}
	tail = &rtp_dest_chunk(table, slot)->dest[slot % RTP_CHUNK_DESTS];
	tail->next_free = dest->index;
}

/* The slot that was freed first, when nobody can be at it any more. */
static struct rtp_dest *rtp_dest_reuse(struct rtp_dest_table *table)
{
	u32 slot = table->free_head;
	struct rtp_dest *dest;

	if (slot == RTP_DEST_NONE)
		return NULL;

	dest = &rtp_dest_chunk(table, slot)->dest[slot % RTP_CHUNK_DESTS];
	if (!poll_state_synchronize_rcu(dest->freed)) {
		if (table->slots - table->used < RTP_DEST_FREE_MAX)
			return NULL;
		/* Quicker than slots get free: memory is bound by waiting. */
		cond_synchronize_rcu(dest->freed);
	}

	table->free_head = dest->next_free;
	if (table->free_head == RTP_DEST_NONE)
		table->free_tail = RTP_DEST_NONE;

	return dest;
}

/**
 * rtp_dest_insert() - take a slot for a destination
 * @fanout: the fan-out
 * @key: what identifies it
 *
 * The caller fills it in and calls rtp_dest_publish(), or rtp_dest_remove().
 *
 * Context: Process context, socket locked.
 * Return: the destination, or an ERR_PTR: -EEXIST when there is one of that
 * key, -EDQUOT when the table takes no more, -ENOMEM.
 */
struct rtp_dest *rtp_dest_insert(struct rtp_fanout *fanout,
				 const struct rtp_dest_key *key)
{
	struct rtp_dest_table *table = &fanout->table;
	struct rtp_dest *dest;
	unsigned int i;
	int err;

	dest = rtp_dest_reuse(table);
	if (!dest)
		dest = rtp_dest_grow(table);
	if (!dest)
		return ERR_PTR(-ENOMEM);

	table->used++;
	INIT_LIST_HEAD(&dest->event_node);
	dest->key = *key;
	dest->hash = get_random_u32() ?: 1;
	dest->picked = false;
	/* A route cached for who had the slot before is not this one's. */
	dest->dst_gen = 0;
	dest->ahead = false;
	dest->last_seq = 0;
	u64_stats_set(&dest->packets, 0);
	u64_stats_set(&dest->octets, 0);
	for (i = 0; i < RTP_TX_DROPS; i++)
		u64_stats_set(&dest->drops[i], 0);

	err = rhashtable_lookup_insert_fast(&table->hash, &dest->node,
					    rtp_dest_params);
	if (err) {
		table->used--;
		rtp_dest_free(table, dest);
		if (err == -E2BIG)
			return ERR_PTR(-EDQUOT);
		return ERR_PTR(err == -EEXIST ? err : -ENOMEM);
	}

	return dest;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_dest_insert);

/**
 * rtp_dest_publish() - a destination gets the stream from now on
 * @table: the table
 * @dest: what rtp_dest_insert() returned, filled in
 *
 * Context: Socket locked.
 */
void rtp_dest_publish(struct rtp_dest_table *table, struct rtp_dest *dest)
{
	struct rtp_dest_chunk *chunk = rtp_dest_chunk(table, dest->index);

	/* Pairs with the shard's acquire: the slot is filled in before. */
	smp_mb__before_atomic();
	set_bit(dest->index % RTP_CHUNK_DESTS, chunk->live);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_dest_publish);

/**
 * rtp_dest_unpublish() - a destination gets nothing more of the stream
 * @table: the table
 * @dest: the destination
 *
 * Context: Socket locked.
 */
void rtp_dest_unpublish(struct rtp_dest_table *table, struct rtp_dest *dest)
{
	struct rtp_dest_chunk *chunk = rtp_dest_chunk(table, dest->index);

	clear_bit(dest->index % RTP_CHUNK_DESTS, chunk->live);
}

/**
 * rtp_dest_pend() - a destination is to have another class
 * @table: the table
 * @dest: the destination, for which rtp_variant_want() was called
 *
 * Context: Process context, socket locked, classes.lock of the fan-out held.
 */
void rtp_dest_pend(struct rtp_dest_table *table, struct rtp_dest *dest)
{
	struct rtp_dest_chunk *chunk = rtp_dest_chunk(table, dest->index);

	/* Pairs with the owner's barrier: it sees the class, or this bit. */
	smp_mb__before_atomic();
	set_bit(dest->index % RTP_CHUNK_DESTS, chunk->pending);
	/* After the bit: see rtp_dest_settle(). */
	xa_set_mark(&table->chunks, dest->index / RTP_CHUNK_DESTS,
		    RTP_DEST_PENDING);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_dest_pend);

/**
 * rtp_dest_settle() - the owner was at those of a chunk that are pending
 * @table: the table
 * @index: the chunk's
 * @chunk: the chunk
 *
 * It need not look there again where none is left.
 *
 * Context: The owner.
 */
void rtp_dest_settle(struct rtp_dest_table *table, unsigned long index,
		     struct rtp_dest_chunk *chunk)
{
	if (!bitmap_empty(chunk->pending, RTP_CHUNK_DESTS))
		return;

	/* Both who marks and who takes the mark away have the lock of @chunks:
	 * a bit that was set before the mark was taken away is seen here, and
	 * the mark for one that is set after it stays.
	 */
	xa_clear_mark(&table->chunks, index, RTP_DEST_PENDING);
	if (!bitmap_empty(chunk->pending, RTP_CHUNK_DESTS))
		xa_set_mark(&table->chunks, index, RTP_DEST_PENDING);
}

/**
 * rtp_dest_remove() - give a slot back
 * @fanout: the fan-out
 * @dest: a destination that is not published (any more)
 *
 * Its route is released by its shard, or with the table: a route does not
 * hold up the device that it leads to.
 *
 * Context: Process context, socket locked.
 */
void rtp_dest_remove(struct rtp_fanout *fanout, struct rtp_dest *dest)
{
	struct rtp_dest_table *table = &fanout->table;

	rhashtable_remove_fast(&table->hash, &dest->node, rtp_dest_params);
	rtp_event_forget(fanout, dest);
	table->used--;
	rtp_dest_free(table, dest);
}
