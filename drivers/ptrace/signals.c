/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gets the signals that ask to stop, while a command runs: the command. From the terminal (Ctrl-C, Ctrl-\, hang-up)
 * it has got them itself, being in the same process group; those that were sent to this process alone, by kill or by a
 * container's runtime, are passed on. This process ends when its command does.
 *
 * SIGTSTP is left alone: Ctrl-Z stops both, as any job, and SIGCONT continues both.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>

#include "engine.h"

static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

static struct sigaction former[SIGNAL_COUNT];
static atomic_int receiver;

static void pass_on(int number, siginfo_t *info, void *context)
{
	const int command = atomic_load(&receiver);

	(void)context;
	/* Positive codes are the kernel's own: the terminal sent it to the whole group. */
	if (command > 0 && info->si_code <= 0)
		kill(command, number);
}

void wh_signals_forward_to(pid_t command)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	atomic_store(&receiver, command);
	for (int i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signals[i], &action, &former[i]);
}

void wh_signals_restore(void)
{
	if (atomic_exchange(&receiver, 0) == 0)
		return;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signals[i], &former[i], NULL);
}
