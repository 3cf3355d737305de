// SPDX-License-Identifier: Apache-2.0
/* Too much, and against the rules: overload, a reader that lies, several readers at once. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS(...) ((const uint32_t[]){ __VA_ARGS__, UINT32_MAX })

static void check_sums(const struct reader *reader, const char *what)
{
	struct wh_kmod_producer counted = reader_counters(reader);
	uint64_t lost = counted.ring_full + counted.too_large + counted.page_fault + counted.recursion;

	CHECK(counted.made == reader->seen + lost, "%s: made %lu, seen %lu, lost %lu", what, counted.made, reader->seen, lost);
	printf("@@SUM %s: made %lu, seen %lu, ring_full %lu, recursion %lu\n", what, counted.made, reader->seen,
	       counted.ring_full, counted.recursion);
}

void test_overload(void)
{
	struct reader reader;
	struct wh_kmod_producer counted;
	const long calls = 100000;

	if (!reader_open(&reader, RING_BYTES))
		return;
	CHECK(!reader_want(&reader, 0, CALLS(SYS_getppid)), "want");
	for (long i = 0; i < calls; i++) {
		syscall(SYS_getppid);
		if (i == calls / 2)
			CHECK(reader_drain(&reader, NULL, NULL) > 1000, "a full ring");
	}
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	CHECK(reader_drain(&reader, NULL, NULL) > 1000, "a full ring again");
	counted = reader_counters(&reader);
	/* Nothing else on this machine asks for its parent. */
	CHECK(counted.made == (uint64_t)calls, "made %lu", counted.made);
	CHECK(counted.ring_full > 0, "%lu", counted.ring_full);
	check_sums(&reader, "overload");
	reader_close(&reader);
}

void test_hostile_consumer(void)
{
	static const uint64_t lies[] = {
		UINT64_MAX, 1ull << 63, 1, 7, 0x100000000, RING_BYTES * 3, 0xffffffff00000000, 0x5555555555555555,
	};
	struct reader reader, honest;
	uint64_t produced;
	cpu_set_t one;

	if (!reader_open(&reader, RING_BYTES) || !reader_open(&honest, 4 << 20))
		return;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	CHECK(!reader_want(&reader, 0, CALLS(SYS_getppid, SYS_openat)), "want");
	CHECK(!reader_want(&honest, 0, CALLS(SYS_getppid, SYS_openat)), "want");
	for (int round = 0; round < 2000; round++) {
		reader.consumer[0]->position = lies[round % 8] + (round & 64 ? reader.producer[0]->position : 0);
		for (int i = 0; i < 20; i++) {
			syscall(SYS_getppid);
			syscall(SYS_openat, -1, "some/name/that/is/longer/than/a/header", 0);
		}
		if (round % 50 == 0)
			CHECK(reader_drain(&honest, NULL, NULL) >= 0, "the honest reader's rings are whole");
	}
	/* An honest position again: everything from here on is whole. */
	produced = reader.producer[0]->position;
	reader.consumer[0]->position = produced;
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	CHECK(!reader_want(&honest, 0, NULL), "want nothing");
	CHECK(reader_drain(&reader, NULL, NULL) >= 100, "what came after the lies");
	CHECK(reader_drain(&honest, NULL, NULL) >= 100, "the honest reader's rings are whole");
	check_sums(&honest, "beside a hostile reader");
	CHECK(reader_counters(&honest).made == 2000 * 40 + 100, "made %lu", reader_counters(&honest).made);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPUS; cpu++)
		CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	reader_close(&reader);
	reader_close(&honest);
}

struct tally {
	long getppid, openat, other;
};

static void tally(const struct record *record, void *context)
{
	struct tally *tally = context;

	if (record->header->type == WH_EVENT_generic)
		tally->getppid++;
	else if (record->header->type == WH_EVENT_openat)
		tally->openat++;
	else
		tally->other++;
}

void test_two_consumers(void)
{
	struct reader first, second;
	struct tally one = {}, two = {};

	if (!reader_open(&first, RING_BYTES) || !reader_open(&second, RING_BYTES))
		return;
	CHECK(!reader_want(&first, 0, CALLS(SYS_getppid, SYS_openat)), "want");
	CHECK(!reader_want(&second, 0, CALLS(SYS_openat)), "want");
	for (int i = 0; i < 500; i++) {
		syscall(SYS_getppid);
		syscall(SYS_openat, -1, "x", 0);
	}
	reader_drain(&second, tally, &two);
	reader_close(&second);
	for (int i = 0; i < 500; i++)
		syscall(SYS_getppid);
	CHECK(!reader_want(&first, 0, NULL), "want nothing");
	reader_drain(&first, tally, &one);
	CHECK(one.getppid == 1000 && one.openat == 500 && !one.other, "%ld, %ld, %ld", one.getppid, one.openat, one.other);
	CHECK(!two.getppid && two.openat == 500 && !two.other, "%ld, %ld, %ld", two.getppid, two.openat, two.other);
	reader_close(&first);
}

static int is_churning;

/* Calls of many kinds on all CPUs. */
static void *work(void *unused)
{
	char buffer[256];

	(void)unused;
	while (__atomic_load_n(&is_churning, __ATOMIC_ACQUIRE)) {
		int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
		int ends[2];

		if (read(file, buffer, sizeof(buffer)) < 0)
			break;
		close(file);
		if (pipe(ends))
			break;
		if (write(ends[1], buffer, sizeof(buffer)) < 0)
			break;
		close(ends[0]);
		close(ends[1]);
		file = socket(AF_UNIX, SOCK_STREAM, 0);
		close(file);
	}
	return NULL;
}

static void *spawn(void *unused)
{
	(void)unused;
	while (__atomic_load_n(&is_churning, __ATOMIC_ACQUIRE)) {
		pid_t child = vfork();

		if (child == 0) {
			execl("/proc/self/exe", "again", NULL);
			_exit(1);
		}
		waitpid(child, NULL, 0);
	}
	return NULL;
}

/* Readers come and go and change their minds while every CPU is busy. */
void test_churn(void)
{
	pthread_t threads[4];
	struct reader lasting;
	unsigned rounds = 60;

	if (!reader_open(&lasting, 1 << 20))
		return;
	__atomic_store_n(&is_churning, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, i < 3 ? work : spawn, NULL);
	CHECK(!reader_want_everything(&lasting), "want");
	while (rounds--) {
		struct reader reader;

		if (!reader_open(&reader, RING_BYTES))
			break;
		CHECK(!reader_want_everything(&reader), "want");
		CHECK(reader_drain(&lasting, NULL, NULL) >= 0, "the rings are whole");
		CHECK(!reader_want(&reader, WH_KMOD_POINT_EXIT, CALLS(SYS_write, SYS_close)), "want less");
		CHECK(reader_drain(&reader, NULL, NULL) >= 0, "the rings are whole");
		if (rounds % 2) {
			CHECK(!reader_want(&reader, 0, NULL), "want nothing");
			CHECK(reader_drain(&reader, NULL, NULL) >= 0, "the rings are whole");
			check_sums(&reader, "a reader that came and goes");
		}
		reader_close(&reader);
	}
	CHECK(!reader_want(&lasting, 0, NULL), "want nothing");
	__atomic_store_n(&is_churning, 0, __ATOMIC_RELEASE);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK(reader_drain(&lasting, NULL, NULL) >= 0, "the rings are whole");
	check_sums(&lasting, "everything, all CPUs");
	reader_close(&lasting);
}
