/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ccalls.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t wh_call(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	long result = syscall(number, a0, a1, a2, a3, a4, a5);

	return result == -1 ? -(int64_t)errno : result;
}

int64_t wh_foreign_call(int64_t number, uint32_t b, uint32_t c, uint32_t d)
{
#if defined(__x86_64__)
	int64_t result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"((uint64_t)b), "c"((uint64_t)c), "d"((uint64_t)d)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)result;
#else
	(void)number, (void)b, (void)c, (void)d;
	return -ENOSYS;
#endif
}

static int64_t wait_for(int64_t child)
{
	int status;

	if (child > 0)
		while (waitpid((pid_t)child, &status, __WALL) < 0 && errno == EINTR)
			;
	return child;
}

int64_t wh_child_by(int64_t number, uint64_t flags, int status)
{
	struct clone_args arguments = { .flags = flags, .exit_signal = SIGCHLD };
	int64_t child;

	switch (number) {
	case SYS_clone:
		child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
		break;
	case SYS_clone3:
		child = syscall(SYS_clone3, &arguments, sizeof(arguments));
		break;
	case SYS_vfork:
		child = vfork();
		break;
	default:
		child = syscall(number);
	}
	if (child == 0)
		syscall(SYS_exit_group, status);
	return child < 0 ? -errno : wait_for(child);
}

int64_t wh_call_in_child(int64_t *result, int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
			 uint64_t a4, uint64_t a5)
{
	int64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (shared == MAP_FAILED)
		return -errno;
	child = fork();
	if (child == 0) {
		*shared = wh_call(number, a0, a1, a2, a3, a4, a5);
		syscall(SYS_exit_group, 0);
	}
	wait_for(child);
	*result = *shared;
	munmap(shared, 4096);
	return child;
}

int64_t wh_open_and_close(const char *path, int64_t count)
{
	int64_t failed = 0;

	while (count-- > 0) {
		long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);

		if (descriptor < 0 || syscall(SYS_close, descriptor))
			failed++;
	}
	return failed;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t wh_time_calls(int64_t number, int64_t count)
{
	uint64_t start = now();

	while (count-- > 0)
		syscall(number);
	return now() - start;
}

uint64_t wh_time_failing_opens(const char *path, int64_t count)
{
	uint64_t start = now();

	while (count-- > 0)
		syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	return now() - start;
}

int64_t wh_thread_id(void)
{
	return gettid();
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void wh_remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

uint32_t wh_encoded_device(uint64_t device)
{
	uint32_t number = minor(device);

	return (number & 0xff) | major(device) << 8 | (number & ~0xffu) << 12;
}
