/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One record from its call to the ring. Events of a fixed size are written in place; others are put together in the
 * work area and copied.
 */
#ifndef WH_EMIT_H
#define WH_EMIT_H

#include <linux/ktime.h>
#include <linux/timekeeping.h>

#include "events.h"
#include "platform.h"
#include "../shared/values.h"
#include "../shared/record.h"

WH_INLINE uint32_t wh_snaplen(void)
{
	return this_cpu_ptr(&wh_cpus)->consumer->snaplen;
}

WH_INLINE bool wh_resolves_paths(void)
{
	return READ_ONCE(this_cpu_ptr(&wh_cpus)->consumer->options) & WH_KMOD_OPTION_PATHS;
}

WH_INLINE uint64_t wh_timestamp(const struct wh_consumer *consumer)
{
	return ktime_get_boot_fast_ns() + consumer->boot_to_epoch_ns;
}

WH_INLINE void wh_count_ring_full(struct wh_ring *ring)
{
	ring->producer->ring_full++;
	ring->producer->made++;
}

/* Room for a frame and a record of `size` bytes; NULL, and counted, if the ring is full. */
WH_INLINE uint8_t *wh_reserve(struct wh_ring *ring, uint32_t size)
{
	uint8_t *frame = wh_ring_reserve(ring, WH_FRAME_SIZE + size);

	if (unlikely(!frame)) {
		wh_count_ring_full(ring);
		return NULL;
	}
	*(uint64_t *)frame = smp_processor_id();
	return frame;
}

/* Copies the finished record of `length` bytes from the work area to the ring. */
WH_INLINE void wh_output(struct wh_ring *ring, struct wh_work_area *area, uint32_t length)
{
	uint8_t *frame;

	if (unlikely(length > WH_EVENT_MAX_SIZE)) {
		ring->producer->too_large++;
		ring->producer->made++;
		return;
	}
	frame = wh_reserve(ring, length);
	if (!frame)
		return;
	memcpy(frame + WH_FRAME_SIZE, area->frame + WH_FRAME_SIZE, length);
	wh_ring_commit(ring, WH_FRAME_SIZE + length);
}

#define WH_EMIT_AS(symbol, wire_type, call) do {					\
	struct wh_cpu *wh_own = this_cpu_ptr(&wh_cpus);				\
	struct wh_ring *wh_to = wh_own->ring;					\
	uint64_t wh_tid = task_pid_nr((call)->task);				\
	struct wh_record wh_it = {};						\
	if (WH_VARYING_##symbol) {						\
		(call)->scratch = wh_it.scratch = &wh_own->area->scratch;	\
		(call)->bytes = wh_it.bytes = wh_own->area->frame + WH_FRAME_SIZE; \
		wh_start_record(&wh_it, wire_type, WH_NPARAMS_##symbol, wh_timestamp(wh_own->consumer), wh_tid); \
		wh_fill_##symbol(&wh_it, call);					\
		wh_output(wh_to, wh_own->area, wh_end_record(&wh_it));		\
	} else {								\
		uint8_t *wh_frame = wh_reserve(wh_to, WH_FIXED_SIZE_##symbol);	\
		if (!wh_frame)							\
			break;							\
		wh_it.bytes = wh_frame + WH_FRAME_SIZE;				\
		wh_start_record(&wh_it, wire_type, WH_NPARAMS_##symbol, wh_timestamp(wh_own->consumer), wh_tid); \
		wh_fill_##symbol(&wh_it, call);					\
		wh_end_record(&wh_it);						\
		wh_ring_commit(wh_to, WH_FRAME_SIZE + WH_FIXED_SIZE_##symbol);	\
	}									\
} while (0)

#define WH_EMIT(symbol, call) WH_EMIT_AS(symbol, WH_EVENT_##symbol, call)

#endif
