/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Socket addresses that the caller gave, copied once and written in the encoding of the wire. */
#ifndef WH_ADDRESSES_H
#define WH_ADDRESSES_H

#include "record.h"

enum {
	WH_AF_UNIX = 1,
	WH_AF_INET = 2,
	WH_AF_INET6 = 10,
	WH_UNIX_PATH_MAX = 109,			/* 108 and a NUL */
	WH_ADDRESS_MAX = 128,			/* sizeof(struct sockaddr_storage): the kernel takes no more */
};

WH_INLINE uint16_t wh_host_order(uint16_t port)
{
	return __builtin_bswap16(port);
}

/* Copies the caller's socket address to scratch->address, zeros behind it; returns its family, 0 if there is none. */
WH_INLINE uint32_t wh_copy_address(struct wh_scratch *scratch, uint64_t from, int32_t length)
{
	uint64_t *words = (uint64_t *)scratch->address;
	uint32_t size = length;
	int i;

	if (!from || length < 2)
		return 0;
	WH_UNROLL
	for (i = 0; i < 4; i++)
		words[i] = 0;
	if (size > WH_ADDRESS_MAX)
		size = WH_ADDRESS_MAX;
	WH_OPAQUE(size);
	size &= 2 * WH_ADDRESS_MAX - 1;
	if (size > WH_ADDRESS_MAX)
		return 0;
	if (wh_read_user(scratch->address, size, from) < 0)
		return 0;
	scratch->address[size] = 0;
	return *(uint16_t *)scratch->address;
}

/*
 * The path in scratch->address after wh_copy_address() found AF_UNIX. An abstract name starts with a NUL, which is
 * left out. Returns its length with the NUL.
 */
WH_INLINE uint32_t wh_copied_unix_path(struct wh_scratch *scratch, uint8_t *room)
{
	uint8_t *path = scratch->address + 2;
	int length;

	if (!path[0])
		path++;
	length = wh_read_kernel_string(room, WH_UNIX_PATH_MAX, path);
	return length < 0 ? 0 : length;
}

/* SOCKADDR: family, then address and port, or path. */
WH_INLINE uint32_t wh_user_address(struct wh_scratch *scratch, uint8_t *room, uint64_t from, int32_t length)
{
	uint32_t family = wh_copy_address(scratch, from, length);
	uint8_t *address = scratch->address;

	if (family == WH_AF_INET) {
		room[0] = family;
		*(uint32_t *)(room + 1) = *(uint32_t *)(address + 4);
		*(uint16_t *)(room + 5) = wh_host_order(*(uint16_t *)(address + 2));
		return 7;
	}
	if (family == WH_AF_INET6) {
		room[0] = family;
		*(uint64_t *)(room + 1) = *(uint64_t *)(address + 8);
		*(uint64_t *)(room + 9) = *(uint64_t *)(address + 16);
		*(uint16_t *)(room + 17) = wh_host_order(*(uint16_t *)(address + 2));
		return 19;
	}
	if (family == WH_AF_UNIX) {
		room[0] = family;
		return 1 + wh_copied_unix_path(scratch, room + 1);
	}
	return 0;
}

#endif
