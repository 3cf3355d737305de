// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A function per event, expanded from the event table, and the few that the table alone does not make.
 */
#include "emit.h"
#include "../shared/fillers_data.h"
#include "../shared/fillers_exec.h"
#include "../shared/fillers_files.h"
#include "../shared/fillers_io_uring.h"
#include "../shared/fillers_keys.h"
#include "../shared/fillers_other.h"
#include "../shared/fillers_points.h"
#include "../shared/fillers_quota.h"
#include "../shared/fillers_sockets.h"
#include "../shared/fillers_sockopts.h"
#include "../shared/fillers_tasks.h"
#include "../shared/makers.h"

#define WH_MAKE_EXIT(symbol)							\
static void __maybe_unused make_##symbol(struct wh_call *call)			\
{										\
	WH_EMIT(symbol, call);							\
}
#define WH_MAKE_ENTRY(symbol) WH_MAKE_EXIT(symbol)

#define EVENT(code, symbol, name, direction, category, flags, ...) WH_MAKE(symbol, direction)
#include "../schema/event_schema.def"
#undef EVENT

/* By slot: the portable code, and the number that this architecture has for the call (0xffff: none). */
static u16 portable_codes[WH_CALL_SLOTS] __ro_after_init;
static u16 native_numbers[WH_CALL_SLOTS] __ro_after_init;

static void make_generic(struct wh_call *call)
{
	u32 number = call->number;

	call->code = portable_codes[call->slot];
	call->number = native_numbers[call->slot];
	WH_EMIT(generic, call);
	call->number = number;		/* for the next consumer */
}

/* A successful exec makes its event at its own tracepoint, where the new image's name is still known. */
static void make_execve(struct wh_call *call)
{
	if (call->result != 0)
		WH_EMIT(execve, call);
}

static void make_execveat(struct wh_call *call)
{
	if (call->result != 0)
		WH_EMIT(execveat, call);
}

static void one_sendmmsg(struct wh_call *call)
{
	WH_EMIT(sendmmsg, call);
}

static void one_recvmmsg(struct wh_call *call)
{
	WH_EMIT(recvmmsg, call);
}

/*
 * One event for one message. What the kernel counted for each lies behind its header. A call without a message makes
 * one event.
 */
static void each_message(struct wh_call *call, wh_maker maker)
{
	uint32_t size = sizeof(struct wh_counted_message), header = sizeof(struct wh_message), i;
	int64_t messages = call->result;

	if (call->is_compat) {
		size = sizeof(struct wh_counted_message_32);
		header = sizeof(struct wh_message_32);
	}
	call->message = 0;
	if (messages <= 0) {
		maker(call);
		return;
	}
	for (i = 0; i < WH_MESSAGES && i < messages; i++) {
		uint32_t length = 0;

		call->message = call->arguments[1] + i * size;
		wh_read_user(&length, sizeof(length), call->message + header);
		call->result = length;
		maker(call);
	}
	call->result = messages;	/* for the next consumer */
}

static void make_sendmmsg(struct wh_call *call)
{
	each_message(call, one_sendmmsg);
}

static void make_recvmmsg(struct wh_call *call)
{
	each_message(call, one_recvmmsg);
}

void wh_make_exec(struct wh_call *call)
{
	WH_EMIT(execve, call);
}

void wh_make_procexit(struct wh_call *call)
{
	WH_EMIT(procexit, call);
}

void wh_make_signal(struct wh_call *call)
{
	WH_EMIT(signaldeliver, call);
}

void wh_make_switch(struct wh_call *call)
{
	WH_EMIT(sched_switch, call);
}

void wh_make_page_fault(struct wh_call *call)
{
	WH_EMIT(page_fault, call);
}

/* By slot, from the tables of calls. */
static wh_maker exit_makers[WH_CALL_SLOTS] __ro_after_init;
static wh_maker entry_makers[WH_CALL_SLOTS] __ro_after_init;

/* By portable code. */
static const struct {
	s16 x86_64, aarch64;
	wh_maker maker;
} calls[WH_SC_COUNT] __initconst = {
#define NO_NUMBER -1
#define SYSCALL(portable, name, x86, arm, event, sampling) [portable] = { x86, arm, make_##event },
#include "../schema/syscalls.def"
#undef SYSCALL
};

#ifdef CONFIG_X86
static const u16 ia32_codes[WH_CALL_SLOTS - WH_SLOT_IA32] __initconst = {
#define IA32(number, name, code) [number] = WH_SC_##code,
#define SOCKETCALL(number, code) [WH_SLOT_SOCKETCALL - WH_SLOT_IA32 + number] = WH_SC_##code,
#define IPC(number, code) [WH_SLOT_IPC - WH_SLOT_IA32 + number] = WH_SC_##code,
#include "../schema/ia32.def"
#undef IA32
#undef SOCKETCALL
#undef IPC
};
#endif

static int __init native_number(u16 code)
{
	int number = IS_ENABLED(CONFIG_ARM64) ? calls[code].aarch64 : calls[code].x86_64;

	return number < WH_CALL_NUMBERS ? number : -1;
}

static wh_maker __init entry_maker_of(u16 code)
{
	switch (code) {
	case WH_SC_open:
		return make_open_enter;
	case WH_SC_creat:
		return make_creat_enter;
	case WH_SC_openat:
		return make_openat_enter;
	case WH_SC_openat2:
		return make_openat2_enter;
	case WH_SC_connect:
		return make_connect_enter;
	default:
		return NULL;
	}
}

static void __init fill_slot(u32 slot, u16 code)
{
	exit_makers[slot] = calls[code].maker;
	entry_makers[slot] = entry_maker_of(code);
	portable_codes[slot] = code;
	native_numbers[slot] = native_number(code);
}

int __init wh_events_init(void)
{
	u32 i;

	for (i = 1; i < WH_SC_COUNT; i++)
		if (calls[i].maker && native_number(i) >= 0)
			fill_slot(native_number(i), i);
#ifdef CONFIG_X86
	for (i = 0; i < ARRAY_SIZE(ia32_codes); i++)
		if (ia32_codes[i])
			fill_slot(WH_SLOT_IA32 + i, ia32_codes[i]);
#endif
	return 0;
}

size_t wh_work_area_size(void)
{
	return sizeof(struct wh_work_area);
}

wh_maker wh_exit_maker(u32 slot)
{
	return exit_makers[slot];
}

wh_maker wh_entry_maker(u32 slot)
{
	return entry_makers[slot];
}
