/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time limit for waitpid: a timer of this thread whose signal does nothing but interrupt the wait. It repeats, because
 * the first signal may come just before the wait begins.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { REPEAT_NS = 5000000 };

/* Real-time signals that the C library keeps for itself end before SIGRTMIN. */
static int alarm_signal(void) { return SIGRTMIN + 5; }

static void interrupt(int signal) { (void)signal; }

int wh_alarm_create(struct wh_tracer *tracer)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = alarm_signal() };
	sigset_t own;

	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	sigemptyset(&own);
	sigaddset(&own, alarm_signal());
	sigemptyset(&action.sa_mask);
	if (sigaction(alarm_signal(), &action, NULL) < 0)
		return -errno;
	sigprocmask(SIG_UNBLOCK, &own, &tracer->inherited_mask);
	if (timer_create(CLOCK_MONOTONIC, &event, &tracer->alarm) < 0)
		return -errno;
	tracer->has_alarm = true;
	return 0;
}

void wh_alarm_set(struct wh_tracer *tracer, uint64_t limit_ns)
{
	struct itimerspec times = { 0 };

	if (limit_ns) {
		times.it_value.tv_sec = (time_t)(limit_ns / 1000000000u);
		times.it_value.tv_nsec = (long)(limit_ns % 1000000000u);
		times.it_interval.tv_nsec = REPEAT_NS;
	}
	timer_settime(tracer->alarm, 0, &times, NULL);
}

void wh_alarm_destroy(struct wh_tracer *tracer)
{
	if (tracer->has_alarm)
		timer_delete(tracer->alarm);
	tracer->has_alarm = false;
}
