/* SPDX-License-Identifier: Apache-2.0 */
/* A child that stands still under ptrace, with this process's memory and descriptors as they were. */
#ifndef WH_CTRACEE_H
#define WH_CTRACEE_H

#include <sys/types.h>

/* Forks and stops the child; the calling thread is its tracer. A negative errno value on failure. */
pid_t wh_stopped_child(void);
/* Kills it and waits for its death. */
void wh_end_child(pid_t child);

#endif
