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

/*
 * Reads a small file whole, without following it while it grows.
 *
 * Returns the bytes read, at most `size`, or a negative errno.
 */
long wh_read_file(const char *path, void *buffer, size_t size);
/* Whether this process may open the file for reading; opens and closes it, as access() judges by the real user. */
int wh_can_read(const char *path);
uint32_t wh_effective_user(void);

/* Whether `length` bytes at `part` occur in the `size` bytes at `bytes`: memmem, which is a GNU extension. */
int wh_contains(const void *bytes, size_t size, const void *part, size_t length);

/* Seconds east of UTC of the local zone at `seconds` since the epoch; 0 if the zone is unknown. */
int64_t wh_utc_offset(int64_t seconds);

/* Opens `path` to append, made with mode 0644 if missing, closed on exec. The descriptor, or -1 with errno set. */
int wh_open_append(const char *path);

/* printf's %g and %.*f into `buffer`. Return the length, without the NUL. */
size_t wh_print_general(double value, char *buffer, size_t size);
size_t wh_print_fixed(double value, int decimals, char *buffer, size_t size);

/* Removes a folder with all that is in it, following no link. 0, or -1 at the first thing that cannot be removed. */
int wh_remove_folder(const char *path);

/* getdents64(2), which glibc offers under a name that Swift does not see. Returns bytes, 0 at the end, or -errno. */
long wh_getdents(int directory, void *buffer, size_t size);

/* An address of a network interface: 4 bytes for AF_INET, 16 for AF_INET6, in network order. */
struct wh_interface_address {
	uint8_t family;
	uint8_t is_loopback;
	uint8_t address[16];
	uint8_t mask[16];
	/* With its NUL. Source: IFNAMSIZ in include/uapi/linux/if.h. */
	char name[16];
};

/*
 * Fills at most `capacity` addresses of this network namespace's interfaces that are up.
 * Returns how many, or -errno.
 */
int wh_interface_addresses(struct wh_interface_address *out, int capacity);

#endif
