/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the kernel knows of the program that a task runs: its file, and who may change that file.
 */
#ifndef WH_KERNEL_IMAGES_H
#define WH_KERNEL_IMAGES_H

#include "kernel_files.h"
#include "kernel_paths.h"
#include "kernel_tasks.h"

enum {
	WH_SB_RDONLY = 1,
	WH_S_IMMUTABLE = 8,
	WH_CAP_DAC_OVERRIDE = 1,
	WH_CAP_FOWNER = 3,
	WH_ID_RANGES = 5,			/* those that lie in the map itself; longer maps are taken as mapping all */
	WH_GROUPS = 32,
};

WH_INLINE struct file *wh_image_file(struct wh_call *call)
{
	struct mm_struct *mm = wh_mm(call);

	return mm ? WH_GET(mm, exe_file) : NULL;
}

/* Whether a kernel id has a number in a user namespace (kernel/user_namespace.c, map_id_up). */
WH_INLINE bool wh_id_is_mapped(struct uid_gid_map *map, uint32_t id)
{
	struct uid_gid_extent *extent = WH_ADDRESS(map, extent);
	uint32_t count = WH_FETCH(map, nr_extents);
	uint32_t i;

	if (count > WH_ID_RANGES)
		return true;
	WH_UNROLL
	for (i = 0; i < WH_ID_RANGES; i++) {
		/* Before the test, or the compiler joins it with the loop's own and has no constant bound to unroll by. */
		uint32_t first = WH_FETCH(extent, lower_first);

		if (i >= count)
			break;
		if (id >= first && id - first < WH_FETCH(extent, count))
			return true;
		extent = (void *)extent + WH_TYPE_SIZE(struct uid_gid_extent);
	}
	return false;
}

WH_INLINE bool wh_is_in_group(struct cred *cred, uint32_t gid)
{
	struct group_info *groups;
	kgid_t *entry;
	uint32_t i, count;
	bool found = false;

	if (WH_FETCH(cred, fsgid.val) == gid)
		return true;
	groups = WH_FETCH(cred, group_info);
	count = WH_FETCH(groups, ngroups);
	entry = WH_ADDRESS(groups, gid);
	WH_FOR(i, 0, WH_GROUPS) {
		uint32_t member = 0;

		if (i >= count)
			break;
		wh_read_kernel(&member, sizeof(member), entry + i);
		if (member == gid) {
			found = true;
			break;
		}
	}
	return found;
}

/* Whether the task could write to the file with its own ids and capabilities. Access control lists are not asked. */
WH_INLINE bool wh_is_writable(struct wh_call *call, struct inode *inode)
{
	struct cred *cred = (struct cred *)WH_GET(call->task, cred);
	struct user_namespace *namespace = WH_GET(cred, user_ns);
	struct super_block *filesystem = WH_GET(inode, i_sb);
	uint32_t mode = WH_GET(inode, i_mode);
	uint32_t uid = WH_GET(inode, i_uid.val), gid = WH_GET(inode, i_gid.val);
	uint64_t capabilities;
	bool uid_mapped, gid_mapped;

	if (WH_GET(filesystem, s_flags) & WH_SB_RDONLY || WH_GET(inode, i_flags) & WH_S_IMMUTABLE ||
	    uid == 0xffffffff || gid == 0xffffffff)
		return false;
	if (WH_GET(cred, fsuid.val) == uid)
		return true;
	if (mode & 02 || (mode & 020 && wh_is_in_group(cred, gid)))
		return true;
	capabilities = wh_capability_bits(WH_ADDRESS(cred, cap_effective));
	uid_mapped = wh_id_is_mapped(WH_ADDRESS(namespace, uid_map), uid);
	gid_mapped = wh_id_is_mapped(WH_ADDRESS(namespace, gid_map), gid);
	return (capabilities >> WH_CAP_DAC_OVERRIDE & 1 && uid_mapped && gid_mapped) ||
	       (capabilities >> WH_CAP_FOWNER & 1 && uid_mapped);
}

/* A memfd's dentry is its own parent and is called "memfd:" and the name that the creator gave. */
WH_INLINE bool wh_is_memfd(struct file *file)
{
	struct dentry *dentry = WH_GET(file, f_path.dentry);
	uint64_t start = 0;

	if (WH_GET(dentry, d_parent) != dentry)
		return false;
	wh_read_kernel(&start, 6, WH_GET(dentry, d_name.name));
	return start == 0x3a64666d656dull;	/* "memfd:" */
}

WH_INLINE struct inode *wh_image_inode(struct wh_call *call)
{
	struct file *file = wh_image_file(call);

	return file ? WH_GET(file, f_inode) : NULL;
}

WH_INLINE bool wh_image_is_writable(struct wh_call *call)
{
	struct inode *inode = wh_image_inode(call);

	return inode && wh_is_writable(call, inode);
}

WH_INLINE uint32_t wh_image_layer(struct wh_call *call)
{
	struct inode *inode = wh_image_inode(call);

	return inode ? wh_layer_of(inode, WH_GET(WH_GET(inode, i_sb), s_magic)) : WH_LAYER_NONE;
}

WH_INLINE bool wh_image_is_memfd(struct wh_call *call)
{
	struct file *file = wh_image_file(call);

	return file && wh_is_memfd(file);
}

WH_INLINE uint64_t wh_image_inode_number(struct wh_call *call)
{
	struct inode *inode = wh_image_inode(call);

	return inode ? WH_GET(inode, i_ino) : 0;
}

WH_INLINE uint64_t wh_image_change_time(struct wh_call *call)
{
	struct inode *inode = wh_image_inode(call);

	return inode ? wh_kernel_inode_ctime(inode) : 0;
}

WH_INLINE uint64_t wh_image_modification_time(struct wh_call *call)
{
	struct inode *inode = wh_image_inode(call);

	return inode ? wh_kernel_inode_mtime(inode) : 0;
}

WH_INLINE uint32_t wh_image_path(struct wh_call *call, uint8_t *room)
{
	struct file *file = wh_image_file(call);

	return file ? wh_path_of(call->scratch, file, room) : 0;
}

/* What was executed, as the caller named it; only while the record of a successful exec is made. */
WH_INLINE uint32_t wh_executed_filename(struct wh_call *call, uint8_t *room)
{
	int length = wh_read_kernel_string(room, WH_PATH_MAX, WH_GET(call->binprm, filename));

	return length < 0 ? 0 : length;
}

#endif
