/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Members that differ between kernels, for backends that are compiled for one kernel: the twin of
 * modern-bpf/kernel_variants.h, with the choice made by the compiler instead of at load.
 *
 * Which members there are is found out by compiling (probes/), not by comparing versions: distributions backport.
 */
#ifndef WH_KERNEL_HEADER_VARIANTS_H
#define WH_KERNEL_HEADER_VARIANTS_H

/* 6.2 made the counters per CPU (f1a7941243c1); `which` counts as in enum mm_types: file, anonymous, swap, shared. */
WH_INLINE uint64_t wh_kernel_rss_pages(struct mm_struct *mm, uint32_t which)
{
#ifdef WH_HAVE_RSS_PER_CPU
	struct percpu_counter *counter = WH_ADDRESS(mm, rss_stat) + which * sizeof(*counter);
	int64_t pages = WH_GET(counter, count);
#else
	int64_t pages = 0;

	wh_read_kernel(&pages, sizeof(pages), WH_ADDRESS(mm, rss_stat.count) + which * sizeof(pages));
#endif
	return pages < 0 ? 0 : pages;
}

/* 6.15 gave the pointer underscores, because it is RCU-protected now (633488947ef6). */
WH_INLINE struct kernfs_node *wh_kernel_kernfs_parent(struct kernfs_node *node)
{
#ifdef WH_HAVE_KERNFS_PARENT
	return WH_FETCH(node, parent);
#else
	return (struct kernfs_node *)WH_FETCH(node, __parent);
#endif
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
#if defined(WH_HAVE_INODE_CTIME_SEC)
	return wh_kernel_nanoseconds(WH_GET(inode, i_ctime_sec), WH_GET(inode, i_ctime_nsec) & ~WH_CTIME_QUERIED);
#elif defined(WH_HAVE_INODE_HIDDEN_CTIME)
	return wh_kernel_nanoseconds(WH_GET(inode, __i_ctime.tv_sec), WH_GET(inode, __i_ctime.tv_nsec));
#else
	return wh_kernel_nanoseconds(WH_GET(inode, i_ctime.tv_sec), WH_GET(inode, i_ctime.tv_nsec));
#endif
}

WH_INLINE uint64_t wh_kernel_inode_mtime(struct inode *inode)
{
#if defined(WH_HAVE_INODE_MTIME_SEC)
	return wh_kernel_nanoseconds(WH_GET(inode, i_mtime_sec), WH_GET(inode, i_mtime_nsec));
#elif defined(WH_HAVE_INODE_HIDDEN_MTIME)
	return wh_kernel_nanoseconds(WH_GET(inode, __i_mtime.tv_sec), WH_GET(inode, __i_mtime.tv_nsec));
#else
	return wh_kernel_nanoseconds(WH_GET(inode, i_mtime.tv_sec), WH_GET(inode, i_mtime.tv_nsec));
#endif
}

/* Only kernels with CONFIG_AUDIT have a login uid. */
WH_INLINE uint32_t wh_kernel_loginuid(struct task_struct *task)
{
#ifdef WH_HAVE_LOGINUID
	return WH_GET(task, loginuid.val);
#else
	return 0xffffffff;
#endif
}

/*
 * struct ovl_inode is private to the overlay filesystem, but since 4.19 it has had the pointer to the upper dentry
 * right behind its struct inode (fs/overlayfs/ovl_entry.h).
 */
WH_INLINE void *wh_kernel_overlay_upper(struct inode *inode)
{
	void *upper = NULL;

	wh_read_kernel(&upper, sizeof(upper), (uint8_t *)inode + sizeof(struct inode));
	return upper;
}

/* Where a controller's state lies in css_set.subsys depends on the kernel's configuration; -1 if it is not built in. */
#define WH_CONTROLLER_INDEX(name) WH_CONTROLLER_##name
#ifdef WH_HAVE_CONTROLLER_CPUSET
#define WH_CONTROLLER_cpuset (int)cpuset_cgrp_id
#else
#define WH_CONTROLLER_cpuset -1
#endif
#ifdef WH_HAVE_CONTROLLER_CPU
#define WH_CONTROLLER_cpu (int)cpu_cgrp_id
#else
#define WH_CONTROLLER_cpu -1
#endif
#ifdef WH_HAVE_CONTROLLER_CPUACCT
#define WH_CONTROLLER_cpuacct (int)cpuacct_cgrp_id
#else
#define WH_CONTROLLER_cpuacct -1
#endif
#ifdef WH_HAVE_CONTROLLER_IO
#define WH_CONTROLLER_io (int)io_cgrp_id
#else
#define WH_CONTROLLER_io -1
#endif
#ifdef WH_HAVE_CONTROLLER_MEMORY
#define WH_CONTROLLER_memory (int)memory_cgrp_id
#else
#define WH_CONTROLLER_memory -1
#endif

#endif
