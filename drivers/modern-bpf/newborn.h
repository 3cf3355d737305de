/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * On aarch64 a new task does not pass the end of the call that made it (ret_from_fork, arch/arm64/kernel/entry.S): its
 * event is made here, always as clone, with the flags that can be told from what parent and child share.
 */
#ifndef WH_NEWBORN_H
#define WH_NEWBORN_H

#include "emit.h"
#include "calls.h"

#if defined(__TARGET_ARCH_arm64)
enum { WH_CLONE_VM = 0x100, WH_CLONE_FILES = 0x400, WH_CLONE_SIGHAND = 0x800, WH_CLONE_THREAD = 0x10000 };

WH_TRACEPOINT("sched_process_fork")
int t_clone(uint64_t *context)
{
	struct task_struct *parent = (struct task_struct *)context[0];
	struct wh_call call = { .task = (struct task_struct *)context[1] };

	if (wh_is_ignored(&call) || WH_GET(call.task, flags) & WH_PF_KTHREAD)
		return 0;
	if (WH_GET(call.task, pid) != WH_GET(call.task, tgid))
		call.arguments[0] = WH_CLONE_THREAD | WH_CLONE_SIGHAND | WH_CLONE_VM;
	if (WH_GET(call.task, files) == WH_GET(parent, files))
		call.arguments[0] |= WH_CLONE_FILES;
	WH_EMIT(clone, &call);
	return 0;
}
#endif

#endif
