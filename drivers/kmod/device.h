/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef WH_DEVICE_H
#define WH_DEVICE_H

#include <linux/types.h>

#include "consumer.h"

int wh_device_add(void);
void wh_device_remove(void);
void wh_add_rings(u32 cpu);

#endif
