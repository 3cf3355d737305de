/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The memory controller is built into the kernel. */
#include "../shared/kernel_headers.h"

int wh_probe_controller_memory = memory_cgrp_id;
