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
#include "messages.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, WH_CALL_NUMBERS);
	__type(key, uint32_t);
	__type(value, uint32_t);
} exit_programs SEC(".maps"), entry_programs SEC(".maps");

/* Most calls of the machine end here: one load and one test. Numbers of the x32 ABI have a high bit: left out. */
WH_INLINE bool wh_is_wanted(uint64_t number, uint8_t when)
{
	if (number >= WH_CALL_NUMBERS)
		return false;
	WH_OPAQUE(number);
	return (WH_CONTROL(wanted[number & (WH_CALL_NUMBERS - 1)]) & when) != 0;
}

WH_INLINE int wh_dispatch(uint64_t *context, void *programs, uint64_t number, uint8_t when)
{
	if (!wh_is_wanted(number, when))
		return 0;
	bpf_tail_call(context, programs, number);
	WH_COUNT(program_missing);
	return 0;
}

WH_TRACEPOINT("sys_exit")
int wh_sys_exit(uint64_t *context)
{
	return wh_dispatch(context, &exit_programs, wh_call_number((struct pt_regs *)context[0]), WH_WANTED_EXIT);
}

WH_TRACEPOINT("sys_enter")
int wh_sys_enter(uint64_t *context)
{
	return wh_dispatch(context, &entry_programs, context[1], WH_WANTED_ENTRY);
}

WH_TRACEPOINT("sys_exit")
int x_generic(uint64_t *context)
{
	struct wh_call call = wh_finished_call(context);

	if (wh_is_left_out(call.task))
		return 0;
	call.code = WH_CONTROL(code[call.number & (WH_CALL_NUMBERS - 1)]);
	WH_EMIT(generic, &call);
	return 0;
}

/* A successful exec makes its event at its own tracepoint, where the new image's name is still known. */
WH_TRACEPOINT("sys_exit")
int x_execve(uint64_t *context)
{
	struct wh_call call = wh_finished_call(context);

	if (call.result != 0 && !wh_is_left_out(call.task))
		WH_EMIT(execve, &call);
	return 0;
}

WH_TRACEPOINT("sys_exit")
int x_execveat(uint64_t *context)
{
	struct wh_call call = wh_finished_call(context);

	if (call.result != 0 && !wh_is_left_out(call.task))
		WH_EMIT(execveat, &call);
	return 0;
}

WH_TRACEPOINT("sched_process_exec")
int t_execve(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task(), .exec_succeeded = true };

	call.binprm = (struct linux_binprm *)context[2];
	if (wh_is_ignored(call.task) || WH_GET(call.task, flags) & WH_PF_KTHREAD)
		return 0;
	WH_EMIT(execve, &call);
	return 0;
}

WH_TRACEPOINT("sched_process_exit")
int t_procexit(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task() };

	if (wh_is_ignored(call.task) || WH_GET(call.task, flags) & WH_PF_KTHREAD)
		return 0;
	WH_EMIT(procexit, &call);
	return 0;
}

WH_TRACEPOINT("signal_deliver")
int t_signaldeliver(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task() };
	int signal = context[0];

	if (wh_is_ignored(call.task))
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

	if (wh_is_ignored(call.task))
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

	if (wh_is_ignored(call.task))
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
