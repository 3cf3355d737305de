/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From a descriptor of the tracee to its socket: a copy of the descriptor is taken for a moment (pidfd_getfd) and asked
 * for its names. Where the kernel refuses that, tables of /proc are searched.
 *
 * Known weakness: if all threads of the tracee close the socket while the copy is held, the copy is the last one, and
 * closing it waits as long as SO_LINGER says.
 */
#ifndef WH_TRACEE_SOCKETS_H
#define WH_TRACEE_SOCKETS_H

#include "../shared/addresses.h"
#include "tracee_diag.h"
#include "tracee_files.h"
#include "tracee_pidfd.h"
#include "tracee_tables.h"

enum {
	WH_IDENTITY_BITS = 63,
	WH_PARKED_MAX = 16,
};

/* Descriptors that turned out to be no sockets: never closed, because that might wait. See wh_copy_descriptor(). */
static __thread uint32_t wh_parked;

/* A copy of the tracee's descriptor in this process, or -1. The caller has seen that it is a socket. */
WH_INLINE int wh_copy_descriptor(struct wh_tracee *tracee, int64_t descriptor)
{
	int pidfd, copy;

	if (!tracee->can_get_descriptors || wh_parked >= WH_PARKED_MAX)
		return -1;
	/* A thread may have descriptors of its own. */
	pidfd = wh_pidfd_of(tracee);
	copy = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, (int)descriptor, 0);
	if (copy < 0 && (pidfd < 0 || errno == EPERM || errno == ENOSYS))
		tracee->can_get_descriptors = false;
	return copy;
}

/* Whether the copy is the socket with this inode: descriptors may have been exchanged since it was looked at. */
WH_INLINE bool wh_is_socket_copy(int copy, uint64_t inode)
{
	struct statx file;

	return statx(copy, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &file) == 0 &&
	       S_ISSOCK(file.stx_mode) && file.stx_ino == inode;
}

WH_INLINE void wh_ask_socket(int copy, struct wh_socket_facts *out)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	memset(&name, 0, sizeof(name));
	if (getsockname(copy, (struct sockaddr *)&name, &length))
		return;
	out->asked = WH_FOUND;
	out->family = name.ss_family;
	out->is_named = length > 2;
	memcpy(out->own, &name, sizeof(out->own) - 1);
	memset(&name, 0, sizeof(name));
	length = sizeof(name);
	if (getpeername(copy, (struct sockaddr *)&name, &length) == 0) {
		out->has_peer = true;
		out->peer_is_named = length > 2;
		memcpy(out->peer, &name, sizeof(out->peer) - 1);
	}
	if (out->family == WH_AF_UNIX) {
		int type = 0;

		length = sizeof(type);
		getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &length);
		out->type = type;
	}
}

/* The queue of a listening TCP socket; other sockets have other meanings for these members. */
WH_INLINE void wh_ask_queue(int copy, struct wh_socket_facts *out)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	if (out->family == WH_AF_UNIX || getsockopt(copy, IPPROTO_TCP, TCP_INFO, &info, &length) ||
	    info.tcpi_state != WH_TCP_LISTENING)
		return;
	out->queue_length = info.tcpi_unacked;
	out->queue_limit = info.tcpi_sacked;
}

/* The socket behind a descriptor, asked once per stop; NULL if it is something else or nobody tells. */
static __attribute__((noinline, unused)) struct wh_socket_facts *wh_socket_of(struct wh_call *call, int64_t descriptor,
									      bool is_listening)
{
	struct wh_socket_facts *out = &wh_task.sockets[is_listening];
	struct statx file;
	char text[24];
	int copy;

	if (out->asked != WH_NOT_ASKED && out->descriptor == descriptor)
		return out->asked == WH_FOUND ? out : NULL;
	memset(out, 0, sizeof(*out));
	out->descriptor = descriptor;
	out->asked = WH_MISSING;
	if (descriptor < 0 || descriptor > INT32_MAX ||
	    !wh_proc_statx(wh_descriptor_name(text, descriptor), STATX_TYPE | STATX_INO, &file) || !S_ISSOCK(file.stx_mode))
		return NULL;
	out->inode = file.stx_ino;
	copy = wh_copy_descriptor(call->task->tracee, descriptor);
	if (copy >= 0 && !wh_is_socket_copy(copy, out->inode)) {
		wh_parked++;
		return NULL;
	}
	if (copy >= 0) {
		wh_ask_socket(copy, out);
		if (out->asked == WH_FOUND && is_listening)
			wh_ask_queue(copy, out);
		close(copy);
	} else if (wh_search_tables(out)) {
		out->asked = WH_FOUND;
	}
	return out->asked == WH_FOUND ? out : NULL;
}

