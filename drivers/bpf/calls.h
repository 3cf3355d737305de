/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Number, arguments and result of a call, per architecture. Raw tracepoints hand over the registers as a bare number:
 * they are copied, all that we need at once, because each copy is a call of a helper.
 */
#ifndef WH_CALLS_H
#define WH_CALLS_H

#include "ring.h"
#include "../shared/call.h"
#include "../shared/ia32.h"

#if defined(__TARGET_ARCH_x86)

enum { WH_TS_COMPAT = 2 };		/* arch/x86/include/asm/thread_info.h: in a call with the 32-bit ABI */

/* The part of struct pt_regs from bp to orig_ax: a layout that debuggers rely on. */
struct wh_registers {
	uint64_t bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
};

_Static_assert(__builtin_offsetof(struct pt_regs, orig_ax) - __builtin_offsetof(struct pt_regs, bp) ==
	       __builtin_offsetof(struct wh_registers, orig_ax), "registers lie as expected");

/* By CPU number: what the dispatcher has read of a finished call, for the program that it calls. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct wh_registers);
} arrived SEC(".maps");

WH_INLINE struct wh_registers *wh_arrived(void)
{
	uint32_t cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&arrived, &cpu);
}

/* Of a finished call: all registers at once, as reading one costs the same. */
WH_INLINE uint32_t wh_call_number(struct pt_regs *registers)
{
	struct wh_registers *copy = wh_arrived();

	if (!copy)
		return WH_CALL_SLOTS;
	wh_read_kernel(copy, sizeof(*copy), WH_ADDRESS(registers, bp));
	return copy->orig_ax;
}

WH_INLINE uint32_t wh_arguments_of(struct wh_call *call, const struct wh_registers *copy)
{
	call->arguments[0] = copy->di;
	call->arguments[1] = copy->si;
	call->arguments[2] = copy->dx;
	call->arguments[3] = copy->r10;
	call->arguments[4] = copy->r8;
	call->arguments[5] = copy->r9;
	return copy->orig_ax;
}

/* Fills in the arguments of a 64-bit call, and returns its number. */
WH_INLINE uint32_t wh_call_registers(struct wh_call *call, struct pt_regs *registers)
{
	struct wh_registers copy;

	wh_read_kernel(&copy, sizeof(copy), WH_ADDRESS(registers, bp));
	return wh_arguments_of(call, &copy);
}

/* The same of a finished call: the dispatcher has read them. */
WH_INLINE uint32_t wh_finished_registers(struct wh_call *call, struct pt_regs *registers)
{
	struct wh_registers *copy = wh_arrived();

	return copy ? wh_arguments_of(call, copy) : WH_CALL_SLOTS;
}

/* Whether the call came by int 0x80 or sysenter: it has other numbers, registers and structures then. */
WH_INLINE bool wh_is_foreign_call(struct task_struct *task)
{
	return (WH_GET(task, thread_info.status) & WH_TS_COMPAT) != 0;
}

/* The upper halves are what a 64-bit caller of int 0x80 left there: the kernel does not look at them. */
WH_INLINE uint32_t wh_translate_foreign(struct wh_call *call, struct pt_regs *registers)
{
	struct wh_registers copy;

	wh_read_kernel(&copy, sizeof(copy), WH_ADDRESS(registers, bp));
	call->arguments[0] = (uint32_t)copy.bx;
	call->arguments[1] = (uint32_t)copy.cx;
	call->arguments[2] = (uint32_t)copy.dx;
	call->arguments[3] = (uint32_t)copy.si;
	call->arguments[4] = (uint32_t)copy.di;
	call->arguments[5] = (uint32_t)copy.bp;
	return wh_translate_ia32(call);
}

#elif defined(__TARGET_ARCH_arm64)

enum { WH_TIF_32BIT = 22 };		/* arch/arm64/include/asm/thread_info.h */

WH_INLINE uint32_t wh_call_number(struct pt_regs *registers)
{
	return WH_GET(registers, syscallno);
}

WH_INLINE uint32_t wh_call_registers(struct wh_call *call, struct pt_regs *registers)
{
	uint64_t copy[6];

	wh_read_kernel(copy, sizeof(copy), WH_ADDRESS(registers, regs));
	call->arguments[0] = WH_GET(registers, orig_x0);
	call->arguments[1] = copy[1];
	call->arguments[2] = copy[2];
	call->arguments[3] = copy[3];
	call->arguments[4] = copy[4];
	call->arguments[5] = copy[5];
	return wh_call_number(registers);
}

WH_INLINE uint32_t wh_finished_registers(struct wh_call *call, struct pt_regs *registers)
{
	return wh_call_registers(call, registers);
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

#else
#error "no register layout for this architecture"
#endif

/* One helper tells both ids of the current task, which is always the call's, for less than a read of one. */
WH_INLINE uint32_t wh_process_of(struct wh_call *call)
{
	uint64_t ids = bpf_get_current_pid_tgid();

	call->thread = ids;
	return ids >> 32;
}

#include "../modern-bpf/arrivals.h"

#endif
