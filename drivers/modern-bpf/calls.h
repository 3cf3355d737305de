/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Number, arguments and result of a call, per architecture. The registers are a trusted argument of the tracepoint:
 * plain loads, checked by the verifier.
 */
#ifndef WH_CALLS_H
#define WH_CALLS_H

#include "ring.h"
#include "../shared/call.h"

#if defined(__TARGET_ARCH_x86)

enum { WH_TS_COMPAT = 2 };		/* arch/x86/include/asm/thread_info.h: in a call with the 32-bit ABI */

WH_INLINE uint32_t wh_call_number(struct pt_regs *registers)
{
	return registers->orig_ax;
}

WH_INLINE void wh_call_arguments(struct wh_call *call, struct pt_regs *registers)
{
	call->arguments[0] = registers->di;
	call->arguments[1] = registers->si;
	call->arguments[2] = registers->dx;
	call->arguments[3] = registers->r10;
	call->arguments[4] = registers->r8;
	call->arguments[5] = registers->r9;
}

/* Whether the call came by int 0x80 or sysenter: it has other numbers, registers and structures then. */
WH_INLINE bool wh_is_foreign_call(struct task_struct *task)
{
	return (WH_GET(task, thread_info.status) & WH_TS_COMPAT) != 0;
}

#elif defined(__TARGET_ARCH_arm64)

enum { WH_TIF_32BIT = 22 };		/* arch/arm64/include/asm/thread_info.h */

WH_INLINE uint32_t wh_call_number(struct pt_regs *registers)
{
	return registers->syscallno;
}

WH_INLINE void wh_call_arguments(struct wh_call *call, struct pt_regs *registers)
{
	call->arguments[0] = registers->orig_x0;
	call->arguments[1] = registers->regs[1];
	call->arguments[2] = registers->regs[2];
	call->arguments[3] = registers->regs[3];
	call->arguments[4] = registers->regs[4];
	call->arguments[5] = registers->regs[5];
}

WH_INLINE bool wh_is_foreign_call(struct task_struct *task)
{
	return (WH_GET(task, thread_info.flags) >> WH_TIF_32BIT & 1) != 0;
}

#endif

WH_INLINE bool wh_is_ignored(struct task_struct *task)
{
	return (uint32_t)WH_GET(task, tgid) == control.ignored_process;
}

/*
 * Whether the call makes no event although its number is wanted. Asked behind the tail call, where the task is known
 * anyway: looking it up in the dispatcher too would cost each captured call a helper more.
 */
WH_INLINE bool wh_is_left_out(struct task_struct *task)
{
	if (wh_is_ignored(task)) {
		WH_COUNT(own);
		return true;
	}
	if (!wh_is_foreign_call(task))
		return false;
	WH_COUNT(foreign);
	return true;
}

WH_INLINE struct wh_call wh_finished_call(uint64_t *context)
{
	struct pt_regs *registers = (struct pt_regs *)context[0];
	struct wh_call call = { .task = wh_current_task(), .result = context[1] };

	call.number = wh_call_number(registers);
	wh_call_arguments(&call, registers);
	return call;
}

WH_INLINE struct wh_call wh_starting_call(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task(), .number = context[1] };

	wh_call_arguments(&call, (struct pt_regs *)context[0]);
	return call;
}

#endif
