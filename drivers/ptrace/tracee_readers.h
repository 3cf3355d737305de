/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The answers of a tracer to what the fillers ask: drivers/shared/readers.h. */
#ifndef WH_TRACEE_READERS_H
#define WH_TRACEE_READERS_H

#include "../shared/signals.h"
#include "tracee_cgroups.h"
#include "tracee_files.h"
#include "tracee_images.h"
#include "tracee_sockets.h"
#include "tracee_tasks.h"

#endif
