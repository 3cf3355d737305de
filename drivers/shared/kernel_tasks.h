/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the kernel knows of the current task: ids in its namespaces, memory, limits, terminal, and who inherits its
 * children.
 */
#ifndef WH_KERNEL_TASKS_H
#define WH_KERNEL_TASKS_H

#include "record.h"

enum {
	WH_PID_GROUP_LEADER = 1,		/* enum pid_type, include/linux/pid_types.h */
	WH_PID_PROCESS_GROUP = 2,
	WH_RLIMIT_NOFILE = 7,
	WH_PF_EXITING = 0x4,
	WH_PF_KTHREAD = 0x200000,
	WH_REAPER_THREADS = 16,			/* threads of a process, and processes, that a search looks at */
	WH_REAPER_ANCESTORS = 12,
	WH_REAPER_UNKNOWN = -1,
};

/* The id that a struct pid has in the namespace at a level. */
WH_INLINE struct upid *wh_upid(struct pid *pid, uint32_t level)
{
	return WH_ADDRESS(pid, numbers) + (level & 31) * WH_TYPE_SIZE(struct upid);
}

/* The innermost pid namespace of a task. */
WH_INLINE struct pid_namespace *wh_pid_namespace_of(struct task_struct *task)
{
	struct pid *pid = WH_GET(task, thread_pid);

	return WH_GET(wh_upid(pid, WH_GET(pid, level)), ns);
}

/* The number of a task's process or process group, in the task's own namespace or in the initial one. */
WH_INLINE int64_t wh_group_number(struct task_struct *task, uint32_t kind, bool in_own_namespace)
{
	struct signal_struct *signal = WH_GET(task, signal);
	struct pid *own = WH_GET(task, thread_pid);
	struct pid *pid = NULL;
	uint32_t level = in_own_namespace ? WH_GET(own, level) : 0;

	wh_read_kernel(&pid, sizeof(pid), WH_ADDRESS(signal, pids) + kind * sizeof(pid));
	if (!pid || level > WH_GET(pid, level))
		return 0;
	return WH_GET(wh_upid(pid, level), nr);
}

WH_INLINE int64_t wh_own_number(struct task_struct *task)
{
	struct pid *pid = WH_GET(task, thread_pid);

	return WH_GET(wh_upid(pid, WH_GET(pid, level)), nr);
}

WH_INLINE struct mm_struct *wh_mm(struct wh_call *call)
{
	if (!call->mm_known) {
		call->mm = WH_GET(call->task, mm);
		call->mm_known = true;
	}
	return call->mm;
}

/*
 * The id of a thread of the process that is not ending, other than `leaving`; 0 if there is none, WH_REAPER_UNKNOWN if
 * the search ended before it knew.
 */
WH_INLINE int64_t wh_living_thread(struct signal_struct *signal, struct task_struct *leaving)
{
	struct list_head *head = WH_ADDRESS(signal, thread_head);
	struct list_head *node = WH_FETCH(head, next);
	int step;

	WH_UNROLL
	for (step = 0; step < WH_REAPER_THREADS; step++) {
		struct task_struct *thread;

		if (!node || node == head)
			return 0;
		thread = WH_CONTAINER(node, struct task_struct, thread_node);
		if (thread != leaving && !(WH_FETCH(thread, flags) & WH_PF_EXITING))
			return WH_FETCH(thread, pid);
		node = WH_FETCH(node, next);
	}
	return WH_REAPER_UNKNOWN;
}

/*
 * Who becomes the parent of an ending task's children: the rules of find_new_reaper() (kernel/exit.c, Linux 6.18).
 * 0 if there are no children, or the whole pid namespace goes down; WH_REAPER_UNKNOWN beyond the loops' bounds.
 */
WH_INLINE int64_t wh_reaper_of(struct task_struct *leaving)
{
	struct list_head *children = WH_ADDRESS(leaving, children);
	struct signal_struct *signal = WH_FETCH(leaving, signal);
	struct task_struct *ancestor, *init;
	int64_t thread;
	struct pid *pid = WH_FETCH(leaving, thread_pid);
	uint32_t level = WH_FETCH(pid, level);
	struct pid_namespace *namespace = wh_pid_namespace_of(leaving);
	int step;

	if (WH_FETCH(children, next) == children)
		return 0;
	thread = wh_living_thread(signal, leaving);
	if (thread)
		return thread;
	init = WH_FETCH(namespace, child_reaper);
	if (WH_FETCH(init, tgid) == WH_FETCH(leaving, tgid))
		return 0;
	if (!WH_GET_BITS(signal, has_child_subreaper))
		return WH_FETCH(init, pid);
	ancestor = WH_FETCH(leaving, real_parent);
	WH_UNROLL
	for (step = 0; step < WH_REAPER_ANCESTORS; step++) {
		struct signal_struct *above = WH_FETCH(ancestor, signal);
		struct pid *number = WH_FETCH(ancestor, thread_pid);

		if (WH_FETCH(number, level) != level || ancestor == init || WH_FETCH(ancestor, pid) == 0)
			return WH_FETCH(init, pid);
		if (WH_GET_BITS(above, is_child_subreaper)) {
			thread = wh_living_thread(above, NULL);
			if (thread)
				return thread;
		}
		ancestor = WH_FETCH(ancestor, real_parent);
	}
	return WH_REAPER_UNKNOWN;
}

#endif
