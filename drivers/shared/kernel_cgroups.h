/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The control groups of the current task, as text. */
#ifndef WH_KERNEL_CGROUPS_H
#define WH_KERNEL_CGROUPS_H

#include "kernel_paths.h"

/*
 * Appends "name=path" and a NUL for one controller. On a unified hierarchy all controllers share one group, whose path
 * is then resolved once: `previous` is the group that scratch->resolved holds.
 */
WH_INLINE struct cgroup *wh_add_cgroup(struct wh_call *call, const char *name, uint32_t name_length, int controller,
				       struct cgroup *previous)
{
	struct wh_scratch *scratch = call->scratch;
	struct css_set *sets = WH_GET(call->task, cgroups);
	struct cgroup_subsys_state *state = NULL;
	struct cgroup *cgroup;
	uint8_t *place;

	if (controller < 0)
		return previous;
	wh_read_kernel(&state, sizeof(state), WH_ADDRESS(sets, subsys) + controller * sizeof(state));
	cgroup = state ? WH_GET(state, cgroup) : NULL;
	if (!cgroup)
		return previous;
	if (cgroup != previous)
		wh_resolve_cgroup(scratch, cgroup);
	place = wh_at(call, scratch->carried);
	__builtin_memcpy(place, name, name_length);
	scratch->carried += name_length + wh_resolve_end(scratch, place + name_length);
	return cgroup;
}

#define WH_ADD_CGROUP(name, previous) \
	wh_add_cgroup(call, #name "=", sizeof(#name "=") - 1, WH_CONTROLLER_INDEX(name), previous)

/* "cpuset=/a", "cpu=/b" and so on, each with its NUL, at the place of the value that is being written. */
WH_INLINE uint32_t wh_control_groups(struct wh_call *call)
{
	struct cgroup *previous = NULL;

	call->scratch->carried = 0;
	previous = WH_ADD_CGROUP(cpuset, previous);
	previous = WH_ADD_CGROUP(cpu, previous);
	previous = WH_ADD_CGROUP(cpuacct, previous);
	previous = WH_ADD_CGROUP(io, previous);
	WH_ADD_CGROUP(memory, previous);
	return call->scratch->carried & 0xffff;
}

#endif
