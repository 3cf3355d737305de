// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A function per event, expanded from the event table, and the few that the table alone does not make.
 */
#include "emit.h"
#include "../shared/kernel_header_variants.h"
#include "../shared/fillers_data.h"
#include "../shared/fillers_exec.h"
#include "../shared/fillers_files.h"
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

static void make_generic(struct wh_call *call)
{
	WH_EMIT(generic, call);
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

enum { WH_MESSAGES = 16 };

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
	int64_t messages = call->result;
	uint32_t i;

	call->message = 0;
	if (messages <= 0) {
		maker(call);
		return;
	}
	for (i = 0; i < WH_MESSAGES && i < messages; i++) {
		uint32_t length = 0;

		call->message = call->arguments[1] + i * sizeof(struct wh_counted_message);
		wh_read_user(&length, sizeof(length), call->message + sizeof(struct wh_message));
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

/* By native call number, from the table of calls. */
static wh_maker exit_makers[WH_KMOD_CALL_NUMBERS] __ro_after_init;
static wh_maker entry_makers[WH_KMOD_CALL_NUMBERS] __ro_after_init;
static u16 portable_codes[WH_KMOD_CALL_NUMBERS] __ro_after_init;

static const struct {
	s16 x86_64, aarch64;
	u16 code;
	wh_maker maker;
} calls[] __initconst = {
#define NO_NUMBER -1
#define SYSCALL(portable, name, x86, arm, event, sampling) { x86, arm, portable, make_##event },
#include "../schema/syscalls.def"
#undef SYSCALL
};

int __init wh_events_init(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		int number = IS_ENABLED(CONFIG_ARM64) ? calls[i].aarch64 : calls[i].x86_64;

		if (number < 0 || number >= WH_KMOD_CALL_NUMBERS)
			continue;
		exit_makers[number] = calls[i].maker;
		portable_codes[number] = calls[i].code;
		if (calls[i].code == WH_SC_open)
			entry_makers[number] = make_open_enter;
		else if (calls[i].code == WH_SC_creat)
			entry_makers[number] = make_creat_enter;
		else if (calls[i].code == WH_SC_openat)
			entry_makers[number] = make_openat_enter;
		else if (calls[i].code == WH_SC_openat2)
			entry_makers[number] = make_openat2_enter;
		else if (calls[i].code == WH_SC_connect)
			entry_makers[number] = make_connect_enter;
	}
	return 0;
}

size_t wh_scratch_size(void)
{
	return sizeof(struct wh_scratch);
}

wh_maker wh_exit_maker(u32 number)
{
	return exit_makers[number];
}

wh_maker wh_entry_maker(u32 number)
{
	return entry_makers[number];
}

u16 wh_portable_code(u32 number)
{
	return portable_codes[number];
}
