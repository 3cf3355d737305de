// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The programs of the legacy eBPF driver: the same as the modern driver's, on another platform. What is included first
 * takes the place of the modern driver's files of the same names.
 */
#include "platform.h"
#include "ring.h"
#include "emit.h"
#include "calls.h"
#include "messages.h"
#include "absent.h"
#include "../modern-bpf/modern_bpf.bpf.c"
