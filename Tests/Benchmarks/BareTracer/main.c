/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BareTracer CALLS COMMAND [ARGUMENT...]: what the stops of a tracer cost on this machine, whatever the tracer is for.
 *
 *	CALLS	numbers of system calls, with commas between; one with a plus behind stops at its end, too
 *
 * Traces a command and what it starts with a seccomp filter, as windhover does, and does nothing at a stop but to ask which
 * call it is. Everything shares one CPU: a tracee that is woken elsewhere costs several times as much.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS_MAX = 200, OPTIONS = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
				 PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL };

struct calls {
	unsigned count;
	uint32_t number[CALLS_MAX];
	bool has_end[CALLS_MAX];
};

static void fail(const char *what)
{
	fprintf(stderr, "BareTracer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool parse(const char *text, struct calls *calls)
{
	for (;;) {
		char *end;

		if (calls->count == CALLS_MAX)
			return false;
		calls->number[calls->count] = (uint32_t)strtoul(text, &end, 10);
		if (end == text)
			return false;
		calls->has_end[calls->count++] = *end == '+';
		end += *end == '+';
		if (!*end)
			return true;
		if (*end != ',')
			return false;
		text = end + 1;
	}
}

static void filter(const struct calls *calls)
{
	struct sock_filter code[CALLS_MAX + 3];
	struct sock_fprog program = { .filter = code };
	unsigned length = 0;

	code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < calls->count; i++)
		code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls->number[i],
							      (uint8_t)(calls->count - i), 0);
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	program.len = (unsigned short)length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		fail("seccomp");
}

/* Whether the thread is to stop at the end of the call that it has stopped at. */
static bool wants_end(const struct calls *calls, pid_t tid)
{
	struct __ptrace_syscall_info info = { 0 };

	ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info);
	if (info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return false;
	for (unsigned i = 0; i < calls->count; i++)
		if (calls->number[i] == info.seccomp.nr)
			return calls->has_end[i];
	return false;
}

static void on_stop(const struct calls *calls, pid_t tid, int status)
{
	const int event = status >> 16, signal = WSTOPSIG(status);
	bool goes_to_end = false;

	if (event == PTRACE_EVENT_SECCOMP || (!event && signal == (SIGTRAP | 0x80)))
		goes_to_end = wants_end(calls, tid);
	ptrace(goes_to_end ? PTRACE_SYSCALL : PTRACE_CONT, tid, NULL,
	       (void *)(intptr_t)(event || signal == (SIGTRAP | 0x80) ? 0 : signal));
}

int main(int argc, char **argv)
{
	struct calls calls = { 0 };
	int status, go[2];
	cpu_set_t here;
	pid_t command, tid;
	char byte = 0;

	if (argc < 3 || !parse(argv[1], &calls)) {
		fprintf(stderr, "usage: BareTracer NUMBER[+][,NUMBER[+]...] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here) < 0 || pipe(go) < 0)
		fail("cannot prepare");
	command = fork();
	if (command < 0)
		fail("fork");
	if (!command) {
		close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		close(go[0]);
		filter(&calls);
		execv(argv[2], argv + 2);
		fail(argv[2]);
	}
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, command, NULL, (void *)(intptr_t)OPTIONS) < 0 || write(go[1], &byte, 1) != 1)
		fail("ptrace");
	close(go[1]);
	while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (tid > 0 && WIFSTOPPED(status))
			on_stop(&calls, tid, status);
		else if (tid == command && WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
	}
	return 0;
}
