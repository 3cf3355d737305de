/* SPDX-License-Identifier: Apache-2.0 */
/* Children, threads and programs, started without libc's own bookkeeping. */
#define _GNU_SOURCE
#include "step.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

int in_child(int (*body)(void))
{
	long child = need(call(clone, SIGCHLD, 0, 0, 0, 0));
	int status = -1;

	if (child == 0)
		call(exit_group, body());
	need(call(wait4, child, &status, __WALL, 0));
	return status;
}

static int returned;

void wait_for_starter(void)
{
	while (!__atomic_load_n(&returned, __ATOMIC_SEQ_CST))
		__asm__ volatile("" ::: "memory");
}

void in_thread(int (*body)(void *), void *argument)
{
	enum { STACK = 256 << 10 };
	static int alive;
	char *stack = (void *)need(call(mmap, NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	__atomic_store_n(&alive, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&returned, 0, __ATOMIC_SEQ_CST);
	/* libc's clone only sets up the stack; the kernel clears `alive` once the thread is gone. */
	need(clone(body, stack + STACK,
		   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
		   argument, NULL, NULL, &alive));
	__atomic_store_n(&returned, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&alive, __ATOMIC_SEQ_CST))
		__asm__ volatile("" ::: "memory");
	need(call(munmap, stack, STACK));
}

long start_program(const char *role)
{
	const char *arguments[] = { "program", role, NULL };
	const char *environment[] = { "ROLE=leaf", NULL };

	return call(execve, "program", arguments, environment);
}

int role_leaf(void)
{
	call(getuid);
	call(openat, -100, "leaf", 0, 0);
	return 7;
}
