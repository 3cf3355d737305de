/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs for a tracer to follow:
 *
 *	TracePrograms CASE		see the other files
 *	TracePrograms storm SEED SECONDS
 *	TracePrograms keep		starts processes that stay until they are killed
 *	TracePrograms wander SEED STEPS	the same, each after a walk at random
 *	TracePrograms bomb|spawn|descriptors COUNT, containers CGROUP COUNT		see loads.c
 *	TracePrograms calls FOLDER	one call of each family, and the facts about them
 *	TracePrograms exit CODE
 *	TracePrograms without-ptrace COMMAND ...
 */
#include <signal.h>

#include "check.h"

int main(int count, char **words)
{
	int result;

	/* The Swift runtime, if it is linked in, reports crashes; these programs die on purpose. */
	signal(SIGSEGV, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
	if (count == 4 && !strcmp(words[1], "storm"))
		return storm((unsigned)atoi(words[2]), atoi(words[3]));
	if ((count == 4 || count == 5) && !strcmp(words[1], "wander"))
		return wander((unsigned)atoi(words[2]), atoi(words[3]), count == 5 ? atoi(words[4]) : 0);
	result = load(count - 1, words + 1);
	if (result >= 0)
		return result;
	if (count == 2 && !strcmp(words[1], "keep"))
		return keep();
	if (count == 3 && !strcmp(words[1], "calls"))
		return calls(words[2]);
	if (count == 3 && !strcmp(words[1], "exit"))
		return atoi(words[2]);
	if (count > 2 && !strcmp(words[1], "without-ptrace"))
		return without_ptrace(words + 2);
	if (count != 2)
		return 98;
	result = signals_case(words[1]);
	if (result < 0)
		result = processes_case(words[1]);
	if (result < 0)
		result = terminal_case(words[1]);
	return result < 0 ? 98 : result;
}
