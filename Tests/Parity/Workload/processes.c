/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: every call that makes one, how they end, and how others get hold of them. */
#define _GNU_SOURCE
#include "step.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends_with_3(void) { return 3; }

static int ends_by_exit(void)
{
	call(exit, 4);
	return 0;
}

static int has_a_child(void)
{
	return in_child(ends_with_3) >> 8;
}

static void by_each_call(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	int pidfd = -1;
	long child;

#if defined(SYS_fork)
	child = need(call(fork));
	if (child == 0)
		call(exit_group, 1);
	call(wait4, child, NULL, 0, NULL);
	child = vfork();
	if (child == 0)
		call(exit_group, 2);
	call(wait4, child, NULL, 0, NULL);
#endif
	child = need(call(clone3, &arguments, sizeof(arguments)));
	if (child == 0)
		call(exit_group, 3);
	call(wait4, child, NULL, 0, NULL);
	arguments.flags = CLONE_PIDFD | CLONE_FS;
	arguments.pidfd = (uintptr_t)&pidfd;
	child = need(call(clone3, &arguments, sizeof(arguments)));
	if (child == 0)
		call(exit_group, 4);
	call(waitid, P_PIDFD, pidfd, NULL, WEXITED, NULL);
	call(close, pidfd);
	call(clone3, NOWHERE, sizeof(arguments));
	call(clone, CLONE_SIGHAND, 0, 0, 0, 0);
}

static void from_outside(void)
{
	int status;
	long child = need(call(clone, SIGCHLD, 0, 0, 0, 0)), d;

	if (child == 0) {
		/* Stops, so that its parent finds it in a known state; the signal that continues it ends it, too. */
		call(kill, own_id(), SIGSTOP);
		call(exit_group, 9);
	}
	call(wait4, child, &status, WUNTRACED, NULL);
	d = need(call(pidfd_open, child, 0));
	call(pidfd_getfd, d, 1, 0);
	call(close, d + 1);
	call(pidfd_send_signal, d, 0, NULL, 0);
	call(close, d);
	call(setpgid, child, child);
	call(kill, child, SIGCONT);
	call(wait4, child, &status, 0, NULL);
	call(kill, child, 0);
	call(pidfd_open, 0x3fffffff, 0);
	call(pidfd_open, 1, 0x77);
	call(pidfd_getfd, 99, 1, 0);
	call(ptrace, PTRACE_PEEKTEXT, 0x3fffffff, 16, 32);
	call(ptrace, PTRACE_CONT, 0x3fffffff, 16, SIGUSR1);
}

void processes(void)
{
	by_each_call();
	in_child(ends_with_3);
	in_child(ends_by_exit);
	in_child(has_a_child);
	from_outside();
	call(wait4, -1, NULL, WNOHANG, NULL);
	call(setpgid, 0, 0x3fffffff);
	call(setsid); /* it leads its group already */
	call(sched_getaffinity, 0, 8, shared->values);
	call(getpriority, 0, 0);
}
