/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From the event table to programs: wh_fill_<event>() for every event, and a program for each call that needs nothing
 * but its parameters.
 */
#ifndef WH_PROGRAMS_H
#define WH_PROGRAMS_H

#include "emit.h"
#include "calls.h"

/* Events that the plain program does not fit: modern_bpf.bpf.c has theirs, or no program makes them. */
#define WH_HOW_generic ~, CUSTOM
#define WH_HOW_execve ~, CUSTOM
#define WH_HOW_execveat ~, CUSTOM
#define WH_HOW_sendmmsg ~, CUSTOM
#define WH_HOW_recvmmsg ~, CUSTOM
#define WH_HOW_drop ~, CUSTOM
/* Events made at the entry of a call. */
#define WH_HOW_open_enter ~, ENTRY
#define WH_HOW_creat_enter ~, ENTRY
#define WH_HOW_openat_enter ~, ENTRY
#define WH_HOW_openat2_enter ~, ENTRY
#define WH_HOW_connect_enter ~, ENTRY

/* The second of its arguments: the default, unless the first expands to "~, something". */
#define WH_SECOND_(first, second, ...) second
#define WH_SECOND(...) WH_SECOND_(__VA_ARGS__)
#define WH_HOW(symbol, otherwise) WH_SECOND(WH_HOW_##symbol, otherwise, ~)

#define WH_MAKE_CUSTOM(symbol)
#define WH_MAKE_ENTER(symbol)

#define WH_MAKE_EXIT(symbol)							\
WH_TRACEPOINT("sys_exit")								\
int x_##symbol(uint64_t *context)						\
{										\
	struct wh_call call = {};						\
										\
	if (wh_finished_call(&call, context))					\
		WH_EMIT(symbol, &call);						\
	return 0;								\
}

#define WH_MAKE_ENTRY(symbol)							\
WH_TRACEPOINT("sys_enter")								\
int e_##symbol(uint64_t *context)						\
{										\
	struct wh_call call = {};						\
										\
	if (wh_starting_call(&call, context))					\
		WH_EMIT(symbol, &call);						\
	return 0;								\
}

#define P(name, type, format, group, source) WH_PARAMETER(name, type, format, group, source)
#define EVENT(code, symbol, name, direction, category, flags, ...)		\
WH_INLINE void wh_fill_##symbol(struct wh_record *record, struct wh_call *call)	\
{										\
	__VA_ARGS__								\
}
#include "../schema/event_schema.def"
#undef EVENT
#define EVENT(code, symbol, name, direction, category, flags, ...)		\
	WH_JOIN(WH_MAKE_, WH_HOW(symbol, direction))(symbol)
#include "../schema/event_schema.def"
#undef EVENT
#undef P

#endif
