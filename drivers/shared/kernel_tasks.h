/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the kernel knows of the current task: ids in its namespaces, memory, limits, terminal, and who inherits its
 * children.
 */
#ifndef WH_KERNEL_TASKS_H
#define WH_KERNEL_TASKS_H

#include "record.h"
#include "signals.h"

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

WH_INLINE int64_t wh_task_id(struct wh_call *call) { return WH_GET(call->task, pid); }
WH_INLINE int64_t wh_process_id(struct wh_call *call) { return WH_GET(call->task, tgid); }

WH_INLINE int64_t wh_parent_id(struct wh_call *call)
{
	struct task_struct *parent = WH_GET(call->task, real_parent);

	return WH_GET(parent, pid);
}

WH_INLINE int64_t wh_own_task_id(struct wh_call *call) { return wh_own_number(call->task); }

WH_INLINE int64_t wh_own_process_id(struct wh_call *call)
{
	return wh_group_number(call->task, WH_PID_GROUP_LEADER, true);
}

WH_INLINE int64_t wh_own_group_id(struct wh_call *call)
{
	return wh_group_number(call->task, WH_PID_PROCESS_GROUP, true);
}

WH_INLINE int64_t wh_group_id(struct wh_call *call)
{
	return wh_group_number(call->task, WH_PID_PROCESS_GROUP, false);
}

WH_INLINE uint64_t wh_descriptor_limit(struct wh_call *call)
{
	struct signal_struct *signal = WH_GET(call->task, signal);

	return WH_GET(signal, rlim[WH_RLIMIT_NOFILE].rlim_cur);
}

WH_INLINE uint64_t wh_major_faults(struct wh_call *call) { return WH_GET(call->task, maj_flt); }
WH_INLINE uint64_t wh_minor_faults(struct wh_call *call) { return WH_GET(call->task, min_flt); }
WH_INLINE int64_t wh_exit_status(struct wh_call *call) { return WH_GET(call->task, exit_code); }

WH_INLINE uint32_t wh_command_name(struct wh_call *call, uint8_t *room)
{
	int length = wh_read_kernel_string(room, WH_COMM_MAX, WH_ADDRESS(call->task, comm));

	return length < 0 ? 0 : length;
}

/* Memory sizes in KiB. */
WH_INLINE uint32_t wh_kibibytes(uint64_t pages)
{
	return pages << (WH_PAGE_SHIFT - 10);
}

WH_INLINE uint32_t wh_memory_size(struct wh_call *call)
{
	struct mm_struct *mm = wh_mm(call);

	return mm ? wh_kibibytes(WH_GET(mm, total_vm)) : 0;
}

/* File, anonymous and shared pages; the kernel's own exact sum needs every CPU's counter. */
WH_INLINE uint32_t wh_memory_resident(struct wh_call *call)
{
	struct mm_struct *mm = wh_mm(call);

	return mm ? wh_kibibytes(wh_kernel_rss_pages(mm, 0) + wh_kernel_rss_pages(mm, 1) + wh_kernel_rss_pages(mm, 3)) : 0;
}

WH_INLINE uint32_t wh_memory_swapped(struct wh_call *call)
{
	struct mm_struct *mm = wh_mm(call);

	return mm ? wh_kibibytes(wh_kernel_rss_pages(mm, 2)) : 0;
}

/* Where the strings of the running image lie; start 0 without one. */
WH_INLINE struct wh_area wh_argument_area(struct wh_call *call)
{
	struct mm_struct *mm = wh_mm(call);
	struct wh_area area = {};

	if (mm) {
		area.start = WH_GET(mm, arg_start);
		area.end = WH_GET(mm, arg_end);
	}
	return area;
}

WH_INLINE struct wh_area wh_environment_area(struct wh_call *call)
{
	struct mm_struct *mm = wh_mm(call);
	struct wh_area area = {};

	if (mm) {
		area.start = WH_GET(mm, env_start);
		area.end = WH_GET(mm, env_end);
	}
	return area;
}

WH_INLINE struct cred *wh_credentials(struct wh_call *call)
{
	return (struct cred *)WH_GET(call->task, cred);	/* const in the kernel */
}

