// SPDX-License-Identifier: GPL-2.0
/*
 * Pieces of compound pages. The kernel's page_frag_cache gives none that is
 * larger than a page.
 */
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include "memory.h"

/**
 * rtp_memory_exit() - give back what is left
 * @memory: the thread's
 *
 * Context: The thread that @memory is of, or when it has ended.
 */
void rtp_memory_exit(struct rtp_memory *memory)
{
	if (memory->page)
		put_page(memory->page);
	memory->page = NULL;
	memory->used = 0;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_memory_exit);

/* A page, of which at least so many bytes can be used. */
static bool rtp_memory_refill(struct rtp_memory *memory, unsigned int bytes)
{
	rtp_memory_exit(memory);

	/* A copy can do without: nothing is reclaimed for it. */
	memory->page = alloc_pages(GFP_NOWAIT | __GFP_COMP, RTP_MEMORY_ORDER);
	memory->size = RTP_MEMORY_BYTES;
	/* Single pages are there when larger ones are not. */
	if (!memory->page && bytes <= PAGE_SIZE) {
		memory->page = alloc_page(GFP_NOWAIT);
		memory->size = PAGE_SIZE;
	}

	return memory->page;
}

/**
 * rtp_memory_get() - have a piece
 * @memory: the thread's
 * @bytes: how large, at most RTP_MEMORY_BYTES
 * @refs: references on the piece's page that the caller gets, at least 1; it
 *	drops each with put_page(), or gives it to a fragment of an skb
 *
 * Context: The thread that @memory is of.
 * Return: the piece, or NULL when there is no memory.
 */
void *rtp_memory_get(struct rtp_memory *memory, unsigned int bytes,
		     unsigned int refs)
{
	void *piece;

	if ((!memory->page || memory->used + bytes > memory->size) &&
	    !rtp_memory_refill(memory, bytes))
		return NULL;

	piece = page_address(memory->page) + memory->used;
	/* Devices fetch what begins with a cache line quicker. */
	memory->used += ALIGN(bytes, SMP_CACHE_BYTES);
	page_ref_add(memory->page, refs);

	return piece;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_memory_get);
