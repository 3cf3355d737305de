/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <link.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_int stops;
static atomic_uint usr1;

/* Signals that are handled here, and what this process was started with for each. */
static const int handled[] = { SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGPIPE };
enum { HANDLED_COUNT = sizeof(handled) / sizeof(handled[0]) };
static struct sigaction inherited[HANDLED_COUNT];
static int has_inherited;

static void on_signal(int number)
{
	if (number == SIGUSR1)
		atomic_fetch_add(&usr1, 1);
	else if (atomic_fetch_add(&stops, 1) > 0)
		_exit(128 + number);
}

void wh_catch_stop_signals(void)
{
	/* No SA_RESTART: a wait shall end when the signal comes. */
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigemptyset(&action.sa_mask);
	for (int i = 0; i < HANDLED_COUNT; i++)
		sigaction(handled[i], handled[i] == SIGPIPE ? &ignore : &action, has_inherited ? NULL : &inherited[i]);
	has_inherited = 1;
}

void wh_restore_inherited_signals(void)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };

	for (int i = 0; has_inherited && i < HANDLED_COUNT; i++)
		sigaction(handled[i], &inherited[i], NULL);
	/* Handled while a command runs; a shell's background job ignores it, and exec keeps that. */
	if (signal(SIGQUIT, SIG_DFL) == SIG_IGN)
		signal(SIGQUIT, SIG_IGN);
	sigaction(SIGCHLD, &standard, NULL);
}

int wh_stop_requested(void) { return atomic_load_explicit(&stops, memory_order_relaxed) > 0; }
void wh_request_stop(void) { atomic_store(&stops, 1); }
unsigned wh_usr1_count(void) { return atomic_load_explicit(&usr1, memory_order_relaxed); }

int wh_limit_capabilities(uint64_t effective, uint64_t reserve)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t permitted = effective | reserve;

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	/* The bounding set first: lowering it needs CAP_SETPCAP, which the second step takes away. */
	for (int capability = 0; capability < 64; capability++)
		if (!(permitted >> capability & 1) && prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int half = 0; half < 2; half++) {
		data[half].permitted &= (uint32_t)(permitted >> (32 * half));
		data[half].effective &= (uint32_t)(effective >> (32 * half));
		data[half].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

int wh_set_effective_capabilities(uint64_t capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (int half = 0; half < 2; half++)
		data[half].effective = data[half].permitted & (uint32_t)(capabilities >> (32 * half));
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

uint64_t wh_raise_capabilities(uint64_t capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t before;

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	before = data[0].effective | (uint64_t)data[1].effective << 32;
	wh_set_effective_capabilities(before | capabilities);
	return before;
}

static int release_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start, end;

		/* A writable segment holds relocated data, which exists nowhere else. */
		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		start = info->dlpi_addr + segment->p_vaddr;
		end = (start + segment->p_memsz) & ~(page - 1);
		start = (start + page - 1) & ~(page - 1);
		if (start < end)
			madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void wh_release_startup_pages(void)
{
	dl_iterate_phdr(release_segments, NULL);
}

void wh_forget_constants(const void *start, size_t size)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t first = ((uintptr_t)start + page - 1) & ~(page - 1), end = ((uintptr_t)start + size) & ~(page - 1);

	if (first < end)
		madvise((void *)first, end - first, MADV_DONTNEED);
}

void wh_release_free_memory(void)
{
	malloc_trim(0);
}

uint64_t wh_resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size = 0, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

uint64_t wh_cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
