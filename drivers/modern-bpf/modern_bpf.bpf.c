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
	return (control.wanted[number & (WH_CALL_NUMBERS - 1)] & when) != 0;
}

WH_INLINE int wh_dispatch(uint64_t *context, void *programs, uint64_t number, uint8_t when)
{
	if (!wh_is_wanted(number, when))
		return 0;
	bpf_tail_call(context, programs, number);
	WH_COUNT(program_missing);
	return 0;
}

SEC("tp_btf/sys_exit")
int wh_sys_exit(uint64_t *context)
{
	return wh_dispatch(context, &exit_programs, wh_call_number((struct pt_regs *)context[0]), WH_WANTED_EXIT);
}

SEC("tp_btf/sys_enter")
int wh_sys_enter(uint64_t *context)
{
	return wh_dispatch(context, &entry_programs, context[1], WH_WANTED_ENTRY);
}

SEC("tp_btf/sys_exit")
int x_generic(uint64_t *context)
{
	struct wh_call call = wh_finished_call(context);

	if (wh_is_left_out(call.task))
		return 0;
	call.code = control.code[call.number & (WH_CALL_NUMBERS - 1)];
	WH_EMIT(generic, &call);
	return 0;
}

/* A successful exec makes its event at its own tracepoint, where the new image's name is still known. */
SEC("tp_btf/sys_exit")
int x_execve(uint64_t *context)
{
	struct wh_call call = wh_finished_call(context);

	if (call.result != 0 && !wh_is_left_out(call.task))
		WH_EMIT(execve, &call);
	return 0;
}

SEC("tp_btf/sys_exit")
int x_execveat(uint64_t *context)
{
	struct wh_call call = wh_finished_call(context);

	if (call.result != 0 && !wh_is_left_out(call.task))
		WH_EMIT(execveat, &call);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int t_execve(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task(), .exec_succeeded = true };

	call.binprm = (struct linux_binprm *)context[2];
	if (wh_is_ignored(call.task) || WH_GET(call.task, flags) & WH_PF_KTHREAD)
		return 0;
	WH_EMIT(execve, &call);
	return 0;
}

enum { WH_MESSAGES = 16 };

/*
 * One event for one message of sendmmsg or recvmmsg. These two are functions of their own for the verifier, which
 * checks them once and not once per message (global functions, 5.6); they can be given numbers only.
 */
#define WH_MESSAGE_FUNCTION(symbol)						\
__attribute__((noinline))							\
int wh_one_##symbol(uint64_t descriptor, uint64_t message, int64_t result)	\
{										\
	struct wh_call call = { .task = wh_current_task(), .result = result, .message = message }; \
										\
	call.arguments[0] = descriptor;						\
	WH_EMIT(symbol, &call);							\
	return 0;								\
}

WH_MESSAGE_FUNCTION(sendmmsg)
WH_MESSAGE_FUNCTION(recvmmsg)

/* What the kernel counted for each message lies behind its header. A call without a message makes one event. */
WH_INLINE int wh_each_message(uint64_t *context, int (*make)(uint64_t, uint64_t, int64_t))
{
	struct wh_call call = wh_finished_call(context);
	uint32_t i;

	if (wh_is_left_out(call.task))
		return 0;
	if (call.result <= 0)
		return make(call.arguments[0], 0, call.result);
	for (i = 0; i < WH_MESSAGES; i++) {
		uint64_t message = call.arguments[1] + i * sizeof(struct wh_counted_message);
		uint32_t length = 0;

		if (i >= (uint64_t)call.result)
			break;
		wh_read_user(&length, sizeof(length), message + sizeof(struct wh_message));
		make(call.arguments[0], message, length);
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int x_sendmmsg(uint64_t *context)
{
	return wh_each_message(context, wh_one_sendmmsg);
}

SEC("tp_btf/sys_exit")
int x_recvmmsg(uint64_t *context)
{
	return wh_each_message(context, wh_one_recvmmsg);
}

SEC("tp_btf/sched_process_exit")
int t_procexit(uint64_t *context)
{
	struct wh_call call = { .task = wh_current_task() };

	if (wh_is_ignored(call.task) || WH_GET(call.task, flags) & WH_PF_KTHREAD)
		return 0;
	WH_EMIT(procexit, &call);
	return 0;
}

SEC("tp_btf/signal_deliver")
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

SEC("tp_btf/sched_switch")
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

SEC("tp_btf/page_fault_user")
int t_page_fault_user(uint64_t *context)
{
	return wh_page_fault(context);
}

SEC("tp_btf/page_fault_kernel")
int t_page_fault_kernel(uint64_t *context)
{
	return wh_page_fault(context);
}
#endif
