/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for descriptors, for time and for other threads. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/select.h>
#include <time.h>

void waiting(void)
{
	static unsigned int word = 3;
	struct timespec moment = { 0, 1000 }, never = { 5, 0 };
	struct timeval at_once = { 0, 0 };
	struct pollfd entries[3];
	uint64_t mask = 0;
	fd_set readable;
	int ends[2];

	need(call(pipe2, ends, 0));
	call(write, ends[1], "x", 1);
	entries[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	entries[1] = (struct pollfd){ .fd = ends[1], .events = POLLOUT | POLLERR };
	entries[2] = (struct pollfd){ .fd = 99, .events = POLLIN };
#if defined(SYS_poll)
	call(poll, entries, 3, 1000);
	call(poll, entries, 0, 1);
	call(poll, NOWHERE, 2, 0);
	FD_ZERO(&readable);
	FD_SET(ends[0], &readable);
	call(select, ends[0] + 1, &readable, NULL, NULL, &at_once);
	call(select, -1, NULL, NULL, NULL, &at_once);
#endif
	call(ppoll, entries, 2, &never, &mask, 8);
	call(ppoll, NULL, 0, &moment, NULL, 0);
	FD_ZERO(&readable);
	call(pselect6, 1, &readable, NULL, NULL, &moment, NULL);
	call(close, ends[0]);
	call(close, ends[1]);

	call(nanosleep, &moment, NULL);
	call(nanosleep, NOWHERE, NULL);
	call(clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
	call(clock_gettime, CLOCK_MONOTONIC, shared->values);

	call(futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
	call(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 4, NULL, NULL, 0);
	call(futex, &word, FUTEX_WAIT, 3, &moment, NULL, 0);
	call(futex, NOWHERE, 0x1f, 3, NULL, NULL, 0);
	call(sched_yield);
}
