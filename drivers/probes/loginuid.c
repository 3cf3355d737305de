/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Tasks have a login uid: kernels built with CONFIG_AUDIT. */
#include "../shared/kernel_headers.h"

static inline uint32_t wh_probe_loginuid(struct task_struct *task)
{
	return task->loginuid.val;
}
