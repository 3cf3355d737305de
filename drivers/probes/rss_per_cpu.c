/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The counters of resident memory are kept per CPU: an array of struct percpu_counter. Since 6.2. */
#include "../shared/kernel_headers.h"

static inline int64_t wh_probe_rss_per_cpu(struct mm_struct *mm)
{
	return mm->rss_stat[0].count;
}
