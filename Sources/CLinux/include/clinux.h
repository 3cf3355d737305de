/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and constants of Linux that Swift cannot import: atomics on shared memory, variadic calls, macros. */
#ifndef WH_CLINUX_H
#define WH_CLINUX_H

#include <stddef.h>
#include <stdint.h>

/* Loads and stores on memory that the kernel writes at the same time. */
static inline uint32_t wh_load_acquire_32(const void *address)
{
	return __atomic_load_n((const uint32_t *)address, __ATOMIC_ACQUIRE);
}

static inline uint64_t wh_load_acquire_64(const void *address)
{
	return __atomic_load_n((const uint64_t *)address, __ATOMIC_ACQUIRE);
}

static inline void wh_store_release_64(void *address, uint64_t value)
{
	__atomic_store_n((uint64_t *)address, value, __ATOMIC_RELEASE);
}

/* Nanoseconds of CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME. */
uint64_t wh_clock_boottime(void);
uint64_t wh_clock_monotonic(void);
uint64_t wh_clock_realtime(void);

/* strerror without its thread-unsafe buffer: the text of errno value `error`, in a constant. */
const char *wh_error_text(int error);

/* getdents64(2), which glibc offers under a name that Swift does not see. Returns bytes, 0 at the end, or -errno. */
long wh_getdents(int directory, void *buffer, size_t size);

/* An address of a network interface: 4 bytes for AF_INET, 16 for AF_INET6, in network order. */
struct wh_interface_address {
	uint8_t family;
	uint8_t is_loopback;
	uint8_t address[16];
	uint8_t mask[16];
};

/*
 * Fills at most `capacity` addresses of this network namespace's interfaces that are up.
 * Returns how many, or -errno.
 */
int wh_interface_addresses(struct wh_interface_address *out, int capacity);

#endif
