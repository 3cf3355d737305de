/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parity workload: one script of system calls that every driver watches.
 *
 *	parity-workload			the whole script; needs root
 *	parity-workload leaf		what the exec steps start
 *
 * It gives itself namespaces of its own (mounts, network, IPC, host name), so that inode numbers, ports and ids do not
 * depend on what else happens on the host, no address randomisation, so that pointers are the same in each run, and
 * time-outs that the kernel does not overwrite with what was left of them.
 */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared *shared;

long wh_need(long result, const char *what, const char *file, int line)
{
	if (result < 0 && result > -4096) {
		dprintf(2, "parity-workload: %s:%d: %s: %s\n", file, line, what, strerror((int)-result));
		call(exit_group, 99);
	}
	return result;
}

/* The next image has the arguments and the environment that all runs have in common. */
static void start_again(void)
{
	static char *arguments[] = { "parity-workload", "script", NULL };
	static char *environment[] = { "PARITY=1", "LANG=C", NULL };

	need(call(personality, ADDR_NO_RANDOMIZE | STICKY_TIMEOUTS));
	need(call(execve, "/proc/self/exe", arguments, environment));
}

static void prepare(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	struct rlimit no_core = { 0, 0 };
	uint64_t nothing = 0;
	long descriptor;
	int number;

	call(close_range, 3, ~0u, 0);
	/* Whoever started this may have blocked or ignored signals. */
	need(call(rt_sigprocmask, SIG_SETMASK, &nothing, NULL, sizeof(nothing)));
	for (number = 1; number < 65; number++)
		signal(number, SIG_DFL);
	need(call(setsid));
	call(umask, 022);
	need(call(prlimit64, 0, RLIMIT_CORE, &no_core, NULL));
	need(call(unshare, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
	need(call(mount, "none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	need(call(mount, "parity", "/mnt", "tmpfs", 0, "size=32m,mode=755"));
	need(call(chdir, "/mnt"));
	descriptor = need(call(socket, AF_INET, SOCK_DGRAM, 0));
	need(call(ioctl, descriptor, SIOCSIFFLAGS, &request));
	need(call(close, descriptor));
	shared = (void *)need(call(mmap, NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

/* Copies this program to ./program, which lies on a filesystem of the workload's own. */
static void copy_program(void)
{
	static char buffer[65536];
	long from = need(call(openat, AT_FDCWD, "/proc/self/exe", O_RDONLY, 0));
	long to = need(call(openat, AT_FDCWD, "program", O_WRONLY | O_CREAT | O_EXCL, 0755));
	long count;

	while ((count = need(call(read, from, buffer, sizeof(buffer)))) > 0)
		need(call(write, to, buffer, count));
	need(call(close, from));
	need(call(close, to));
}

static int script(void)
{
	static void (*const steps[])(void) = {
		files, descriptors, reading_and_writing, waiting, memory, processes, executing, threads, signals,
		sockets_inet, sockets_unix, sockets_other, identities, namespaces, mounts, kernel_services, failures,
	};
	unsigned long i;

	prepare();
	copy_program();
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		memset(shared, 0, sizeof(*shared));
		steps[i]();
	}
	return 0;
}

int main(int count, char **arguments)
{
	int status;

	if (count < 2)
		start_again();
	if (!strcmp(arguments[1], "leaf"))
		return role_leaf();
	/* In a child, which can have a session of its own however this process was started. */
	status = in_child(script);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	dprintf(2, "parity-workload: the script ended with wait status %#x\n", status);
	return 98;
}
