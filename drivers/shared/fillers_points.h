/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters of events that tracepoints make: the end of a task, signals, task switches, page faults. */
#ifndef WH_FILLERS_POINTS_H
#define WH_FILLERS_POINTS_H

#include "expand.h"
#include "readers.h"

/* The wait status: exit code in the second byte, signal in the low seven bits, core dump in bit 7. */
WH_NUMBER(procexit_status) { return wh_exit_status(call); }
WH_NUMBER(procexit_ret) { return wh_exit_status(call) >> 8 & 0xff; }
WH_NUMBER(procexit_sig) { return wh_exit_status(call) & 0x7f; }
WH_NUMBER(procexit_core) { return wh_exit_status(call) >> 7 & 1; }
WH_NUMBER(procexit_reaper_tid) { return wh_reaper(call); }

WH_NUMBER(sched_switch_next) { return call->point[0]; }

/* point: sender, signal. */
WH_NUMBER(signaldeliver_spid) { return call->point[0]; }
WH_NUMBER(signaldeliver_dpid) { return wh_task_id(call); }
WH_NUMBER(signaldeliver_sig) { return call->point[1]; }

/* point: address, instruction pointer, the processor's error code. */
WH_NUMBER(page_fault_addr) { return call->point[0]; }
WH_NUMBER(page_fault_ip) { return call->point[1]; }

WH_NUMBER(page_fault_error)
{
	uint32_t code = call->point[2], out = 0;

	out |= code & 1 ? WH_FLAG_pf_flags_PF_PROTECTION_VIOLATION : WH_FLAG_pf_flags_PF_PAGE_NOT_PRESENT;
	out |= code & 2 ? WH_FLAG_pf_flags_PF_WRITE_ACCESS : WH_FLAG_pf_flags_PF_READ_ACCESS;
	out |= code & 4 ? WH_FLAG_pf_flags_PF_USER_FAULT : WH_FLAG_pf_flags_PF_SUPERVISOR_FAULT;
	out |= code & 8 ? WH_FLAG_pf_flags_PF_RESERVED_PAGE : 0;
	out |= code & 16 ? WH_FLAG_pf_flags_PF_INSTRUCTION_FETCH : 0;
	return out;
}

#endif
