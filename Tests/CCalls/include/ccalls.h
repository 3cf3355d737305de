/* SPDX-License-Identifier: Apache-2.0 */
/* System calls as bare as possible, so that a test knows exactly which call was made with which arguments. */
#ifndef WH_CCALLS_H
#define WH_CCALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes the call and returns what the kernel returned: a negative errno value on failure, never -1 with errno. */
int64_t wh_call(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);

/* The call by the 32-bit entry (int 0x80) of a 64-bit process; -ENOSYS where the machine has none. */
int64_t wh_foreign_call(int64_t number, uint32_t b, uint32_t c, uint32_t d);

/* The same with all six arguments; the last in %ebp. */
int64_t wh_foreign_call6(int64_t number, uint32_t b, uint32_t c, uint32_t d, uint32_t si, uint32_t di, uint32_t bp);

/* A child, by fork(2), that makes one call by int 0x80; otherwise as wh_call_in_child(). */
int64_t wh_foreign_call_in_child(int64_t *result, int64_t number, uint32_t b, uint32_t c, uint32_t d);

/* Whether int 0x80 is answered here: a kernel without IA32 emulation kills the caller. Asked in a child. */
int wh_has_foreign_calls(void);

/* Memory that 32 bits can name; stays for the rest of the process. 0 if there is none. */
uint32_t wh_low_memory(size_t size);

/* Writes a 32-bit executable that makes the calls told in ia32.S; 0 or a negative errno value. */
int wh_write_ia32_program(const char *path);

/*
 * Makes a child by the call `number` (fork, vfork, clone or clone3; flags for the last two). The child ends at once
 * with `status`. Returns the child's id after it was waited for, or a negative errno value.
 */
int64_t wh_child_by(int64_t number, uint64_t flags, int status);

/* A child, by fork(2), that makes one call and ends; its id, once waited for. The call's result goes to *result. */
int64_t wh_call_in_child(int64_t *result, int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
			 uint64_t a4, uint64_t a5);

/* A child that changes its root to `root`, makes one call there and ends; otherwise as wh_call_in_child(). */
int64_t wh_call_below(const char *root, int64_t *result, int64_t number, uint64_t a0, uint64_t a1, uint64_t a2,
		      uint64_t a3, uint64_t a4, uint64_t a5);

/* `count` times openat and close of `path`; returns how many failed. */
int64_t wh_open_and_close(const char *path, int64_t count);

/*
 * `count` failing calls in each of `threads` threads at the same time, and how many were made altogether (a negative
 * errno value if a thread cannot start). With a path, the calls are chroot of what follows its first 0 to 199 bytes, so
 * that records differ in size; without one, sched_get_priority_max of a policy that does not exist. Hardly anybody else
 * makes either call. All threads on one CPU if `on_one_cpu`.
 */
int64_t wh_flood(const char *path, int64_t count, int threads, int on_one_cpu);

/* `count` times a call without arguments; nanoseconds of CLOCK_MONOTONIC that it took. */
uint64_t wh_time_calls(int64_t number, int64_t count);

/* `count` times openat of a file that does not exist; nanoseconds that it took. */
uint64_t wh_time_failing_opens(const char *path, int64_t count);

/* `count` times openat of a file that is there, at most 512; nanoseconds that it took. They are closed behind that. */
uint64_t wh_time_opens(const char *path, int64_t count);

/*
 * Executes a program as a child of this process's parent (CLONE_PARENT): for a helper that a test's wait() must not meet.
 * `arguments` and the environment end with NULL. Its id, or a negative errno. Nobody here can wait for it.
 */
int64_t wh_spawn_beside(const char *path, uint64_t arguments);

/* Between threads of a test. */
static inline void wh_store(int64_t *to, int64_t value) { __atomic_store_n(to, value, __ATOMIC_RELEASE); }
static inline int64_t wh_load(const int64_t *from) { return __atomic_load_n(from, __ATOMIC_ACQUIRE); }

/* Calls that Swift cannot import. */
int64_t wh_thread_id(void);
/* Makes this process the parent of those that its descendants leave behind. 0, or -1 and errno. */
int wh_adopt_orphans(void);
void wh_remove_tree(const char *path);
/* A device number as events carry it: minor in the low byte, major above it, the rest of the minor on top. */
uint32_t wh_encoded_device(uint64_t device);

#endif
