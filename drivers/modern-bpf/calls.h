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

/* 32-bit calls of arm are not translated: nothing asks for them, and the events' programs leave them out. */
WH_INLINE uint32_t wh_translate_foreign(struct wh_call *call, struct pt_regs *registers)
{
	return 0;
}

#endif

WH_INLINE bool wh_is_ignored(struct task_struct *task)
{
	return (uint32_t)WH_GET(task, tgid) == control.ignored_process;
}

/*
 * Takes over what the stage has found out about a 32-bit call; false if none has, because nobody asked for this one: its
 * number just happens to be that of a wanted 64-bit call.
 */
WH_INLINE bool wh_take_foreign(struct wh_call *call)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	struct wh_foreign *foreign = bpf_map_lookup_elem(&foreigners, &cpu);
	int i;

	if (!foreign || !foreign->slot)
		return false;
	for (i = 0; i < 6; i++)
		call->arguments[i] = foreign->arguments[i];
	call->number = foreign->number;
	call->slot = foreign->slot;
	foreign->slot = 0;
	return true;
}

/*
 * The call that a program was reached for; false if it makes no event although its number is wanted. Asked behind the
 * tail call, where the task is known anyway: looking it up in the dispatcher too would cost each captured call more.
 */
WH_INLINE bool wh_call_of(struct wh_call *call, struct pt_regs *registers, uint32_t number)
{
	call->task = wh_current_task();
	call->is_compat = wh_is_foreign_call(call->task);
	if (call->is_compat) {
		if (!wh_take_foreign(call)) {
			WH_COUNT(foreign);
			return false;
		}
	} else {
		call->number = call->slot = number;
		wh_call_arguments(call, registers);
	}
	return !wh_is_ignored(call->task);
}

WH_INLINE bool wh_finished_call(struct wh_call *call, uint64_t *context)
{
	struct pt_regs *registers = (struct pt_regs *)context[0];

	call->result = context[1];
	return wh_call_of(call, registers, wh_call_number(registers));
}

WH_INLINE bool wh_starting_call(struct wh_call *call, uint64_t *context)
{
	return wh_call_of(call, (struct pt_regs *)context[0], context[1]);
}

#endif
