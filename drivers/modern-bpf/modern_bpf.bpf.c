// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The programs of the modern eBPF driver: one that looks at every finished call and drops most of them, and behind it
 * one small program per event, so that a program which the verifier refuses costs its own events only.
 *
 *	wh_sys_exit, wh_sys_enter	dispatchers, on every call of the machine while something is captured
 *	x_<event>			makes the event of a finished call; reached by tail call, by call number
 *	e_<event>			the same at entry
 *	t_<event>			on its own tracepoint
 *
 * Licence string: the helpers that read kernel memory are for GPL-compatible programs only.
 */
#include "emit.h"
#include "programs.h"
#include "io_uring.h"
#include "messages.h"
#include "newborn.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, WH_PROGRAM_SLOTS);
	__type(key, uint32_t);
	__type(value, uint32_t);
} exit_programs SEC(".maps"), entry_programs SEC(".maps");

#define WH_X32_BIT 0x40000000u		/* __X32_SYSCALL_BIT, arch/x86/include/uapi/asm/unistd.h */

/* Wanted or not, the calls of the x32 ABI are not told: they share the numbers but not the structures. */
WH_INLINE int wh_leave_out_x32(uint32_t number, uint8_t when)
{
	uint32_t same = number & ~WH_X32_BIT;

	if (!(number & WH_X32_BIT) || same >= WH_CALL_NUMBERS)
		return 0;
	WH_OPAQUE(same);
	if (WH_CONTROL(wanted[same & (WH_CALL_NUMBERS - 1)]) & when)
		WH_COUNT(foreign);
	return 0;
}

/* The place has to be a constant where the call is: behind it is what keeps a compiler from making one call of several. */
#define WH_JUMP(context, programs, place) do {					\
	bpf_tail_call(context, programs, place);				\
	asm volatile("" :: "i"(place));						\
} while (0)

