/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* BPF programs can ask for CLOCK_BOOTTIME. Since 5.8. */
#include "../shared/kernel_headers.h"

int wh_probe_helper_boot_clock = BPF_FUNC_ktime_get_boot_ns;
