/* SPDX-License-Identifier: Apache-2.0 */
/* What is to become of each call: the interest, by slot (event_schema.h): native numbers, then 32-bit calls. */
#ifndef WH_PLAN_H
#define WH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "event_schema.h"

/*
 * struct wh_plan - what to capture
 * @entry_event: event made when the call starts; 0 for none
 * @exit_event: event made when the call has returned; 0 for none
 * @exec_event: event of an exec that succeeded: made when the new image is there
 * @end_event: event of the end of a thread
 * @signal_event: event of a signal about to be delivered
 * @is_empty: nothing of the above is wanted
 * @resolves_paths: records of opens carry the opened file's own path
 * @passes_closes: a filter stops at closes of descriptors 0 to 2 only
 * @code: portable number of a call (enum wh_syscall_code), which generic events carry
 *
 * Events are numbers of enum wh_event_type.
 */
struct wh_plan {
	uint16_t entry_event[WH_CALL_SLOTS];
	uint16_t exit_event[WH_CALL_SLOTS];
	uint16_t exec_event;
	uint16_t end_event;
	uint16_t signal_event;
	bool is_empty;
	bool resolves_paths;
	bool passes_closes;
	uint16_t code[WH_CALL_SLOTS];
};

/* Whether the call of a slot takes a stop at all. */
static inline bool wh_plan_wants(const struct wh_plan *plan, uint32_t slot)
{
	return slot < WH_CALL_SLOTS && (plan->entry_event[slot] || plan->exit_event[slot]);
}

/*
 * Calls after which the calling thread may have other credentials, capabilities or namespaces. A filter always stops at
 * them, so that what is known of a thread stays true until then. An exec is seen anyway.
 */
static inline bool wh_changes_identity(uint16_t code)
{
	switch (code) {
	case WH_SC_setuid:
	case WH_SC_setgid:
	case WH_SC_setreuid:
	case WH_SC_setregid:
	case WH_SC_setresuid:
	case WH_SC_setresgid:
	case WH_SC_setfsuid:
	case WH_SC_setfsgid:
	case WH_SC_setgroups:
	case WH_SC_capset:
	case WH_SC_unshare:
	case WH_SC_setns:
		return true;
	default:
		return false;
	}
}

/*
 * The end of one thread. Nobody is told of a process's first thread before the last one has ended, so its own end is seen
 * where it asks for it.
 */
static inline bool wh_ends_thread(const struct wh_plan *plan, uint16_t code)
{
	return plan->end_event && code == WH_SC_exit;
}

#endif
