/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Number, arguments and result of a call, per architecture. The registers are a trusted argument of the tracepoint:
 * plain loads, checked by the verifier.
 */
#ifndef WH_CALLS_H
#define WH_CALLS_H

#include "ring.h"
#include "../shared/call.h"
#include "../shared/ia32.h"

#if defined(__TARGET_ARCH_x86)

enum { WH_TS_COMPAT = 2 };		/* arch/x86/include/asm/thread_info.h: in a call with the 32-bit ABI */

WH_INLINE uint32_t wh_call_number(struct pt_regs *registers)
{
	return registers->orig_ax;
}

/* Fills in the arguments of a 64-bit call, and returns its number. */
WH_INLINE uint32_t wh_call_registers(struct wh_call *call, struct pt_regs *registers)
{
	call->arguments[0] = registers->di;
	call->arguments[1] = registers->si;
	call->arguments[2] = registers->dx;
	call->arguments[3] = registers->r10;
	call->arguments[4] = registers->r8;
	call->arguments[5] = registers->r9;
	return registers->orig_ax;
}

/* Whether the call came by int 0x80 or sysenter: it has other numbers, registers and structures then. */
WH_INLINE bool wh_is_foreign_call(struct task_struct *task)
{
	return (WH_TASK(task, thread_info.status) & WH_TS_COMPAT) != 0;
}

/* The upper halves are what a 64-bit caller of int 0x80 left there: the kernel does not look at them. */
WH_INLINE uint32_t wh_translate_foreign(struct wh_call *call, struct pt_regs *registers)
{
	call->arguments[0] = (uint32_t)registers->bx;
	call->arguments[1] = (uint32_t)registers->cx;
	call->arguments[2] = (uint32_t)registers->dx;
	call->arguments[3] = (uint32_t)registers->si;
	call->arguments[4] = (uint32_t)registers->di;
	call->arguments[5] = (uint32_t)registers->bp;
	return wh_translate_ia32(call);
}

#elif defined(__TARGET_ARCH_arm64)

enum { WH_TIF_32BIT = 22 };		/* arch/arm64/include/asm/thread_info.h */

WH_INLINE uint32_t wh_call_number(struct pt_regs *registers)
{
	return registers->syscallno;
}

WH_INLINE uint32_t wh_call_registers(struct wh_call *call, struct pt_regs *registers)
{
	call->arguments[0] = registers->orig_x0;
	call->arguments[1] = registers->regs[1];
	call->arguments[2] = registers->regs[2];
	call->arguments[3] = registers->regs[3];
	call->arguments[4] = registers->regs[4];
	call->arguments[5] = registers->regs[5];
	return registers->syscallno;
}

WH_INLINE bool wh_is_foreign_call(struct task_struct *task)
{
	return (WH_TASK(task, thread_info.flags) >> WH_TIF_32BIT & 1) != 0;
}

/* 32-bit calls of arm are not translated: nothing asks for them, and the events' programs leave them out. */
WH_INLINE uint32_t wh_translate_foreign(struct wh_call *call, struct pt_regs *registers)
{
	return 0;
}

#endif

/* The dispatcher has left nothing behind: looking again costs nothing. */
WH_INLINE uint32_t wh_finished_registers(struct wh_call *call, struct pt_regs *registers)
{
	return wh_call_registers(call, registers);
}

WH_INLINE uint32_t wh_process_of(struct wh_call *call)
{
	return WH_TASK(call->task, tgid);
}

#include "arrivals.h"

#endif
