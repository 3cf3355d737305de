/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "event_schema.h"

#include <stddef.h>

#define P(pname, ptype, pformat, pgroup, source) \
	{ .name = #pname, .type = WH_PT_##ptype, .format = WH_FORMAT_##pformat, .group = WH_GROUP_##pgroup },
#define EVENT(code, symbol, name, direction, category, flags, ...) \
	static const struct wh_param_info params_of_##symbol[] = { __VA_ARGS__ { 0 } };
#include "event_schema.def"
#undef EVENT

#define EVENT(code, ev, ev_name, ev_direction, ev_category, ev_flags, ...) \
	[code] = { .name = ev_name, .symbol = #ev, .direction = WH_DIRECTION_##ev_direction, \
		   .category = WH_CATEGORY_##ev_category, .flags = ev_flags, .nparams = WH_NPARAMS_##ev, \
		   .params = params_of_##ev },
static const struct wh_event_info events[WH_EVENT_COUNT] = {
#include "event_schema.def"
};
#undef EVENT
#undef P

_Static_assert(sizeof(struct wh_event_header) == WH_EVENT_HEADER_SIZE, "the wire header is 26 bytes");

#define P(name, type, format, group, source) + 1
#define EVENT(code, symbol, name, direction, category, flags, ...) \
	_Static_assert((int)WH_NPARAMS_##symbol <= (int)WH_EVENT_MAX_PARAMS, #symbol " has too many parameters");
#include "event_schema.def"
#undef EVENT
#undef P

const struct wh_event_info *wh_event_info(uint16_t type)
{
	return type < WH_EVENT_COUNT && events[type].name ? &events[type] : NULL;
}

#define P(name, type, format, group, source)
#define EVENT(code, symbol, name, direction, category, flags, ...) [code] = flags,
const uint16_t wh_flags_of_events[WH_EVENT_COUNT] = {
#include "event_schema.def"
};
#undef EVENT
#undef P

#define NO_KERNEL_VALUE 0
#define GROUP(group, kind) static const struct wh_flag_info flags_of_##group[] = {
#define FLAG(group, sym, portable, printed, kernel) { .symbol = #sym, .text = printed, .value = portable },
#define END_GROUP(group) };
#include "flags.def"
#undef GROUP
#undef FLAG
#undef END_GROUP

#define GROUP(group, group_kind) \
	[WH_GROUP_##group] = { .name = #group, .kind = WH_KIND_##group_kind, \
			       .count = sizeof(flags_of_##group) / sizeof(flags_of_##group[0]), \
			       .flags = flags_of_##group },
#define FLAG(group, symbol, portable, text, kernel)
#define END_GROUP(group)
static const struct wh_flag_group_info groups[WH_GROUP_COUNT] = {
#include "flags.def"
};
#undef GROUP
#undef FLAG
#undef END_GROUP

const struct wh_flag_group_info *wh_flag_group_info(uint8_t group)
{
	return group < WH_GROUP_COUNT && groups[group].name ? &groups[group] : NULL;
}

#define NO_NUMBER -1
#define SYSCALL(code, sys, x86, arm, ev, sampling) \
	[code] = { .name = #sys, .x86_64 = x86, .aarch64 = arm, .event = WH_EVENT_##ev, \
		   .never_dropped = SAMPLING_##sampling == SAMPLING_NEVER_DROP, \
		   .always_dropped = SAMPLING_##sampling == SAMPLING_ALWAYS_DROP },
enum { SAMPLING_SAMPLED, SAMPLING_NEVER_DROP, SAMPLING_ALWAYS_DROP };
static const struct wh_syscall_info syscalls[WH_SC_COUNT] = {
#include "syscalls.def"
};
#undef SYSCALL

const struct wh_syscall_info *wh_syscall_info(uint16_t code)
{
	return code < WH_SC_COUNT && syscalls[code].name ? &syscalls[code] : NULL;
}

#define IA32(number, sys, sc) [number] = { .name = #sys, .code = WH_SC_##sc },
#define SOCKETCALL(number, sc) [WH_SLOT_SOCKETCALL - WH_SLOT_IA32 + number] = { .code = WH_SC_##sc },
#define IPC(number, sc) [WH_SLOT_IPC - WH_SLOT_IA32 + number] = { .code = WH_SC_##sc },
static const struct wh_ia32_info ia32_calls[WH_CALL_SLOTS - WH_SLOT_IA32] = {
#include "ia32.def"
};
#undef IA32
#undef SOCKETCALL
#undef IPC

const struct wh_ia32_info *wh_ia32_info(uint16_t slot)
{
	if (slot < WH_SLOT_IA32 || slot >= WH_CALL_SLOTS || !ia32_calls[slot - WH_SLOT_IA32].code)
		return NULL;
	return &ia32_calls[slot - WH_SLOT_IA32];
}

unsigned wh_param_size(uint8_t type)
{
#define SIZE(type) [WH_PT_##type] = WH_SIZE_##type
	static const uint8_t sizes[] = {
		SIZE(INT8), SIZE(INT16), SIZE(INT32), SIZE(INT64), SIZE(UINT8), SIZE(UINT16), SIZE(UINT32), SIZE(UINT64),
		SIZE(ERRNO), SIZE(FD), SIZE(PID), SIZE(SYSCALLID), SIZE(SIGTYPE), SIZE(RELTIME), SIZE(ABSTIME), SIZE(PORT),
		SIZE(L4PROTO), SIZE(SOCKFAMILY), SIZE(BOOL), SIZE(IPV4ADDR), SIZE(FLAGS8), SIZE(FLAGS16), SIZE(FLAGS32),
		SIZE(UID), SIZE(GID), SIZE(DOUBLE), SIZE(SIGSET), SIZE(CHARBUF_PAIR_ARRAY), SIZE(IPV6ADDR), SIZE(MODE),
		SIZE(ENUMFLAGS8), SIZE(ENUMFLAGS16), SIZE(ENUMFLAGS32), SIZE(FD32), SIZE(PID32),
	};
#undef SIZE
	return type < sizeof(sizes) ? sizes[type] : 0;
}
