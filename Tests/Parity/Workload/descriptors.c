/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: copying, closing, controlling, and the files that have no name. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>

static void copies(void)
{
	long d = need(call(openat, AT_FDCWD, "copies", O_RDWR | O_CREAT, 0600));

	call(dup, d);
	call(dup3, d, 20, O_CLOEXEC);
	call(dup3, d, d, 0);
	call(dup, 99);
#if defined(SYS_dup2)
	call(dup2, d, 21);
	call(dup2, d, d);
	call(dup2, 99, 22);
#endif
	call(fcntl, d, F_DUPFD, 30);
	call(fcntl, d, F_DUPFD_CLOEXEC, 31);
	call(fcntl, d, F_GETFL, 0);
	call(fcntl, d, F_SETFD, FD_CLOEXEC);
	call(fcntl, d, F_SETFL, O_APPEND);
	call(fcntl, d, 9999, 1);
	call(fcntl, 99, F_GETFD, 0);
	call(ioctl, d, FIONREAD, shared->values);
	call(ioctl, d, 0x5401, shared->values);
	call(ioctl, 99, 0xdeadbeef12345678, ~0ul);
	call(lseek, d, 10, SEEK_SET);
	call(lseek, d, -5, SEEK_CUR);
	call(lseek, d, 0, SEEK_END);
	call(lseek, d, -1, 77);
	call(ftruncate, d, 50);
	call(fallocate, d, 0, 0, 100);
	call(close_range, 20, 40, 0);
	call(close_range, 40, 20, 0);
	call(close_range, 50, ~0u, 4 /* close on exec */);
	call(close, d);
	call(close, d + 1);
	call(close, 99);
}

static void pipes(void)
{
	int ends[2];

#if defined(SYS_pipe)
	need(call(pipe, ends));
	call(write, ends[1], "abc", 3);
	call(read, ends[0], shared->values, 100);
	call(close, ends[0]);
	call(close, ends[1]);
	call(pipe, NOWHERE);
#endif
	need(call(pipe2, ends, O_CLOEXEC | O_NONBLOCK));
	call(read, ends[0], shared->values, 10);
	call(close, ends[0]);
	call(close, ends[1]);
	need(call(pipe2, ends, O_DIRECT));
	call(close, ends[0]);
	call(close, ends[1]);
	call(pipe2, ends, 0x12345);
}

static void nameless(void)
{
	struct itimerspec soon = { .it_value = { .tv_nsec = 1 } };
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 5 };
	uint64_t mask = 1ull << (SIGUSR2 - 1), value = 3;
	long d, e;

#if defined(SYS_eventfd)
	d = need(call(eventfd, 7));
	call(close, d);
	d = need(call(signalfd, -1, &mask, 8));
	call(close, d);
	d = need(call(inotify_init));
	call(close, d);
	d = need(call(epoll_create, 5));
	call(close, d);
	call(epoll_create, 0);
#endif
	d = need(call(eventfd2, 2, EFD_CLOEXEC | EFD_NONBLOCK));
	call(write, d, &value, 8);
	e = need(call(epoll_create1, EPOLL_CLOEXEC));
	call(epoll_ctl, e, EPOLL_CTL_ADD, d, &event);
#if defined(SYS_epoll_wait)
	call(epoll_wait, e, shared->values, 4, 1000);
#endif
	call(epoll_pwait, e, shared->values, 4, 1000, NULL, 8);
	call(read, d, &value, 8);
	call(read, d, &value, 8);
#if defined(SYS_epoll_wait)
	call(epoll_wait, e, shared->values, 4, 0);
	call(epoll_wait, 99, shared->values, 4, 0);
#endif
	call(close, e);
	call(close, d);
	call(epoll_create1, 0x77);

	d = need(call(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	call(timerfd_settime, d, 0, &soon, NULL);
	call(close, d);
	call(timerfd_create, 999, 0);

	d = need(call(signalfd4, -1, &mask, 8, SFD_CLOEXEC | SFD_NONBLOCK));
	call(read, d, shared->values, 128);
	call(close, d);
	call(signalfd4, 99, &mask, 8, 0);

	d = need(call(inotify_init1, IN_NONBLOCK | IN_CLOEXEC));
	call(inotify_add_watch, d, "/mnt", IN_CREATE);
	call(close, d);

	d = need(call(memfd_create, "parity", 3));
	call(write, d, "in memory", 9);
	call(close, d);
	call(memfd_create, "bad", 0x8000);
	call(memfd_create, NOWHERE, 0);

	call(userfaultfd, O_CLOEXEC | O_NONBLOCK);
	call(close_range, 3, 5, 0);
}

void descriptors(void)
{
	copies();
	pipes();
	nameless();
}
