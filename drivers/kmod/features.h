/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What differs between kernels besides the members of structures, found by trying to compile it (probes/): a version
 * number would be wrong on every kernel that had a change backported.
 */
#ifndef WH_FEATURES_H
#define WH_FEATURES_H

#include <linux/mm.h>

/* 6.3 made vm_flags constant and changed only through these (bc292ab00f6c, 1c71222e5f23). */
#ifdef WH_HAVE_VM_FLAGS_SET
#define wh_vm_flags_set(area, flags) vm_flags_set(area, flags)
#define wh_vm_flags_clear(area, flags) vm_flags_clear(area, flags)
#else
#define wh_vm_flags_set(area, flags) ((area)->vm_flags |= (flags))
#define wh_vm_flags_clear(area, flags) ((area)->vm_flags &= ~(flags))
#endif

#endif
