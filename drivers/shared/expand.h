/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From the event table to code: wh_fill_<event>() pushes every parameter of the event from its source.
 *
 * A filler named in the table is a function of the call alone. WH_NUMBER(name) returns the number to push;
 * WH_BYTES(name) writes at `room` (WH_ROOM bytes) and returns how many. So each pushes exactly one parameter, and the
 * order and count of a record cannot differ from the table's.
 */
#ifndef WH_EXPAND_H
#define WH_EXPAND_H

#include "record.h"

#define WH_NUMBER(name) WH_INLINE uint64_t wh_number_##name(struct wh_call *call)
#define WH_BYTES(name) WH_INLINE uint32_t wh_bytes_##name(struct wh_call *call, uint8_t *room)

/* Whether a type's values have a fixed size. */
#define WH_SHAPE_CHARBUF BYTES
#define WH_SHAPE_BYTEBUF BYTES
#define WH_SHAPE_SOCKADDR BYTES
#define WH_SHAPE_SOCKTUPLE BYTES
#define WH_SHAPE_FDLIST BYTES
#define WH_SHAPE_FSPATH BYTES
#define WH_SHAPE_FSRELPATH BYTES
#define WH_SHAPE_DYN BYTES
#define WH_SHAPE_INT8 NUMBER
#define WH_SHAPE_INT16 NUMBER
#define WH_SHAPE_INT32 NUMBER
#define WH_SHAPE_INT64 NUMBER
#define WH_SHAPE_UINT8 NUMBER
#define WH_SHAPE_UINT16 NUMBER
#define WH_SHAPE_UINT32 NUMBER
#define WH_SHAPE_UINT64 NUMBER
#define WH_SHAPE_ERRNO NUMBER
#define WH_SHAPE_FD NUMBER
#define WH_SHAPE_PID NUMBER
#define WH_SHAPE_SYSCALLID NUMBER
#define WH_SHAPE_SIGTYPE NUMBER
#define WH_SHAPE_RELTIME NUMBER
#define WH_SHAPE_ABSTIME NUMBER
#define WH_SHAPE_FLAGS8 NUMBER
#define WH_SHAPE_FLAGS16 NUMBER
#define WH_SHAPE_FLAGS32 NUMBER
#define WH_SHAPE_ENUMFLAGS8 NUMBER
#define WH_SHAPE_ENUMFLAGS16 NUMBER
#define WH_SHAPE_ENUMFLAGS32 NUMBER
#define WH_SHAPE_UID NUMBER
#define WH_SHAPE_GID NUMBER
#define WH_SHAPE_SIGSET NUMBER
#define WH_SHAPE_MODE NUMBER

/* A source of the table as a kind and its operand. */
#define WH_SOURCE_RET RET, 0
#define WH_SOURCE_RET32 RET32, 0
#define WH_SOURCE_ARG(n) ARG, n
#define WH_SOURCE_ARG32(n) ARG32, n
#define WH_SOURCE_S32(n) S32, n
#define WH_SOURCE_FD(n) S32, n
#define WH_SOURCE_STR(n) STR, n
#define WH_SOURCE_MAP(n) MAP, n
#define WH_SOURCE_BY(filler) BY, filler
#define WH_SOURCE_EMPTY EMPTY, 0
#define WH_SOURCE_ZERO ZERO, 0
#define WH_SOURCE_NONE NONE, 0

#define WH_JOIN_(a, b) a##b
#define WH_JOIN(a, b) WH_JOIN_(a, b)

#define WH_PUSH(...) WH_PUSH_(__VA_ARGS__)
#define WH_PUSH_(type, group, kind, operand) WH_PUSH_##kind(type, group, operand)
#define WH_PUSH_RET(type, group, n) wh_push_number(record, WH_SIZE_##type, call->result);
#define WH_PUSH_RET32(type, group, n) wh_push_number(record, WH_SIZE_##type, (int32_t)call->result);
#define WH_PUSH_ARG(type, group, n) wh_push_number(record, WH_SIZE_##type, call->arguments[n]);
#define WH_PUSH_ARG32(type, group, n) wh_push_number(record, WH_SIZE_##type, (uint32_t)call->arguments[n]);
#define WH_PUSH_S32(type, group, n) wh_push_number(record, WH_SIZE_##type, (int64_t)(int32_t)call->arguments[n]);
#define WH_PUSH_STR(type, group, n) \
	wh_push_written(record, wh_user_string(call, wh_room(record), WH_PATH_MAX, call->arguments[n]));
#define WH_PUSH_MAP(type, group, n) wh_push_number(record, WH_SIZE_##type, wh_map_##group(call->arguments[n]));
#define WH_PUSH_BY(type, group, filler) WH_JOIN(WH_PUSH_BY_, WH_SHAPE_##type)(type, filler)
#define WH_PUSH_BY_NUMBER(type, filler) wh_push_number(record, WH_SIZE_##type, wh_number_##filler(call));
#define WH_PUSH_BY_BYTES(type, filler) wh_push_written(record, wh_bytes_##filler(call, wh_room(record)));
#define WH_PUSH_EMPTY(type, group, n) wh_push_length(record, 0);
#define WH_PUSH_ZERO(type, group, n) wh_push_number(record, WH_SIZE_##type, 0);
#define WH_PUSH_NONE(type, group, n)

#define WH_PARAMETER(name, type, format, group, source) WH_PUSH(type, group, WH_SOURCE_##source)

#endif
