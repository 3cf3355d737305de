/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One record from its call to its ring. Used inside of a program, whose argument `context` a perf buffer needs.
 */
#ifndef WH_EMIT_H
#define WH_EMIT_H

#include "ring.h"
#include "../shared/call.h"

/* Counted in the record's work area, where no look-up is needed: only values of varying length can be unreadable. */
WH_INLINE void wh_count_unreadable(struct wh_call *call)
{
	call->scratch->unreadable++;
}

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
	return bpf_ktime() + WH_CONTROL(boot_to_epoch_ns);
}

#ifdef WH_LANES

#define WH_RECORD_DONE(call) wh_pass_on_unreadable((call)->scratch)
#define WH_EMIT_AS(symbol, wire_type, call)					\
	WH_EMIT_IN_LANE(symbol, wire_type, call, (call)->thread)

#else

#define WH_EMIT_AS(symbol, wire_type, call) do {					\
	struct wh_record wh_it = {};						\
	if (WH_VARYING_##symbol) {						\
		struct wh_work_area *wh_area = wh_take_area();			\
		if (!wh_area)							\
			break;							\
		(call)->scratch = wh_it.scratch = &wh_area->scratch;		\
		(call)->bytes = wh_area->frame + WH_FRAME_SIZE;			\
		WH_WRITE(symbol, wire_type, call, wh_area->frame)		\
		wh_pass_on_unreadable(&wh_area->scratch);			\
		wh_give_back(wh_area);						\
	} else {								\
		struct wh_small *wh_area = wh_take_small(			\
			WH_EVENT_##symbol == WH_EVENT_page_fault ? WH_SMALL_PAGE_FAULT : WH_SMALL_ANY); \
		if (!wh_area)							\
			break;							\
		_Static_assert(WH_VARYING_##symbol != 0 || WH_FRAME_SIZE + WH_FIXED_SIZE_##symbol <= \
			       sizeof(wh_area->frame), "a record of fixed size fits its area");	\
		WH_WRITE(symbol, wire_type, call, wh_area->frame)		\
		wh_area->busy = 0;						\
	}									\
} while (0)

/* One record, at `area` behind its frame. */
#define WH_WRITE(symbol, wire_type, call, area)					\
	wh_it.bytes = (area) + WH_FRAME_SIZE;					\
	wh_start_record(&wh_it, wire_type, WH_NPARAMS_##symbol, wh_timestamp(),	\
			(call)->thread);					\
	wh_fill_##symbol(&wh_it, call);						\
	wh_output(context, area, wh_end_record(&wh_it));

#endif

#define WH_EMIT(symbol, call) WH_EMIT_AS(symbol, WH_EVENT_##symbol, call)

#endif
