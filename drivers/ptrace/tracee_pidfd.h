/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the kernel tells of a process through a descriptor for it: ids and control group in one call since 6.13
 * (PIDFD_GET_INFO, uapi/linux/pidfd.h), where /proc makes a file for each of them, and text.
 */
#ifndef WH_TRACEE_PIDFD_H
#define WH_TRACEE_PIDFD_H

#include "platform.h"

#include <linux/capability.h>
#include <sys/ioctl.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL		/* Linux 6.9 */
#endif

/* A descriptor for the thread, or -1. Of another thread than the first it is the process's before 6.9. */
WH_INLINE int wh_pidfd_of(struct wh_tracee *tracee)
{
	if (tracee->pidfd >= 0)
		return tracee->pidfd;
	tracee->pidfd = syscall(SYS_pidfd_open, tracee->tid, tracee->tid == tracee->tgid ? 0 : PIDFD_THREAD);
	if (tracee->pidfd < 0 && tracee->tid != tracee->tgid)
		tracee->pidfd = syscall(SYS_pidfd_open, tracee->tgid, 0);
	return tracee->pidfd;
}

/* Asks once per stop; NULL if the kernel does not tell. Only for the one thread of a process. */
WH_INLINE const struct wh_process_info *wh_process_info(void)
{
	static __thread bool is_refused;
	struct wh_tracee *tracee = wh_task.tracee;
	struct wh_process_info *info = &wh_task.process;
	int pidfd;

	if (wh_task.process_asked != WH_NOT_ASKED)
		return wh_task.process_asked == WH_FOUND ? info : NULL;
	wh_task.process_asked = WH_MISSING;
	if (is_refused || !tracee->is_alone)
		return NULL;
	pidfd = wh_pidfd_of(tracee);
	if (pidfd < 0)
		return NULL;
	memset(info, 0, sizeof(*info));
	info->mask = WH_INFO_IDS | WH_INFO_CGROUP;
	if (ioctl(pidfd, _IOWR(0xff, 11, struct wh_process_info), info) < 0) {
		is_refused = errno != ESRCH;
		return NULL;
	}
	if (!(info->mask & WH_INFO_IDS) || info->pid != tracee->tid)
		return NULL;
	wh_task.process_asked = WH_FOUND;
	return info;
}

/* As capget(2) tells them of any thread. */
WH_INLINE bool wh_capabilities_of(pid_t tid, struct wh_task_status *out)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, tid };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	out->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	out->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	out->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return true;
}

/*
 * What /proc/TID/status tells, but for the supplementary groups. For a thread in the tracer's own pid namespace, on a
 * machine that has swapped nothing.
 */
WH_INLINE bool wh_status_by_pidfd(struct wh_task_status *out)
{
	const pid_t tid = wh_task.tracee->tid;
	const struct wh_process_info *info = wh_process_info();
	pid_t group = info ? getpgid(tid) : -1;

	memset(out, 0, sizeof(*out));
	if (group < 0 || !wh_capabilities_of(tid, out))
		return false;
	out->own_task = out->own_process = tid;
	out->group = out->own_group = group;
	out->levels = 1;
	out->euid = info->euid;
	out->fsuid = info->fsuid;
	out->egid = info->egid;
	out->fsgid = info->fsgid;
	return true;
}

#endif
