/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A mapping's flags are constant and changed through functions. Since 6.3. */
#include <linux/mm.h>

void (*wh_probe_vm_flags_set)(struct vm_area_struct *, vm_flags_t) = vm_flags_set;
