// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The functions that tracepoints call. Each asks whether anybody wants the event, and has it made once for every
 * consumer that does.
 */
#include <linux/compat.h>
#include <linux/init.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>

#include "events.h"
#include "platform.h"
#include "probes.h"
#include "../shared/call.h"
#include "../shared/values.h"
#include "../shared/fillers_points.h"

DEFINE_PER_CPU(struct wh_cpu, wh_cpus);

/* What an event is made of, and who may want it. */
struct subject {
	wh_maker make;
	u32 number;		/* of the call, if any */
	u8 when;		/* WH_KMOD_WANTED_ bit; 0 for a tracepoint */
	u32 point;		/* WH_KMOD_POINT_ bit */
	bool is_foreign;
};

static bool is_wanted(const struct wh_consumer *consumer, const struct subject *subject)
{
	if (subject->when)
		return READ_ONCE(consumer->wanted[subject->number]) & subject->when;
	return READ_ONCE(consumer->points) & subject->point;
}

static void count_lost(const struct wh_consumer *consumer, struct wh_ring *ring)
{
	ring->producer->recursion++;
	ring->producer->made++;
}

/* Preemption is off: consumers and rings that we find here stay until it is on again. */
static void make_for(struct wh_cpu *own, const struct wh_consumer *consumer, const struct subject *subject,
		     struct wh_call *call)
{
	struct wh_ring *ring;

	if ((u32)task_tgid_nr(current) == consumer->ignored_process)
		return;
	/* Acquire: pairs with the ring's being added. */
	ring = smp_load_acquire(&consumer->rings[smp_processor_id()]);
	if (unlikely(!ring || !own->scratch)) {
		atomic64_inc((atomic64_t *)&consumer->status->homeless);
		return;
	}
	if (subject->is_foreign) {
		ring->producer->foreign++;
		return;
	}
	if (own->busy) {
		count_lost(consumer, ring);
		return;
	}
	own->consumer = consumer;
	own->ring = ring;
	WRITE_ONCE(own->busy, 1);
	barrier();
	subject->make(call);
	barrier();
	WRITE_ONCE(own->busy, 0);
}

static void make(const struct subject *subject, struct wh_call *call)
{
	u32 slot;

	/* Tracepoints of calls run with preemption on since 6.13. */
	preempt_disable_notrace();
	pagefault_disable();
	call->task = current;
	for (slot = 0; slot < WH_KMOD_CONSUMERS; slot++) {
		/* Acquire: pairs with the consumer's being set up. */
		const struct wh_consumer *consumer = smp_load_acquire(&wh_consumers[slot]);

		if (consumer && is_wanted(consumer, subject))
			make_for(this_cpu_ptr(&wh_cpus), consumer, subject, call);
	}
	pagefault_enable();
	preempt_enable_notrace();
}

/* Kept out of the probe, so that a call that nobody wants costs no stack frame. */
static noinline void make_call(struct pt_regs *registers, long result, u32 number, u8 when, wh_maker maker)
{
	struct subject subject = { .make = maker, .number = number, .when = when, .is_foreign = in_compat_syscall() };
	struct wh_call call = { .result = result, .number = number, .code = wh_portable_code(number) };
	unsigned long arguments[6];
	u32 i;

	if (!maker)
		return;
	syscall_get_arguments(current, registers, arguments);
	for (i = 0; i < 6; i++)
		call.arguments[i] = arguments[i];
	make(&subject, &call);
}

void wh_probe_sys_exit(void *data, struct pt_regs *registers, long result)
{
	u32 number = syscall_get_nr(current, registers);

	if (number < WH_KMOD_CALL_NUMBERS && READ_ONCE(wh_wanted[number]) & WH_KMOD_WANTED_EXIT)
		make_call(registers, result, number, WH_KMOD_WANTED_EXIT, wh_exit_maker(number));
}

void wh_probe_sys_enter(void *data, struct pt_regs *registers, long number)
{
	if ((unsigned long)number < WH_KMOD_CALL_NUMBERS && READ_ONCE(wh_wanted[number]) & WH_KMOD_WANTED_ENTRY)
		make_call(registers, 0, number, WH_KMOD_WANTED_ENTRY, wh_entry_maker(number));
}

void wh_probe_exec(void *data, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm)
{
	struct subject subject = { .make = wh_make_exec, .point = WH_KMOD_POINT_EXEC };
	struct wh_call call = { .exec_succeeded = true, .binprm = binprm };

	if (!(current->flags & PF_KTHREAD))
		make(&subject, &call);
}

#ifdef WH_HAVE_EXIT_GROUP_DEAD
void wh_probe_exit(void *data, struct task_struct *task, bool group_dead)
#else
void wh_probe_exit(void *data, struct task_struct *task)
#endif
{
	struct subject subject = { .make = wh_make_procexit, .point = WH_KMOD_POINT_EXIT };
	struct wh_call call = {};

	if (!(current->flags & PF_KTHREAD))
		make(&subject, &call);
}

void wh_probe_signal(void *data, int signal, struct kernel_siginfo *info, struct k_sigaction *action)
{
	struct subject subject = { .make = wh_make_signal, .point = WH_KMOD_POINT_SIGNAL };
	struct wh_call call = {};

	call.point[0] = wh_signal_sender(signal, info);
	call.point[1] = signal;
	make(&subject, &call);
}

#ifdef WH_HAVE_SWITCH_PREV_STATE
void wh_probe_switch(void *data, bool preempt, struct task_struct *previous, struct task_struct *next,
		     unsigned int previous_state)
#else
void wh_probe_switch(void *data, bool preempt, struct task_struct *previous, struct task_struct *next)
#endif
{
	struct subject subject = { .make = wh_make_switch, .point = WH_KMOD_POINT_SWITCH };
	struct wh_call call = {};

	call.point[0] = (s64)task_pid_nr(next);
	make(&subject, &call);
}

void wh_probe_page_fault(void *data, unsigned long address, struct pt_regs *registers, unsigned long code)
{
	struct subject subject = { .make = wh_make_page_fault, .point = WH_KMOD_POINT_FAULT };
	struct wh_call call = {};

	call.point[0] = address;
	call.point[1] = instruction_pointer(registers);
	call.point[2] = code;
	make(&subject, &call);
}

/* The work area of a CPU that comes online for the first time. */
int wh_probes_add_cpu(u32 cpu)
{
	struct wh_cpu *own = per_cpu_ptr(&wh_cpus, cpu);
	struct wh_scratch *scratch;

	if (own->scratch)
		return 0;
	scratch = kvzalloc_node(wh_scratch_size(), GFP_KERNEL, cpu_to_node(cpu));
	if (!scratch)
		return -ENOMEM;
	smp_store_release(&own->scratch, scratch);
	return 0;
}

int __init wh_probes_init(void)
{
	return wh_events_init();
}

void wh_probes_free(void)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		kvfree(per_cpu_ptr(&wh_cpus, cpu)->scratch);
}
