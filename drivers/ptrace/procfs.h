/* SPDX-License-Identifier: Apache-2.0 */
/* What the tracer asks /proc: which threads and children a process has. */
#ifndef WH_TRACER_PROCFS_H
#define WH_TRACER_PROCFS_H

#include <stddef.h>
#include <sys/types.h>

/* The process that a thread belongs to; 0 if it is gone. */
pid_t wh_proc_process(pid_t tid);
/* Who traces a thread; 0 for nobody, -1 if it is gone. */
pid_t wh_proc_tracer(pid_t tid);

/* Calls `visit` for each thread of a process. Returns how many, or a negative errno. */
int wh_proc_threads(pid_t process, void (*visit)(pid_t tid, void *context), void *context);
/* Calls `visit` for each child of a thread; none on kernels without /proc/PID/task/TID/children. */
void wh_proc_children(pid_t process, pid_t tid, void (*visit)(pid_t child, void *context), void *context);

#endif
