/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The time of modification is two members, seconds and nanoseconds. Since 6.11. */
#include "../shared/kernel_headers.h"

static inline int64_t wh_probe_inode_mtime_sec(struct inode *inode)
{
	return inode->i_mtime_sec + inode->i_mtime_nsec;
}
