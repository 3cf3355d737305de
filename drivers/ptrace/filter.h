/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of a started command: lets every call through but the wanted ones. */
#ifndef WH_FILTER_H
#define WH_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "plan.h"

enum {
	/* Two leaves and one test for each wanted call that has no wanted neighbour, long jumps, and the heads; twice. */
	WH_FILTER_SIZE = 6 * WH_SLOT_IA32 + 24,
};

/*
 * Writes a filter that answers `action` (SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF) to the calls that `plan` wants and
 * SECCOMP_RET_ALLOW to all others. Returns how many instructions it has.
 *
 * Calls are found by binary search over the edges of runs of wanted numbers, so that 160 wanted calls take eight tests.
 * Only loads and comparisons of the number and the architecture are used, but for closes: the kernel (5.11 and later) then
 * notes once which calls are always allowed, and does not run the filter for these at all (seccomp_cache_prepare).
 *
 * The 32-bit calls of x86 have other numbers and a search of their own. Those of the x32 ABI, which hardly any kernel
 * has, are let through.
 */
size_t wh_filter_build(struct sock_filter filter[WH_FILTER_SIZE], const struct wh_plan *plan, uint32_t action);

/*
 * Installs it in the calling thread, for good and for all its descendants. `flags` as for seccomp(2).
 *
 * Without CAP_SYS_ADMIN the kernel asks for no-new-privileges, which is then set. Returns what seccomp(2) returned, or
 * a negative errno. Async-signal-safe.
 */
int wh_filter_install(const struct sock_filter *filter, size_t count, unsigned flags);

#endif
