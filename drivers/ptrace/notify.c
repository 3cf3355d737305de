/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where ptrace is refused: seccomp asks at the start of each wanted call, and every answer is "go on". What the call
 * returned stays unknown, so the records carry no result; forks and ends of processes are not told either.
 *
 * Seen is what the caller asked for, not what it got: another thread may rewrite a string after it was read here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "engine.h"
#include "procfs.h"

/* Linux 6.6: the asking thread and the answering one take turns on one CPU, without a wake-up across CPUs. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

enum { LOOK_AFTER_CHILDREN_MS = 20 };

static void record(struct wh_tracer *tracer, const struct seccomp_notif *question)
{
	const size_t used = tracer->used;
	struct wh_tracee tracee;
	struct wh_stop stop;
	uint64_t arguments[6];
	uint32_t slot;

	for (int i = 0; i < 6; i++)
		arguments[i] = question->data.args[i];
	slot = wh_trace_slot(question->data.arch, (uint32_t)question->data.nr, arguments);
	if (!wh_plan_wants(&tracer->plan, slot)) {
		tracer->counts.passed_over++;
		return;
	}
	/* Known for the length of one call only: nobody tells when the thread ends and its id is used again. */
	wh_tracee_init(&tracee, (pid_t)question->pid, wh_proc_process((pid_t)question->pid));
	wh_tracee_entered(&tracee);
	stop = wh_stop_of(tracer, &tracee);
	stop.architecture = question->data.arch;
	stop.number = (uint32_t)question->data.nr;
	stop.code = tracer->plan.code[slot];
	memcpy(stop.arguments, arguments, sizeof(arguments));
	if (tracer->plan.entry_event[slot])
		wh_emit(tracer, &stop, tracer->plan.entry_event[slot]);
	if (tracer->plan.exit_event[slot])
		wh_emit(tracer, &stop, tracer->plan.exit_event[slot]);
	wh_tracee_release(&tracee);
	/* If the caller died meanwhile, what was read may be another thread's. */
	if (ioctl(tracer->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &question->id) < 0)
		tracer->used = used;
}

/* Answers one question. False if there was none after all: its caller was killed. */
static bool answer(struct wh_tracer *tracer)
{
	struct seccomp_notif question;
	struct seccomp_notif_resp reply;

	memset(&question, 0, sizeof(question));
	if (ioctl(tracer->listener, SECCOMP_IOCTL_NOTIF_RECV, &question) < 0)
		return false;
	tracer->counts.stops++;
	record(tracer, &question);
	memset(&reply, 0, sizeof(reply));
	reply.id = question.id;
	reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(tracer->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	return true;
}

/* The command, and orphans that became children of this process. False once there are no children any more. */
static bool reap(struct wh_tracer *tracer)
{
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL | __WNOTHREAD | WNOHANG)) > 0) {
		if (tid != tracer->command)
			continue;
		tracer->status = status;
		tracer->has_ended = true;
	}
	return tid == 0;
}

static int limit_in_ms(const struct wh_tracer *tracer, uint64_t deadline)
{
	const uint64_t now = wh_monotonic_ns();
	uint64_t left = now < deadline ? deadline - now : 0;

	if (tracer->used && left > 5000000)
		left = 5000000;
	if (left > LOOK_AFTER_CHILDREN_MS * 1000000u)
		left = LOOK_AFTER_CHILDREN_MS * 1000000u;
	return (int)((left + 999999) / 1000000);
}

int wh_run_notified(struct wh_tracer *tracer, uint64_t limit_ns)
{
	const uint64_t deadline = wh_monotonic_ns() + limit_ns;
	__u64 flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;

	if (tracer->listener >= 0)
		ioctl(tracer->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
	while (!wh_batch_is_good(tracer)) {
		struct pollfd listener = { .fd = tracer->listener, .events = POLLIN };
		int ready = poll(&listener, 1, limit_in_ms(tracer, deadline));

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready > 0 && listener.revents & POLLIN) {
			answer(tracer);
			continue;
		}
		/* Nobody is left under the filter (POLLHUP, Linux 5.9), or there never was one. */
		if (!reap(tracer) || (tracer->has_ended && (tracer->listener < 0 || (ready > 0 && listener.revents & POLLHUP))))
			return tracer->used ? WH_TRACER_GOES_ON : WH_TRACER_ENDED;
		/* Hung up, but the command is still to be reaped. */
		if (ready > 0)
			poll(NULL, 0, 1);
		if (wh_monotonic_ns() >= deadline)
			break;
	}
	return WH_TRACER_GOES_ON;
}
