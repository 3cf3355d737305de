/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The way of a record to user space, and the count of those that do not make it.
 *
 * Where user space can map arrays (5.5), records go the way of the modern driver's: lane.h. Before, every record is put
 * together in this CPU's work area, in a map, and copied from there into the perf buffer of this CPU, which cannot be
 * written in place. Nobody is woken; the reader looks by itself every few milliseconds.
 */
#ifndef WH_RING_H
#define WH_RING_H

#include "platform.h"

/* Since 5.5 user space can map an array instead of copying it by system call. */
#ifdef WH_HAVE_MAPPABLE_ARRAYS
#define WH_SHARED_ARRAY __uint(map_flags, BPF_F_MMAPABLE)
#else
#define WH_SHARED_ARRAY __uint(map_flags, 0)
#endif

#include "../modern-bpf/per_cpu.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	WH_SHARED_ARRAY;
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct wh_control);
} control SEC(".maps");

#ifndef WH_HAVE_HELPER_BOOT_CLOCK
/* Only there to tell the driver in user space which clock the times of this build are of. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} monotonic_clock SEC(".maps");
#endif

/* A member of the structure that user space steers us by; zero as long as there is none, which cannot be. */
#define WH_CONTROL(member) ({							\
	uint32_t wh_zero = 0;							\
	struct wh_control *wh_steer = bpf_map_lookup_elem(&control, &wh_zero);	\
	wh_steer ? wh_steer->member : 0;					\
})

/* Looks up a counter; with its work at the end of a record, once, the verifier has one such branch per program. */
WH_INLINE void wh_pass_on_unreadable(struct wh_scratch *scratch)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	struct wh_counters *counted;

	if (!scratch->unreadable)
		return;
	counted = bpf_map_lookup_elem(&counters, &cpu);
	if (counted)
		__atomic_fetch_add(&counted->unreadable, scratch->unreadable, __ATOMIC_RELAXED);
	scratch->unreadable = 0;
}

WH_INLINE bool wh_resolves_paths(void)
{
	return WH_CONTROL(resolves_paths) != 0;
}

#ifdef WH_LANES

const volatile struct wh_settings settings = {
	.snaplen = WH_DEFAULT_SNAPLEN, .page_shift = 12, .lane_mask = (256 << 10) - 1, .lane_data = 8192,
};

WH_INLINE uint32_t wh_snaplen(void)
{
	return settings.snaplen;
}

#include "../modern-bpf/lane.h"

#else

/*
 * The largest record. A perf record has a 16-bit size, which is a multiple of 8: 65,528 bytes, of which 8 are its header,
 * 4 the sample's length, and 8 our frame. The kernel does not check that: a longer one would damage the buffer.
 */
enum { WH_PERF_RECORD_MAX = 65528 - 8 - 4 - WH_FRAME_SIZE };

/* One for each CPU, put there by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, sizeof(uint32_t));
} lanes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct wh_settings);
} settings SEC(".maps");

/* By CPU number: values of a per-CPU map may not be as large. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct wh_work_area);
} areas SEC(".maps");

/*
 * struct wh_small - work area for one record of fixed size
 * @busy: as in struct wh_work_area
 */
struct wh_small {
	volatile uint64_t busy;
	uint8_t frame[512 - 8];
};

/*
 * Page faults have an area of their own: where the caller's memory is not there, a program that reads it causes one, and
 * the page fault's program runs in the middle of the other.
 */
enum { WH_SMALL_ANY, WH_SMALL_PAGE_FAULT, WH_SMALLS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WH_SMALLS);
	__type(key, uint32_t);
	__type(value, struct wh_small);
} smalls SEC(".maps");

WH_INLINE uint32_t wh_snaplen(void)
{
	uint32_t zero = 0;
	struct wh_settings *fixed = bpf_map_lookup_elem(&settings, &zero);

	return fixed ? fixed->snaplen : 0;
}

/* This CPU's work area, for this program alone until wh_give_back(). */
WH_INLINE struct wh_work_area *wh_take_area(void)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	struct wh_work_area *area = bpf_map_lookup_elem(&areas, &cpu);

	if (!area)
		return NULL;
	if (area->busy) {
		WH_COUNT(recursion);
		return NULL;
	}
	area->busy = 1;
	return area;
}

WH_INLINE void wh_give_back(struct wh_work_area *area)
{
	area->busy = 0;
}

/* As wh_take_area() for a record of fixed size: no room for values of varying length, but no further from the caches either. */
WH_INLINE struct wh_small *wh_take_small(uint32_t which)
{
	struct wh_small *small = bpf_map_lookup_elem(&smalls, &which);

	if (!small)
		return NULL;
	if (small->busy) {
		WH_COUNT(recursion);
		return NULL;
	}
	small->busy = 1;
	return small;
}

/* Copies the finished record of `length` bytes, with its frame, to this CPU's perf buffer. */
WH_INLINE void wh_output(void *context, uint8_t *frame, uint64_t length)
{
	asm volatile("" : "+r"(length));
	if (length > WH_PERF_RECORD_MAX) {
		WH_COUNT(too_large);
		return;
	}
	*(uint64_t *)frame = bpf_get_smp_processor_id();
	if (bpf_perf_event_output(context, &lanes, WH_THIS_CPU, frame, WH_FRAME_SIZE + length))
		WH_COUNT(ring_full);
}

#endif

#endif
