/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The tracepoint of a task's end tells whether it is the last one of its process. Since 6.16. */
#include <trace/events/sched.h>

_Static_assert(__builtin_types_compatible_p(__typeof__(&check_trace_callback_type_sched_process_exit),
	void (*)(void (*)(void *, struct task_struct *, bool))), "no");
