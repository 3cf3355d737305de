/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The tracepoint of a task switch hands over the state of the task that leaves, last. Since 5.19. */
#include <trace/events/sched.h>

_Static_assert(__builtin_types_compatible_p(__typeof__(&check_trace_callback_type_sched_switch),
	void (*)(void (*)(void *, bool, struct task_struct *, struct task_struct *, unsigned int))), "no");