WH_INLINE uint64_t wh_capability_bits(const void *set)
{
	uint64_t bits = 0;

	wh_read_kernel(&bits, sizeof(bits), set);
	return bits & ((1ull << 41) - 1);
}

WH_INLINE uint32_t wh_effective_uid(struct wh_call *call) { return WH_GET(wh_credentials(call), euid.val); }
WH_INLINE uint32_t wh_effective_gid(struct wh_call *call) { return WH_GET(wh_credentials(call), egid.val); }
WH_INLINE uint32_t wh_login_uid(struct wh_call *call) { return wh_kernel_loginuid(call->task); }

WH_INLINE uint64_t wh_inheritable_capabilities(struct wh_call *call)
{
	return wh_capability_bits(WH_ADDRESS(wh_credentials(call), cap_inheritable));
}

WH_INLINE uint64_t wh_permitted_capabilities(struct wh_call *call)
{
	return wh_capability_bits(WH_ADDRESS(wh_credentials(call), cap_permitted));
}

WH_INLINE uint64_t wh_effective_capabilities(struct wh_call *call)
{
	return wh_capability_bits(WH_ADDRESS(wh_credentials(call), cap_effective));
}

/* The controlling terminal as a device number; 0 without one. */
WH_INLINE uint32_t wh_terminal_device(struct wh_call *call)
{
	struct signal_struct *signal = WH_GET(call->task, signal);
	struct tty_struct *tty = WH_GET(signal, tty);
	struct tty_driver *driver;
	uint32_t minor;

	if (!tty)
		return 0;
	driver = WH_GET(tty, driver);
	minor = WH_GET(driver, minor_start) + WH_GET(tty, index);
	return wh_map_device((uint32_t)WH_GET(driver, major) << 20 | (minor & 0xfffff));
}

WH_INLINE uint64_t wh_pid_namespace_start(struct wh_call *call)
{
	struct task_struct *init = WH_GET(wh_pid_namespace_of(call->task), child_reaper);

	return WH_GET(init, start_time);
}

/* Whether the task, or a child that it makes now, lives in another pid namespace than the initial one or its own. */
WH_INLINE bool wh_is_pid_namespace_below(struct wh_call *call)
{
	struct pid_namespace *own = wh_pid_namespace_of(call->task);
	struct nsproxy *namespaces = WH_GET(call->task, nsproxy);

	return WH_GET(own, level) > 0 || (namespaces && WH_GET(namespaces, pid_ns_for_children) != own);
}

/* Who sent a signal, for a driver that sees the kernel's siginfo. */
WH_INLINE int64_t wh_signal_sender(int signal, struct kernel_siginfo *info)
{
	if (!wh_tells_sender(signal, WH_GET(info, si_code)))
		return 0;
	if (signal == WH_SIGCHLD)
		return WH_GET(info, _sifields._sigchld._pid);
	if (signal >= WH_SIGRTMIN)
		return WH_GET(info, _sifields._rt._pid);
	return WH_GET(info, _sifields._kill._pid);
}

/*
 * The id of a thread of the process that is not ending, other than `leaving`; 0 if there is none, WH_REAPER_UNKNOWN if
 * the search ended before it knew.
 */
WH_INLINE int64_t wh_living_thread(struct signal_struct *signal, struct task_struct *leaving)
{
	struct list_head *head = WH_ADDRESS(signal, thread_head);
	struct list_head *node = WH_FETCH(head, next);
	uint32_t step;

	WH_FOR(step, 0, WH_REAPER_THREADS) {
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
WH_INLINE int64_t wh_reaper(struct wh_call *call)
{
	struct task_struct *leaving = call->task;
	struct list_head *children = WH_ADDRESS(leaving, children);
	struct signal_struct *signal = WH_FETCH(leaving, signal);
	struct task_struct *ancestor, *init;
	int64_t thread;
	struct pid *pid = WH_FETCH(leaving, thread_pid);
	uint32_t level = WH_FETCH(pid, level);
	struct pid_namespace *namespace = wh_pid_namespace_of(leaving);
	uint32_t step;

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
	WH_FOR(step, 0, WH_REAPER_ANCESTORS) {
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
