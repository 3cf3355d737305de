/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The cpuset controller is built into the kernel. */
#include "../shared/kernel_headers.h"

int wh_probe_controller_cpuset = cpuset_cgrp_id;
