/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tracer: starts a command or attaches to running processes, follows them and their descendants through every stop,
 * and collects the records that the stops make.
 *
 * ptrace binds tracees to one thread: whoever calls wh_tracer_start() or wh_tracer_attach() has to make all later calls.
 */
#ifndef WH_TRACER_H
#define WH_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"

/* How calls become visible. */
enum wh_trace_mode {
	WH_TRACE_FILTERED,	/* a started command: its seccomp filter stops it at wanted calls only */
	WH_TRACE_EVERY_CALL,	/* attached: two stops at every call */
	WH_TRACE_NOTIFIED,	/* a started command where ptrace is refused: seccomp asks at the start of wanted calls */
};

struct wh_tracer;

/*
 * struct wh_tracer_counts - since the tracer was made
 * @too_large: events lost because their record did not fit
 * @out_of_memory: events lost because a thread could not be remembered, or its record not be made
 * @passed_over: stops at calls that made no event: not wanted (any more), or of another ABI than the native one
 * @stops: all stops
 */
struct wh_tracer_counts {
	uint64_t too_large;
	uint64_t out_of_memory;
	uint64_t passed_over;
	uint64_t stops;
};

/*
 * A tracer of nothing yet. NULL without memory. `snaplen` is how much data of reads and writes a record carries; threads
 * of process `ignored` make none (0 for nobody).
 */
struct wh_tracer *wh_tracer_create(uint32_t snaplen, pid_t ignored);

/*
 * Starts a command as a tracee that waits for the first wh_tracer_run(): what is run then, no earlier, is its exec.
 *
 * `path` is what to execute, `arguments` ends with NULL. Every wanted call of `filtered` (and of no later plan) can be
 * captured. The command is in the process group of the caller, so that the terminal treats both as one job.
 * A command that cannot live without its tracer is killed with it: see "What happens when windhover dies" in
 * docs/ARCHITECTURE.md.
 *
 * Returns 0 or a negative errno; -EPERM and -ENOSYS mean that ptrace (WH_TRACE_FILTERED) or the notification
 * (WH_TRACE_NOTIFIED) is refused, and nothing was started.
 */
int wh_tracer_start(struct wh_tracer *tracer, const char *path, char *const arguments[], const struct wh_plan *filtered,
		    enum wh_trace_mode mode);

/*
 * Attaches to a running process: its threads, its descendants, and theirs from now on. May be called for several.
 *
 * Returns 0 or a negative errno: -ESRCH no such process, -EPERM it is traced already, another user's, or protected.
 */
int wh_tracer_attach(struct wh_tracer *tracer, pid_t process);

/* Replaces what is captured. The plan is copied. */
void wh_tracer_capture(struct wh_tracer *tracer, const struct wh_plan *plan);

enum wh_tracer_result {
	WH_TRACER_GOES_ON = 0,
	WH_TRACER_ENDED = 1,	/* no tracee is left, and no record */
};

/*
 * Handles stops until records are there and the first of them is 5 ms old, the buffer is well filled, or `limit_ns` is
 * over. Tracees that stop while this does not run wait for the next run: nothing is lost.
 *
 * Returns enum wh_tracer_result, or a negative errno if waiting fails for good.
 */
int wh_tracer_run(struct wh_tracer *tracer, uint64_t limit_ns);

/* The packed records of the last run. They stay until wh_tracer_consume(). */
const uint8_t *wh_tracer_records(const struct wh_tracer *tracer, size_t *size);
/* Forgets the first `size` bytes of the records, which end with a record. */
void wh_tracer_consume(struct wh_tracer *tracer, size_t size);

struct wh_tracer_counts wh_tracer_counts(const struct wh_tracer *tracer);

/* The started command's process, or 0. */
pid_t wh_tracer_command(const struct wh_tracer *tracer);
/* Whether the started command has ended, and its status as waitpid gives it. */
bool wh_tracer_outcome(const struct wh_tracer *tracer, int *status);
/* The errno with which the command's exec failed; 0 if it succeeded or is still to come. */
int wh_tracer_exec_error(const struct wh_tracer *tracer);

/*
 * Lets go of everything and frees the tracer. Attached processes run on as if nothing had been; a thread that cannot
 * stop within two seconds is let go when the calling process ends. A started command that still runs cannot (its
 * filtered calls would fail without a tracer): it gets SIGTERM, and what is left after two seconds SIGKILL.
 */
void wh_tracer_destroy(struct wh_tracer *tracer);

#endif
