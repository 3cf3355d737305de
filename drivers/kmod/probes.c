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
#include <asm/unistd.h>

#include "events.h"
#include "platform.h"
#include "probes.h"
#include "../shared/call.h"
#include "../shared/ia32.h"
#include "../shared/values.h"
#include "../shared/readers.h"

DEFINE_PER_CPU(struct wh_cpu, wh_cpus);

/*
 * struct subject - what an event is made of, and who may want it
 * @make: NULL for a call of an ABI that is not translated: it is counted
 * @slot: of the call, if it is one
 * @when: WH_KMOD_WANTED_ bit; 0 for a tracepoint
 * @point: WH_KMOD_POINT_ bit
 */
struct subject {
	wh_maker make;
	u32 slot;
	u8 when;
	u32 point;
};

static bool is_wanted(const struct wh_consumer *consumer, const struct subject *subject)
{
	if (subject->when)
		return READ_ONCE(consumer->wanted[subject->slot]) & subject->when;
	return READ_ONCE(consumer->points) & subject->point;
}

static void count_lost(const struct wh_consumer *consumer, struct wh_ring *ring)
{
	ring->producer->recursion++;
	ring->producer->made++;
}

/*
 * Whether this is the end of the call that has just changed the interest: without this, every reader that wants ioctl
 * would begin with an event of its own making.
 */
static bool is_own_request(struct wh_consumer *consumer, const struct subject *subject, const struct wh_call *call)
{
	if (likely(READ_ONCE(consumer->asking) != task_pid_nr(current)) || subject->slot != __NR_ioctl ||
	    subject->when != WH_KMOD_WANTED_EXIT || (u32)call->arguments[1] != WH_KMOD_CAPTURE)
		return false;
	WRITE_ONCE(consumer->asking, 0);
	return true;
}

/* Preemption is off: consumers and rings that we find here stay until it is on again. */
static void make_for(struct wh_cpu *own, struct wh_consumer *consumer, const struct subject *subject,
		     struct wh_call *call)
{
	struct wh_ring *ring;

	if ((u32)task_tgid_nr(current) == consumer->ignored_process || is_own_request(consumer, subject, call))
		return;
	/* Acquire: pairs with the ring's being added. */
	ring = smp_load_acquire(&consumer->rings[smp_processor_id()]);
	if (unlikely(!ring || !own->area)) {
		atomic64_inc((atomic64_t *)&consumer->status->homeless);
		return;
	}
	if (!subject->make) {
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
		struct wh_consumer *consumer = smp_load_acquire(&wh_consumers[slot]);

		if (consumer && is_wanted(consumer, subject))
			make_for(this_cpu_ptr(&wh_cpus), consumer, subject, call);
	}
	pagefault_enable();
	preempt_enable_notrace();
}

#ifdef CONFIG_X86
#define WH_X32_BIT __X32_SYSCALL_BIT

static bool is_ia32_call(void)
{
	return in_ia32_syscall();
}

/* The upper halves are what a 64-bit caller of int 0x80 left there: the kernel does not look at them. */
static u32 translate_ia32(struct wh_call *call, struct pt_regs *registers)
{
	u32 slot;

	call->arguments[0] = (u32)registers->bx;
	call->arguments[1] = (u32)registers->cx;
	call->arguments[2] = (u32)registers->dx;
	call->arguments[3] = (u32)registers->si;
	call->arguments[4] = (u32)registers->di;
	call->arguments[5] = (u32)registers->bp;
	pagefault_disable();		/* socketcall and others have their arguments in memory */
	slot = wh_translate_ia32(call);
	pagefault_enable();
	return slot;
}
#else
#define WH_X32_BIT 0

static bool is_ia32_call(void)
{
	return false;
}

static u32 translate_ia32(struct wh_call *call, struct pt_regs *registers)
{
	return 0;
}
#endif

/* Kept out of the probes, so that a call that nobody wants costs no stack frame. */
static noinline void make_call(struct pt_regs *registers, long result, u32 number, u8 when)
{
	/* Asked of the number too: kernels without the x32 ABI refuse such a call, but do not take it for a foreign one. */
	bool is_foreign = in_compat_syscall() || number & WH_X32_BIT;
	struct subject subject = { .slot = number & ~WH_X32_BIT, .when = when };
	struct wh_call call = { .result = result, .number = number };

	if (is_ia32_call()) {
		call.is_compat = true;
		subject.slot = translate_ia32(&call, registers);
	} else if (!is_foreign) {
		unsigned long arguments[6];
		u32 i;

		syscall_get_arguments(current, registers, arguments);
		for (i = 0; i < 6; i++)
			call.arguments[i] = arguments[i];
	}
	if (subject.slot >= WH_CALL_SLOTS)
		return;
	call.slot = subject.slot;
	if (call.is_compat || !is_foreign) {
		subject.make = when == WH_KMOD_WANTED_EXIT ? wh_exit_maker(call.slot) : wh_entry_maker(call.slot);
		if (!subject.make)
			return;
	}
	make(&subject, &call);
}

/* The calls of the x32 ABI have a bit of their own over the numbers. */
static __always_inline void look_at(struct pt_regs *registers, long result, u32 number, u8 when)
{
	u32 within = number & ~WH_X32_BIT;

	if (within < WH_CALL_NUMBERS && READ_ONCE(wh_gate[within]) & (when | when << WH_GATE_IA32))
		make_call(registers, result, number, when);
}

void wh_probe_sys_exit(void *data, struct pt_regs *registers, long result)
{
	look_at(registers, result, syscall_get_nr(current, registers), WH_KMOD_WANTED_EXIT);
}

void wh_probe_sys_enter(void *data, struct pt_regs *registers, long number)
{
	look_at(registers, 0, number, WH_KMOD_WANTED_ENTRY);
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
	struct wh_work_area *area;

	if (own->area)
		return 0;
	area = kvzalloc_node(wh_work_area_size(), GFP_KERNEL, cpu_to_node(cpu));
	if (!area)
		return -ENOMEM;
	smp_store_release(&own->area, area);
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
		kvfree(per_cpu_ptr(&wh_cpus, cpu)->area);
}
