/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctracee.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t wh_idle_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child < 0 ? -errno : child;
}

void wh_end_child(pid_t child)
{
	int status;

	if (child <= 0)
		return;
	kill(child, SIGKILL);
	/* Another test's wait(2) may have been faster. */
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
}
