/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The data that calls read and write: plain buffers, vectors, messages. Cut to the snaplen. */
#ifndef WH_FILLERS_DATA_H
#define WH_FILLERS_DATA_H

#include "expand.h"
#include "ia32.h"
#include "readers.h"

enum {
	WH_VECTORS = 32,
	WH_MESSAGES = 16,			/* of one sendmmsg or recvmmsg that make an event */
};

/* User-space layouts of 64-bit callers: struct iovec, struct user_msghdr and struct mmsghdr in the kernel's headers. */
struct wh_vector {
	uint64_t base, length;
};

struct wh_message {
	uint64_t name;
	int32_t name_length, pad0;
	uint64_t vectors, vector_count;
	uint64_t control, control_length;
	int32_t flags, pad1;
};

struct wh_counted_message {
	struct wh_message header;
	uint32_t length, pad;
};

/* The same of 32-bit callers. */
struct wh_message_32 {
	uint32_t name;
	int32_t name_length;
	uint32_t vectors, vector_count, control, control_length;
	int32_t flags;
};

struct wh_counted_message_32 {
	struct wh_message_32 header;
	uint32_t length;
};

/* How much of `size` bytes goes into the record. */
WH_INLINE uint32_t wh_cut(uint64_t size)
{
	uint32_t limit = wh_snaplen();

	return size < limit ? size : limit;
}

/* What a write moved, or tried to move. */
WH_INLINE uint64_t wh_written_size(int64_t result, uint64_t requested)
{
	return result > 0 ? (uint64_t)result : requested;
}

WH_BYTES(read_data)
{
	return call->result > 0 ? wh_user_bytes(call, room, wh_cut(call->result), call->arguments[1]) : 0;
}

WH_BYTES(write_data)
{
	return wh_user_bytes(call, room, wh_cut(wh_written_size(call->result, call->arguments[2])), call->arguments[1]);
}

WH_NUMBER(ret_if_positive) { return call->result > 0 ? call->result : 0; }

/*
 * One of the caller's vectors; false if it is unreadable. Both halves of a 32-bit one arrive in the first word. Without a
 * branch, because a verifier would follow it anew in each round of the loops around this.
 */
WH_INLINE bool wh_vector_at(struct wh_call *call, struct wh_vector *vector, uint64_t vectors, uint32_t index)
{
	uint64_t wide = wh_is_wide(call), size = 8 + (wide << 3), narrow = 1 - wide;

	vector->base = 0;
	vector->length = 0;
	if (wh_read_user(vector, size, vectors + index * size) < 0)
		return false;
	WH_OPAQUE(narrow);
	vector->length |= vector->base >> 32 & -narrow;
	vector->base &= ~0ull >> (32 * narrow);
	return true;
}

/* The sum of the lengths of the first WH_VECTORS vectors. */
WH_INLINE uint64_t wh_vectors_size(struct wh_call *call, uint64_t vectors, uint64_t count)
{
	const uint64_t end = WH_APART(count);
	uint64_t size = 0;
	uint32_t i;

	/* Not WH_FOR: the sum is another in each round. */
	WH_UNROLL
	for (i = 0; i < WH_VECTORS; i++) {
		struct wh_vector vector;

		if (i >= end || !wh_vector_at(call, &vector, vectors, i))
			break;
		size += vector.length;
	}
	return size;
}

/* The bytes of the vectors one after the other, at most `limit`; an unreadable or empty one ends them. */
WH_INLINE uint32_t wh_vectors_bytes(struct wh_call *call, uint64_t vectors, uint64_t count, uint64_t limit)
{
	struct wh_scratch *scratch = call->scratch;
	uint32_t left = wh_cut(limit), i;

	scratch->carried = 0;
	WH_FOR(i, 0, WH_VECTORS) {
		struct wh_vector vector;
		uint32_t gathered = scratch->carried, take;

		if (i >= count || gathered >= left || !wh_vector_at(call, &vector, vectors, i))
			break;
		take = left - gathered;
		if (vector.length < take)
			take = vector.length;
		take = wh_user_bytes(call, wh_at(call, gathered), take, vector.base);
		if (!take)
			break;
		scratch->carried = gathered + take;
	}
	return scratch->carried & 0xffff;
}

WH_BYTES(readv_data)
{
	return call->result > 0 ? wh_vectors_bytes(call, call->arguments[1], call->arguments[2], call->result) : 0;
}

WH_NUMBER(writev_size) { return wh_vectors_size(call, call->arguments[1], call->arguments[2]); }

WH_BYTES(writev_data)
{
	uint64_t requested = call->result > 0 ? 0 : wh_vectors_size(call, call->arguments[1], call->arguments[2]);

	return wh_vectors_bytes(call, call->arguments[1], call->arguments[2],
				wh_written_size(call->result, requested));
}

