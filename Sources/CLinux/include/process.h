/* SPDX-License-Identifier: Apache-2.0 */
/* This process: its signals, privileges, memory and clock. */
#ifndef WH_PROCESS_H
#define WH_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP only set a flag, and SIGPIPE is ignored. A second one of them ends the process
 * at once, for a user who does not want to wait.
 */
void wh_catch_stop_signals(void);
/*
 * In a child before it executes another program: the dispositions that this process was started with (nohup, a service
 * manager that ignores SIGPIPE), which exec would not bring back. Async-signal-safe.
 */
void wh_restore_inherited_signals(void);
/* Whether a stop was asked for, by signal or by wh_request_stop(). */
int wh_stop_requested(void);
void wh_request_stop(void);
/* How often SIGUSR1, the request to reopen output files, came so far. */
unsigned wh_usr1_count(void);

/*
 * Gives up every capability that is in neither bit mask, for good, and sets no-new-privileges. `effective` ones stay in
 * force; `reserve` ones can be put in force again with wh_raise_capabilities(). Returns 0 or a negative errno. Call
 * while there is one thread.
 */
int wh_limit_capabilities(uint64_t effective, uint64_t reserve);

/* Puts capabilities in force for the calling thread, of those it kept. Returns the mask before, for the way back. */
uint64_t wh_raise_capabilities(uint64_t capabilities);
/* Sets what is in force for the calling thread, of those it kept. Returns 0 or a negative errno. */
int wh_set_effective_capabilities(uint64_t capabilities);

/*
 * Gives back the pages of program text and constants that only start-up needed: they are clean copies of files, so
 * what is needed again comes back from the page cache. Start-up touches most of the program, the event loop little.
 */
void wh_release_startup_pages(void);

/*
 * The same for large constants of the program that lie beside relocated data, which must stay: whole pages between
 * `start` and its end. Not for memory that anything has ever written to.
 */
void wh_forget_constants(const void *start, size_t size);

/* Gives back what lies free in the C library's heap, whole pages in its middle included. Takes up to milliseconds. */
void wh_release_free_memory(void);

/* Resident memory of this process in KiB, or 0 if /proc does not tell. */
uint64_t wh_resident_kib(void);
/* CPU time that this process has used, user and system, nanoseconds. */
uint64_t wh_cpu_time(void);

#endif
