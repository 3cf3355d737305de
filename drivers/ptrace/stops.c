/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do with each stop of a tracee. Whatever is asked of a stopped thread may fail with ESRCH: SIGKILL wakes it up
 * at any time. Its end is then reported like any other, so nothing has to be undone here.
 *
 * Stops of a thread in filtered mode, and how it goes on:
 *
 *	seccomp stop, result wanted	PTRACE_SYSCALL to the exit stop, where the event is made
 *	seccomp stop, close		whether the descriptor is open tells the result: the event is made, PTRACE_CONT
 *	seccomp stop, otherwise		the event is made, PTRACE_CONT
 *	exit stop			the event is made, PTRACE_CONT
 *	fork, vfork, clone		PTRACE_CONT or, inside a wanted call, PTRACE_SYSCALL
 *	exec				the event of the successful call is made here: no exit stop is taken
 *	death				the end's event is made; no stop is taken before
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
		.sees_identity = tracer->mode == WH_TRACE_FILTERED && !tracer->has_pid_namespaces,
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
	if (size == WH_TRACE_NO_MEMORY)
		tracer->counts.out_of_memory++;
	if (size <= 0)
		return;
	if (!tracer->used)
		tracer->first_at_ns = wh_monotonic_ns();
	tracer->used += (size_t)size;
}

/* Lets a thread go on, with a signal if one is to be delivered. */
static void resume(struct wh_tracer *tracer, struct wh_thread *thread, int signal)
{
	const bool sees_calls = tracer->mode == WH_TRACE_EVERY_CALL && !tracer->plan.is_empty;
	bool places = tracer->mode == WH_TRACE_FILTERED || sees_calls;

	if (thread->placement_call == WH_SHOWS_PLACEMENT || (sees_calls && thread->placement_call))
		places = false;
	if (thread->placement_call == WH_PLACES_CHILD) {
		tracer->forking++;
		tracer->forking_tid = thread->tid;
	}
	if (places)
		wh_pin(&tracer->pins, &thread->pin, thread->tid, tracer->last_stop_ns);
	ptrace(thread->in_call || sees_calls ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, NULL, (void *)(intptr_t)signal);
	/* What is attached to lives on when this process is killed, and has to be as it was. */
	if (sees_calls)
		wh_unpin(&tracer->pins, &thread->pin);
}

