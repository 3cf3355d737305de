/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do with each stop of a tracee. Whatever is asked of a stopped thread may fail with ESRCH: SIGKILL wakes it up
 * at any time. Its end is then reported like any other, so nothing has to be undone here.
 *
 * Stops of a thread in filtered mode, and how it goes on:
 *
 *	seccomp stop, result wanted	PTRACE_SYSCALL to the exit stop, where the event is made
 *	seccomp stop, otherwise		the event is made, PTRACE_CONT
 *	exit stop			the event is made, PTRACE_CONT
 *	fork, vfork, clone		PTRACE_CONT or, inside a wanted call, PTRACE_SYSCALL
 *	exec				the event of the successful call is made here: no exit stop is taken
 *	exit				the end's event is made while /proc still shows the thread
 *	group stop			PTRACE_LISTEN: it stays stopped for everybody until SIGCONT
 *	signal				delivered unchanged, with its siginfo
 *
 * An attached thread has no filter: it stops at the start and at the end of every call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>

#include "engine.h"
#include "event_schema.h"
#include "native.h"
#include "placement.h"
#include "procfs.h"

struct wh_stop wh_stop_of(const struct wh_tracer *tracer, struct wh_tracee *tracee)
{
	return (struct wh_stop){
		.tracee = tracee,
		.timestamp_ns = wh_boottime_ns() + tracer->boot_to_epoch_ns,
		.architecture = WH_NATIVE_ARCHITECTURE,
		.snaplen = tracer->snaplen,
		.resolves_paths = tracer->plan.resolves_paths,
	};
}

void wh_emit(struct wh_tracer *tracer, struct wh_stop *stop, uint16_t event)
{
	int64_t size;

	if (tracer->ignored && stop->tracee->tgid == tracer->ignored)
		return;
	size = wh_trace_record(stop, event, tracer->records + tracer->used, WH_BUFFER_BYTES - tracer->used);
	if (size == WH_TRACE_TOO_LARGE)
		tracer->counts.too_large++;
	if (size <= 0)
		return;
	if (!tracer->used)
		tracer->first_at_ns = wh_monotonic_ns();
	tracer->used += (size_t)size;
}

/* Lets a thread go on, with a signal if one is to be delivered. */
static void resume(struct wh_tracer *tracer, const struct wh_thread *thread, int signal)
{
	const bool sees_calls = tracer->mode == WH_TRACE_EVERY_CALL && !tracer->plan.is_empty;
	const bool can_place = (tracer->mode == WH_TRACE_FILTERED || sees_calls) && !thread->shows_placement;
	struct wh_placement placement = { .tid = 0 };

	if (can_place)
		wh_place_begin(&placement, thread->tid);
	ptrace(thread->in_call || sees_calls ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, NULL, (void *)(intptr_t)signal);
	wh_place_end(&placement);
}

static unsigned long event_message(pid_t tid)
{
	unsigned long message = 0;

	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &message);
	return message;
}

static void emit_call(struct wh_tracer *tracer, struct wh_thread *thread, uint16_t event, bool has_result, int64_t result)
{
	struct wh_stop stop = wh_stop_of(tracer, &thread->tracee);

	stop.architecture = thread->architecture;
	stop.number = thread->number;
	stop.code = thread->slot < WH_CALL_SLOTS ? tracer->plan.code[thread->slot] : 0;
	memcpy(stop.arguments, thread->arguments, sizeof(stop.arguments));
	stop.has_result = has_result;
	stop.result = result;
	wh_emit(tracer, &stop, event);
}

/* Notes that a pid that a call returns may not be the one that this process knows. */
static void watch_namespaces(struct wh_tracer *tracer, const struct wh_thread *thread)
{
	const uint16_t code = tracer->plan.code[thread->slot];

	if (code == WH_SC_unshare || code == WH_SC_setns || (code == WH_SC_clone && thread->arguments[0] & CLONE_NEWPID))
		tracer->has_pid_namespaces = true;
}

/* A call is about to begin. The entry and the seccomp part of the structure hold number and arguments alike. */
static void on_call_entry(struct wh_tracer *tracer, struct wh_thread *thread, const struct __ptrace_syscall_info *info)
{
	uint16_t entry_event, exit_event;

	thread->in_call = false;
	thread->architecture = info->arch;
	thread->number = (uint32_t)info->entry.nr;
	for (int i = 0; i < 6; i++)
		thread->arguments[i] = info->entry.args[i];
	thread->slot = wh_trace_slot(thread->architecture, thread->number, thread->arguments);
	thread->shows_placement = info->arch == WH_NATIVE_ARCHITECTURE && wh_shows_placement(thread->number);
	if (!wh_plan_wants(&tracer->plan, thread->slot)) {
		tracer->counts.passed_over++;
		return;
	}
	watch_namespaces(tracer, thread);
	wh_tracee_entered(&thread->tracee);
	entry_event = tracer->plan.entry_event[thread->slot];
	exit_event = tracer->plan.exit_event[thread->slot];
	if (entry_event)
		emit_call(tracer, thread, entry_event, false, 0);
	if (!exit_event)
		return;
	/* A generic event tells which call it is and no more: one stop is enough. */
	if (exit_event == WH_EVENT_generic && tracer->mode == WH_TRACE_FILTERED)
		emit_call(tracer, thread, exit_event, false, 0);
	else
		thread->in_call = true;
}

