/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Paths from dentries and control groups from kernfs nodes: put together from the end, towards the root.
 */
#ifndef WH_KERNEL_PATHS_H
#define WH_KERNEL_PATHS_H

#include "record.h"

enum {
	WH_PATH_COMPONENTS = 96,
	WH_CGROUP_COMPONENTS = 6,
};

/* Starts an empty path, which ends with a NUL. */
WH_INLINE void wh_resolve_begin(struct wh_scratch *scratch)
{
	scratch->resolved_start = WH_RESOLVED_MAX - 1;
	scratch->resolved_components = 0;
	scratch->resolved[WH_RESOLVED_MAX - 1] = 0;
}

/* Puts `length` bytes of a name in front of the path, without a separator; false if there is no room. */
WH_INLINE bool wh_resolve_name(struct wh_scratch *scratch, const void *name, uint32_t length)
{
	uint32_t start = scratch->resolved_start;

	if (length > WH_COMPONENT_MAX - 1 || start < length + 1)
		return false;
	start -= length;
	WH_OPAQUE(length);
	wh_read_kernel(&scratch->resolved[start & (WH_RESOLVED_MAX - 1)], length & (WH_COMPONENT_MAX - 1), name);
	scratch->resolved_start = start;
	scratch->resolved_components++;
	return true;
}

WH_INLINE bool wh_resolve_slash(struct wh_scratch *scratch)
{
	uint32_t start = scratch->resolved_start;

	if (start == 0)
		return false;
	start--;
	scratch->resolved[start & (WH_RESOLVED_MAX - 1)] = '/';
	scratch->resolved_start = start;
	return true;
}

/* Copies the path to `room`, NUL included; returns its length. */
WH_INLINE uint32_t wh_resolve_end(struct wh_scratch *scratch, uint8_t *room)
{
	uint32_t start = scratch->resolved_start & (WH_RESOLVED_MAX - 1);
	uint32_t length = WH_RESOLVED_MAX - start;

	WH_OPAQUE(length);
	length &= 2 * WH_RESOLVED_MAX - 1;
	if (length > WH_RESOLVED_MAX)
		return 0;
	if (wh_read_kernel(room, length, &scratch->resolved[start]) < 0)
		return 0;
	return length;
}

/*
 * The absolute path of an open file across mounts, as the initial mount tree shows it. A file that has no place in the
 * tree (memfd, pipe) gives its dentry's own name.
 */
WH_INLINE uint32_t wh_path_of(struct wh_scratch *scratch, struct file *file, uint8_t *room)
{
	struct vfsmount *vfsmount = WH_FETCH(file, f_path.mnt);
	struct dentry *dentry = WH_FETCH(file, f_path.dentry);
	struct mount *mount = WH_CONTAINER(vfsmount, struct mount, mnt);
	uint32_t step;

	wh_resolve_begin(scratch);
	WH_FOR(step, 0, WH_PATH_COMPONENTS) {
		struct dentry *root = WH_FETCH(vfsmount, mnt_root);
		struct dentry *parent = WH_FETCH(dentry, d_parent);

		if (dentry == root || dentry == parent) {
			struct mount *above = WH_FETCH(mount, mnt_parent);

			if (dentry != root && !scratch->resolved_components) {
				wh_resolve_name(scratch, WH_FETCH(dentry, d_name.name), WH_FETCH(dentry, d_name.len));
				return wh_resolve_end(scratch, room);
			}
			if (dentry != root || above == mount)
				break;
			dentry = WH_FETCH(mount, mnt_mountpoint);
			mount = above;
			vfsmount = WH_ADDRESS(mount, mnt);
			continue;
		}
		if (!wh_resolve_name(scratch, WH_FETCH(dentry, d_name.name), WH_FETCH(dentry, d_name.len)) ||
		    !wh_resolve_slash(scratch))
			break;
		dentry = parent;
	}
	if (!scratch->resolved_components) {
		struct dentry *own = WH_FETCH(file, f_path.dentry);
		struct dentry *root = WH_FETCH(vfsmount, mnt_root);
		struct dentry *parent = WH_FETCH(own, d_parent);

		/* A filesystem that is mounted nowhere: its root is the file itself. */
		if (own == parent && own != root)
			wh_resolve_name(scratch, WH_FETCH(own, d_name.name), WH_FETCH(own, d_name.len));
		else
			wh_resolve_slash(scratch);
	}
	return wh_resolve_end(scratch, room);
}

/* The path of a control group below its hierarchy's root, in scratch->resolved; of deep ones the last components. */
WH_INLINE void wh_resolve_cgroup(struct wh_scratch *scratch, struct cgroup *cgroup)
{
	struct kernfs_node *node = WH_FETCH(cgroup, kn);
	uint32_t step;

	wh_resolve_begin(scratch);
	WH_FOR(step, 0, WH_CGROUP_COMPONENTS) {
		struct kernfs_node *parent = wh_kernel_kernfs_parent(node);
		int length;

		if (!parent)
			break;
		length = wh_read_kernel_string(scratch->component, WH_COMPONENT_MAX, WH_FETCH(node, name));
		if (length <= 1 || !wh_resolve_name(scratch, scratch->component, length - 1) ||
		    !wh_resolve_slash(scratch))
			break;
		node = parent;
	}
	if (!scratch->resolved_components)
		wh_resolve_slash(scratch);
}

#endif
