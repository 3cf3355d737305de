/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Members that moved or changed their type between Linux 5.10 and 7.x, each beside the version that moved it.
 *
 * libbpf turns every WH_HAS into a constant at load, so the verifier sees one branch and drops the other.
 */
#ifndef WH_KERNEL_VARIANTS_H
#define WH_KERNEL_VARIANTS_H

#include "platform.h"

/* 6.2 made the counters per CPU (f1a7941243c1); `which` counts as in enum mm_types: file, anonymous, swap, shared. */
WH_INLINE uint64_t wh_kernel_rss_pages(struct mm_struct *mm, uint32_t which)
{
	struct mm_struct___before_6_2 *old = (void *)mm;
	struct percpu_counter *counter;
	int64_t pages = 0;

	if (WH_HAS(old->rss_stat.count)) {
		wh_read_kernel(&pages, sizeof(pages), WH_ADDRESS(old, rss_stat.count) + which * sizeof(pages));
	} else {
		counter = WH_ADDRESS(mm, rss_stat) + which * bpf_core_type_size(struct percpu_counter);
		pages = WH_GET(counter, count);
	}
	return pages < 0 ? 0 : pages;
}

/* 6.15 gave the pointer underscores, because it is RCU-protected now (633488947ef6). */
WH_INLINE struct kernfs_node *wh_kernel_kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___since_6_15 *current = (void *)node;
	struct kernfs_node___before_6_15 *old = (void *)node;

	if (WH_HAS(old->parent))
		return WH_FETCH(old, parent);
	return WH_FETCH(current, __parent);
}

WH_INLINE uint64_t wh_kernel_nanoseconds(int64_t seconds, int64_t nanoseconds)
{
	return seconds < 0 ? 0 : (uint64_t)seconds * 1000000000u + (uint64_t)nanoseconds;
}

/* Since 6.13 the top bit of the nanoseconds tells that somebody has looked at the time (I_CTIME_QUERIED). */
#define WH_CTIME_QUERIED 0x80000000u

/* 6.6 hid i_ctime behind accessors, 6.7 the others, 6.11 split them into seconds and nanoseconds (3aa63a569c64). */
WH_INLINE uint64_t wh_kernel_inode_ctime(struct inode *inode)
{
	struct inode___since_6_11 *current = (void *)inode;
	struct inode___6_6_to_6_10 *middle = (void *)inode;
	struct inode___before_6_6 *old = (void *)inode;

	if (WH_HAS(current->i_ctime_sec))
		return wh_kernel_nanoseconds(WH_GET(current, i_ctime_sec), WH_GET(current, i_ctime_nsec) & ~WH_CTIME_QUERIED);
	if (WH_HAS(middle->__i_ctime))
		return wh_kernel_nanoseconds(WH_GET(middle, __i_ctime.tv_sec), WH_GET(middle, __i_ctime.tv_nsec));
	return wh_kernel_nanoseconds(WH_GET(old, i_ctime.tv_sec), WH_GET(old, i_ctime.tv_nsec));
}

WH_INLINE uint64_t wh_kernel_inode_mtime(struct inode *inode)
{
	struct inode___since_6_11 *current = (void *)inode;
	struct inode___6_7_to_6_10 *middle = (void *)inode;
	struct inode___before_6_7 *old = (void *)inode;

	if (WH_HAS(current->i_mtime_sec))
		return wh_kernel_nanoseconds(WH_GET(current, i_mtime_sec), WH_GET(current, i_mtime_nsec));
	if (WH_HAS(middle->__i_mtime))
		return wh_kernel_nanoseconds(WH_GET(middle, __i_mtime.tv_sec), WH_GET(middle, __i_mtime.tv_nsec));
	return wh_kernel_nanoseconds(WH_GET(old, i_mtime.tv_sec), WH_GET(old, i_mtime.tv_nsec));
}

/* Only kernels with CONFIG_AUDIT have a login uid. */
WH_INLINE uint32_t wh_kernel_loginuid(struct task_struct *task)
{
	struct task_struct___with_audit *audited = (void *)task;

	return WH_HAS(audited->loginuid) ? WH_GET(audited, loginuid.val) : 0xffffffff;
}

/*
 * The overlay filesystem may be a module, whose types are not in the kernel's own BTF: but since 4.19 struct ovl_inode
 * has had the pointer to the upper dentry right behind its struct inode (fs/overlayfs/ovl_entry.h).
 */
WH_INLINE void *wh_kernel_overlay_upper(struct inode *inode)
{
	void *upper = NULL;

	wh_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper;
}

/* Where a controller's state lies in css_set.subsys depends on the kernel's configuration; -1 if it is not built in. */
#define WH_CONTROLLER_INDEX(name) \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, name##_cgrp_id) ? \
	 (int)bpf_core_enum_value(enum cgroup_subsys_id, name##_cgrp_id) : -1)

#endif
