/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One reader of the device: its rings, its interest, its counters. Made by open(), taken down by the last close().
 */
#ifndef WH_CONSUMER_H
#define WH_CONSUMER_H

#include <linux/compiler.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "windhover_kmod.h"

/*
 * struct wh_ring - the ring of one CPU for one consumer
 * @data: the pages, mapped twice in a row, so that a record that wraps is written in one piece
 * @size: bytes of one copy, a power of two
 * @head: where the next record goes; only its CPU writes it, with preemption off
 * @producer: the page that tells readers what is in @data; written only
 * @consumer: the reader's page: writable by user space at any time, so read once per use and never believed
 * @pages: the data's pages, to map them into readers
 */
struct wh_ring {
	u8 *data;
	u32 size;
	u64 head;
	struct wh_kmod_producer *producer;
	struct wh_kmod_consumer *consumer;
	struct page **pages;
};

/*
 * struct wh_consumer - one open of the device
 * @slot: place in wh_consumers
 * @is_set_up: WH_KMOD_SETUP was done: the members below it are constant from then on, @rings only gains entries
 * @wanted: by slot of the call, WH_KMOD_WANTED_ bits; changed at any time, one byte each
 * @points: WH_KMOD_POINT_ bits
 * @options: WH_KMOD_OPTION_ bits
 * @asking: the thread that is changing the interest: the end of that very call makes no event; 0 for none
 * @rings: by CPU number; an entry that is there stays until the consumer goes
 *
 * Looked at by probes with preemption off, which synchronize_rcu() waits for.
 */
struct wh_consumer {
	int slot;
	bool is_set_up;
	u32 ring_bytes;
	u32 snaplen;
	u32 ignored_process;
	u64 boot_to_epoch_ns;
	u32 points;
	u32 options;
	pid_t asking;
	u8 wanted[WH_CALL_SLOTS];
	struct wh_kmod_status *status;
	struct wh_ring *rings[];
};

extern struct mutex wh_attach_lock;
/* The consumers that are set up; read with preemption off. */
extern struct wh_consumer *wh_consumers[WH_KMOD_CONSUMERS];
/*
 * What any consumer wants, by the number that the kernel got: most calls of the machine end at a look at this. Bits of
 * the native call as in wanted, those of the 32-bit call of that number shifted by WH_GATE_IA32.
 */
enum { WH_GATE_IA32 = 2 };
extern u8 wh_gate[WH_CALL_NUMBERS];

struct wh_ring *wh_ring_create(u32 size, int node);
void wh_ring_destroy(struct wh_ring *ring);

/**
 * wh_ring_reserve() - room for one record in the ring of this CPU
 * @ring: the ring; the caller runs on its CPU with preemption off and is the only writer
 * @size: bytes of the frame and the record
 *
 * The reader's position may hold anything. It is only subtracted: one that is ahead of the head, or further behind
 * than the ring is long, makes the ring full, and where records are written does not depend on it.
 *
 * Return: where the frame goes, or NULL if there is no room.
 */
static inline u8 *wh_ring_reserve(struct wh_ring *ring, u32 size)
{
	/* Acquire: what we write behind this must not be seen by a reader that has not moved past it yet. */
	u64 used = ring->head - smp_load_acquire(&ring->consumer->position);
	u32 needed = round_up(WH_KMOD_HEADER_BYTES + size, 8);
	u8 *header;

	if (used > ring->size || ring->size - used < needed)
		return NULL;
	header = ring->data + (ring->head & (ring->size - 1));
	((u32 *)header)[0] = size;
	((u32 *)header)[1] = 0;
	return header + WH_KMOD_HEADER_BYTES;
}

/* Shows the record that wh_ring_reserve() made room for to the reader. */
static inline void wh_ring_commit(struct wh_ring *ring, u32 size)
{
	ring->head += round_up(WH_KMOD_HEADER_BYTES + size, 8);
	ring->producer->made++;
	smp_store_release(&ring->producer->position, ring->head);
}

#endif
