// SPDX-License-Identifier: Apache-2.0
/* CPUs that go and come, readers that die, the module that goes and comes. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS(...) ((const uint32_t[]){ __VA_ARGS__, UINT32_MAX })

static bool set_online(bool is_online)
{
	int file = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY | O_CLOEXEC);
	bool done = file >= 0 && write(file, is_online ? "1" : "0", 1) == 1;

	close(file);
	return done;
}

/* Makes `count` calls on a CPU. */
static void call_on(int cpu, int count)
{
	cpu_set_t only, all;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&only);
	CPU_SET(cpu, &only);
	CHECK(!sched_setaffinity(0, sizeof(only), &only), "move to CPU %d", cpu);
	for (int i = 0; i < count; i++)
		syscall(SYS_getppid);
	CPU_SET(0, &all);
	sched_setaffinity(0, sizeof(all), &all);
}

static void count_by_cpu(const struct record *record, void *context)
{
	long *counts = context;

	if (record->header->type == WH_EVENT_generic)
		counts[record->cpu % CPUS]++;
}

void test_hotplug(void)
{
	struct reader reader;
	long counts[CPUS] = {};

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		CHECK(false, "the machine must have two CPUs for this");
		return;
	}
	/* A CPU that was offline when the reader came. */
	CHECK(set_online(false), "CPU 1 goes");
	if (!reader_open(&reader, RING_BYTES))
		return;
	CHECK(reader.status->rings == 1 && !reader.producer[1], "%u rings", reader.status->rings);
	CHECK(!reader_want(&reader, 0, CALLS(SYS_getppid)), "want");
	call_on(0, 10);
	CHECK(set_online(true), "CPU 1 comes");
	call_on(1, 20);
	CHECK(reader.status->rings == 2, "%u rings", reader.status->rings);
	reader_map(&reader);
	CHECK(reader_drain(&reader, count_by_cpu, counts) >= 30, "drain");
	CHECK(counts[0] == 10 && counts[1] == 20, "%ld and %ld", counts[0], counts[1]);
	/* It goes with records in its ring, which stay, and comes again. */
	call_on(1, 30);
	CHECK(set_online(false), "CPU 1 goes");
	CHECK(reader_drain(&reader, count_by_cpu, counts) >= 30, "drain");
	CHECK(counts[1] == 50, "%ld", counts[1]);
	CHECK(set_online(true), "CPU 1 comes");
	call_on(1, 40);
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	CHECK(reader_drain(&reader, count_by_cpu, counts) >= 40, "drain");
	CHECK(counts[1] == 90 && reader.status->homeless == 0, "%ld", counts[1]);
	reader_close(&reader);
}

static bool unload_soon(void)
{
	for (int i = 0; i < 200; i++) {
		if (!module_unload())
			return true;
		usleep(20000);
	}
	return false;
}

void test_unload(void)
{
	struct reader reader;
	pid_t child;
	int device;

	/* In use: refused. */
	device = device_open();
	CHECK(module_unload() && errno == EAGAIN, "unload while it is open");
	CHECK(device >= 0 && !close(device), "close");

	/* A reader that is killed in the middle leaves nothing behind. */
	child = fork();
	if (child == 0) {
		if (!reader_open(&reader, 4 << 20) || reader_want_everything(&reader))
			_exit(1);
		for (;;)
			reader_drain(&reader, NULL, NULL);
	}
	usleep(500000);
	CHECK(module_unload() && errno == EAGAIN, "unload under a reader");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK(unload_soon(), "unload after its death");
	CHECK(access("/dev/windhover", F_OK), "the device is gone");

	for (int i = 0; i < 10; i++) {
		CHECK(!module_load("/windhover.ko"), "load number %d", i);
		CHECK(module_load("/windhover.ko") && errno == EEXIST, "twice");
		if (reader_open(&reader, RING_BYTES)) {
			CHECK(!reader_want_everything(&reader), "want");
			syscall(SYS_getppid);
			CHECK(reader_drain(&reader, NULL, NULL) > 0, "records");
			reader_close(&reader);
		}
		CHECK(unload_soon(), "unload number %d", i);
	}
	CHECK(!module_load("/windhover.ko"), "load for good");
}