void wh_unpin_idle(struct wh_tracer *tracer, uint64_t before_ns)
{
	for (int i = 0; i < WH_PINS && tracer->pins.count; i++) {
		const struct wh_pin *pin = &tracer->pins.pin[i];
		uint8_t place = (uint8_t)(i + 1);
		struct wh_thread *thread;

		if (!pin->tid || pin->since_ns > before_ns)
			continue;
		thread = wh_threads_find(&tracer->threads, pin->tid);
		wh_unpin(&tracer->pins, thread ? &thread->pin : &place);
	}
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

/* Notes where what is known of a thread will not be true any more, and pids will not be those that this process knows. */
static void watch_identity(struct wh_tracer *tracer, const struct wh_thread *thread)
{
	const uint16_t code = thread->slot < WH_CALL_SLOTS ? tracer->plan.code[thread->slot] : 0;

	if (wh_changes_identity(code))
		wh_tracee_changes_identity(&thread->tracee);
	if (code == WH_SC_unshare || code == WH_SC_setns || (code == WH_SC_clone && thread->arguments[0] & CLONE_NEWPID))
		tracer->has_pid_namespaces = true;
}

/*
 * Makes the exit event of a call that is about to begin, where that saves a second stop. A generic event tells which
 * call it is and no more. The result of close is known if the descriptor is there: the number is free afterwards even
 * where a file server's late complaint (EIO, ENOSPC, EDQUOT, EINTR) makes close fail, which is not seen then.
 */
static bool finish_early(struct wh_tracer *tracer, struct wh_thread *thread, uint16_t event)
{
	int is_open;

	if (event == WH_EVENT_generic) {
		emit_call(tracer, thread, event, false, 0);
		return true;
	}
	if (event != WH_EVENT_close)
		return false;
	is_open = wh_trace_is_open(&thread->tracee, (uint32_t)thread->arguments[0]);
	if (is_open < 0)
		return false;
	emit_call(tracer, thread, event, true, is_open ? 0 : -EBADF);
	return true;
}

/* A child's maker counts it once both have told of it; not where another becomes its parent (CLONE_PARENT). */
static void count_child(struct wh_tracer *tracer, struct wh_thread *child)
{
	struct wh_thread *maker = wh_threads_find(&tracer->threads, child->tracee.parent_tid);

	if (!maker || child->is_counted || child->tracee.tgid != child->tid ||
	    (maker->slot == SYS_clone && maker->arguments[0] & CLONE_PARENT))
		return;
	child->is_counted = true;
	maker->children++;
}

/*
 * Who got the children of a thread that is dead: another thread of its process, or else whoever is their parent now; they
 * are that one's from here on. 0 if there are none.
 */
static int64_t hand_over_children(struct wh_tracer *tracer, const struct wh_thread *dead)
{
	const pid_t tid = dead->tid, tgid = dead->tracee.tgid;
	int64_t reaper = 0;
	bool stays;

	if (!dead->children)
		return 0;
	if (tid != tgid || !dead->tracee.is_alone)
		reaper = wh_trace_living_thread(tgid, tid);
	stays = reaper > 0;
	for (size_t i = 0; i < tracer->threads.capacity; i++) {
		struct wh_thread *child = &tracer->threads.places[i];

		if (!child->tid || !child->is_counted || child->tracee.parent_tid != tid)
			continue;
		if (reaper <= 0)
			reaper = wh_trace_parent(child->tid);
		child->is_counted = false;
		child->tracee.parent_tid = child->tracee.parent_tgid = 0;
		if (reaper > 0) {
			child->tracee.parent_tid = (pid_t)reaper;
			child->tracee.parent_tgid = stays ? tgid : (pid_t)reaper;
			count_child(tracer, child);
		}
	}
	return reaper ? reaper : -1;
}

static void emit_end(struct wh_tracer *tracer, struct wh_thread *thread, int status, int64_t reaper)
{
	struct wh_stop stop = wh_stop_of(tracer, &thread->tracee);

	stop.exit_status = status;
	stop.reaper = reaper;
	if (tracer->plan.end_event)
		wh_emit(tracer, &stop, tracer->plan.end_event);
}

/* A process's first thread ends before others of it: the kernel keeps that for itself until the last has ended. */
static void end_first_thread(struct wh_tracer *tracer, struct wh_thread *thread)
{
	if (thread->tid != thread->tracee.tgid || thread->tracee.is_alone || thread->has_ended)
		return;
	emit_end(tracer, thread, (int)(thread->arguments[0] & 0xff) << 8, hand_over_children(tracer, thread));
	thread->has_ended = true;
}

/* The end of a child that was killed before it ever ran, told of after the call that made it. */
static void end_unborn(struct wh_tracer *tracer, const struct wh_early_death *death)
{
	struct wh_thread dead = { .tid = death->tid };

	wh_tracee_init(&dead.tracee, death->tid, death->tgid);
	emit_end(tracer, &dead, death->status, 0);
	wh_tracee_release(&dead.tracee);
}

/* A call is about to begin. The entry and the seccomp part of the structure hold number and arguments alike. */
static void on_call_entry(struct wh_tracer *tracer, struct wh_thread *thread, const struct __ptrace_syscall_info *info)
{
	uint16_t entry_event, exit_event;

	thread->in_call = false;
	thread->made = 0;
	thread->architecture = info->arch;
	thread->number = (uint32_t)info->entry.nr;
	for (int i = 0; i < 6; i++)
		thread->arguments[i] = info->entry.args[i];
	thread->slot = wh_trace_slot(thread->architecture, thread->number, thread->arguments);
	if (info->arch == WH_NATIVE_ARCHITECTURE)
		thread->placement_call = wh_placement_call(thread->number);
	else
		thread->placement_call = wh_placement_call_ia32(thread->number);
	/* It may be about another thread than its own. */
	if (thread->placement_call == WH_SHOWS_PLACEMENT)
		wh_unpin_idle(tracer, UINT64_MAX);
	watch_identity(tracer, thread);
	if (thread->slot < WH_CALL_SLOTS && wh_ends_thread(&tracer->plan, tracer->plan.code[thread->slot]))
		end_first_thread(tracer, thread);
	if (!wh_plan_wants(&tracer->plan, thread->slot)) {
		tracer->counts.passed_over++;
		return;
	}
	wh_tracee_entered(&thread->tracee);
	entry_event = tracer->plan.entry_event[thread->slot];
	exit_event = tracer->plan.exit_event[thread->slot];
	if (entry_event)
		emit_call(tracer, thread, entry_event, false, 0);
	if (!exit_event)
		return;
	thread->in_call = tracer->mode != WH_TRACE_FILTERED || !finish_early(tracer, thread, exit_event);
}

static void on_call_exit(struct wh_tracer *tracer, struct wh_thread *thread, const struct __ptrace_syscall_info *info)
{
	struct wh_early_death unborn;

	if (!thread->in_call)
		return;
	thread->in_call = false;
	/* The plan may have changed since the call began. */
	if (tracer->plan.exit_event[thread->slot])
		emit_call(tracer, thread, tracer->plan.exit_event[thread->slot], true, info->exit.rval);
	unborn = thread->unborn;
	thread->made = thread->unborn.tid = 0;
	if (unborn.tid)
		end_unborn(tracer, &unborn);
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

/*
 * Who is making a thread that has stopped before its parent has told of it: certain while only one is making others; or
 * else /proc tells the process. NULL if that is none that is held.
 */
static struct wh_thread *find_maker(const struct wh_tracer *tracer, pid_t child)
{
	struct wh_thread *thread = wh_threads_find(&tracer->threads, tracer->forking_tid);
	int64_t process;

	if (tracer->forking == 1 && thread && thread->placement_call == WH_PLACES_CHILD)
		return thread;
	process = tracer->forking ? wh_trace_parent(child) : 0;
	for (int i = 0; process > 0 && i < WH_PINS; i++) {
		thread = wh_threads_find(&tracer->threads, tracer->pins.pin[i].tid);
		if (thread && thread->placement_call == WH_PLACES_CHILD && thread->tracee.tgid == process)
			return thread;
	}
	return NULL;
}

/* Such a child has inherited its parent's hold, and is held in its own right from here on. */
static void place_child(struct wh_tracer *tracer, struct wh_thread *child)
{
	struct wh_thread *parent;

	if (child->is_placed || tracer->mode != WH_TRACE_FILTERED)
		return;
	parent = find_maker(tracer, child->tid);
	if (!parent)
		return;
	wh_pin_child(&tracer->pins, parent->pin, &child->pin, child->tid, tracer->last_stop_ns);
	child->is_placed = true;
	child->tracee.parent_tid = parent->tid;
	child->tracee.parent_tgid = parent->tracee.tgid;
	/* A call makes one. */
	parent->placement_call = WH_PLACES_NOTHING;
	tracer->forking--;
}

/*
 * A process has a second thread: told by whichever of both stops first. The new one may execute, and so end its maker,
 * before its maker can tell.
 */
static void give_company(struct wh_tracer *tracer, pid_t process)
{
	struct wh_thread *leader = wh_threads_find(&tracer->threads, process);

	if (leader)
		wh_tracee_has_company(&leader->tracee);
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
	/* It has not run yet. */
	thread->tracee.is_alone = thread->tracee.tgid == thread->tid;
	if (!thread->tracee.is_alone)
		give_company(tracer, thread->tracee.tgid);
	place_child(tracer, thread);
	count_child(tracer, thread);
	if (!makes_a_thread(code) || !tracer->plan.exit_event[thread->slot])
		return;
	wh_tracee_entered(&thread->tracee);
	emit_call(tracer, thread, tracer->plan.exit_event[thread->slot], true, 0);
}

/* Whether a thread died before its parent told of it; asked once. */
static bool died_early(struct wh_tracer *tracer, pid_t tid, struct wh_early_death *death)
{
	for (int i = 0; i < WH_EARLY_DEATHS; i++) {
		if (tracer->deaths[i].tid != tid)
			continue;
		*death = tracer->deaths[i];
		tracer->deaths[i].tid = 0;
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
	if (!parent->in_call || tracer->mode != WH_TRACE_FILTERED || tracer->has_pid_namespaces ||
	    tracer->plan.code[parent->slot] == WH_SC_clone3)
		return;
	parent->in_call = false;
	emit_call(tracer, parent, tracer->plan.exit_event[parent->slot], true, child);
}

/*
 * Whether the call that a thread is in makes a process for sure. The kind of stop does not tell: a thread whose maker asks
 * for SIGCHLD at its end is reported like a fork. (What clone3 is asked for lies in memory: not looked at.)
 */
static bool makes_a_process(const struct wh_tracer *tracer, const struct wh_thread *parent)
{
	const uint16_t code = parent->slot < WH_CALL_SLOTS ? tracer->plan.code[parent->slot] : 0;

	return code == WH_SC_fork || code == WH_SC_vfork ||
	       (code == WH_SC_clone && !(parent->arguments[0] & CLONE_THREAD));
}

/* A parent tells of its child, which may have stopped already, or even died. */
static void on_child(struct wh_tracer *tracer, struct wh_thread *parent)
{
	const pid_t parent_tid = parent->tid, parent_tgid = parent->tracee.tgid;
	const bool is_process = makes_a_process(tracer, parent);
	pid_t tid = (pid_t)event_message(parent_tid);
	struct wh_early_death death;
	struct wh_thread *child;
	uint8_t parent_pin;

	if (tid <= 0)
		return;
	if (!is_process)
		give_company(tracer, parent_tgid);
	parent_pin = parent->pin;
	finish_fork(tracer, parent, tid);
	child = wh_threads_find(&tracer->threads, tid);
	if (!child) {
		if (died_early(tracer, tid, &death)) {
			if (death.has_stopped)
				return;
			/* Killed before it ever ran: its parent's call has made it all the same. */
			death.tgid = is_process ? tid : 0;
			if (parent->in_call)
				parent->unborn = death;
			else
				end_unborn(tracer, &death);
			return;
		}
		child = wh_threads_add(&tracer->threads, tid, is_process ? tid : 0);
		if (!child)
			return;
		child->is_expected = true;
		tracer->threads.expected++;
		/* The table may have moved. */
		parent = wh_threads_find(&tracer->threads, parent_tid);
		if (parent)
			parent->made = tid;
	}
	child->tracee.parent_tid = parent_tid;
	child->tracee.parent_tgid = parent_tgid;
	count_child(tracer, child);
	child->is_told = true;
	/* It has inherited its parent's hold. */
	if (!child->is_placed && tracer->mode == WH_TRACE_FILTERED)
		wh_pin_child(&tracer->pins, parent_pin, &child->pin, tid, tracer->last_stop_ns);
	else if (!child->is_placed)
		wh_unpin_child(&tracer->pins, parent_pin, tid);
	child->is_placed = true;
}

/*
 * When another thread than the leader has executed, all others are gone and it goes on under the leader's id, with the
 * children of both; nobody reports the end of its own id, nor of the leader.
 */
static void take_over(struct wh_tracer *tracer, pid_t leader, pid_t former)
{
	struct wh_thread *thread = wh_threads_find(&tracer->threads, former), process = { .is_told = true };
	uint32_t children = 0;
	uint8_t pin = 0;

	if (thread) {
		tracer->forking -= thread->placement_call == WH_PLACES_CHILD;
		pin = thread->pin;
		children = thread->children;
		wh_threads_remove(&tracer->threads, former);
	}
	for (size_t i = 0; children && i < tracer->threads.capacity; i++)
		if (tracer->threads.places[i].tracee.parent_tid == former)
			tracer->threads.places[i].tracee.parent_tid = leader;
	thread = wh_threads_find(&tracer->threads, leader);
	if (thread) {
		tracer->forking -= thread->placement_call == WH_PLACES_CHILD;
		if (!thread->has_ended)
			emit_end(tracer, thread, 0, thread->children ? former : 0);
		children += thread->children;
		process = *thread;
		wh_forget_pin(&tracer->pins, &thread->pin);
		wh_threads_remove(&tracer->threads, leader);
	}
	if (pin)
		tracer->pins.pin[pin - 1].tid = leader;
	thread = wh_threads_add(&tracer->threads, leader, leader);
	if (!thread) {
		wh_unpin(&tracer->pins, &pin);
		return;
	}
	thread->pin = pin;
	thread->children = children;
	thread->is_told = process.is_told;
	thread->is_counted = process.is_counted;
	thread->tracee.parent_tid = process.tracee.parent_tid;
	thread->tracee.parent_tgid = process.tracee.parent_tgid;
}

/* A new image is there. */
static void on_exec(struct wh_tracer *tracer, pid_t tid)
{
	struct wh_thread *thread = wh_threads_find(&tracer->threads, tid);

	if (!thread || !thread->tracee.is_alone) {
		pid_t former = (pid_t)event_message(tid);

		if (former > 0 && former != tid)
			take_over(tracer, tid, former);
		thread = wh_threads_find(&tracer->threads, tid);
	}
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

/*
 * Leaves the end of a thread to its maker if it died before it ever ran, and the call that made it is still to be told.
 * False if the end is to be told now.
 */
static bool leave_to_maker(struct wh_tracer *tracer, const struct wh_thread *thread, int status)
{
	struct wh_thread *maker = wh_threads_find(&tracer->threads, thread->tracee.parent_tid);

	if (!thread->is_expected || !maker || !maker->in_call || maker->made != thread->tid)
		return false;
	maker->unborn = (struct wh_early_death){ .tid = thread->tid, .tgid = thread->tracee.tgid, .status = status };
	return true;
}

/* A thread is gone; or a child of this process that was never traced. */
static void on_death(struct wh_tracer *tracer, pid_t tid, int status)
{
	struct wh_thread *thread = wh_threads_find(&tracer->threads, tid);

	if (tid == tracer->command) {
		tracer->status = status;
		tracer->has_ended = true;
	}
	/* Its parent has not told of it yet, and will. */
	if (!thread || !thread->is_told)
		tracer->deaths[tracer->next_death++ % WH_EARLY_DEATHS] =
			(struct wh_early_death){ .tid = tid, .status = status, .has_stopped = thread != NULL };
	if (!thread)
		return;
	tracer->forking -= thread->placement_call == WH_PLACES_CHILD;
	if (thread->is_counted) {
		struct wh_thread *maker = wh_threads_find(&tracer->threads, thread->tracee.parent_tid);

		if (maker)
			maker->children--;
	}
	if (!thread->has_ended && !leave_to_maker(tracer, thread, status))
		emit_end(tracer, thread, status, hand_over_children(tracer, thread));
	tracer->interrupted -= thread->is_interrupted;
	wh_forget_pin(&tracer->pins, &thread->pin);
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

/*
 * The kernel reports the youngest tracee first. Whoever made it tells of it before, if it can: most of what both
 * records say is then read of the maker alone, which is known already.
 */
static void let_maker_tell(struct wh_tracer *tracer, pid_t child)
{
	const struct wh_thread *maker = tracer->mode == WH_TRACE_FILTERED ? find_maker(tracer, child) : NULL;
	pid_t tid;
	int status;

	if (!maker)
		return;
	tid = waitpid(maker->tid, &status, __WALL | __WNOTHREAD | WNOHANG);
	if (tid > 0)
		wh_handle_status(tracer, tid, status);
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
	if (!wh_threads_find(&tracer->threads, tid))
		let_maker_tell(tracer, tid);
	tracer->counts.stops++;
	tracer->last_stop_ns = wh_monotonic_ns();
	thread = meet(tracer, tid);
	if (thread && thread->placement_call) {
		tracer->forking -= thread->placement_call == WH_PLACES_CHILD;
		thread->placement_call = WH_PLACES_NOTHING;
	}
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
		on_child(tracer, thread);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(tracer, tid);
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
