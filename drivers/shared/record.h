/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Writing a record: one length and one value per parameter, in the order of the event table.
 */
#ifndef WH_RECORD_H
#define WH_RECORD_H

#include "call.h"

/*
 * struct wh_record - a record that is being written
 * @bytes: its first byte, the header
 * @scratch: notes on it; NULL if all its values are of fixed size
 * @index: the next parameter
 * @offset: where the next value goes, as long as all values before it were of fixed size
 * @varying: a value of varying length was written: the place is in @scratch from then on
 *
 * index, offset and varying are constants to the compiler, since nothing is pushed inside a branch.
 */
struct wh_record {
	uint8_t *bytes;
	struct wh_scratch *scratch;
	uint32_t index;
	uint32_t offset;
	bool varying;
};

WH_INLINE uint8_t *wh_place(struct wh_record *record)
{
	if (!record->varying)
		return record->bytes + record->offset;
	return record->bytes + (record->scratch->position & 0xffff);
}

WH_INLINE void wh_push_length(struct wh_record *record, uint32_t length)
{
	*(uint16_t *)(record->bytes + WH_EVENT_HEADER_SIZE + 2 * record->index++) = length;
}

/* Pushes the low bytes of a number. */
WH_INLINE void wh_push_number(struct wh_record *record, uint32_t size, uint64_t value)
{
	uint8_t *place = wh_place(record);

	wh_push_length(record, size);
	if (size == 8)
		*(uint64_t *)place = value;
	else if (size == 4)
		*(uint32_t *)place = value;
	else if (size == 2)
		*(uint16_t *)place = value;
	else
		*place = value;
	if (record->varying)
		record->scratch->position += size;
	else
		record->offset += size;
}

/* Where a value of varying length begins: from here on the place is kept in memory. */
WH_INLINE uint8_t *wh_room(struct wh_record *record)
{
	uint8_t *place = wh_place(record);

	if (!record->varying)
		record->scratch->position = record->offset;
	record->varying = true;
	return place;
}

/* Ends a value that a filler has written from wh_room() on; 0 bytes is "no value". */
WH_INLINE void wh_push_written(struct wh_record *record, uint32_t length)
{
	wh_push_length(record, length);
	record->scratch->position += length;
}

/* A string of the caller; unreadable or NULL is no value. */
WH_INLINE uint32_t wh_user_string(struct wh_call *call, uint8_t *room, uint32_t limit, uint64_t from)
{
	int length = wh_read_user_string(room, limit, from);

	if (length >= 0)
		return length;
	if (from)
		wh_count_unreadable(call);
	return 0;
}

/* Bytes of the caller, all or none; `size` is at most 65535. */
WH_INLINE uint32_t wh_user_bytes(struct wh_call *call, uint8_t *room, uint32_t size, uint64_t from)
{
	WH_OPAQUE(size);
	size &= 0xffff;
	if (!size)
		return 0;
	if (wh_read_user(room, size, from) < 0) {
		if (from)
			wh_count_unreadable(call);
		return 0;
	}
	return size;
}

/*
 * 1 for a caller with 64-bit longs and pointers, 0 for one with 32-bit ones. Sizes and strides are computed from this by
 * constants: without a branch, and with bounds that verifiers since 5.10 see.
 */
WH_INLINE uint64_t wh_is_wide(struct wh_call *call)
{
	uint64_t wide = !call->is_compat;

	WH_OPAQUE(wide);
	return wide & 1;
}

/* A long or a pointer of the caller in memory: 4 or 8 bytes; 0 if it is unreadable. */
WH_INLINE uint64_t wh_user_long(struct wh_call *call, uint64_t array, uint32_t index)
{
	uint64_t size = 4 + (wh_is_wide(call) << 2);
	uint64_t value = 0;

	if (wh_read_user(&value, size, array + index * size) < 0)
		return 0;
	return value;
}

/* A member of the header; it lies where its offset says, aligned or not. */
#define WH_HEADER(record, type, member) \
	(*(type *)((record)->bytes + __builtin_offsetof(struct wh_event_header, member)))

WH_INLINE void wh_start_record(struct wh_record *record, uint32_t type, uint32_t nparams, uint64_t timestamp,
			       uint64_t tid)
{
	WH_HEADER(record, uint64_t, timestamp_ns) = timestamp;
	WH_HEADER(record, uint64_t, tid) = tid;
	WH_HEADER(record, uint16_t, type) = type;
	WH_HEADER(record, uint32_t, nparams) = nparams;
	record->index = 0;
	record->offset = WH_EVENT_HEADER_SIZE + 2 * nparams;
	record->varying = false;
}

/* Returns the length of the finished record. */
WH_INLINE uint32_t wh_end_record(struct wh_record *record)
{
	uint32_t length = record->varying ? record->scratch->position : record->offset;

	WH_HEADER(record, uint32_t, length) = length;
	return length;
}

#endif
