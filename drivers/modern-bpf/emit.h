/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One record from its call to the ring, where it is written in place.
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

#define WH_RECORD_DONE(call) ((void)0)
#define WH_EMIT_AS(symbol, wire_type, call)					\
	WH_EMIT_IN_LANE(symbol, wire_type, call, (uint32_t)WH_TASK((call)->task, pid))

#define WH_EMIT(symbol, call) WH_UNINTERRUPTED(WH_EMIT_AS(symbol, WH_EVENT_##symbol, call))

#endif
