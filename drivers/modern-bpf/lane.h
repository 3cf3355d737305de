/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The way of a record to user space, of both eBPF drivers: each CPU's ring, in an array map that user space maps, where
 * records are written in place.
 *
 * A BPF ring buffer takes two helper calls and a lock per record, and a second copy if the record's length is not known
 * before it is written. Here programs write to memory of their own CPU, which no other producer writes to, and move one
 * position: on a kernel that guards its returns, that is 60 ns less of 160 for the smallest record.
 *
 * A lane in the memory of its map:
 *
 *	page 0		struct wh_lane_reader, which user space writes
 *	page 1 ..	struct wh_lane, which the programs write; user space reads it
 *	lane_data ..	the ring, a power of two; behind it room for the record that begins in front of its end
 *
 * A record is one frame: the 8 bytes of a BPF ring's header, 8 bytes of ours, the record, padded to 8. Positions count
 * bytes from the beginning and only grow. A record's length is known when it is done, so each asks for the most that one
 * can take: a ring is full as soon as that does not fit any more.
 *
 * Nobody wakes the reader: a wake-up per record costs ten times the record. It looks by itself every few milliseconds.
 */
#ifndef WH_LANE_H
#define WH_LANE_H

#include "control.h"
#include "../shared/scratch.h"

enum {
	WH_RING_HEADER_SIZE = 8,		/* as of a BPF ring (kernel/bpf/ringbuf.c): the length, then what we leave out */
	WH_LANE_FRAME = WH_RING_HEADER_SIZE + WH_FRAME_SIZE,
	WH_LANE_ROOM = WH_LANE_FRAME + WH_RECORD_ROOM,
};

/* struct wh_lane_reader - @consumed: up to where the reader is done */
struct wh_lane_reader {
	volatile uint64_t consumed;
};

/*
 * struct wh_lane - the programs' part of a lane
 * @produced: up to where records are complete
 * @busy: a program is writing. Only what happens in its middle finds it so: a page fault, when it reads memory of the
 *	caller that is not there; and other tasks on kernels that can preempt programs, which is kept off.
 * @scratch: notes on the record that is being written
 */
struct wh_lane {
	volatile uint64_t produced;
	volatile uint32_t busy;
	struct wh_scratch scratch;
};

#ifdef __bpf__
/*
 * Moves a position that another CPU reads: what was written before is there to be seen then. x86 keeps its stores in
 * order by itself; elsewhere a fetching exchange is what orders memory (arm64: 5.18).
 */
#if defined(__TARGET_ARCH_x86)
#define WH_PUBLISH(position, value) do {					\
	uint64_t wh_to = (value);						\
	asm volatile("" ::: "memory");						\
	(position) = wh_to;							\
	asm volatile("" ::: "memory");						\
} while (0)
#else
#define WH_PUBLISH(position, value) ((void)__sync_lock_test_and_set(&(position), (value)))
#endif

struct wh_lane_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, 8);			/* user space says how much it is */
};

/* By CPU; empty for CPUs that have been offline so far. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(uint32_t));
	__array(values, struct wh_lane_map);
} lanes SEC(".maps");

/*
 * This CPU's lane, for this program alone until wh_leave_lane(); NULL, and counted, if there is no room. What comes in
 * the middle of another event is lost, except for page faults, which are that event's own: nobody else would have them.
 */
WH_INLINE struct wh_lane *wh_enter_lane(bool is_page_fault)
{
	uint32_t cpu = bpf_get_smp_processor_id(), zero = 0;
	struct wh_lane_reader *reader = NULL;
	void *map = bpf_map_lookup_elem(&lanes, &cpu);
	struct wh_lane *lane;

	if (map)
		reader = bpf_map_lookup_elem(map, &zero);
	if (!reader) {
		WH_COUNT(homeless);
		return NULL;
	}
	lane = (void *)reader + (1 << settings.page_shift);
	if (lane->busy) {
		if (is_page_fault)
			WH_COUNT(own);
		else
			WH_COUNT(recursion);
		return NULL;
	}
	if (lane->produced - reader->consumed > (uint64_t)settings.lane_mask + 1 - WH_LANE_ROOM) {
		WH_COUNT(ring_full);
		return NULL;
	}
	lane->busy = 1;
	return lane;
}

/* Where in the lane the next record goes, behind its frame. */
WH_INLINE uint8_t *wh_lane_place(struct wh_lane *lane)
{
	uint64_t offset = lane->produced & settings.lane_mask;

	return (uint8_t *)lane + settings.lane_data + offset + WH_LANE_FRAME;
}

/* Shows the finished record of `length` bytes to the reader. */
WH_INLINE void wh_leave_lane(struct wh_lane *lane, uint8_t *bytes, uint32_t length)
{
	if (length > WH_EVENT_MAX_SIZE) {
		WH_COUNT(too_large);
	} else {
		*(uint32_t *)(bytes - WH_LANE_FRAME) = WH_FRAME_SIZE + length;
		*(uint64_t *)(bytes - WH_FRAME_SIZE) = bpf_get_smp_processor_id();
		WH_PUBLISH(lane->produced, lane->produced + ((WH_LANE_FRAME + length + 7) & ~7u));
	}
	lane->busy = 0;
}

/* One record, written where it stays. A platform may have something to do when it is done: WH_RECORD_DONE(call). */
#define WH_EMIT_IN_LANE(symbol, wire_type, call, thread) do {			\
	struct wh_lane *wh_own = wh_enter_lane(WH_EVENT_##symbol == WH_EVENT_page_fault); \
	struct wh_record wh_it = {};						\
	uint32_t wh_length;							\
	if (!wh_own)								\
		break;								\
	wh_it.bytes = wh_lane_place(wh_own);					\
	if (WH_VARYING_##symbol) {						\
		(call)->scratch = wh_it.scratch = &wh_own->scratch;		\
		(call)->bytes = wh_it.bytes;					\
	}									\
	wh_start_record(&wh_it, wire_type, WH_NPARAMS_##symbol, wh_timestamp(), thread); \
	wh_fill_##symbol(&wh_it, call);						\
	wh_length = wh_end_record(&wh_it);					\
	if (WH_VARYING_##symbol)						\
		WH_RECORD_DONE(call);						\
	wh_leave_lane(wh_own, wh_it.bytes, wh_length);				\
} while (0)
#endif

#endif
