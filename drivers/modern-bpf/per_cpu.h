/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What each CPU has for itself besides its ring: the counters, the 32-bit call that it is at. Arrays by CPU number, which
 * user space sizes. Of both eBPF drivers; WH_SHARED_ARRAY says how user space reads the counters.
 */
#ifndef WH_PER_CPU_H
#define WH_PER_CPU_H

#include "control.h"
#include "../shared/scratch.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	WH_SHARED_ARRAY;
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct wh_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct wh_foreign);
} foreigners SEC(".maps");

/*
 * Atomic, for kernels whose tracepoints can be preempted: the CPU's next task may count at the same time. Relaxed, and
 * the sum not looked at: anything else becomes an instruction that kernels before 5.12 do not know.
 */
#define WH_COUNT(reason) ({							\
	uint32_t wh_cpu = bpf_get_smp_processor_id();				\
	struct wh_counters *wh_counted = bpf_map_lookup_elem(&counters, &wh_cpu); \
	if (wh_counted)								\
		__atomic_fetch_add(&wh_counted->reason, 1, __ATOMIC_RELAXED);	\
})

#endif
