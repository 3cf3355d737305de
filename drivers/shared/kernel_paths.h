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

/* struct wh_link - one step of a path: a dentry's parent and its own name, as they lie behind each other in a dentry */
struct wh_link {
	struct dentry *parent;
	uint32_t hash, length;
	const void *name;
};

/* Where the members lie so, by one read: each costs a call of a helper. The kernel may be built to shuffle them. */
WH_INLINE void wh_read_link(struct wh_link *link, struct dentry *dentry)
{
	if (WH_OFFSET(struct dentry, d_name) == WH_OFFSET(struct dentry, d_parent) + sizeof(void *) &&
	    WH_OFFSET(struct qstr, len) == 4 && WH_OFFSET(struct qstr, name) == 8) {
		*link = (struct wh_link){};
		wh_read_kernel(link, sizeof(*link), WH_ADDRESS(dentry, d_parent));
		return;
	}
	link->parent = WH_FETCH(dentry, d_parent);
	link->length = WH_FETCH(dentry, d_name.len);
	link->name = WH_FETCH(dentry, d_name.name);
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
	struct dentry *root = WH_FETCH(vfsmount, mnt_root);
	uint32_t step;

	wh_resolve_begin(scratch);
	WH_FOR(step, 0, WH_PATH_COMPONENTS) {
		struct wh_link link;

		wh_read_link(&link, dentry);
		if (dentry == root || dentry == link.parent) {
			struct mount *above = WH_FETCH(mount, mnt_parent);

			/* One way out of the loop: a value to return would be undefined on the others, which verifiers refuse. */
			if (dentry != root && !scratch->resolved_components)
				wh_resolve_name(scratch, link.name, link.length);
			if (dentry != root || above == mount)
				break;
			dentry = WH_FETCH(mount, mnt_mountpoint);
			mount = above;
			vfsmount = WH_ADDRESS(mount, mnt);
			root = WH_FETCH(vfsmount, mnt_root);
			continue;
		}
		if (!wh_resolve_name(scratch, link.name, link.length) || !wh_resolve_slash(scratch))
			break;
		dentry = link.parent;
	}
	if (!scratch->resolved_components) {
		struct dentry *own = WH_FETCH(file, f_path.dentry);
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
