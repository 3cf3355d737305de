/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From the probes to the records.
 */
#ifndef WH_EVENTS_H
#define WH_EVENTS_H

#include <linux/percpu.h>

#include "consumer.h"

struct wh_call;
struct wh_work_area;

/*
 * struct wh_cpu - what one CPU is doing
 * @busy: an event is being made. Whatever comes in between (a page fault of the kernel, an interrupt) is counted as
 *	recursion: the ring and the work area are in use.
 * @consumer, @ring: for whom
 * @area: the work area; allocated when the CPU first comes online, and kept
 */
struct wh_cpu {
	u32 busy;
	const struct wh_consumer *consumer;
	struct wh_ring *ring;
	struct wh_work_area *area;
};

DECLARE_PER_CPU(struct wh_cpu, wh_cpus);

/* Makes the event or events of a call for the consumer that wh_cpus names. Preemption and page faults are off. */
typedef void (*wh_maker)(struct wh_call *call);

int wh_events_init(void);
size_t wh_work_area_size(void);
/* By slot of the call; NULL for slots that the schema does not know. */
wh_maker wh_exit_maker(u32 slot);
wh_maker wh_entry_maker(u32 slot);

void wh_make_exec(struct wh_call *call);
void wh_make_procexit(struct wh_call *call);
void wh_make_signal(struct wh_call *call);
void wh_make_switch(struct wh_call *call);
void wh_make_page_fault(struct wh_call *call);

#endif
