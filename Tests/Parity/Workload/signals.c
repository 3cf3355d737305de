/* SPDX-License-Identifier: Apache-2.0 */
/* Signals: handled, ignored, deadly, queued, and those that stop. */
#define _GNU_SOURCE
#include "step.h"

#include <signal.h>
#include <sys/time.h>

static volatile int handled;

static void handler(int number) { handled += number; }

/* libc's sigaction is one call with the same arguments each time; it only adds the return trampoline. */
static void catch(int number, void (*how)(int))
{
	struct sigaction action = { .sa_handler = how, .sa_flags = SA_RESTART };

	sigaction(number, &action, NULL);
}

static int killed_by_term(void)
{
	call(kill, own_id(), SIGTERM);
	return 0;
}

static int killed_by_kill(void)
{
	call(kill, own_id(), SIGKILL);
	return 0;
}

static int killed_by_a_fault(void)
{
	*(volatile int *)NOWHERE = 1;
	return 0;
}

static int killed_by_a_trap(void)
{
#if defined(__x86_64__)
	__asm__ volatile("int3");
#else
	__asm__ volatile("brk #0");
#endif
	return 0;
}

static int killed_by_an_alarm(void)
{
	struct itimerval soon = { .it_value = { .tv_usec = 1000 } };

	call(setitimer, ITIMER_REAL, &soon, NULL);
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static int waits_and_is_woken(void)
{
	catch(SIGUSR1, handler);
	call(getppid);
	call(kill, own_id(), SIGUSR1);
	return handled == SIGUSR1 ? 0 : 1;
}

void signals(void)
{
	union sigval value = { .sival_int = 77 };
	siginfo_t information = { .si_signo = SIGUSR2, .si_code = SI_QUEUE, .si_value = value };
	uint64_t mask = 1ull << (SIGUSR1 - 1), old;
	long self = call(getpid);

	catch(SIGUSR1, handler);
	catch(SIGUSR2, handler);
	catch(34, handler);
	call(kill, self, SIGUSR1);
	call(tkill, self, SIGUSR2);
	call(tgkill, self, self, 34);
	call(rt_sigqueueinfo, self, SIGUSR2, &information);
	/* Sent while blocked, delivered by the call that lets it through. */
	call(rt_sigprocmask, SIG_BLOCK, &mask, &old, 8);
	call(kill, self, SIGUSR1);
	call(rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
	catch(SIGUSR1, SIG_IGN);
	call(kill, self, SIGUSR1);
	call(kill, self, SIGWINCH);
	call(kill, self, 0);
	call(kill, self, 99);
	call(kill, 0x3fffffff, SIGTERM);
	call(tkill, 0x3fffffff, SIGTERM);
	call(tgkill, self, 0x3fffffff, SIGTERM);
	catch(SIGCHLD, handler);
	in_child(killed_by_term);
	catch(SIGCHLD, SIG_DFL);
	in_child(killed_by_kill);
	in_child(killed_by_a_fault);
	in_child(killed_by_a_trap);
	in_child(killed_by_an_alarm);
	in_child(waits_and_is_woken);
	catch(SIGUSR1, SIG_DFL);
	catch(SIGUSR2, SIG_DFL);
	catch(34, SIG_DFL);
	call(sigaltstack, NULL, shared->values);
}
