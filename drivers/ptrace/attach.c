/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching to running processes, and letting go of tracees. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "procfs.h"

/*
 * struct seizure - attaching to one process
 * @seized: threads attached in this round
 * @first_error: why the first thread was refused
 */
struct seizure {
	struct wh_tracer *tracer;
	pid_t process;
	int seized;
	int first_error;
};

static void seize(pid_t tid, void *context)
{
	struct seizure *seizure = context;
	struct wh_tracer *tracer = seizure->tracer;
	struct wh_thread *thread = wh_threads_find(&tracer->threads, tid);

	if (thread && !thread->is_expected)
		return;
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)tracer->options) < 0) {
		/* EPERM also means that it is ours already: a thread made by one that was attached before. */
		if (!seizure->first_error && errno != ESRCH)
			seizure->first_error = -errno;
		return;
	}
	seizure->seized++;
	if (!wh_threads_add(&tracer->threads, tid, seizure->process)) {
		seizure->first_error = -ENOMEM;
		return;
	}
}

static void attach_child(pid_t child, void *context)
{
	/* A child that refuses (set-user-id) stays unseen, as it does when a tracee executes it. */
	wh_tracer_attach(context, child);
}

struct children_of {
	struct wh_tracer *tracer;
	pid_t process;
};

static void attach_children(pid_t tid, void *context)
{
	const struct children_of *of = context;

	wh_proc_children(of->process, tid, attach_child, of->tracer);
}

int wh_tracer_attach(struct wh_tracer *tracer, pid_t process)
{
	struct seizure seizure = { .tracer = tracer, .process = process };
	struct children_of of = { .tracer = tracer, .process = process };
	int found, total = 0;

	tracer->mode = WH_TRACE_EVERY_CALL;
	if (process == getpid())
		return -EPERM;
	/* A thread that is not attached yet can make others meanwhile: look until nothing new turns up. */
	do {
		seizure.seized = 0;
		found = wh_proc_threads(process, seize, &seizure);
		total += seizure.seized;
	} while (found > 0 && seizure.seized > 0);
	if (!total)
		return found < 0 ? found : seizure.first_error ? seizure.first_error : -ESRCH;
	wh_proc_threads(process, attach_children, &of);
	return 0;
}

static bool is_over(uint64_t deadline) { return wh_monotonic_ns() >= deadline; }

/* Handles what is reported until nobody is left or the time is over. */
static void wait_for_all(struct wh_tracer *tracer, uint64_t limit_ns, void (*handle)(struct wh_tracer *, pid_t, int))
{
	const uint64_t deadline = wh_monotonic_ns() + limit_ns;
	int status;
	pid_t tid;

	wh_alarm_set(tracer, limit_ns);
	while (tracer->threads.count && !is_over(deadline)) {
		tid = waitpid(-1, &status, __WALL | __WNOTHREAD);
		if (tid > 0)
			handle(tracer, tid, status);
		else if (errno != EINTR)
			break;
		tracer->used = 0;
	}
	wh_alarm_set(tracer, 0);
}

/* A stop is a chance to let a thread go, with the signal that was on its way to it. */
static void detach(struct wh_tracer *tracer, pid_t tid, int status)
{
	const int event = status >> 16, signal = WSTOPSIG(status);

	if (WIFSTOPPED(status)) {
		bool is_signal = event == 0 && signal != (SIGTRAP | 0x80);

		ptrace(PTRACE_DETACH, tid, NULL, (void *)(intptr_t)(is_signal ? signal : 0));
	}
	wh_threads_remove(&tracer->threads, tid);
}

static void for_all(struct wh_tracer *tracer, void (*visit)(struct wh_thread *))
{
	for (size_t i = 0; i < tracer->threads.capacity; i++)
		if (tracer->threads.places[i].tid)
			visit(&tracer->threads.places[i]);
}

static void interrupt(struct wh_thread *thread) { ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL); }

static void terminate(struct wh_thread *thread)
{
	if (thread->tid == thread->tracee.tgid)
		kill(thread->tid, SIGTERM);
}

static void end(struct wh_thread *thread) { kill(thread->tid, SIGKILL); }

static void end_child(pid_t child, void *context)
{
	wh_proc_children(child, child, end_child, context);
	kill(child, *(int *)context);
}

void wh_let_go(struct wh_tracer *tracer)
{
	const uint64_t patience = 2000000000;
	int status, signal = SIGTERM;

	tracer->plan = (struct wh_plan){ .is_empty = true };
	switch (tracer->mode) {
	case WH_TRACE_EVERY_CALL:
		for_all(tracer, interrupt);
		wait_for_all(tracer, patience, detach);
		break;
	case WH_TRACE_FILTERED:
		wh_launch_release(tracer);
		for_all(tracer, terminate);
		wait_for_all(tracer, patience, wh_handle_status);
		for_all(tracer, end);
		wait_for_all(tracer, patience, wh_handle_status);
		break;
	case WH_TRACE_NOTIFIED:
		if (!tracer->command || tracer->has_ended)
			break;
		wh_launch_release(tracer);
		end_child(tracer->command, &signal);
		for (uint64_t deadline = wh_monotonic_ns() + patience; !tracer->has_ended && !is_over(deadline);)
			if (wh_run_notified(tracer, 50000000) != WH_TRACER_GOES_ON)
				break;
			else
				tracer->used = 0;
		signal = SIGKILL;
		end_child(tracer->command, &signal);
		if (!tracer->has_ended)
			waitpid(tracer->command, &status, __WALL);
		break;
	}
}

/*
 * Threads under PTRACE_CONT do not stop at their calls: each takes one stop, from which it goes on with PTRACE_SYSCALL.
 * Waits for these stops, so that whatever a tracee does after the return is seen; a thread that cannot stop (in
 * uninterruptible sleep) takes its stop later.
 */
static void interrupt_all(struct wh_tracer *tracer)
{
	const uint64_t patience = 1000000000, deadline = wh_monotonic_ns() + patience;
	int status;
	pid_t tid;

	for (size_t i = 0; i < tracer->threads.capacity; i++) {
		struct wh_thread *thread = &tracer->threads.places[i];

		if (!thread->tid || thread->is_interrupted || thread->is_expected)
			continue;
		if (ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) < 0)
			continue;
		thread->is_interrupted = true;
		tracer->interrupted++;
	}
	wh_alarm_set(tracer, patience);
	while (tracer->interrupted && tracer->used < WH_BATCH_BYTES && !is_over(deadline)) {
		tid = waitpid(-1, &status, __WALL | __WNOTHREAD);
		if (tid > 0)
			wh_handle_status(tracer, tid, status);
		else if (errno != EINTR)
			break;
	}
	wh_alarm_set(tracer, 0);
}

void wh_tracer_capture(struct wh_tracer *tracer, const struct wh_plan *plan)
{
	const bool was_empty = tracer->plan.is_empty;

	tracer->plan = *plan;
	if (tracer->mode == WH_TRACE_EVERY_CALL && was_empty && !plan->is_empty)
		interrupt_all(tracer);
}
