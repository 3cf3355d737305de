// SPDX-License-Identifier: Apache-2.0
/* A reader of the module's rings, as small as it can be. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int device_open(void)
{
	return open("/dev/windhover", O_RDWR | O_CLOEXEC);
}

static void *map(int device, size_t length, int protection, uint64_t offset)
{
	void *start = mmap(NULL, length, protection, MAP_SHARED, device, (off_t)offset);

	return start == MAP_FAILED ? NULL : start;
}

void reader_map(struct reader *reader)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		uint64_t offset = cpu * WH_KMOD_STRIDE;
		uint8_t *start;

		if (reader->producer[cpu] || !(reader->status->has_ring[0] >> cpu & 1))
			continue;
		reader->consumer[cpu] = map(reader->device, page, PROT_READ | PROT_WRITE, offset);
		start = map(reader->device, page + 2ul * reader->ring_bytes, PROT_READ, offset + page);
		if (!CHECK(reader->consumer[cpu] && start, "map the ring of CPU %u", cpu))
			continue;
		reader->producer[cpu] = (void *)start;
		reader->data[cpu] = start + page;
	}
}

bool reader_open(struct reader *reader, uint32_t ring_bytes)
{
	struct timespec real, boot;
	struct wh_kmod_setup setup = { .version = WH_KMOD_VERSION, .ring_bytes = ring_bytes, .snaplen = 80 };

	memset(reader, 0, sizeof(*reader));
	reader->ring_bytes = ring_bytes;
	reader->device = device_open();
	if (!CHECK(reader->device >= 0, "open"))
		return false;
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	setup.boot_to_epoch_ns = (uint64_t)(real.tv_sec - boot.tv_sec) * 1000000000u + real.tv_nsec - boot.tv_nsec;
	if (!CHECK(!ioctl(reader->device, WH_KMOD_SETUP, &setup), "set up"))
		return false;
	reader->status = map(reader->device, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, WH_KMOD_STATUS_OFFSET);
	if (!CHECK(reader->status != NULL, "map the status"))
		return false;
	reader_map(reader);
	return CHECK(reader->producer[0] != NULL, "CPU 0 has a ring");
}

void reader_close(struct reader *reader)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (int cpu = 0; cpu < CPUS; cpu++) {
		if (!reader->producer[cpu])
			continue;
		munmap((void *)reader->consumer[cpu], page);
		munmap((void *)reader->producer[cpu], page + 2ul * reader->ring_bytes);
	}
	munmap((void *)reader->status, page);
	close(reader->device);
}

int reader_want(struct reader *reader, uint32_t points, const uint32_t *numbers)
{
	struct wh_kmod_interest interest = { .points = points };

	for (; numbers && *numbers != UINT32_MAX; numbers++)
		interest.wanted[*numbers] = WH_KMOD_WANTED_EXIT;
	return ioctl(reader->device, WH_KMOD_CAPTURE, &interest);
}

int reader_want_everything(struct reader *reader)
{
	struct wh_kmod_interest interest = { .points = WH_KMOD_POINTS_ALL, .options = WH_KMOD_OPTION_PATHS };

	memset(interest.wanted, WH_KMOD_WANTED_EXIT | WH_KMOD_WANTED_ENTRY, sizeof(interest.wanted));
	return ioctl(reader->device, WH_KMOD_CAPTURE, &interest);
}

static long drain_one(struct reader *reader, int cpu, void (*visit)(const struct record *, void *), void *context)
{
	uint64_t produced = __atomic_load_n(&reader->producer[cpu]->position, __ATOMIC_ACQUIRE);
	uint64_t next = reader->consumer[cpu]->position;
	long count = 0;

	if (!CHECK(produced - next <= reader->ring_bytes, "CPU %d: %lu to %lu", cpu, next, produced))
		return -1;
	while (next < produced) {
		const uint8_t *frame = reader->data[cpu] + (next & (reader->ring_bytes - 1));
		uint32_t length = *(const uint32_t *)frame;
		struct record record = { .cpu = *(const uint32_t *)(frame + 8), .header = (const void *)(frame + 16) };

		if (!CHECK(length >= 8 + WH_EVENT_HEADER_SIZE && length <= WH_EVENT_MAX_SIZE + 8 &&
			   record.header->length == length - 8 && record.cpu == (uint32_t)cpu,
			   "CPU %d at %lu: frame of %u bytes, record of %u", cpu, next, length, record.header->length))
			return -1;
		if (visit)
			visit(&record, context);
		next += (8 + length + 7) & ~7ul;
		count++;
	}
	if (!CHECK(next == produced, "CPU %d: the last record ends at %lu of %lu", cpu, next, produced))
		return -1;
	__atomic_store_n(&reader->consumer[cpu]->position, next, __ATOMIC_RELEASE);
	return count;
}

long reader_drain(struct reader *reader, void (*visit)(const struct record *, void *), void *context)
{
	long total = 0;

	for (int cpu = 0; cpu < CPUS; cpu++) {
		long count = reader->producer[cpu] ? drain_one(reader, cpu, visit, context) : 0;

		if (count < 0)
			return -1;
		total += count;
	}
	reader->seen += total;
	return total;
}

struct wh_kmod_producer reader_counters(const struct reader *reader)
{
	struct wh_kmod_producer sum = {};

	for (int cpu = 0; cpu < CPUS; cpu++) {
		const volatile struct wh_kmod_producer *counted = reader->producer[cpu];

		if (!counted)
			continue;
		sum.made += counted->made;
		sum.ring_full += counted->ring_full;
		sum.too_large += counted->too_large;
		sum.page_fault += counted->page_fault;
		sum.recursion += counted->recursion;
		sum.foreign += counted->foreign;
	}
	return sum;
}

const uint8_t *parameter(const struct record *record, unsigned index, unsigned *length)
{
	const uint8_t *lengths = (const uint8_t *)record->header + WH_EVENT_HEADER_SIZE;
	const uint8_t *value = lengths + 2 * record->header->nparams;
	uint16_t own = 0;

	if (index >= record->header->nparams)
		return NULL;
	for (unsigned i = 0; i <= index; i++) {
		value += own;
		memcpy(&own, lengths + 2 * i, 2);
	}
	*length = own;
	return value;
}
