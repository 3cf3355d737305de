/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: they share descriptors and directory with their starter, and die alone or take all with them. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <signal.h>

static int opens(void *argument)
{
	*(long *)argument = call(openat, AT_FDCWD, "from a thread", O_RDWR | O_CREAT, 0600);
	call(prctl, 15 /* name */, "worker", 0, 0, 0);
	call(gettid);
	return 5;
}

static int forks(void *unused)
{
	long child;

	(void)unused;
	child = call(clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		call(exit_group, 6);
	call(wait4, child, NULL, 0x40000000 /* __WALL */, NULL);
	return 0;
}

static int ends_all(void *unused)
{
	(void)unused;
	wait_for_starter();
	call(exit_group, 8);
	return 0;
}

static int taken_down_by_a_thread(void)
{
	in_thread(ends_all, NULL);
	return 0;
}

void threads(void)
{
	long descriptor = -1;

	in_thread(opens, &descriptor);
	call(write, descriptor, "shared", 6);
	call(close, descriptor);
	in_thread(forks, NULL);
	in_child(taken_down_by_a_thread);
}
