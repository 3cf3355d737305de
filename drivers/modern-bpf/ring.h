/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What user space steers the programs by, the lanes, and the count of values that cannot be read. */
#ifndef WH_RING_H
#define WH_RING_H

#include "platform.h"
#include "control.h"
#define WH_SHARED_ARRAY __uint(map_flags, BPF_F_MMAPABLE)
#include "per_cpu.h"

struct wh_control control;
#define WH_CONTROL(member) (control.member)
const volatile struct wh_settings settings = {
	.snaplen = WH_DEFAULT_SNAPLEN, .page_shift = 12, .lane_mask = (256 << 10) - 1, .lane_data = 8192,
};

#include "lane.h"

/* A function of its own for the verifier, which then checks it once and not behind each read of each program. */
__attribute__((noinline))
int wh_add_unreadable(void)
{
	WH_COUNT(unreadable);
	return 0;
}

WH_INLINE void wh_count_unreadable(struct wh_call *call)
{
	wh_add_unreadable();
}

WH_INLINE uint32_t wh_snaplen(void)
{
	return settings.snaplen;
}

WH_INLINE bool wh_resolves_paths(void)
{
	return control.resolves_paths != 0;
}

#endif
