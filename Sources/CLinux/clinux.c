/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t wh_clock_boottime(void) { return now(CLOCK_BOOTTIME); }
uint64_t wh_clock_monotonic(void) { return now(CLOCK_MONOTONIC); }
uint64_t wh_clock_realtime(void) { return now(CLOCK_REALTIME); }

const char *wh_error_text(int error)
{
	const char *text = strerrordesc_np(error);

	return text ? text : "unknown error";
}

long wh_read_file(const char *path, void *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t total = 0;
	long error = 0;

	if (fd < 0)
		return -errno;
	while (total < size) {
		ssize_t count = read(fd, (char *)buffer + total, size - total);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			error = -errno;
		if (count <= 0)
			break;
		total += (size_t)count;
	}
	close(fd);
	return total > 0 ? (long)total : error;
}

int wh_can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

uint32_t wh_effective_user(void) { return geteuid(); }

/* Letters, digits and slashes are everywhere in paths and command lines; what else a part has is a better anchor. */
static int is_common(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == ' ' || c == '-';
}

/*
 * memmem() prepares a table for each search, which costs more than most values are long. Here its rarest byte is looked
 * for first; a value that was made to have many of them goes to memmem() all the same, which takes linear time.
 */
int wh_contains(const void *bytes, size_t size, const void *part, size_t length)
{
	const unsigned char *at = bytes, *wanted = part, *end;
	size_t anchor = 0;
	int tries = 16;

	if (length == 0)
		return 1;
	if (size < length)
		return 0;
	while (anchor < length && is_common(wanted[anchor]))
		anchor++;
	if (anchor == length)
		anchor = 0;
	/* Where the anchor may lie, so that the part fits. */
	end = at + size - length + anchor + 1;
	at += anchor;
	while (tries-- > 0) {
		at = memchr(at, wanted[anchor], end - at);
		if (!at)
			return 0;
		if (memcmp(at - anchor, wanted, length) == 0)
			return 1;
		if (++at == end)
			return 0;
	}
	return memmem(at - anchor, (const unsigned char *)bytes + size - (at - anchor), part, length) != NULL;
}

long wh_getdents(int directory, void *buffer, size_t size)
{
	long got = syscall(SYS_getdents64, directory, buffer, size);

	return got < 0 ? -errno : got;
}

static int copy_address(uint8_t out[16], const struct sockaddr *address)
{
	if (!address)
		return 0;
	if (address->sa_family == AF_INET)
		memcpy(out, &((const struct sockaddr_in *)address)->sin_addr, 4);
	else if (address->sa_family == AF_INET6)
		memcpy(out, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	else
		return 0;
	return 1;
}

int wh_interface_addresses(struct wh_interface_address *out, int capacity)
{
	struct ifaddrs *list, *entry;
	int count = 0;

	if (getifaddrs(&list))
		return -errno;
	for (entry = list; entry && count < capacity; entry = entry->ifa_next) {
		struct wh_interface_address *next = &out[count];

		memset(next, 0, sizeof(*next));
		if (!(entry->ifa_flags & IFF_UP) || !copy_address(next->address, entry->ifa_addr))
			continue;
		copy_address(next->mask, entry->ifa_netmask);
		snprintf(next->name, sizeof(next->name), "%s", entry->ifa_name);
		next->family = (uint8_t)entry->ifa_addr->sa_family;
		next->is_loopback = !!(entry->ifa_flags & IFF_LOOPBACK);
		count++;
	}
	freeifaddrs(list);
	return count;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

int wh_remove_folder(const char *path) { return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }
