/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for bytes that many copies refer to, or that a copy refers to as a
 * fragment: pieces of compound pages, which live as long as someone refers to
 * them.
 */
#ifndef _NET_RTPRELAY_MEMORY_H
#define _NET_RTPRELAY_MEMORY_H

#include <linux/mm.h>
#include <linux/types.h>

/* As large as the largest piece asked for. What the page allocator keeps for
 * each CPU, so that no lock is met.
 */
#define RTP_MEMORY_ORDER	PAGE_ALLOC_COSTLY_ORDER
#define RTP_MEMORY_BYTES	(PAGE_SIZE << RTP_MEMORY_ORDER)

/**
 * struct rtp_memory - a thread's
 * @page: the page that pieces are cut from, or NULL
 * @used: bytes of it that are
 * @size: its bytes
 */
struct rtp_memory {
	struct page *page;
	unsigned int used;
	unsigned int size;
};

/**
 * rtp_memory_at() - find a piece's place in its page
 * @piece: the piece
 * @page: set to its page
 *
 * Return: bytes from the page's beginning.
 */
static inline unsigned int rtp_memory_at(const void *piece, struct page **page)
{
	*page = virt_to_head_page(piece);

	return piece - page_address(*page);
}

void *rtp_memory_get(struct rtp_memory *memory, unsigned int bytes,
		     unsigned int refs);
void rtp_memory_exit(struct rtp_memory *memory);

#endif /* _NET_RTPRELAY_MEMORY_H */
