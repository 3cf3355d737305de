/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ccalls.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 16 };

struct part {
	pthread_t thread;
	const char *path;
	int64_t count, made;
	int on_one_cpu;
};

static void *run(void *argument)
{
	struct part *part = argument;
	cpu_set_t first;
	int64_t i;

	if (part->on_one_cpu) {
		CPU_ZERO(&first);
		CPU_SET(0, &first);
		sched_setaffinity(0, sizeof(first), &first);
	}
	for (i = 0; i < part->count; i++) {
		if (part->path)
			syscall(SYS_chroot, part->path + i % 200);
		else
			syscall(SYS_sched_get_priority_max, 12345);
		part->made++;
	}
	return NULL;
}

int64_t wh_flood(const char *path, int64_t count, int threads, int on_one_cpu)
{
	struct part parts[THREADS_MAX] = { 0 };
	int64_t made = 0;
	int i, error;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	for (i = 0; i < threads; i++) {
		parts[i] = (struct part){ .path = path, .count = count, .on_one_cpu = on_one_cpu };
		error = pthread_create(&parts[i].thread, NULL, run, &parts[i]);
		if (error)
			return -error;
	}
	for (i = 0; i < threads; i++) {
		pthread_join(parts[i].thread, NULL);
		made += parts[i].made;
	}
	return made;
}
