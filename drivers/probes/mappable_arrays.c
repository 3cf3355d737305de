/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* User space can map a BPF array. Since 5.5. */
#include "../shared/kernel_headers.h"

int wh_probe_mappable_arrays = BPF_F_MMAPABLE;