/* Comes back if there is no program in the event's own place. */
WH_INLINE void wh_go_directly(uint64_t *context, uint8_t event)
{
	switch (event) {
#define WH_DIRECT(event)							\
	case WH_DIRECT_##event:							\
		WH_JUMP(context, &exit_programs, WH_STAGE_DIRECT + WH_DIRECT_##event); \
		break;
	WH_DIRECT_EVENTS(WH_DIRECT)
#undef WH_DIRECT
	}
}

/* Most calls of the machine end here: one load and one test. */
WH_INLINE int wh_dispatch(uint64_t *context, void *programs, uint64_t number, uint8_t when, uint8_t when_ia32)
{
	uint8_t wanted;

	if (number >= WH_CALL_NUMBERS)
		return wh_leave_out_x32(number, when);
	WH_OPAQUE(number);
	wanted = WH_CONTROL(wanted[number & (WH_CALL_NUMBERS - 1)]);
	if (!(wanted & (when | when_ia32)))
		return 0;
	if (wanted & when_ia32 && wh_is_foreign_call(wh_current_task())) {
		bpf_tail_call(context, programs, WH_STAGE_IA32);
	} else if (wanted & when) {
		if (when == WH_WANTED_EXIT)
			wh_go_directly(context, wanted >> WH_DIRECT_SHIFT);
		bpf_tail_call(context, programs, number);
	} else {
		return 0;
	}
	WH_COUNT(program_missing);
	return 0;
}

WH_TRACEPOINT("sys_exit")
int wh_sys_exit(uint64_t *context)
{
	return wh_dispatch(context, &exit_programs, wh_call_number((struct pt_regs *)context[0]), WH_WANTED_EXIT,
			   WH_WANTED_IA32_EXIT);
}

WH_TRACEPOINT("sys_enter")
int wh_sys_enter(uint64_t *context)
{
	return wh_dispatch(context, &entry_programs, context[1], WH_WANTED_ENTRY, WH_WANTED_IA32_ENTRY);
}

/* Second dispatcher, for 32-bit calls: finds out what the call is, and hands it on to the same programs. */
WH_INLINE int wh_stage(uint64_t *context, void *programs, uint64_t number, uint8_t when)
{
	uint32_t cpu = bpf_get_smp_processor_id(), slot;
	struct wh_foreign *foreign = bpf_map_lookup_elem(&foreigners, &cpu);
	struct wh_call call = { .number = number, .is_compat = true };
	int i;

	if (!foreign)
		return 0;
	slot = wh_translate_foreign(&call, (struct pt_regs *)context[0]);
	WH_OPAQUE(slot);
	if (slot >= WH_CALL_SLOTS || !(WH_CONTROL(wanted[slot]) & when))
		return 0;
	WH_UNROLL
	for (i = 0; i < 6; i++)
		foreign->arguments[i] = call.arguments[i];
	foreign->number = number;
	foreign->slot = slot;
	bpf_tail_call(context, programs, slot);
	foreign->slot = 0;
	WH_COUNT(program_missing);
	return 0;
}

WH_TRACEPOINT("sys_exit")
int wh_ia32_exit(uint64_t *context)
{
	return wh_stage(context, &exit_programs, wh_call_number((struct pt_regs *)context[0]), WH_WANTED_EXIT);
}

WH_TRACEPOINT("sys_enter")
int wh_ia32_enter(uint64_t *context)
{
	return wh_stage(context, &entry_programs, context[1], WH_WANTED_ENTRY);
}

WH_TRACEPOINT("sys_exit")
int x_generic(uint64_t *context)
{
	struct wh_call call = {};
	uint32_t slot;

	if (!wh_finished_call(&call, context))
		return 0;
	slot = call.slot;
	WH_OPAQUE(slot);
	if (slot >= WH_CALL_SLOTS)
		return 0;
	call.code = WH_CONTROL(code[slot]);
	call.number = WH_CONTROL(native[slot]);
	WH_EMIT(generic, &call);
	return 0;
}

/* A successful exec makes its event at its own tracepoint, where the new image's name is still known. */
WH_TRACEPOINT("sys_exit")
int x_execve(uint64_t *context)
{
	struct wh_call call = {};

	if (wh_finished_call(&call, context) && call.result != 0)
		WH_EMIT(execve, &call);
	return 0;
}

WH_TRACEPOINT("sys_exit")
int x_execveat(uint64_t *context)
{
	struct wh_call call = {};

	if (wh_finished_call(&call, context) && call.result != 0)
		WH_EMIT(execveat, &call);
	return 0;
}

WH_TRACEPOINT("sched_process_exec")
int t_execve(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task(), .exec_succeeded = true };

	call.binprm = (struct linux_binprm *)context[2];
	if (wh_is_ignored(&call) || WH_GET(call.task, flags) & WH_PF_KTHREAD)
		return 0;
	WH_EMIT(execve, &call);
	return 0;
}

WH_TRACEPOINT("sched_process_exit")
int t_procexit(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task() };

	if (wh_is_ignored(&call) || WH_GET(call.task, flags) & WH_PF_KTHREAD)
		return 0;
	WH_EMIT(procexit, &call);
	return 0;
}

WH_TRACEPOINT("signal_deliver")
int t_signaldeliver(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task() };
	int signal = context[0];

	if (wh_is_ignored(&call))
		return 0;
	call.point[0] = wh_signal_sender(signal, (struct kernel_siginfo *)context[1]);
	call.point[1] = signal;
	WH_EMIT(signaldeliver, &call);
	return 0;
}

WH_TRACEPOINT("sched_switch")
int t_sched_switch(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task() };
	struct task_struct *next = (struct task_struct *)context[2];

	if (wh_is_ignored(&call))
		return 0;
	call.point[0] = (int64_t)WH_GET(next, pid);
	WH_EMIT(sched_switch, &call);
	return 0;
}

#if defined(__TARGET_ARCH_x86)
WH_INLINE int wh_page_fault(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task() };
	struct pt_regs *registers = (struct pt_regs *)context[1];

	if (wh_is_ignored(&call))
		return 0;
	call.point[0] = context[0];
	call.point[1] = WH_GET(registers, ip);
	call.point[2] = context[2];
	WH_EMIT(page_fault, &call);
	return 0;
}

WH_TRACEPOINT("page_fault_user")
int t_page_fault_user(uint64_t *context)
{
	return wh_page_fault(context);
}

WH_TRACEPOINT("page_fault_kernel")
int t_page_fault_kernel(uint64_t *context)
{
	return wh_page_fault(context);
}
#endif
