/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters that describe the task whose event it is: ids, memory, credentials, control groups. */
#ifndef WH_FILLERS_TASKS_H
#define WH_FILLERS_TASKS_H

#include "expand.h"
#include "kernel_images.h"
#include "kernel_paths.h"
#include "kernel_tasks.h"

WH_NUMBER(task_tid) { return (int64_t)WH_GET(call->task, pid); }
WH_NUMBER(task_pid) { return (int64_t)WH_GET(call->task, tgid); }

WH_NUMBER(task_ptid)
{
	struct task_struct *parent = WH_GET(call->task, real_parent);

	return (int64_t)WH_GET(parent, pid);
}

WH_NUMBER(task_vtid) { return wh_own_number(call->task); }
WH_NUMBER(task_vpid) { return wh_group_number(call->task, WH_PID_GROUP_LEADER, true); }
WH_NUMBER(task_vpgid) { return wh_group_number(call->task, WH_PID_PROCESS_GROUP, true); }
WH_NUMBER(task_pgid) { return wh_group_number(call->task, WH_PID_PROCESS_GROUP, false); }

WH_NUMBER(task_fdlimit)
{
	struct signal_struct *signal = WH_GET(call->task, signal);

	return WH_GET(signal, rlim[WH_RLIMIT_NOFILE].rlim_cur);
}

WH_NUMBER(task_pgft_maj) { return WH_GET(call->task, maj_flt); }
WH_NUMBER(task_pgft_min) { return WH_GET(call->task, min_flt); }

WH_BYTES(task_comm)
{
	int length = wh_read_kernel_string(room, WH_COMM_MAX, WH_ADDRESS(call->task, comm));

	return length < 0 ? 0 : length;
}

/* Memory sizes in KiB. */
WH_INLINE uint32_t wh_kibibytes(uint64_t pages)
{
	return pages << (WH_PAGE_SHIFT - 10);
}

WH_NUMBER(mm_vm_size)
{
	struct mm_struct *mm = wh_mm(call);

	return mm ? wh_kibibytes(WH_GET(mm, total_vm)) : 0;
}

/* File, anonymous and shared pages; the kernel's own exact sum needs every CPU's counter. */
WH_NUMBER(mm_vm_rss)
{
	struct mm_struct *mm = wh_mm(call);

	return mm ? wh_kibibytes(wh_kernel_rss_pages(mm, 0) + wh_kernel_rss_pages(mm, 1) + wh_kernel_rss_pages(mm, 3)) : 0;
}

WH_NUMBER(mm_vm_swap)
{
	struct mm_struct *mm = wh_mm(call);

	return mm ? wh_kibibytes(wh_kernel_rss_pages(mm, 2)) : 0;
}

WH_INLINE struct cred *wh_credentials(struct wh_call *call)
{
	return (struct cred *)WH_GET(call->task, cred);	/* const in the kernel */
}

WH_NUMBER(task_euid) { return WH_GET(wh_credentials(call), euid.val); }
WH_NUMBER(task_egid) { return WH_GET(wh_credentials(call), egid.val); }
WH_NUMBER(task_cap_inheritable) { return wh_capability_bits(WH_ADDRESS(wh_credentials(call), cap_inheritable)); }
WH_NUMBER(task_cap_permitted) { return wh_capability_bits(WH_ADDRESS(wh_credentials(call), cap_permitted)); }
WH_NUMBER(task_cap_effective) { return wh_capability_bits(WH_ADDRESS(wh_credentials(call), cap_effective)); }
WH_NUMBER(task_loginuid) { return wh_kernel_loginuid(call->task); }

WH_NUMBER(task_tty)
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

/* When the init of the task's pid namespace started, monotonic ns; told only to children. */
WH_NUMBER(pidns_init_start)
{
	struct task_struct *init;

	if (call->result != 0)
		return 0;
	init = WH_GET(wh_pid_namespace_of(call->task), child_reaper);
	return WH_GET(init, start_time);
}

