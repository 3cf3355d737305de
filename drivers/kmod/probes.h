/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef WH_PROBES_H
#define WH_PROBES_H

#include <linux/linkage.h>
#include <linux/types.h>

struct kernel_siginfo;
struct k_sigaction;
struct linux_binprm;
struct pt_regs;
struct task_struct;

int wh_probes_init(void);
int wh_probes_add_cpu(u32 cpu);
void wh_probes_free(void);

void wh_probe_sys_exit(void *data, struct pt_regs *registers, long result);
void wh_probe_sys_enter(void *data, struct pt_regs *registers, long number);
void wh_probe_exec(void *data, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm);
#ifdef WH_HAVE_EXIT_GROUP_DEAD
void wh_probe_exit(void *data, struct task_struct *task, bool group_dead);
#else
void wh_probe_exit(void *data, struct task_struct *task);
#endif
void wh_probe_signal(void *data, int signal, struct kernel_siginfo *info, struct k_sigaction *action);
#ifdef WH_HAVE_SWITCH_PREV_STATE
void wh_probe_switch(void *data, bool preempt, struct task_struct *previous, struct task_struct *next,
		     unsigned int previous_state);
#else
void wh_probe_switch(void *data, bool preempt, struct task_struct *previous, struct task_struct *next);
#endif
void wh_probe_page_fault(void *data, unsigned long address, struct pt_regs *registers, unsigned long code);

#endif
