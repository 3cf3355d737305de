/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the fillers ask about a task, its image, its files and its sockets. The answers come from kernel structures,
 * unless the platform names a header of its own in WH_READERS: it provides the same functions then.
 */
#ifndef WH_READERS_H
#define WH_READERS_H

#include "call.h"

#ifdef WH_READERS
#include WH_READERS
#else
#include "kernel_cgroups.h"
#include "kernel_files.h"
#include "kernel_images.h"
#include "kernel_sockets.h"
#include "kernel_tasks.h"
#endif

#endif
