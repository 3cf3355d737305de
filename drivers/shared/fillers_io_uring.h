/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters of a request that a program puts on an io_uring: work that no system call of its own tells of. */
#ifndef WH_FILLERS_IO_URING_H
#define WH_FILLERS_IO_URING_H

#include "expand.h"
#include "readers.h"

enum { WH_RING_OPENAT = 18, WH_RING_OPENAT2 = 28 };

WH_NUMBER(ring_op) { return call->request.op; }
WH_NUMBER(ring_flags) { return wh_map_io_uring_sqe_flags(call->request.flags); }
WH_NUMBER(ring_user_data) { return call->request.user_data; }
WH_NUMBER(ring_fd) { return call->request.descriptor; }
WH_NUMBER(ring_newfd) { return call->request.new_descriptor; }

WH_NUMBER(ring_open_flags)
{
	if (call->request.op != WH_RING_OPENAT && call->request.op != WH_RING_OPENAT2)
		return 0;
	return wh_map_open_flags(call->request.open_flags);
}

/* Names that the kernel has copied already: the program cannot change them any more. */
WH_INLINE uint32_t wh_ring_name(uint8_t *room, const char *name)
{
	int length = name ? wh_read_kernel_string(room, WH_PATH_MAX, name) : 0;

	return length < 0 ? 0 : length;
}

WH_BYTES(ring_path) { return wh_ring_name(room, call->request.path); }
WH_BYTES(ring_newpath) { return wh_ring_name(room, call->request.new_path); }

WH_BYTES(ring_addr)
{
	return wh_user_address(call->scratch, room, call->request.address, call->request.address_length);
}

#endif
