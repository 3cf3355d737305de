/* SPDX-License-Identifier: Apache-2.0 */
/* The traced threads, by thread id. */
#ifndef WH_THREADS_H
#define WH_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "placement.h"
#include "records.h"

/*
 * struct wh_early_death - a thread that died before its parent told of it
 * @tid: 0 where the entry is free
 * @tgid: its process; 0 if that was not asked
 * @status: as waitpid gave it
 * @has_stopped: it was seen, and so was its end
 */
struct wh_early_death {
	pid_t tid;
	pid_t tgid;
	int status;
	bool has_stopped;
};

/*
 * struct wh_thread - what the tracer knows of one thread
 * @tid: its id in the tracer's pid namespace; 0 for a free place
 * @is_expected: its parent has told of it, its own first stop is still to come. A child may stop before its parent
 *	tells, or after.
 * @is_counted: a process whose maker counts it among its children
 * @is_interrupted: PTRACE_INTERRUPT was asked for, the stop is still to come
 * @placement_call: what the call that it is about to make has to do with CPUs
 * @is_told: its parent has told of it
 * @has_ended: its end has been told of, though it is not over: see wh_ends_thread()
 * @is_placed: a child whose CPUs are what they should be, although it may have inherited others
 * @pin: where the tracer holds it to a CPU, as in placement.h
 * @in_call: a call has begun whose end makes an event: it resumes with PTRACE_SYSCALL until then
 * @children: processes that it has made and that live
 * @made: the child that the call it is in has made
 * @unborn: that child, if it died before it ever ran: its end is told after the call
 * @architecture, @number, @slot, @arguments: that call; its slot is where the plan has it
 * @tracee: for the fillers
 */
struct wh_thread {
	pid_t tid;
	bool is_expected;
	bool is_counted;
	bool is_interrupted;
	bool is_told;
	bool has_ended;
	bool is_placed;
	enum wh_placement_call placement_call;
	bool in_call;
	uint8_t pin;
	uint32_t children;
	pid_t made;
	struct wh_early_death unborn;
	uint32_t architecture, number, slot;
	uint64_t arguments[6];
	struct wh_tracee tracee;
};

/*
 * struct wh_threads - a hash table with linear probing, at most half full; pointers into it are good until the next
 * wh_threads_add() or wh_threads_remove()
 */
struct wh_threads {
	struct wh_thread *places;
	size_t capacity;	/* a power of two */
	size_t count;
	size_t expected;	/* those among them that are expected only */
};

/* Returns 0 or -ENOMEM. */
int wh_threads_init(struct wh_threads *threads);
/* Releases every tracee, too. */
void wh_threads_release(struct wh_threads *threads);
struct wh_thread *wh_threads_find(const struct wh_threads *threads, pid_t tid);
/* Adds a thread that is not there, all zero but for its ids. NULL without memory. */
struct wh_thread *wh_threads_add(struct wh_threads *threads, pid_t tid, pid_t tgid);
void wh_threads_remove(struct wh_threads *threads, pid_t tid);

#endif
