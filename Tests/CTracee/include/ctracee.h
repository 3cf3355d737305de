/* SPDX-License-Identifier: Apache-2.0 */
/* A child that does nothing, with this process's memory and descriptors as they were. */
#ifndef WH_CTRACEE_H
#define WH_CTRACEE_H

#include <sys/types.h>

/*
 * Forks; a negative errno value on failure. The child is not traced: a parent may read it anyway, and a stopped tracee
 * would be seen by every wait(2) of the other tests in this process.
 */
pid_t wh_idle_child(void);
/* Kills it and waits for its death; nothing if it is no child. */
void wh_end_child(pid_t child);

#endif
