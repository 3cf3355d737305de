/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* struct kernfs_node has its parent under that name. Before 6.15. */
#include "../shared/kernel_headers.h"

static inline void *wh_probe_kernfs_parent(struct kernfs_node *node)
{
	return (void *)node->parent;
}
