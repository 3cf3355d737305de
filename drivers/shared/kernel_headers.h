/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel's own types, for backends that are compiled for one kernel: the module and the legacy BPF programs. (The
 * CO-RE programs declare theirs in modern-bpf/kernel_types.h.)
 *
 * Two ways lead to the same types. Normally the headers of the target kernel; with WH_KERNEL_TYPES_FROM_BTF a
 * "vmlinux.h" that windhover makes from the target's BTF, which has all structures and no macros. Code that is built both
 * ways uses no macro of the kernel, CONFIG_ ones included: what a kernel has, probes/ tells as WH_HAVE_<probe>.
 */
#ifndef WH_KERNEL_HEADERS_H
#define WH_KERNEL_HEADERS_H

#ifdef WH_KERNEL_TYPES_FROM_BTF

#include "vmlinux.h"

/* BTF holds the types that somebody uses; a repetition of the same type is fine. */
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s8 int8_t;
typedef __s16 int16_t;
typedef __s32 int32_t;
typedef __s64 int64_t;

#ifndef NULL
#define NULL ((void *)0)
#endif
#define WH_SCHEMA_TYPES_PROVIDED

#else

#include <linux/types.h>
#include <linux/binfmts.h>
#include <uapi/linux/bpf.h>
#include <linux/cgroup-defs.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/ipv6.h>
#include <linux/kernfs.h>
#include <linux/mm_types.h>
#include <linux/mount.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal_types.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/user_namespace.h>
#include <net/af_unix.h>
#include <net/inet_sock.h>
#include <net/sock.h>

/*
 * fs/mount.h is not among the headers that distributions package. The first four members, which is what we read, have
 * looked like this since Linux 3.13; compared with the BTF of 5.10, 6.1, 6.12, 6.18 and 7.2.
 */
struct mount {
	struct hlist_node mnt_hash;
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

#endif

#endif
