/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef WH_TRACEPOINTS_H
#define WH_TRACEPOINTS_H

#include <linux/types.h>

int wh_tracepoints_find(void);
u32 wh_points_available(void);
int wh_attach(bool exits, bool entries, u32 points);
void wh_detach_all(void);

#endif
