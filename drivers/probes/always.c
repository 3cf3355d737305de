/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Compiles on every kernel: where it does not, the compiler's flags are wrong and no other answer counts. */
#include "../shared/kernel_headers.h"

struct task_struct *wh_probe_always;