/*
 * Appends "name=path" and a NUL for one controller. On a unified hierarchy all controllers share one group, whose path
 * is then resolved once: `previous` is the group that scratch->resolved holds.
 */
WH_INLINE struct cgroup *wh_add_cgroup(struct wh_call *call, const char *name, uint32_t name_length, int controller,
				       struct cgroup *previous)
{
	struct wh_scratch *scratch = call->scratch;
	struct css_set *sets = WH_GET(call->task, cgroups);
	struct cgroup_subsys_state *state = NULL;
	struct cgroup *cgroup;
	uint8_t *place;

	if (controller < 0)
		return previous;
	wh_read_kernel(&state, sizeof(state), WH_ADDRESS(sets, subsys) + controller * sizeof(state));
	cgroup = state ? WH_GET(state, cgroup) : NULL;
	if (!cgroup)
		return previous;
	if (cgroup != previous)
		wh_resolve_cgroup(scratch, cgroup);
	place = wh_at(scratch, scratch->carried);
	__builtin_memcpy(place, name, name_length);
	scratch->carried += name_length + wh_resolve_end(scratch, place + name_length);
	return cgroup;
}

#define WH_ADD_CGROUP(name, previous) \
	wh_add_cgroup(call, #name "=", sizeof(#name "=") - 1, WH_CONTROLLER_INDEX(name), previous)

WH_BYTES(task_cgroups)
{
	struct cgroup *previous = NULL;

	call->scratch->carried = 0;
	previous = WH_ADD_CGROUP(cpuset, previous);
	previous = WH_ADD_CGROUP(cpu, previous);
	previous = WH_ADD_CGROUP(cpuacct, previous);
	previous = WH_ADD_CGROUP(io, previous);
	WH_ADD_CGROUP(memory, previous);
	return call->scratch->carried & 0xffff;
}

/* argv[0] and the other arguments of the image that is running, as they lie in its memory now. */
WH_INLINE uint32_t wh_image_exe(struct wh_call *call, uint8_t *room)
{
	struct mm_struct *mm = wh_mm(call);
	uint32_t length = mm ? wh_user_string(room, WH_PATH_MAX, WH_GET(mm, arg_start)) : 0;

	call->scratch->carried = length;
	return length;
}

WH_INLINE uint32_t wh_image_args(struct wh_call *call, uint8_t *room)
{
	struct mm_struct *mm = wh_mm(call);
	uint32_t exe = call->scratch->carried & (2 * WH_PATH_MAX - 1);
	uint64_t start, end;
	uint32_t size;

	if (!mm)
		return 0;
	start = WH_GET(mm, arg_start) + exe;
	end = WH_GET(mm, arg_end);
	if (start >= end || exe >= WH_PATH_MAX)
		return 0;
	size = end - start < WH_PATH_MAX - exe ? end - start : WH_PATH_MAX - exe;
	size = wh_user_bytes(room, size, start);
	if (size)
		*wh_at(call->scratch, size - 1) = 0;
	return size;
}

WH_BYTES(image_exe) { return call->result >= 0 ? wh_image_exe(call, room) : 0; }
WH_BYTES(image_args) { return call->result >= 0 ? wh_image_args(call, room) : 0; }

WH_INLINE uint64_t wh_clone_flags(struct wh_call *call, uint64_t flags)
{
	uint32_t out = wh_map_clone_flags(flags);
	struct pid_namespace *own = wh_pid_namespace_of(call->task);
	struct nsproxy *namespaces = WH_GET(call->task, nsproxy);

	if (WH_GET(own, level) > 0 || (namespaces && WH_GET(namespaces, pid_ns_for_children) != own))
		out |= WH_FLAG_clone_flags_CL_CHILD_IN_PIDNS;
	return out;
}

WH_NUMBER(clone_flags) { return wh_clone_flags(call, call->arguments[0]); }
WH_NUMBER(fork_flags) { return wh_clone_flags(call, 0); }

WH_NUMBER(clone3_flags)
{
	uint64_t flags = 0;

	wh_read_user(&flags, sizeof(flags), call->arguments[0]);
	return wh_clone_flags(call, flags);
}

#endif
