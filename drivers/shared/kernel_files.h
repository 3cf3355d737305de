/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From a descriptor to its file, inode and filesystem, for drivers that run in the kernel.
 */
#ifndef WH_KERNEL_FILES_H
#define WH_KERNEL_FILES_H

#include "kernel_paths.h"

enum {
	WH_OVERLAYFS_MAGIC = 0x794c7630,
	WH_FMODE_CREATED = 0x100000,		/* include/linux/fs.h */
	WH_S_IFMT = 0170000,
	WH_S_IFSOCK = 0140000,
};

/* The file behind a descriptor of the current task; NULL if there is none. */
WH_INLINE struct file *wh_file_of(struct wh_call *call, int64_t descriptor)
{
	struct files_struct *files = WH_GET(call->task, files);
	WH_LOOK(table, WH_GET(files, fdt), max_fds, fd);

	if (descriptor < 0 || (uint64_t)descriptor >= WH_SEEN(table, max_fds))
		return NULL;
	return WH_ELEMENT(WH_SEEN(table, fd), descriptor);
}

/* Where on an overlay filesystem an inode's data lies; WH_LAYER_NONE for every other filesystem. */
WH_INLINE uint32_t wh_layer_of(struct inode *inode, unsigned long magic)
{
	if (magic != WH_OVERLAYFS_MAGIC)
		return WH_LAYER_NONE;
	return wh_kernel_overlay_upper(inode) ? WH_LAYER_UPPER : WH_LAYER_LOWER;
}

/*
 * Looks up the file that the call has opened, once per event. Descriptor 0 counts as not opened for device, inode and
 * layer, but not for "created": readers of this stream have always seen it so.
 */
WH_INLINE void wh_look_at_opened(struct wh_call *call)
{
	struct file *found;

	if (call->opened_known)
		return;
	call->opened_known = true;
	call->opened_dev = 0;
	call->opened_ino = 0;
	call->opened_layer = WH_LAYER_NONE;
	call->opened_created = false;
	if (call->result < 0)
		return;
	found = wh_file_of(call, call->result);
	if (!found)
		return;
	WH_LOOK(file, found, f_mode, f_inode);
	call->opened_created = (WH_SEEN(file, f_mode) & WH_FMODE_CREATED) != 0;
	if (call->result == 0)
		return;
	WH_LOOK(inode, WH_SEEN(file, f_inode), i_sb, i_ino);
	WH_LOOK(filesystem, WH_SEEN(inode, i_sb), s_dev, s_magic);
	call->opened_dev = wh_map_device(WH_SEEN(filesystem, s_dev));
	call->opened_ino = WH_SEEN(inode, i_ino);
	call->opened_layer = wh_layer_of(WH_SEEN(file, f_inode), WH_SEEN(filesystem, s_magic));
}

WH_INLINE uint32_t wh_path_of_descriptor(struct wh_call *call, uint8_t *room, int64_t descriptor)
{
	struct file *file = wh_file_of(call, descriptor);

	return file ? wh_path_of(call->scratch, file, room) : 0;
}

WH_INLINE uint64_t wh_inode_number_of(struct wh_call *call, int64_t descriptor)
{
	struct file *file = wh_file_of(call, descriptor);
	struct inode *inode;

	if (!file)
		return 0;
	inode = WH_GET(file, f_inode);
	return WH_GET(inode, i_ino);
}

#endif
