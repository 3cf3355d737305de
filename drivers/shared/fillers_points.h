/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters of events that tracepoints make: the end of a task, signals, task switches, page faults. */
#ifndef WH_FILLERS_POINTS_H
#define WH_FILLERS_POINTS_H

#include "expand.h"
#include "kernel_tasks.h"

/* The wait status: exit code in the second byte, signal in the low seven bits, core dump in bit 7. */
WH_NUMBER(procexit_status) { return (int64_t)WH_GET(call->task, exit_code); }
WH_NUMBER(procexit_ret) { return WH_GET(call->task, exit_code) >> 8 & 0xff; }
WH_NUMBER(procexit_sig) { return WH_GET(call->task, exit_code) & 0x7f; }
WH_NUMBER(procexit_core) { return WH_GET(call->task, exit_code) >> 7 & 1; }
WH_NUMBER(procexit_reaper_tid) { return wh_reaper_of(call->task); }

WH_NUMBER(sched_switch_next) { return call->point[0]; }

/* point: sender, signal. */
WH_NUMBER(signaldeliver_spid) { return call->point[0]; }
WH_NUMBER(signaldeliver_dpid) { return (int64_t)WH_GET(call->task, pid); }
WH_NUMBER(signaldeliver_sig) { return call->point[1]; }

enum {
	WH_SIGHUP = 1, WH_SIGINT = 2, WH_SIGQUIT = 3, WH_SIGKILL = 9, WH_SIGTERM = 15, WH_SIGCHLD = 17, WH_SIGTSTP = 20,
	WH_SIGRTMIN = 32, WH_SIGRTMAX = 64,
};

/* Who sent a signal, as far as its siginfo tells: the kernel's own signals have no sender. */
WH_INLINE int64_t wh_signal_sender(int signal, struct kernel_siginfo *info)
{
	switch (signal) {
	case WH_SIGKILL:
		return WH_GET(info, _sifields._kill._pid);
	case WH_SIGTERM:
	case WH_SIGHUP:
	case WH_SIGINT:
	case WH_SIGTSTP:
	case WH_SIGQUIT:
		return WH_GET(info, si_code) <= 0 ? WH_GET(info, _sifields._kill._pid) : 0;
	case WH_SIGCHLD:
		return WH_GET(info, _sifields._sigchld._pid);
	default:
		return signal >= WH_SIGRTMIN && signal <= WH_SIGRTMAX ? WH_GET(info, _sifields._rt._pid) : 0;
	}
}

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
