/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The time of modification is one structure with underscores. 6.7 to 6.10. */
#include "../shared/kernel_headers.h"

static inline int64_t wh_probe_inode_hidden_mtime(struct inode *inode)
{
	return inode->__i_mtime.tv_sec;
}
