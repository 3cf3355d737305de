/* SPDX-License-Identifier: Apache-2.0 */
/* The built BPF objects as bytes in the executable; size 0 where the object was not built before this was compiled. */
#ifndef WH_BPF_OBJECTS_H
#define WH_BPF_OBJECTS_H

#include <stddef.h>
#include "../modern-bpf/control.h"
#include "../modern-bpf/lane.h"

/* The object's first byte, aligned to 8, and its length. Constant data of the executable. */
const void *wh_modern_bpf_object_start(void);
extern const size_t wh_modern_bpf_object_size;

/* The sources of the drivers that are built on the target, as a tar file: the Makefile here makes it. */
const void *wh_driver_sources_start(void);
extern const size_t wh_driver_sources_size;

#endif