static void on_call_exit(struct wh_tracer *tracer, struct wh_thread *thread, const struct __ptrace_syscall_info *info)
{
	if (!thread->in_call)
		return;
	thread->in_call = false;
	/* The plan may have changed since the call began. */
	if (tracer->plan.exit_event[thread->slot])
		emit_call(tracer, thread, tracer->plan.exit_event[thread->slot], true, info->exit.rval);
}

static void on_call_stop(struct wh_tracer *tracer, struct wh_thread *thread)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, (void *)sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_call_exit(tracer, thread, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_SECCOMP || info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_call_entry(tracer, thread, &info);
}

static bool makes_a_thread(uint16_t code)
{
	return code == WH_SC_fork || code == WH_SC_vfork || code == WH_SC_clone || code == WH_SC_clone3;
}

/* The process of a thread that was just made; looked up where the call that made it does not tell. */
static pid_t process_of_new(const struct wh_thread *thread, uint16_t code)
{
	pid_t process;

	if (code == WH_SC_fork || code == WH_SC_vfork)
		return thread->tid;
	/* On aarch64 the first argument is gone. */
	if (code == WH_SC_clone && thread->arguments[0] && !(thread->arguments[0] & CLONE_THREAD))
		return thread->tid;
	process = wh_proc_process(thread->tid);
	return process > 0 ? process : thread->tid;
}

/* First stop of a child: the call that made it returns 0 here. */
static void on_birth(struct wh_tracer *tracer, struct wh_thread *thread)
{
	uint16_t code = 0;

	thread->slot = WH_TRACE_NO_CALL;
	if (wh_registers_call(thread->tid, &thread->architecture, &thread->number, thread->arguments) == 0)
		thread->slot = wh_trace_slot(thread->architecture, thread->number, thread->arguments);
	if (thread->slot < WH_CALL_SLOTS)
		code = tracer->plan.code[thread->slot];
	if (!thread->tracee.tgid)
		thread->tracee.tgid = process_of_new(thread, code);
	if (!makes_a_thread(code) || !tracer->plan.exit_event[thread->slot])
		return;
	wh_tracee_entered(&thread->tracee);
	emit_call(tracer, thread, tracer->plan.exit_event[thread->slot], true, 0);
}

/* Whether a thread died before it ever stopped; asked once. */
static bool died_early(struct wh_tracer *tracer, pid_t tid)
{
	for (int i = 0; i < WH_EARLY_DEATHS; i++) {
		if (tracer->deaths[i] != tid)
			continue;
		tracer->deaths[i] = 0;
		return true;
	}
	return false;
}

/*
 * The kernel tells of a child where the call that made it has succeeded: its result is known, and no exit stop needed,
 * while all have the same pid namespace. (What clone3 is asked for lies in memory: not looked at.)
 */
static void finish_fork(struct wh_tracer *tracer, struct wh_thread *parent, pid_t child)
{
	const bool sees_namespaces = tracer->plan.exit_event[SYS_unshare] && tracer->plan.exit_event[SYS_setns];

	if (!parent->in_call || tracer->mode != WH_TRACE_FILTERED || !sees_namespaces || tracer->has_pid_namespaces ||
	    tracer->plan.code[parent->slot] == WH_SC_clone3)
		return;
	parent->in_call = false;
	emit_call(tracer, parent, tracer->plan.exit_event[parent->slot], true, child);
}

/* A parent tells of its child, which may have stopped already, or even died. */
static void on_child(struct wh_tracer *tracer, struct wh_thread *parent, int event)
{
	const pid_t parent_tid = parent->tid, parent_tgid = parent->tracee.tgid;
	pid_t tid = (pid_t)event_message(parent_tid);
	struct wh_thread *child;

	if (tid <= 0)
		return;
	finish_fork(tracer, parent, tid);
	child = wh_threads_find(&tracer->threads, tid);
	if (!child) {
		if (died_early(tracer, tid))
			return;
		child = wh_threads_add(&tracer->threads, tid, event == PTRACE_EVENT_CLONE ? 0 : tid);
		if (!child)
			return;
		child->is_expected = true;
		tracer->threads.expected++;
	}
	child->tracee.parent_tid = parent_tid;
	child->tracee.parent_tgid = parent_tgid;
}

/*
 * A new image is there. When another thread than the leader has executed, all others are gone and it goes on under the
 * leader's id; nobody reports the end of its own.
 */
