/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel module's device and the calls that load modules, as Swift can use them. All return -errno on failure. */
#ifndef WH_CKMOD_H
#define WH_CKMOD_H

#include <stddef.h>
#include "../../../drivers/kmod/windhover_kmod.h"

/* Macros with casts in them, which Swift does not import. */
static const uint64_t WHKmodStride = WH_KMOD_STRIDE;
static const uint64_t WHKmodStatusOffset = WH_KMOD_STATUS_OFFSET;

/* Opens /dev/windhover, closed on exec. Returns the descriptor, never one of the standard streams'. */
int wh_kmod_open(void);
int wh_kmod_info(int device, struct wh_kmod_info *info);
int wh_kmod_setup(int device, const struct wh_kmod_setup *setup);
int wh_kmod_capture(int device, const struct wh_kmod_interest *interest);

/*
 * Maps `length` bytes of the device from `offset` on, to read, or to read and write.
 * Returns NULL, and the errno in *error, on failure.
 */
void *wh_kmod_map(int device, uint64_t offset, size_t length, int is_writable, int *error);

/* finit_module(2). A file whose name ends in .xz, .zst or .gz is handed over as a compressed one (Linux 5.17). */
int wh_module_load(const char *path);
/* delete_module(2), without waiting: -EAGAIN while the module is in use. */
int wh_module_unload(const char *name);
/* Whether the file ends with the mark of an appended signature (kernel/module_signature.c). */
int wh_module_is_signed(const char *path);

#endif
