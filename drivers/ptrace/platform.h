/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What drivers/shared asks of its surroundings, as a tracer in user space provides it: the tracee's memory by
 * process_vm_readv, everything else by /proc.
 *
 * One thread makes records; what it works with is thread-local, so that tests may trace from several.
 */
#ifndef WH_PLATFORM_H
#define WH_PLATFORM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "records.h"

/* Records are packed: a value lies at any address, over bytes of any type. */
typedef uint16_t __attribute__((may_alias, aligned(1))) wh_packed_u16;
typedef uint32_t __attribute__((may_alias, aligned(1))) wh_packed_u32;
typedef uint64_t __attribute__((may_alias, aligned(1))) wh_packed_u64;
typedef int32_t __attribute__((may_alias, aligned(1))) wh_packed_s32;
typedef int64_t __attribute__((may_alias, aligned(1))) wh_packed_s64;
#define uint16_t wh_packed_u16
#define uint32_t wh_packed_u32
#define uint64_t wh_packed_u64
#define int32_t wh_packed_s32
#define int64_t wh_packed_s64

#define WH_SCHEMA_TYPES_PROVIDED
#include "../schema/event_schema.h"

#define WH_INLINE static inline __attribute__((unused))
#define WH_PAGE_SHIFT 12
#define WH_OPAQUE(value)
#define WH_APART(value) (value)
#define WH_READERS "../ptrace/tracee_readers.h"

/*
 * struct wh_task_numbers - /proc/TID/stat
 * @exit_signals: pending signals of the thread, the low 31
 */
struct wh_task_numbers {
	char state;
	char name[16];
	uint32_t name_length;
	int64_t parent, group, terminal;
	uint64_t flags, minor_faults, major_faults, start_ticks, size_bytes, resident_pages, pending;
	uint64_t arguments_start, arguments_end, environment_start, environment_end;
};

enum { WH_STATUS_GROUPS = 32, WH_PID_LEVELS = 32 };

/* struct wh_task_status - /proc/TID/status; the ids of a namespace further in come later in a list */
struct wh_task_status {
	int64_t own_task, own_process, own_group;	/* innermost pid namespace */
	int64_t group;					/* in the namespace of this /proc */
	uint32_t levels;				/* pid namespaces from that of this /proc inwards; 1 is the same */
	uint32_t euid, fsuid, egid, fsgid;
	uint32_t groups[WH_STATUS_GROUPS], group_count;
	bool has_groups;				/* they were read */
	uint64_t inheritable, permitted, effective;
	uint64_t swap_kib;
};

enum { WH_INFO_IDS = 1 << 0 | 1 << 1, WH_INFO_CGROUP = 1 << 2 };

/* struct wh_process_info - struct pidfd_info of Linux 6.13; @mask: what is asked for, and then what is told */
struct wh_process_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};

/* Facts that one of several fillers needs first and the others find. */
enum wh_asked { WH_NOT_ASKED, WH_MISSING, WH_FOUND };

/* struct wh_socket_facts - of one descriptor, for one stop */
struct wh_socket_facts {
	int64_t descriptor;
	enum wh_asked asked;
	uint32_t family, type;
	bool is_named, has_peer, peer_is_named;
	uint8_t own[112], peer[112];		/* struct sockaddr; of a unix socket the path, and NULs behind it */
	uint64_t inode;
	uint32_t queue_length, queue_limit;
};

/*
 * struct task_struct - the thread of the stop that records are made for, as far as somebody has asked
 * @file, @file_descriptor: what the last descriptor that was asked for stands for
 */
struct task_struct {
	const struct wh_stop *stop;
	struct wh_tracee *tracee;
	uint16_t event;
	enum wh_asked numbers_asked, status_asked, image_asked, memory_asked, process_asked;
	struct wh_task_numbers numbers;
	struct wh_process_info process;
	struct wh_task_status status;
	struct statx image;
	uint64_t memory_pages, resident_pages;
	struct wh_socket_facts sockets[2];
	int64_t file_descriptor;
	enum wh_asked file_asked;
	struct statx file;
	int64_t reaper;
	bool is_twin, leaves_twin;
};

static __thread struct task_struct wh_task;

enum { WH_CGROUP_FILE = 4096 };

/*
 * What the two records of one clone have in common: a child starts with its parent's credentials, limits and groups, and
 * the parent does not run before its own record is made. Whichever record is made first leaves them for the other.
 * @self, @other: the thread whose record left this, and the other end of that clone; 0 once it is used
 * @flags: CLONE_ of the call
 * @numbers, @has_numbers: of a parent, for a child that shares its memory
 * @descriptor_limit: 0 for unknown
 * @cgroup: /proc/TID/cgroup
 */
static __thread struct {
	pid_t self, other;
	uint64_t flags;
	struct wh_task_status status;
	struct wh_task_numbers numbers;
	bool has_numbers;
	uint64_t descriptor_limit;
	char cgroup[WH_CGROUP_FILE];
} wh_twin;

enum { WH_FORKERS = 8 };

/*
 * Who the last few threads that forked are: a shell forks again and again, and the longest file of /proc is read once.
 * Used only where wh_stop.sees_identity is set.
 */
static __thread struct {
	struct { pid_t tid; struct wh_task_status status; } known[WH_FORKERS];
	uint32_t oldest;
} wh_forkers;

#include "tracee_memory.h"

/* The fillers' copies between places of their own. */
WH_INLINE int wh_read_kernel_string(void *to, uint32_t size, const void *from)
{
	uint32_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	((uint8_t *)to)[length] = 0;
	return length + 1;
}

WH_INLINE uint32_t wh_snaplen(void)
{
	return wh_task.stop->snaplen < WH_MAX_SNAPLEN ? wh_task.stop->snaplen : WH_MAX_SNAPLEN;
}

struct wh_call;

/* Not counted: a tracee's memory does not go away while it is stopped, so only addresses that lead nowhere are left. */
WH_INLINE void wh_count_unreadable(struct wh_call *call)
{
	(void)call;
}

WH_INLINE bool wh_resolves_paths(void)
{
	return wh_task.stop->resolves_paths;
}

#endif
