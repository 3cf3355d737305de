/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters of socket calls, except for data. */
#ifndef WH_FILLERS_SOCKETS_H
#define WH_FILLERS_SOCKETS_H

#include "expand.h"
#include "readers.h"

enum { WH_EINPROGRESS = 115 };

WH_NUMBER(socket_flags)
{
	return wh_map_descriptor_flags(call->arguments[1], WH_KERNEL_O_NONBLOCK | WH_KERNEL_O_CLOEXEC);
}

WH_BYTES(sockaddr_argument)
{
	return wh_user_address(call->scratch, room, call->arguments[1], call->arguments[2]);
}

WH_BYTES(connect_tuple)
{
	if (call->result != 0 && call->result != -WH_EINPROGRESS)
		return 0;
	return wh_tuple(call, room, wh_descriptor(call, 0), true, call->arguments[1], call->arguments[2]);
}

WH_BYTES(outbound_tuple)
{
	return call->result >= 0 ? wh_tuple(call, room, wh_descriptor(call, 0), true, 0, 0) : 0;
}

WH_BYTES(inbound_tuple)
{
	return call->result >= 0 ? wh_tuple(call, room, wh_descriptor(call, 0), false, 0, 0) : 0;
}

WH_BYTES(sendto_tuple)
{
	if (call->result < 0)
		return 0;
	return wh_tuple(call, room, wh_descriptor(call, 0), true, call->arguments[4], call->arguments[5]);
}

/* The address lies in the caller's buffer now, and its length where argument 5 points. */
WH_BYTES(recvfrom_tuple)
{
	int32_t length = 0;

	if (call->result < 0)
		return 0;
	wh_read_user(&length, sizeof(length), call->arguments[5]);
	return wh_tuple(call, room, wh_descriptor(call, 0), false, call->arguments[4], length);
}

WH_BYTES(accepted_tuple)
{
	return call->result >= 0 ? wh_tuple(call, room, call->result, false, 0, 0) : 0;
}

WH_NUMBER(accept_queuelen) { return call->result >= 0 ? wh_queue_length(call, wh_descriptor(call, 0)) : 0; }
WH_NUMBER(accept_queuemax) { return call->result >= 0 ? wh_queue_limit(call, wh_descriptor(call, 0)) : 0; }

WH_NUMBER(accept_queuepct)
{
	uint64_t length = wh_number_accept_queuelen(call);
	uint64_t limit = wh_number_accept_queuemax(call);

	return length && limit ? length * 100 / limit : 0;
}

WH_NUMBER(accept4_flags)
{
	return wh_map_descriptor_flags(call->arguments[3], WH_KERNEL_O_NONBLOCK | WH_KERNEL_O_CLOEXEC);
}

WH_INLINE int64_t wh_pair_end(struct wh_call *call, uint32_t end)
{
	int32_t descriptors[2];

	if (call->result != 0 || wh_read_user(descriptors, sizeof(descriptors), call->arguments[3]) < 0)
		return -1;
	return descriptors[end];
}

WH_NUMBER(socketpair_fd1) { return wh_pair_end(call, 0); }
WH_NUMBER(socketpair_fd2) { return wh_pair_end(call, 1); }

WH_NUMBER(socketpair_source) { return call->result == 0 ? wh_socket_identity(call, wh_pair_end(call, 0)) : 0; }
/* Only unix sockets come in pairs: the second one is the first one's peer. */
WH_NUMBER(socketpair_peer) { return call->result == 0 ? wh_peer_identity(call, wh_pair_end(call, 0)) : 0; }

#endif
