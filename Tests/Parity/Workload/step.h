/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every step of the parity workload is made of: bare system calls in an order that never varies.
 *
 * Two runs have to make the same records byte for byte, so a step
 *	- makes each call by itself, with all six registers set: libc's own calls depend on its state;
 *	- never races: a child or a thread runs while its starter waits, and waiting takes exactly one call or none;
 *	- reads only data whose content it knows;
 *	- leaves no descriptor, so that the numbers of the next step are always the same.
 */
#ifndef WH_PARITY_STEP_H
#define WH_PARITY_STEP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Makes a call; a negative errno value on failure. Touches neither errno nor anything else of this process. */
static inline long wh_call6(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#else
#error "no system call instruction for this architecture"
#endif
}

#define WH_CALL_PICK(number, a, b, c, d, e, f, ...) \
	wh_call6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* call(name, up to six arguments): the call SYS_name, with zeros for what is not given. */
#define call(name, ...) WH_CALL_PICK(SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* This process. A function, because a macro cannot stand in its own arguments. */
static inline long own_id(void) { return call(getpid); }

/* The workload is of no use if this fails: says where, and ends with status 99. Returns `result` otherwise. */
long wh_need(long result, const char *what, const char *file, int line);
#define need(expression) wh_need((expression), #expression, __FILE__, __LINE__)

/* A child by fork that runs `body` and ends with what it returns. Waits for it; returns the wait status. */
int in_child(int (*body)(void));
/* A thread that runs `body(argument)`. Returns once the kernel has taken it down, without a call to wait for it. */
void in_thread(int (*body)(void *), void *argument);
/* In a thread: until its starter's clone has returned. For those that take the starter down. */
void wait_for_starter(void);
/* Starts this program, copied to ./program, in the given role. Does not return but on failure. */
long start_program(const char *role);

/* Memory that parent and children share, zeroed before each step. */
struct shared {
	long values[64];
};
extern struct shared *shared;

/* An address that nobody can read. */
#define NOWHERE ((void *)8)

void files(void);
void descriptors(void);
void reading_and_writing(void);
void waiting(void);
void memory(void);
void processes(void);
void executing(void);
void threads(void);
void signals(void);
void sockets_inet(void);
void sockets_unix(void);
void sockets_other(void);
void identities(void);
void namespaces(void);
void mounts(void);
void kernel_services(void);
void failures(void);

/* What ./program does in each role; the exit status. */
int role_leaf(void);

#endif
