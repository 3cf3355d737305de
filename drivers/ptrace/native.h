/* SPDX-License-Identifier: Apache-2.0 */
/* The architecture that this is built for: its audit number, and a stopped thread's call by its registers. */
#ifndef WH_NATIVE_H
#define WH_NATIVE_H

#include <linux/audit.h>
#include <stdint.h>

#if defined(__x86_64__)
#define WH_NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define WH_NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no registers known for this architecture"
#endif

/*
 * The call that a stopped thread's registers hold: what a new thread's first stop has of the call that made it.
 * A 32-bit thread's registers are those of x86. Arguments are those that the registers still have: on aarch64 the first one is gone, and 0.
 * Returns 0, or a negative errno.
 */
int wh_registers_call(int tid, uint32_t *architecture, uint32_t *number, uint64_t arguments[6]);

#endif