static void on_exec(struct wh_tracer *tracer, pid_t tid)
{
	pid_t former = (pid_t)event_message(tid);
	struct wh_thread *thread;

	if (former > 0 && former != tid) {
		wh_threads_remove(&tracer->threads, former);
		wh_threads_remove(&tracer->threads, tid);
		wh_threads_add(&tracer->threads, tid, tid);
	}
	thread = wh_threads_find(&tracer->threads, tid);
	if (!thread)
		return;
	thread->in_call = false;
	wh_tracee_exec_done(&thread->tracee);
	if (!tracer->plan.exec_event)
		return;
	thread->architecture = WH_NATIVE_ARCHITECTURE;
	thread->number = thread->slot = SYS_execve;
	memset(thread->arguments, 0, sizeof(thread->arguments));
	emit_call(tracer, thread, tracer->plan.exec_event, true, 0);
}

static void emit_end(struct wh_tracer *tracer, struct wh_thread *thread, int status, bool has_died)
{
	struct wh_stop stop = wh_stop_of(tracer, &thread->tracee);

	stop.exit_status = status;
	stop.has_died = has_died;
	wh_emit(tracer, &stop, tracer->plan.end_event);
}

static void on_end(struct wh_tracer *tracer, struct wh_thread *thread)
{
	int status = (int)event_message(thread->tid);

	thread->in_call = false;
	thread->is_leaving = true;
	if (tracer->plan.end_event)
		emit_end(tracer, thread, status, false);
}

/* A thread is gone; or a child of this process that was never traced. */
static void on_death(struct wh_tracer *tracer, pid_t tid, int status)
{
	struct wh_thread *thread = wh_threads_find(&tracer->threads, tid);

	if (tid == tracer->command) {
		tracer->status = status;
		tracer->has_ended = true;
	}
	if (!thread) {
		tracer->deaths[tracer->next_death++ % WH_EARLY_DEATHS] = tid;
		return;
	}
	/* SIGKILL can leave out PTRACE_EVENT_EXIT; and some ends are told only once the thread is dead. */
	if (tracer->plan.end_event && !thread->is_expected && (!thread->is_leaving || thread->tracee.ending))
		emit_end(tracer, thread, status, true);
	tracer->interrupted -= thread->is_interrupted;
	wh_threads_remove(&tracer->threads, tid);
}

static void on_signal(struct wh_tracer *tracer, struct wh_thread *thread, int signal)
{
	struct wh_stop stop;
	siginfo_t info;

	if (!tracer->plan.signal_event || ptrace(PTRACE_GETSIGINFO, thread->tid, NULL, &info) < 0)
		return;
	stop = wh_stop_of(tracer, &thread->tracee);
	stop.signal = signal;
	stop.signal_code = info.si_code;
	stop.sender = info.si_pid;
	wh_emit(tracer, &stop, tracer->plan.signal_event);
}

static bool stops_the_group(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* The thread that has stopped; added if this is the first that is seen of it. */
static struct wh_thread *meet(struct wh_tracer *tracer, pid_t tid)
{
	struct wh_thread *thread = wh_threads_find(&tracer->threads, tid);

	if (thread && !thread->is_expected)
		return thread;
	if (thread) {
		thread->is_expected = false;
		tracer->threads.expected--;
	} else {
		thread = wh_threads_add(&tracer->threads, tid, 0);
	}
	if (thread)
		on_birth(tracer, thread);
	return thread;
}

void wh_handle_status(struct wh_tracer *tracer, pid_t tid, int status)
{
	const int event = status >> 16, signal = WSTOPSIG(status);
	struct wh_thread *thread;
	int deliver = 0;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		on_death(tracer, tid, status);
		return;
	}
	if (!WIFSTOPPED(status))
		return;
	tracer->counts.stops++;
	thread = meet(tracer, tid);
	if (thread)
		thread->shows_placement = false;
	if (!thread) {
		tracer->counts.out_of_memory++;
		ptrace(PTRACE_CONT, tid, NULL, NULL);
		return;
	}
	switch (event) {
	case 0:
		if (signal == (SIGTRAP | 0x80)) {
			on_call_stop(tracer, thread);
		} else {
			on_signal(tracer, thread, signal);
			deliver = signal;
		}
		break;
	case PTRACE_EVENT_SECCOMP:
		on_call_stop(tracer, thread);
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		on_child(tracer, thread, event);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(tracer, tid);
		break;
	case PTRACE_EVENT_EXIT:
		on_end(tracer, thread);
		break;
	case PTRACE_EVENT_STOP:
		tracer->interrupted -= thread->is_interrupted;
		thread->is_interrupted = false;
		if (!stops_the_group(signal))
			break;
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
		return;
	}
	/* The table may have moved, and in an exec even the thread. */
	thread = wh_threads_find(&tracer->threads, tid);
	if (thread)
		resume(tracer, thread, deliver);
	else
		ptrace(PTRACE_CONT, tid, NULL, (void *)(intptr_t)deliver);
}
