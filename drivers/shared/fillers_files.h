/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters of calls that open, create, name and describe files. */
#ifndef WH_FILLERS_FILES_H
#define WH_FILLERS_FILES_H

#include "expand.h"
#include "readers.h"

/* What openat2 reads from its caller: uapi/linux/openat2.h. */
struct wh_open_how {
	uint64_t flags, mode, resolve;
};

WH_INLINE struct wh_open_how wh_open_how_of(struct wh_call *call)
{
	struct wh_open_how how = {};

	wh_read_user(&how, sizeof(how), call->arguments[2]);
	return how;
}

/* The bits that only the opened file tells. */
WH_INLINE uint32_t wh_added_open_flags(struct wh_call *call)
{
	uint32_t out = 0;

	wh_look_at_opened(call);
	if (call->opened_created)
		out |= WH_FLAG_file_flags_O_F_CREATED;
	if (call->opened_layer == WH_LAYER_UPPER)
		out |= WH_FLAG_file_flags_FD_UPPER_LAYER;
	if (call->opened_layer == WH_LAYER_LOWER)
		out |= WH_FLAG_file_flags_FD_LOWER_LAYER;
	return out;
}

WH_NUMBER(open_flags_at_entry) { return wh_map_open_flags(call->arguments[1]); }
WH_NUMBER(open_flags) { return wh_map_open_flags(call->arguments[1]) | wh_added_open_flags(call); }
WH_NUMBER(open_mode) { return wh_map_open_mode(call->arguments[1], call->arguments[2]); }
WH_NUMBER(openat_flags_at_entry) { return wh_map_open_flags(call->arguments[2]); }
WH_NUMBER(openat_flags) { return wh_map_open_flags(call->arguments[2]) | wh_added_open_flags(call); }
WH_NUMBER(openat_mode) { return wh_map_open_mode(call->arguments[2], call->arguments[3]); }
WH_NUMBER(openat2_flags_at_entry) { return wh_map_open_flags(wh_open_how_of(call).flags); }
WH_NUMBER(openat2_flags) { return wh_map_open_flags(wh_open_how_of(call).flags) | wh_added_open_flags(call); }
WH_NUMBER(openat2_resolve) { return wh_map_openat2_flags(wh_open_how_of(call).resolve); }
WH_NUMBER(open_by_handle_at_flags) { return wh_map_open_flags(call->arguments[2]) | wh_added_open_flags(call); }
WH_NUMBER(creat_mode) { return call->arguments[1] & 07777; }

WH_NUMBER(openat2_mode)
{
	struct wh_open_how how = wh_open_how_of(call);

	return wh_map_open_mode(how.flags, how.mode);
}

WH_NUMBER(opened_dev)
{
	wh_look_at_opened(call);
	return call->opened_dev;
}

WH_NUMBER(opened_ino)
{
	wh_look_at_opened(call);
	return call->opened_ino;
}

WH_NUMBER(creat_layer)
{
	wh_look_at_opened(call);
	if (call->opened_layer == WH_LAYER_UPPER)
		return WH_FLAG_creat_flags_FD_UPPER_LAYER_CREAT;
	return call->opened_layer == WH_LAYER_LOWER ? WH_FLAG_creat_flags_FD_LOWER_LAYER_CREAT : 0;
}

WH_BYTES(opened_path)
{
	return call->result > 0 ? wh_path_of_descriptor(call, room, call->result) : 0;
}

/* Where the opened file lies, whatever names led there. Empty if nobody asked: the walk can cost as much as the call. */
WH_BYTES(opened_realpath)
{
	return wh_resolves_paths() && call->result >= 0 ? wh_path_of_descriptor(call, room, call->result) : 0;
}

