/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The time of change is one structure with underscores. 6.6 to 6.10. */
#include "../shared/kernel_headers.h"

static inline int64_t wh_probe_inode_hidden_ctime(struct inode *inode)
{
	return inode->__i_ctime.tv_sec;
}
