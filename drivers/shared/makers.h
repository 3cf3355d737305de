/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From the event table to code, for backends in the kernel: wh_fill_<event>() for every event, and which events a plain
 * "one call, one record" does not fit.
 *
 * A backend defines WH_MAKE_EXIT(symbol) and WH_MAKE_ENTRY(symbol), and expands WH_MAKE(symbol, direction) for each
 * event of the table.
 */
#ifndef WH_MAKERS_H
#define WH_MAKERS_H

#include "expand.h"

/* Events that the backend makes by hand, or that no backend makes. */
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
#define WH_MAKE(symbol, direction) WH_JOIN(WH_MAKE_, WH_HOW(symbol, direction))(symbol)

#define P(name, type, format, group, source) WH_PARAMETER(name, type, format, group, source)
#define EVENT(code, symbol, name, direction, category, flags, ...)		\
WH_INLINE void wh_fill_##symbol(struct wh_record *record, struct wh_call *call)	\
{										\
	__VA_ARGS__								\
}
#include "../schema/event_schema.def"
#undef EVENT
#undef P

#endif
