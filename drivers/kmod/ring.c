// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The memory of a ring: pages of its own, zeroed, each mapped twice into the kernel's address space.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "consumer.h"

static void free_pages_of(struct wh_ring *ring, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (ring->pages[i])
			__free_page(ring->pages[i]);
	kvfree(ring->pages);
}

/**
 * wh_ring_create() - an empty ring
 * @size: bytes, a power of two and a multiple of the page size
 * @node: the memory node of its CPU
 *
 * Charged to the memory control group of the opener. May sleep.
 *
 * Return: the ring, or NULL if there is no memory.
 */
struct wh_ring *wh_ring_create(u32 size, int node)
{
	gfp_t flags = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;
	u32 count = size >> PAGE_SHIFT, i;
	struct wh_ring *ring = kzalloc_node(sizeof(*ring), GFP_KERNEL, node);

	if (!ring)
		return NULL;
	ring->size = size;
	/* One array for both copies: vmap() takes the same page as often as it is named. */
	ring->pages = kvcalloc(2 * (size_t)count, sizeof(*ring->pages), GFP_KERNEL);
	if (!ring->pages)
		goto fail;
	for (i = 0; i < count; i++) {
		/* Up to a gigabyte: who is killed meanwhile need not have it all first. */
		struct page *page = fatal_signal_pending(current) ? NULL : alloc_pages_node(node, flags, 0);

		if (!page)
			goto fail_pages;
		cond_resched();
		ring->pages[i] = page;
		ring->pages[count + i] = page;
	}
	ring->producer = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	ring->consumer = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!ring->producer || !ring->consumer)
		goto fail_positions;
	ring->data = vmap(ring->pages, 2 * count, VM_MAP, PAGE_KERNEL);
	if (!ring->data)
		goto fail_positions;
	return ring;

fail_positions:
	free_page((unsigned long)ring->producer);
	free_page((unsigned long)ring->consumer);
fail_pages:
	free_pages_of(ring, count);
fail:
	kfree(ring);
	return NULL;
}

/* No probe may be looking at the ring any more, and no process may have it mapped. */
void wh_ring_destroy(struct wh_ring *ring)
{
	if (!ring)
		return;
	vunmap(ring->data);
	free_page((unsigned long)ring->producer);
	free_page((unsigned long)ring->consumer);
	free_pages_of(ring, ring->size >> PAGE_SHIFT);
	kfree(ring);
}