WH_INLINE uint32_t wh_queue_length(struct wh_call *call, int64_t descriptor)
{
	struct wh_socket_facts *socket = wh_socket_of(call, descriptor, true);

	return socket ? socket->queue_length : 0;
}

WH_INLINE uint32_t wh_queue_limit(struct wh_call *call, int64_t descriptor)
{
	struct wh_socket_facts *socket = wh_socket_of(call, descriptor, true);
	struct wh_unix_facts facts;

	if (!socket)
		return 0;
	if (socket->family == WH_AF_UNIX && wh_ask_unix(socket->inode, &facts))
		return facts.queue_limit;
	return socket->queue_limit;
}

/*
 * What tells a unix socket from all others where a driver in the kernel gives its address: the inode number. The end of
 * a connection that the listener's side accepts has none before it is accepted, so that end goes by the inode number of
 * the end that connected, with the top bit set; so both ends agree on who they are at every time.
 */
struct wh_identities {
	uint64_t own, peer;
};

WH_INLINE struct wh_identities wh_identities_of(const struct wh_socket_facts *socket)
{
	uint64_t accepted = 1ull << WH_IDENTITY_BITS;
	struct wh_identities out = { socket->inode, 0 };
	struct wh_unix_facts facts;

	if (!socket->has_peer)
		return out;
	if (socket->type != SOCK_DGRAM && !socket->is_named && socket->peer_is_named) {
		out.peer = out.own | accepted;
		return out;
	}
	if (!wh_ask_unix(socket->inode, &facts) || !facts.peer)
		return out;
	out.peer = facts.peer;
	if (socket->type != SOCK_DGRAM && socket->is_named && !socket->peer_is_named)
		out.own = facts.peer | accepted;
	return out;
}

WH_INLINE uint64_t wh_socket_identity(struct wh_call *call, int64_t descriptor)
{
	struct wh_socket_facts *socket = wh_socket_of(call, descriptor, false);

	return socket && socket->family == WH_AF_UNIX ? wh_identities_of(socket).own : 0;
}

WH_INLINE uint64_t wh_peer_identity(struct wh_call *call, int64_t descriptor)
{
	struct wh_socket_facts *socket = wh_socket_of(call, descriptor, false);

	return socket && socket->family == WH_AF_UNIX ? wh_identities_of(socket).peer : 0;
}

/* The path of a unix address, with its NUL; an abstract name's leading NUL is left out. */
WH_INLINE uint32_t wh_unix_path(const uint8_t *address, uint8_t *room)
{
	return wh_read_kernel_string(room, WH_UNIX_PATH_MAX, address + 2 + !address[2]);
}

/* One end of an internet tuple from an address as the calls have it. */
WH_INLINE void wh_put_end(uint8_t *to, const uint8_t *address, bool is_wide)
{
	uint32_t size = is_wide ? 16 : 4;

	memcpy(to, address + (is_wide ? 8 : 4), size);
	*(uint16_t *)(to + size) = wh_host_order(*(uint16_t *)(address + 2));
}

/* SOCKTUPLE of the socket behind a descriptor; see the same function in drivers/shared/kernel_sockets.h. */
static __attribute__((noinline, unused)) uint32_t wh_tuple(struct wh_call *call, uint8_t *room, int64_t descriptor,
							   bool outbound, uint64_t given, int32_t given_length)
{
	static const uint8_t nowhere[28];
	struct wh_socket_facts *socket = wh_socket_of(call, descriptor, false);
	struct wh_scratch *scratch = call->scratch;
	const uint8_t *peer = nowhere;

	if (!socket)
		return 0;
	room[0] = socket->family;
	if (socket->family == WH_AF_INET || socket->family == WH_AF_INET6) {
		bool is_wide = socket->family == WH_AF_INET6;
		uint32_t end = is_wide ? 18 : 6;

		if (socket->has_peer)
			peer = socket->peer;
		else if (wh_copy_address(scratch, given, given_length) == socket->family)
			peer = scratch->address;
		wh_put_end(room + (outbound ? 1 : 1 + end), socket->own, is_wide);
		wh_put_end(room + (outbound ? 1 + end : 1), peer, is_wide);
		return 1 + 2 * end;
	}
	if (socket->family == WH_AF_UNIX) {
		struct wh_identities ends = wh_identities_of(socket);

		*(uint64_t *)(room + 1) = outbound ? ends.peer : ends.own;
		*(uint64_t *)(room + 9) = outbound ? ends.own : ends.peer;
		if (outbound && !socket->has_peer && wh_copy_address(scratch, given, given_length) == WH_AF_UNIX)
			return 17 + wh_copied_unix_path(scratch, room + 17);
		return 17 + wh_unix_path(outbound ? socket->peer : socket->own, room + 17);
	}
	return 0;
}

#endif
