/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters that describe the task whose event it is: ids, memory, credentials, control groups. */
#ifndef WH_FILLERS_TASKS_H
#define WH_FILLERS_TASKS_H

#include "expand.h"
#include "readers.h"

WH_NUMBER(task_tid) { return wh_task_id(call); }
WH_NUMBER(task_pid) { return wh_process_id(call); }
WH_NUMBER(task_ptid) { return wh_parent_id(call); }
WH_NUMBER(task_vtid) { return wh_own_task_id(call); }
WH_NUMBER(task_vpid) { return wh_own_process_id(call); }
WH_NUMBER(task_vpgid) { return wh_own_group_id(call); }
WH_NUMBER(task_pgid) { return wh_group_id(call); }
WH_NUMBER(task_fdlimit) { return wh_descriptor_limit(call); }
WH_NUMBER(task_pgft_maj) { return wh_major_faults(call); }
WH_NUMBER(task_pgft_min) { return wh_minor_faults(call); }
WH_BYTES(task_comm) { return wh_command_name(call, room); }
WH_NUMBER(mm_vm_size) { return wh_memory_size(call); }
WH_NUMBER(mm_vm_rss) { return wh_memory_resident(call); }
WH_NUMBER(mm_vm_swap) { return wh_memory_swapped(call); }
WH_NUMBER(task_euid) { return wh_effective_uid(call); }
WH_NUMBER(task_egid) { return wh_effective_gid(call); }
WH_NUMBER(task_cap_inheritable) { return wh_inheritable_capabilities(call); }
WH_NUMBER(task_cap_permitted) { return wh_permitted_capabilities(call); }
WH_NUMBER(task_cap_effective) { return wh_effective_capabilities(call); }
WH_NUMBER(task_loginuid) { return wh_login_uid(call); }
WH_NUMBER(task_tty) { return wh_terminal_device(call); }

/* When the init of the task's pid namespace started, monotonic ns; told only to children. */
WH_NUMBER(pidns_init_start) { return call->result == 0 ? wh_pid_namespace_start(call) : 0; }

WH_BYTES(task_cgroups) { return wh_control_groups(call); }

/* argv[0] and the other arguments of the image that is running, as they lie in its memory now. */
WH_INLINE uint32_t wh_image_exe(struct wh_call *call, uint8_t *room)
{
	struct wh_area area = wh_argument_area(call);
	uint32_t length = area.start ? wh_user_string(call, room, WH_PATH_MAX, area.start) : 0;

	call->scratch->carried = length;
	return length;
}

WH_INLINE uint32_t wh_image_args(struct wh_call *call, uint8_t *room)
{
	struct wh_area area = wh_argument_area(call);
	uint32_t exe = call->scratch->carried & (2 * WH_PATH_MAX - 1);
	uint64_t start = area.start + exe, end = area.end;
	uint32_t size;

	if (start >= end || exe >= WH_PATH_MAX)
		return 0;
	size = end - start < WH_PATH_MAX - exe ? end - start : WH_PATH_MAX - exe;
	size = wh_user_bytes(call, room, size, start);
	if (size)
		*wh_at(call, size - 1) = 0;
	return size;
}

WH_BYTES(image_exe) { return call->result >= 0 ? wh_image_exe(call, room) : 0; }
WH_BYTES(image_args) { return call->result >= 0 ? wh_image_args(call, room) : 0; }

WH_INLINE uint64_t wh_clone_flags(struct wh_call *call, uint64_t flags)
{
	uint32_t out = wh_map_clone_flags(flags);

	if (wh_is_pid_namespace_below(call))
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
