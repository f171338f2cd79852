/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For KUnit tests: what becomes of it when there is no memory.
 */
#ifndef _NET_RTPRELAY_MEMORY_TEST_H
#define _NET_RTPRELAY_MEMORY_TEST_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include "memory.h"

/* Takes every page of the size that pieces are cut from, as far as a thread
 * that does not wait gets them.
 */
static inline void memory_exhaust(struct list_head *pages)
{
	struct page *page;

	while ((page = alloc_pages(GFP_NOWAIT | __GFP_COMP, RTP_MEMORY_ORDER)))
		list_add(&page->lru, pages);
}

static inline void memory_relieve(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		put_page(page);
	}
}

#endif /* _NET_RTPRELAY_MEMORY_TEST_H */
