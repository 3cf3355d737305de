/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Socket addresses of the caller and of the kernel, in the two encodings of the wire.
 */
#ifndef WH_KERNEL_SOCKETS_H
#define WH_KERNEL_SOCKETS_H

#include "kernel_files.h"

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

/* The socket behind a descriptor; NULL if it is something else. */
WH_INLINE struct sock *wh_socket_of(struct wh_call *call, int64_t descriptor)
{
	struct file *file = wh_file_of(call, descriptor);
	struct socket *socket;
	struct inode *inode;

	if (!file)
		return NULL;
	inode = WH_GET(file, f_inode);
	if ((WH_GET(inode, i_mode) & WH_S_IFMT) != WH_S_IFSOCK)
		return NULL;
	socket = WH_GET(file, private_data);
	if (WH_GET(socket, file) != file)	/* a socket's inode on a disk, opened with O_PATH */
		return NULL;
	return WH_GET(socket, sk);
}

/*
 * The name that a unix socket is bound to, with its NUL; an empty string if it has none. Nothing ends an abstract name
 * but its length: what lies behind it in the kernel's memory is not ours to tell.
 */
WH_INLINE uint32_t wh_bound_unix_path(struct unix_sock *socket, uint8_t *room)
{
	struct unix_address *address = socket ? WH_GET(socket, addr) : NULL;
	uint32_t size = address ? WH_GET(address, len) : 0;
	const uint8_t *path;
	int length;

	room[0] = 0;
	if (size <= 2)
		return 1;
	size -= 2;				/* the family; of an abstract name the first NUL stands for the last */
	if (size > WH_UNIX_PATH_MAX)
		size = WH_UNIX_PATH_MAX;
	WH_OPAQUE(size);
	size &= 127;
	path = WH_ADDRESS(address, name[0].sun_path);
	length = wh_read_kernel_string(room, WH_UNIX_PATH_MAX, path);
	if (length == 1)			/* abstract */
		length = wh_read_kernel_string(room, size, path + 1);
	return length < 1 ? 1 : length;
}

/*
 * SOCKTUPLE of the socket behind a descriptor, in the direction that the data flows: outbound calls have the local end
 * first, inbound calls the remote one. Where the socket has no peer (unconnected datagrams), the address that the
 * caller gave stands in for it.
 */
WH_INLINE uint32_t wh_tuple(struct wh_call *call, uint8_t *room, int64_t descriptor, bool outbound, uint64_t given,
			    int32_t given_length)
{
	struct wh_scratch *scratch = call->scratch;
	struct sock *sock = wh_socket_of(call, descriptor);
	uint8_t *local, *remote, *address = scratch->address;
	uint32_t family;
	uint16_t port;

	if (!sock)
		return 0;
	family = WH_GET(sock, __sk_common.skc_family);
	room[0] = family;
	if (family == WH_AF_INET) {
		struct inet_sock *inet = (struct inet_sock *)sock;

		local = room + (outbound ? 1 : 7);
		remote = room + (outbound ? 7 : 1);
		*(uint32_t *)local = WH_GET(inet, inet_saddr);
		*(uint16_t *)(local + 4) = wh_host_order(WH_GET(inet, inet_sport));
		port = wh_host_order(WH_GET(sock, __sk_common.skc_dport));
		*(uint32_t *)remote = WH_GET(sock, __sk_common.skc_daddr);
		*(uint16_t *)(remote + 4) = port;
		if (!port) {
			*(uint32_t *)remote = 0;
			if (wh_copy_address(scratch, given, given_length) == WH_AF_INET) {
				*(uint32_t *)remote = *(uint32_t *)(address + 4);
				*(uint16_t *)(remote + 4) = wh_host_order(*(uint16_t *)(address + 2));
			}
		}
		return 13;
	}
	if (family == WH_AF_INET6) {
		struct ipv6_pinfo *own = WH_GET((struct inet_sock *)sock, pinet6);

		local = room + (outbound ? 1 : 19);
		remote = room + (outbound ? 19 : 1);
		wh_read_kernel(local, 16, WH_ADDRESS(own, saddr));
		*(uint16_t *)(local + 16) = wh_host_order(WH_GET((struct inet_sock *)sock, inet_sport));
		port = wh_host_order(WH_GET(sock, __sk_common.skc_dport));
		wh_read_kernel(remote, 16, WH_ADDRESS(sock, __sk_common.skc_v6_daddr));
		*(uint16_t *)(remote + 16) = port;
		if (!port) {
			*(uint64_t *)remote = 0;
			*(uint64_t *)(remote + 8) = 0;
			if (wh_copy_address(scratch, given, given_length) == WH_AF_INET6) {
				*(uint64_t *)remote = *(uint64_t *)(address + 8);
				*(uint64_t *)(remote + 8) = *(uint64_t *)(address + 16);
				*(uint16_t *)(remote + 16) = wh_host_order(*(uint16_t *)(address + 2));
			}
		}
		return 37;
	}
	if (family == WH_AF_UNIX) {
		struct unix_sock *own = (struct unix_sock *)sock;
		struct sock *peer = WH_GET(own, peer);

		*(uint64_t *)(room + 1) = (uint64_t)(outbound ? peer : sock);
		*(uint64_t *)(room + 9) = (uint64_t)(outbound ? sock : peer);
		if (outbound && !peer && wh_copy_address(scratch, given, given_length) == WH_AF_UNIX)
			return 17 + wh_copied_unix_path(scratch, room + 17);
		return 17 + wh_bound_unix_path(outbound ? (struct unix_sock *)peer : own, room + 17);
	}
	return 0;
}

#endif
