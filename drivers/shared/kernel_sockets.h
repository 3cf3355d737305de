/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Sockets of the kernel: the tuple of the wire, who they are, how long their queues are.
 */
#ifndef WH_KERNEL_SOCKETS_H
#define WH_KERNEL_SOCKETS_H

#include "addresses.h"
#include "kernel_files.h"

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

/* Connections that wait to be accepted, and how many may wait. */
WH_INLINE uint32_t wh_queue_length(struct wh_call *call, int64_t descriptor)
{
	struct sock *sock = wh_socket_of(call, descriptor);

	return sock ? WH_GET(sock, sk_ack_backlog) : 0;
}

WH_INLINE uint32_t wh_queue_limit(struct wh_call *call, int64_t descriptor)
{
	struct sock *sock = wh_socket_of(call, descriptor);

	return sock ? WH_GET(sock, sk_max_ack_backlog) : 0;
}

/* What tells a unix socket from all others, here its address in the kernel; the same of its peer. */
WH_INLINE uint64_t wh_socket_identity(struct wh_call *call, int64_t descriptor)
{
	return (uint64_t)wh_socket_of(call, descriptor);
}

WH_INLINE uint64_t wh_peer_identity(struct wh_call *call, int64_t descriptor)
{
	struct unix_sock *sock = (struct unix_sock *)wh_socket_of(call, descriptor);

	return sock ? (uint64_t)WH_GET(sock, peer) : 0;
}

#endif