/* Both name the caller's own memory: what it got, what it sent. */
WH_BYTES(process_vm_readv_data)
{
	return call->result > 0 ? wh_vectors_bytes(call, call->arguments[1], call->arguments[2], call->result) : 0;
}

WH_BYTES(process_vm_writev_data)
{
	return call->result > 0 ? wh_vectors_bytes(call, call->arguments[1], call->arguments[2], call->result) : 0;
}

WH_INLINE bool wh_message_of(struct wh_call *call, struct wh_message *message, uint64_t from)
{
	struct wh_message_32 small;

	if (!call->is_compat)
		return wh_read_user(message, sizeof(*message), from) == 0;
	if (wh_read_user(&small, sizeof(small), from) < 0)
		return false;
	message->name = small.name;
	message->name_length = small.name_length;
	message->vectors = small.vectors;
	message->vector_count = small.vector_count;
	message->control = small.control;
	message->control_length = small.control_length;
	return true;
}

WH_INLINE uint32_t wh_sent_bytes(struct wh_call *call, uint64_t from, int64_t result)
{
	struct wh_message message;
	uint64_t requested;

	if (!wh_message_of(call, &message, from))
		return 0;
	requested = result > 0 ? 0 : wh_vectors_size(call, message.vectors, message.vector_count);
	return wh_vectors_bytes(call, message.vectors, message.vector_count, wh_written_size(result, requested));
}

WH_INLINE uint64_t wh_message_size(struct wh_call *call, uint64_t from)
{
	struct wh_message message;

	return wh_message_of(call, &message, from) ? wh_vectors_size(call, message.vectors, message.vector_count) : 0;
}

WH_INLINE uint32_t wh_received_bytes(struct wh_call *call, uint64_t from, int64_t result)
{
	struct wh_message message;

	if (result <= 0 || !wh_message_of(call, &message, from))
		return 0;
	return wh_vectors_bytes(call, message.vectors, message.vector_count, result);
}

WH_INLINE uint32_t wh_message_tuple(struct wh_call *call, uint8_t *room, uint64_t from, bool outbound)
{
	struct wh_message message = {};

	if (!wh_message_of(call, &message, from) && outbound)
		return 0;
	return wh_tuple(call, room, wh_descriptor(call, 0), outbound, message.name, message.name_length);
}

WH_INLINE uint32_t wh_message_control(struct wh_call *call, uint8_t *room, uint64_t from)
{
	struct wh_message message;

	if (!wh_message_of(call, &message, from) || message.control_length > 65535)
		return 0;
	return wh_user_bytes(call, room, message.control_length, message.control);
}

WH_BYTES(sendmsg_data) { return wh_sent_bytes(call, call->arguments[1], call->result); }
WH_NUMBER(sendmsg_size) { return wh_message_size(call, call->arguments[1]); }
WH_BYTES(recvmsg_data) { return wh_received_bytes(call, call->arguments[1], call->result); }

WH_BYTES(sendmsg_tuple)
{
	return call->result >= 0 ? wh_message_tuple(call, room, call->arguments[1], true) : 0;
}

WH_BYTES(recvmsg_tuple)
{
	return call->result >= 0 ? wh_message_tuple(call, room, call->arguments[1], false) : 0;
}

WH_BYTES(recvmsg_msgcontrol) { return call->result >= 0 ? wh_message_control(call, room, call->arguments[1]) : 0; }

/* sendmmsg and recvmmsg make one record per message; `result` is then that message's length. */
WH_NUMBER(sendmmsg_res) { return call->result; }
WH_NUMBER(sendmmsg_size) { return call->message ? wh_message_size(call, call->message) : 0; }
WH_BYTES(sendmmsg_data) { return call->message ? wh_sent_bytes(call, call->message, call->result) : 0; }
WH_BYTES(sendmmsg_tuple) { return call->message ? wh_message_tuple(call, room, call->message, true) : 0; }
WH_NUMBER(recvmmsg_res) { return call->result; }
WH_NUMBER(recvmmsg_size) { return call->message ? call->result : 0; }
WH_BYTES(recvmmsg_data) { return call->message ? wh_received_bytes(call, call->message, call->result) : 0; }
WH_BYTES(recvmmsg_tuple) { return call->message ? wh_message_tuple(call, room, call->message, false) : 0; }
WH_BYTES(recvmmsg_msgcontrol) { return call->message ? wh_message_control(call, room, call->message) : 0; }

/* Where the call left off reading; 0 without an offset of the caller's. */
WH_NUMBER(sendfile_offset)
{
	uint64_t offset = 0;

	wh_read_user(&offset, sizeof(offset), call->arguments[2]);
	return call->is_compat && call->number == WH_IA32_SENDFILE ? (uint32_t)offset : offset;
}

#endif
