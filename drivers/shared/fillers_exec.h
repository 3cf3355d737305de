/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * execve and execveat. On success the record describes the new image; on failure the unchanged task, with the program
 * name, arguments and environment that it asked for.
 */
#ifndef WH_FILLERS_EXEC_H
#define WH_FILLERS_EXEC_H

#include "fillers_tasks.h"

enum {
	WH_EXEC_STRINGS = 16,			/* of argv, and of envp, that a failed exec shows */
};

WH_NUMBER(exec_res) { return call->exec_succeeded ? 0 : call->result; }

/* argv[0]; an empty string if there is no argv, nothing if it is unreadable. */
WH_INLINE uint32_t wh_asked_exe(struct wh_call *call, uint8_t *room, uint64_t argv)
{
	uint32_t length;

	if (!argv) {
		room[0] = 0;
		call->scratch->carried = 1;
		return 1;
	}
	length = wh_user_string(call, room, WH_PATH_MAX, wh_user_long(call, argv, 0));
	call->scratch->carried = length;
	return length;
}

/* The strings of an array from `first` on, one after the other; `spent` bytes of the limit are used up already. */
WH_INLINE uint32_t wh_asked_strings(struct wh_call *call, uint64_t array, uint32_t first, uint32_t spent)
{
	struct wh_scratch *scratch = call->scratch;
	uint32_t i;

	scratch->carried = 0;
	if (!array)
		return 0;
	WH_FOR(i, first, WH_EXEC_STRINGS) {
		uint32_t gathered = scratch->carried, left = WH_PATH_MAX - spent - gathered;
		uint64_t string = wh_user_long(call, array, i);
		int length;

		if (!string || spent + gathered >= WH_PATH_MAX)
			break;
		WH_OPAQUE(left);
		left &= 2 * WH_PATH_MAX - 1;
		length = wh_read_user_string(wh_at(call, gathered), left, string);
		if (length <= 0)
			break;
		scratch->carried = gathered + length;
	}
	return scratch->carried & 0xffff;
}

WH_INLINE uint32_t wh_exec_exe(struct wh_call *call, uint8_t *room, uint64_t argv)
{
	return call->exec_succeeded ? wh_image_exe(call, room) : wh_asked_exe(call, room, argv);
}

WH_INLINE uint32_t wh_exec_args(struct wh_call *call, uint8_t *room, uint64_t argv)
{
	if (call->exec_succeeded)
		return wh_image_args(call, room);
	return wh_asked_strings(call, argv, 1, call->scratch->carried);
}

WH_INLINE uint32_t wh_exec_env(struct wh_call *call, uint8_t *room, uint64_t envp)
{
	struct wh_area area;
	uint32_t size;

	if (!call->exec_succeeded)
		return wh_asked_strings(call, envp, 0, 0);
	area = wh_environment_area(call);
	if (area.start >= area.end)
		return 0;
	size = area.end - area.start < WH_PATH_MAX ? area.end - area.start : WH_PATH_MAX;
	size = wh_user_bytes(call, room, size, area.start);
	if (size)
		*wh_at(call, size - 1) = 0;
	return size;
}

WH_BYTES(exec_exe) { return wh_exec_exe(call, room, call->arguments[1]); }
WH_BYTES(exec_args) { return wh_exec_args(call, room, call->arguments[1]); }
WH_BYTES(exec_env) { return wh_exec_env(call, room, call->arguments[2]); }
WH_BYTES(execveat_exe) { return wh_exec_exe(call, room, call->arguments[2]); }
WH_BYTES(execveat_args) { return wh_exec_args(call, room, call->arguments[2]); }
WH_BYTES(execveat_env) { return wh_exec_env(call, room, call->arguments[3]); }

/* As given to the call, except that execveat's descriptor is spelled out: /dev/fd/N/path. */
WH_BYTES(exec_filename)
{
	if (!call->exec_succeeded)
		return wh_user_string(call, room, WH_PATH_MAX, call->arguments[0]);
	return wh_executed_filename(call, room);
}

WH_NUMBER(exec_flags)
{
	uint32_t layer = wh_image_layer(call), out = 0;

	if (wh_image_is_writable(call))
		out |= WH_FLAG_execve_flags_EXE_WRITABLE;
	if (layer == WH_LAYER_UPPER)
		out |= WH_FLAG_execve_flags_EXE_UPPER_LAYER;
	else if (layer == WH_LAYER_LOWER)
		out |= WH_FLAG_execve_flags_EXE_LOWER_LAYER;
	if (wh_image_is_memfd(call))
		out |= WH_FLAG_execve_flags_EXE_FROM_MEMFD;
	return out;
}

WH_NUMBER(exe_ino) { return wh_image_inode_number(call); }
WH_NUMBER(exe_ctime) { return wh_image_change_time(call); }
WH_NUMBER(exe_mtime) { return wh_image_modification_time(call); }
WH_BYTES(exe_path) { return wh_image_path(call, room); }

#endif
