/* SPDX-License-Identifier: Apache-2.0 */
/* A tracer's life, and waiting for stops. */
#define _GNU_SOURCE
#include "tracer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "procfs.h"

enum {
	LONGEST_WAIT_NS = 5000000,	/* of a record for its batch */
	GRACE_NS = 50000000,		/* for a first stop that nobody has told of */
	STALE_NS = 1000000000,		/* after which an expected thread is asked about */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t wh_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
uint64_t wh_boottime_ns(void) { return clock_ns(CLOCK_BOOTTIME); }

struct wh_tracer *wh_tracer_create(uint32_t snaplen, pid_t ignored)
{
	struct wh_tracer *tracer = calloc(1, sizeof(*tracer));

	if (!tracer)
		return NULL;
	tracer->snaplen = snaplen;
	tracer->ignored = ignored;
	tracer->plan.is_empty = true;
	tracer->go = tracer->failure = tracer->listener = tracer->childs_ends[0] = tracer->childs_ends[1] = -1;
	tracer->options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			  PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
	tracer->boot_to_epoch_ns = clock_ns(CLOCK_REALTIME) - wh_boottime_ns();
	/* Pages that no batch reaches are never made. */
	tracer->records = mmap(NULL, WH_BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (tracer->records == MAP_FAILED || wh_threads_init(&tracer->threads) < 0 || wh_alarm_create(tracer) < 0) {
		if (tracer->records != MAP_FAILED)
			munmap(tracer->records, WH_BUFFER_BYTES);
		wh_threads_release(&tracer->threads);
		free(tracer);
		return NULL;
	}
	return tracer;
}

void wh_tracer_destroy(struct wh_tracer *tracer)
{
	wh_let_go(tracer);
	wh_launch_finish(tracer);
	wh_alarm_destroy(tracer);
	wh_threads_release(&tracer->threads);
	wh_trace_forget();
	munmap(tracer->records, WH_BUFFER_BYTES);
	if (tracer->shared_listener)
		munmap(tracer->shared_listener, sizeof(int));
	if (tracer->listener >= 0)
		close(tracer->listener);
	free(tracer);
}

bool wh_batch_is_good(const struct wh_tracer *tracer)
{
	if (!tracer->used)
		return false;
	return tracer->used >= WH_BATCH_BYTES || wh_monotonic_ns() - tracer->first_at_ns >= LONGEST_WAIT_NS;
}

/*
 * A child whose first stop nobody will see: it died together with its parent, and both deaths were reported before. How
 * it ended is not known any more.
 */
static void forget_stale(struct wh_tracer *tracer)
{
	for (size_t i = 0; i < tracer->threads.capacity; i++) {
		struct wh_thread *thread = &tracer->threads.places[i];

		if (!thread->tid || !thread->is_expected || wh_proc_tracer(thread->tid) == getpid())
			continue;
		wh_handle_status(tracer, thread->tid, 0);
		i = (size_t)-1;	/* the others have moved */
	}
}

/* Nothing is to be reported right now: is there anybody who still can? */
static bool has_ended(struct wh_tracer *tracer, uint64_t now)
{
	const uint64_t silence = now - tracer->last_stop_ns;

	if (tracer->command && !tracer->has_ended)
		return false;
	if (tracer->threads.count && tracer->threads.count == tracer->threads.expected && silence > STALE_NS)
		forget_stale(tracer);
	return !tracer->threads.count && silence > GRACE_NS;
}

/*
 * struct wait - the wait of one run
 * @deadline: CLOCK_MONOTONIC
 * @alarm_at: when the alarm goes off; 0 while it is off
 */
struct wait {
	uint64_t deadline;
	uint64_t alarm_at;
};

static bool is_alarm_near(const struct wait *wait, uint64_t now)
{
	return wait->alarm_at > now && wait->alarm_at <= now + WH_PIN_NS;
}

static bool is_due(const struct wait *wait, uint64_t now)
{
	return now >= wait->deadline || (wait->alarm_at && now >= wait->alarm_at);
}

/* Sets the alarm for when this run has to end, or tracees to get their CPUs back. False if it has to end now. */
static bool prepare_to_block(struct wh_tracer *tracer, struct wait *wait, uint64_t now)
{
	uint64_t end = wait->deadline;

	if (tracer->used && tracer->first_at_ns + LONGEST_WAIT_NS < end)
		end = tracer->first_at_ns + LONGEST_WAIT_NS;
	if (now >= end)
		return false;
	if (tracer->pins.count) {
		wh_unpin_idle(tracer, now - WH_PIN_NS);
		/* One alarm for many stops. */
		if (tracer->pins.count && is_alarm_near(wait, now))
			return true;
		if (tracer->pins.count && now + WH_PIN_NS < end)
			end = now + WH_PIN_NS;
	}
	if (wait->alarm_at != end) {
		wh_alarm_set(tracer, end - now);
		wait->alarm_at = end;
	}
	return true;
}

static int wait_for_stops(struct wh_tracer *tracer, struct wait *wait)
{
	/* The first look does not block; from then on the alarm is set and every wait may. */
	int flags = __WALL | __WNOTHREAD | WNOHANG, status;

	while (!wh_batch_is_good(tracer)) {
		const bool had_records = tracer->used != 0;
		pid_t tid = waitpid(-1, &status, flags);
		uint64_t now;

		if (tid > 0) {
			wh_handle_status(tracer, tid, status);
			/* The first record ends the run sooner than the caller's limit. */
			if (tracer->used && !had_records)
				flags |= WNOHANG;
			/* So does a tracee that was held to this CPU and may compute from now on. */
			if (tracer->pins.count && !is_alarm_near(wait, tracer->last_stop_ns))
				flags |= WNOHANG;
			/* While somebody always waits to be let on, no wait is ever interrupted. */
			now = tracer->last_stop_ns;
			if (!is_due(wait, now))
				continue;
		} else {
			if (tid < 0 && errno == ECHILD)
				return tracer->used ? WH_TRACER_GOES_ON : WH_TRACER_ENDED;
			if (tid < 0 && errno != EINTR)
				return -errno;
			now = wh_monotonic_ns();
			if (has_ended(tracer, now))
				return tracer->used ? WH_TRACER_GOES_ON : WH_TRACER_ENDED;
		}
		if (!prepare_to_block(tracer, wait, now))
			break;
		flags &= ~WNOHANG;
	}
	return WH_TRACER_GOES_ON;
}

int wh_tracer_run(struct wh_tracer *tracer, uint64_t limit_ns)
{
	struct wait wait = { .deadline = wh_monotonic_ns() + limit_ns };
	int result;

	wh_launch_release(tracer);
	if (tracer->mode == WH_TRACE_NOTIFIED) {
		result = wh_run_notified(tracer, limit_ns);
	} else {
		result = wait_for_stops(tracer, &wait);
		if (wait.alarm_at)
			wh_alarm_set(tracer, 0);
	}
	if (tracer->has_ended)
		wh_launch_finish(tracer);
	return result;
}

const uint8_t *wh_tracer_records(const struct wh_tracer *tracer, size_t *size)
{
	*size = tracer->used;
	return tracer->records;
}

void wh_tracer_consume(struct wh_tracer *tracer, size_t size)
{
	if (size >= tracer->used) {
		tracer->used = 0;
		return;
	}
	tracer->used -= size;
	memmove(tracer->records, tracer->records + size, tracer->used);
}

struct wh_tracer_counts wh_tracer_counts(const struct wh_tracer *tracer) { return tracer->counts; }
pid_t wh_tracer_command(const struct wh_tracer *tracer) { return tracer->command; }
int wh_tracer_exec_error(const struct wh_tracer *tracer) { return tracer->exec_error; }

bool wh_tracer_outcome(const struct wh_tracer *tracer, int *status)
{
	*status = tracer->status;
	return tracer->has_ended;
}