WH_NUMBER(mode_argument_1) { return call->arguments[1] & 07777; }
WH_NUMBER(mode_argument_2) { return call->arguments[2] & 07777; }
WH_NUMBER(mknod_mode) { return wh_map_node_mode(call->arguments[1]); }
WH_NUMBER(mknodat_mode) { return wh_map_node_mode(call->arguments[2]); }
WH_NUMBER(mknod_dev) { return wh_map_device(call->arguments[2]); }
WH_NUMBER(mknodat_dev) { return wh_map_device(call->arguments[3]); }
WH_NUMBER(dup3_flags) { return wh_map_descriptor_flags(call->arguments[2], WH_KERNEL_O_CLOEXEC); }

/* The historic magic number in the upper half is not a flag. */
WH_NUMBER(mount_flags)
{
	uint32_t flags = call->arguments[3];

	return flags >> 16 == 0xc0ed ? flags & 0xffff : flags;
}

WH_INLINE int64_t wh_pipe_end(struct wh_call *call, uint32_t end)
{
	int32_t descriptors[2];

	if (wh_read_user(descriptors, sizeof(descriptors), call->arguments[0]) < 0)
		return -1;
	return descriptors[end];
}

WH_NUMBER(pipe_fd1) { return wh_pipe_end(call, 0); }
WH_NUMBER(pipe_fd2) { return wh_pipe_end(call, 1); }
WH_NUMBER(pipe_ino) { return call->result == 0 ? wh_inode_number_of(call, wh_pipe_end(call, 0)) : 0; }

WH_NUMBER(pipe2_flags)
{
	return wh_map_descriptor_flags(call->arguments[1],
				       WH_KERNEL_O_CLOEXEC | WH_KERNEL_O_DIRECT | WH_KERNEL_O_NONBLOCK);
}

WH_NUMBER(inotify_init1_flags)
{
	return wh_map_descriptor_flags(call->arguments[0], WH_KERNEL_O_CLOEXEC | WH_KERNEL_O_NONBLOCK);
}

WH_NUMBER(eventfd2_flags)
{
	return wh_map_descriptor_flags(call->arguments[1], WH_KERNEL_O_CLOEXEC | WH_KERNEL_O_NONBLOCK);
}

WH_NUMBER(signalfd4_flags)
{
	return wh_map_descriptor_flags(call->arguments[3], WH_KERNEL_O_CLOEXEC | WH_KERNEL_O_NONBLOCK);
}

/* One byte wide: close-on-exec does not fit. */
WH_NUMBER(timerfd_create_flags) { return wh_map_descriptor_flags(call->arguments[1], WH_KERNEL_O_NONBLOCK); }

WH_BYTES(getcwd_path) { return call->result >= 0 ? wh_user_string(call, room, WH_PATH_MAX, call->arguments[0]) : 0; }

enum {
	WH_FSCONFIG_SET_STRING = 1, WH_FSCONFIG_SET_BINARY = 2, WH_FSCONFIG_SET_PATH = 3, WH_FSCONFIG_SET_PATH_EMPTY = 4,
};

WH_BYTES(fsconfig_key) { return wh_user_string(call, room, 65535, call->arguments[2]); }

WH_BYTES(fsconfig_value_bytebuf)
{
	if (call->result < 0 || (uint32_t)call->arguments[1] != WH_FSCONFIG_SET_BINARY)
		return 0;
	return wh_user_bytes(call, room, call->arguments[4], call->arguments[3]);
}

WH_BYTES(fsconfig_value_charbuf)
{
	uint32_t command = call->arguments[1];

	if (call->result < 0 || (command != WH_FSCONFIG_SET_STRING && command != WH_FSCONFIG_SET_PATH &&
				 command != WH_FSCONFIG_SET_PATH_EMPTY))
		return 0;
	return wh_user_string(call, room, WH_PATH_MAX, call->arguments[3]);
}

WH_BYTES(init_module_img) { return wh_user_bytes(call, room, call->arguments[1], call->arguments[0]); }

WH_NUMBER(llseek_offset) { return (call->arguments[1] << 32) + (uint32_t)call->arguments[2]; }

#endif
