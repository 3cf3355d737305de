/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the tracer share. */
#ifndef WH_ENGINE_H
#define WH_ENGINE_H

#include <signal.h>
#include <time.h>

#include "threads.h"
#include "tracer.h"

enum {
	/* Full enough to be read; what is left of the buffer takes the records of any one stop. */
	WH_BATCH_BYTES = 256 << 10,
	WH_BUFFER_BYTES = WH_BATCH_BYTES + WH_TRACE_ROOM,
	WH_EARLY_DEATHS = 64,
};

/*
 * struct wh_tracer
 * @mode, @plan, @snaplen, @ignored: what is captured
 * @options: PTRACE_O_ of every tracee; descendants inherit them
 * @boot_to_epoch_ns: added to CLOCK_BOOTTIME to make a record's timestamp
 * @has_pid_namespaces: some tracee, or its next child, may see other pids than this process. In filtered mode every way
 *	there but clone3 is noticed; a child of clone3 tells it itself.
 * @pins: tracees that are held to this CPU
 * @forking, @forking_tid: threads that have gone on with a call that makes a thread, and the last of them
 * @records, @used, @first_at_ns: packed records, and since when (CLOCK_MONOTONIC) the first one waits
 * @deaths, @next_death: threads that died before their parent told of them, so that nobody waits for their first stop
 * @command, @status, @has_ended: the started command's process, and how it ended
 * @go, @failure: pipes that let the command begin, and that tell why its exec failed; -1 when done
 * @childs_ends: their other ends, while they are shared with the child
 * @listener, @shared_listener: seccomp user notification, or -1; and where the child writes its number
 * @inherited_mask: signals that the caller blocks, for the command to inherit
 * @alarm, @has_alarm: interrupts waitpid, which knows no time limit
 * @interrupted: threads whose stop after PTRACE_INTERRUPT is still to come
 */
struct wh_tracer {
	enum wh_trace_mode mode;
	struct wh_plan plan;
	uint32_t snaplen;
	pid_t ignored;
	unsigned long options;
	uint64_t boot_to_epoch_ns;
	bool has_pid_namespaces;
	struct wh_threads threads;
	struct wh_pins pins;
	unsigned forking;
	pid_t forking_tid;
	uint8_t *records;
	size_t used;
	uint64_t first_at_ns;
	uint64_t last_stop_ns;
	struct wh_early_death deaths[WH_EARLY_DEATHS];
	unsigned next_death;
	pid_t command;
	int status;
	bool has_ended;
	int exec_error;
	int go, failure, childs_ends[2];
	int listener, *shared_listener;
	sigset_t inherited_mask;
	timer_t alarm;
	bool has_alarm;
	unsigned interrupted;
	struct wh_tracer_counts counts;
};

/* CLOCK_MONOTONIC and CLOCK_BOOTTIME in nanoseconds. */
uint64_t wh_monotonic_ns(void);
uint64_t wh_boottime_ns(void);

/* Appends the records of a stop for one event; a record that is lost is counted. */
void wh_emit(struct wh_tracer *tracer, struct wh_stop *stop, uint16_t event);
/* Whether there is enough to be read by now. */
bool wh_batch_is_good(const struct wh_tracer *tracer);
/* A stop of `thread` now. */
struct wh_stop wh_stop_of(const struct wh_tracer *tracer, struct wh_tracee *tracee);

/* One report of waitpid about one thread. */
void wh_handle_status(struct wh_tracer *tracer, pid_t tid, int status);

/* Gives tracees their CPUs back: those that have not stopped since `before_ns` (CLOCK_MONOTONIC). */
void wh_unpin_idle(struct wh_tracer *tracer, uint64_t before_ns);

/* Lets the started command begin. */
void wh_launch_release(struct wh_tracer *tracer);
/* Reads why its exec failed, once it has ended. */
void wh_launch_finish(struct wh_tracer *tracer);

/* Answers notifications until the batch is good or the time is over: wh_tracer_run() of that mode. */
int wh_run_notified(struct wh_tracer *tracer, uint64_t limit_ns);

/* waitpid's time limit: an alarm that interrupts it after `limit_ns` and again and again; 0 switches it off. */
int wh_alarm_create(struct wh_tracer *tracer);
void wh_alarm_set(struct wh_tracer *tracer, uint64_t limit_ns);
void wh_alarm_destroy(struct wh_tracer *tracer);

/* While a command runs, signals that ask this process to stop go to the command. See signals.c. */
void wh_signals_forward_to(pid_t command);
void wh_signals_restore(void);

/* Lets attached processes run on; ends a command. For wh_tracer_destroy(). */
void wh_let_go(struct wh_tracer *tracer);

#endif
