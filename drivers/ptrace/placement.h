/* SPDX-License-Identifier: Apache-2.0 */
/* Where a tracee goes on: on the CPU that the tracer runs on. */
#ifndef WH_PLACEMENT_H
#define WH_PLACEMENT_H

#include <stdbool.h>
#include <sched.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * struct wh_placement - a tracee that is held to the tracer's CPU while it is woken
 * @tid: who; 0 for nobody
 * @original: the CPUs that it may use
 * @size: bytes of @original that the kernel uses
 *
 * Waking a thread on another CPU costs 30 to 80 us on a virtual machine, and the scheduler, which sees an idle CPU, does
 * just that: the tracer is still running here. But the tracer is about to sleep. So the tracee is allowed this CPU only
 * until it is queued on it, and then gets its own set back.
 *
 * It may run before that, if it preempts the tracer. It cannot notice: whatever would tell (wh_shows_placement()) stops
 * it, in a filter too, and the tracer deals with one stop after the other. From such a stop it goes on as it is.
 *
 * Nothing is changed if the tracee may not use this CPU, is another user's, or has a real-time policy's reasons: every
 * step may fail and is then left out.
 */
struct wh_placement {
	pid_t tid;
	int size;
	cpu_set_t original[4];	/* 4096 CPUs */
};

/* Whether a call reads or sets the CPUs of a thread, or makes a thread that inherits them. */
bool wh_shows_placement(uint32_t number);

/* Before the thread is resumed. */
void wh_place_begin(struct wh_placement *placement, pid_t tid);
/* After it was. */
void wh_place_end(const struct wh_placement *placement);

#endif
