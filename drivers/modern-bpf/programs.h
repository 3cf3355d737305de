/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From the event table to programs: one for each call that needs nothing but its parameters.
 */
#ifndef WH_PROGRAMS_H
#define WH_PROGRAMS_H

#include "emit.h"
#include "calls.h"
#include "../shared/makers.h"

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

#define EVENT(code, symbol, name, direction, category, flags, ...) WH_MAKE(symbol, direction)
#include "../schema/event_schema.def"
#undef EVENT

#endif
