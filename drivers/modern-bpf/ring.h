/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The way of a record to user space, and the count of those that do not make it.
 *
 * Nothing here wakes the reader (BPF_RB_NO_WAKEUP): a wake-up per record costs ten times the record. The reader looks
 * by itself every few milliseconds.
 */
#ifndef WH_RING_H
#define WH_RING_H

#include "platform.h"
#include "control.h"
#define WH_SHARED_ARRAY __uint(map_flags, BPF_F_MMAPABLE)
#include "per_cpu.h"

struct wh_control control;
#define WH_CONTROL(member) (control.member)
const volatile struct wh_settings settings = {
	.snaplen = WH_DEFAULT_SNAPLEN, .is_single_lane = 1, .page_shift = 12,
};

struct ring_type {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct ring_type ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__array(values, struct ring_type);
} rings SEC(".maps");

/* A function of its own for the verifier, which then checks it once and not behind each read of each program. */
__attribute__((noinline))
int wh_add_unreadable(void)
{
	WH_COUNT(unreadable);
	return 0;
}

WH_INLINE void wh_count_unreadable(struct wh_call *call)
{
	wh_add_unreadable();
}

WH_INLINE uint32_t wh_snaplen(void)
{
	return settings.snaplen;
}

WH_INLINE bool wh_resolves_paths(void)
{
	return control.resolves_paths != 0;
}

WH_INLINE void *wh_ring_of(uint32_t cpu)
{
	uint32_t lane = control.lane[cpu & (WH_CPUS_MAX - 1)];

	return bpf_map_lookup_elem(&rings, &lane);
}

/* Room for a frame and a record of `size` bytes in this CPU's ring; NULL, and counted, if it is full. */
WH_INLINE uint8_t *wh_reserve(uint32_t size)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	uint8_t *frame = NULL;

	if (settings.is_single_lane) {
		frame = bpf_ringbuf_reserve(&ring, WH_FRAME_SIZE + size, 0);
	} else {
		void *own = wh_ring_of(cpu);

		if (own)
			frame = bpf_ringbuf_reserve(own, WH_FRAME_SIZE + size, 0);
	}
	if (!frame) {
		WH_COUNT(ring_full);
		return NULL;
	}
	*(uint64_t *)frame = cpu;
	return frame;
}

WH_INLINE void wh_submit(uint8_t *frame)
{
	bpf_ringbuf_submit(frame, BPF_RB_NO_WAKEUP);
}

/* Copies the finished record of `length` bytes from the work area to this CPU's ring. */
WH_INLINE void wh_output(struct wh_scratch *scratch, uint32_t length)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	long error = -1;

	if (length > WH_EVENT_MAX_SIZE) {
		WH_COUNT(too_large);
		return;
	}
	*(uint64_t *)scratch->frame = cpu;
	if (settings.is_single_lane) {
		error = bpf_ringbuf_output(&ring, scratch->frame, WH_FRAME_SIZE + length, BPF_RB_NO_WAKEUP);
	} else {
		void *own = wh_ring_of(cpu);

		if (own)
			error = bpf_ringbuf_output(own, scratch->frame, WH_FRAME_SIZE + length, BPF_RB_NO_WAKEUP);
	}
	if (error)
		WH_COUNT(ring_full);
}

#endif
