/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* BPF programs tell apart user and kernel memory. Since 5.5. */
#include "../shared/kernel_headers.h"

int wh_probe_helper_probe_read_kernel = BPF_FUNC_probe_read_kernel;
