/* SPDX-License-Identifier: Apache-2.0 */
/* Where a tracee goes on: on the CPU that the tracer runs on. */
#ifndef WH_PLACEMENT_H
#define WH_PLACEMENT_H

#include <stdbool.h>
#include <sched.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	WH_PINS = 32,		/* tracees held at a time; others go on wherever the kernel wakes them */
	WH_STAY_NS = 100000000,	/* after which the scheduler may choose another CPU for the tracer */
	WH_PIN_NS = 4000000,	/* a tracee that has not stopped for so long is left alone */
};

/*
 * struct wh_pin - a tracee that is held to one CPU
 * @tid: who; 0 for a free place
 * @cpu: the one
 * @size: bytes of @original that the kernel uses
 * @since_ns: when it last stopped (CLOCK_MONOTONIC)
 * @original: the CPUs that it may use
 */
struct wh_pin {
	pid_t tid;
	int cpu;
	int size;
	uint64_t since_ns;
	cpu_set_t original[4];	/* 4096 CPUs */
};

/*
 * struct wh_pins - all of them
 * @holds_tracer: whether the tracer may be held itself
 * @stays, @stays_since_ns, @own, @own_size: whether it is, since when, and its own CPUs
 *
 * Waking a thread on another CPU costs 30 to 80 us on a virtual machine, and the scheduler, which sees an idle CPU, does
 * just that: the tracer is still running here. But the tracer is about to sleep. So a tracee that stops often is held to
 * the tracer's CPU. When it has not stopped for four milliseconds it gets its own set back, and a job of several
 * computing processes spreads over all CPUs as it does without a tracer. A child that inherits the hold is held, too.
 *
 * A tracee cannot notice: whatever would tell it (wh_placement_call()) stops it, in a filter too, and it goes on as it
 * was. Others can, in /proc/PID/status. A set that somebody else has changed meanwhile is left as it is.
 *
 * The tracer itself stays where it is while it holds anybody: the scheduler would move it away from its tracees for the
 * same reason. Every 100 ms it has the choice.
 *
 * Nothing is changed if the tracee may not use this CPU, is another user's, or has a real-time policy's reasons: every
 * step may fail and is then left out.
 */
struct wh_pins {
	struct wh_pin pin[WH_PINS];
	unsigned count;
	bool holds_tracer;
	bool stays;
	uint64_t stays_since_ns;
	int own_size;
	cpu_set_t own[4];
};

/* What a call has to do with the CPUs of threads. */
enum wh_placement_call {
	WH_PLACES_NOTHING,
	WH_PLACES_CHILD,	/* makes a thread, which inherits them */
	WH_SHOWS_PLACEMENT,	/* reads or sets them, of whatever thread */
};

enum wh_placement_call wh_placement_call(uint32_t number);
/* The same of a 32-bit call on x86-64. */
enum wh_placement_call wh_placement_call_ia32(uint32_t number);

/*
 * Holds a thread that is about to be resumed to this CPU. `place` is the thread's own, 0 at first: where its pin is.
 */
void wh_pin(struct wh_pins *pins, uint8_t *place, pid_t tid, uint64_t now_ns);
/* A child inherits its parent's hold, if there is one. */
void wh_pin_child(struct wh_pins *pins, uint8_t parent, uint8_t *place, pid_t child, uint64_t now_ns);
/* Gives a thread its CPUs back. */
void wh_unpin(struct wh_pins *pins, uint8_t *place);
/* Gives a child the CPUs that its parent had before it was held, if it was. */
void wh_unpin_child(const struct wh_pins *pins, uint8_t parent, pid_t child);
/* A thread is gone, and its id may be another's. */
void wh_forget_pin(struct wh_pins *pins, uint8_t *place);

#endif
