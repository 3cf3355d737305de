/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "placement.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool wh_shows_placement(uint32_t number)
{
	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
	case SYS_vfork:
#endif
	case SYS_clone:
	case SYS_clone3:
	case SYS_sched_getaffinity:
	case SYS_sched_setaffinity:
		return true;
	default:
		return false;
	}
}

/* Whether there is a choice at all. */
static bool has_several(const struct wh_placement *placement)
{
	return CPU_COUNT_S((size_t)placement->size, placement->original) > 1;
}

void wh_place_begin(struct wh_placement *placement, pid_t tid)
{
	const int here = sched_getcpu();
	cpu_set_t only[4];

	placement->tid = 0;
	if (here < 0 || here >= 4 * CPU_SETSIZE)
		return;
	/* The bare call tells how many bytes the kernel's set has. */
	placement->size = (int)syscall(SYS_sched_getaffinity, tid, sizeof(placement->original), placement->original);
	if (placement->size <= 0 || !CPU_ISSET_S(here, (size_t)placement->size, placement->original) ||
	    !has_several(placement))
		return;
	memset(only, 0, (size_t)placement->size);
	CPU_SET_S(here, (size_t)placement->size, only);
	if (syscall(SYS_sched_setaffinity, tid, placement->size, only) == 0)
		placement->tid = tid;
}

void wh_place_end(const struct wh_placement *placement)
{
	if (placement->tid)
		syscall(SYS_sched_setaffinity, placement->tid, placement->size, placement->original);
}
