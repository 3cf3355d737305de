/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One record from its call to the ring. Events of a fixed size are written in place, in exactly the room they need;
 * others are put together in the work area and copied.
 */
#ifndef WH_EMIT_H
#define WH_EMIT_H

#include "ring.h"
#include "kernel_variants.h"
#include "../shared/values.h"
#include "../shared/record.h"
#include "../shared/fillers_data.h"
#include "../shared/fillers_exec.h"
#include "../shared/fillers_files.h"
#include "../shared/fillers_io_uring.h"
#include "../shared/fillers_keys.h"
#include "../shared/fillers_other.h"
#include "../shared/fillers_points.h"
#include "../shared/fillers_quota.h"
#include "../shared/fillers_sockets.h"
#include "../shared/fillers_sockopts.h"
#include "../shared/fillers_tasks.h"

WH_INLINE uint64_t wh_timestamp(void)
{
	return bpf_ktime_get_boot_ns() + control.boot_to_epoch_ns;
}

#define WH_EMIT_AS(symbol, wire_type, call) do {					\
	uint64_t wh_tid = (uint32_t)WH_TASK((call)->task, pid);			\
	struct wh_record wh_it = {};						\
	if (WH_VARYING_##symbol) {						\
		struct wh_scratch *wh_area = wh_take_scratch();			\
		if (!wh_area)							\
			break;							\
		(call)->scratch = wh_it.scratch = wh_area;			\
		wh_it.bytes = wh_area->frame + WH_FRAME_SIZE;			\
		wh_start_record(&wh_it, wire_type, WH_NPARAMS_##symbol, wh_timestamp(), wh_tid); \
		wh_fill_##symbol(&wh_it, call);					\
		wh_output(wh_area, wh_end_record(&wh_it));			\
		wh_give_back(wh_area);						\
	} else {								\
		uint8_t *wh_frame = wh_reserve(WH_FIXED_SIZE_##symbol);		\
		if (!wh_frame)							\
			break;							\
		wh_it.bytes = wh_frame + WH_FRAME_SIZE;				\
		wh_start_record(&wh_it, wire_type, WH_NPARAMS_##symbol, wh_timestamp(), wh_tid); \
		wh_fill_##symbol(&wh_it, call);					\
		wh_end_record(&wh_it);						\
		wh_submit(wh_frame);						\
	}									\
} while (0)

#define WH_EMIT(symbol, call) WH_UNINTERRUPTED(WH_EMIT_AS(symbol, WH_EVENT_##symbol, call))

#endif
