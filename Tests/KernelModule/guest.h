/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the kernel module share: reporting, the device, rings. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../drivers/kmod/windhover_kmod.h"
#include "../../drivers/schema/event_schema.h"

enum { CPUS = 8, RING_BYTES = 256 << 10 };

/* Reports a check; a failed one prints what it was, with errno, and makes the run fail. Returns `held`. */
#define CHECK(held, ...) check(held, #held, __func__, __LINE__, __VA_ARGS__)
bool check(bool held, const char *what, const char *where, int line, const char *format, ...);

/* A consumer as a reader sees it: its descriptor, and what it has mapped. */
struct reader {
	int device;
	uint32_t ring_bytes;
	volatile struct wh_kmod_consumer *consumer[CPUS];
	const volatile struct wh_kmod_producer *producer[CPUS];
	const uint8_t *data[CPUS];
	const volatile struct wh_kmod_status *status;
	uint64_t seen;
};

/* What a record looks like in the ring. */
struct record {
	uint32_t cpu;
	const struct wh_event_header *header;
};

int device_open(void);
/* Opens, sets up, maps. False, and reported, if any of it fails. */
bool reader_open(struct reader *reader, uint32_t ring_bytes);
/* Maps the rings that came since. */
void reader_map(struct reader *reader);
void reader_close(struct reader *reader);
/* Wants the given portable calls (0 ends the list) and points. Returns what the call on the device returns. */
int reader_want(struct reader *reader, uint32_t points, const uint32_t *numbers);
int reader_want_everything(struct reader *reader);
/* Hands every unread record to `visit` and gives the space back. Returns how many, or -1 for a damaged ring. */
long reader_drain(struct reader *reader, void (*visit)(const struct record *record, void *context), void *context);
/* The sums of the counters over all CPUs. */
struct wh_kmod_producer reader_counters(const struct reader *reader);
/* A parameter of a record; NULL if it is not there. */
const uint8_t *parameter(const struct record *record, unsigned index, unsigned *length);

int module_load(const char *path);
int module_unload(void);

/* Every test is a function; the list is in guest.c. */
void test_open(void);
void test_setup(void);
void test_capture(void);
void test_points(void);
void test_missing_memory(void);
void test_foreign_calls(void);
void test_overload(void);
void test_hostile_consumer(void);
void test_two_consumers(void);
void test_mappings(void);
void test_random_calls(void);
void test_hotplug(void);
void test_churn(void);
void test_unload(void);

#endif
