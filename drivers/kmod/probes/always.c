/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Compiles on every kernel: where it does not, the compiler's flags are wrong and no other answer counts. */
#include <linux/module.h>

struct module *wh_probe_module_always;
