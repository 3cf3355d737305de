/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctracee.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t wh_stopped_child(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)
			syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
		_exit(1);
	}
	if (child < 0)
		return -errno;
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return -EPERM;
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL);
	return child;
}

void wh_end_child(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}
