/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and threads: made, executed and ended as if nobody traced. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static int expect_exit(pid_t child, int code)
{
	int status;

	CHECK(child > 0);
	CHECK(waitpid(child, &status, __WALL) == child && WIFEXITED(status) && WEXITSTATUS(status) == code);
	return 0;
}

static int every_fork(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	pid_t child;

	for (int i = 0; i < 20; i++) {
		child = fork();
		if (child == 0)
			_exit(1);
		expect_exit(child, 1);
		child = vfork();
		if (child == 0)
			_exit(2);
		expect_exit(child, 2);
		child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (child == 0)
			_exit(3);
		expect_exit(child, 3);
		child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
		if (child == 0)
			_exit(4);
		expect_exit(child, 4);
		/* No signal at its end: the kernel tells of a clone, not of a fork. */
		child = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
		if (child == 0)
			_exit(5);
		expect_exit(child, 5);
	}
	return 0;
}

static void *execute(void *argument)
{
	execl("/proc/self/exe", "TracePrograms", "exit", (char *)argument, (char *)NULL);
	return NULL;
}

static void *wait_for_ever(void *argument)
{
	for (;;)
		pause();
	return argument;
}

/* The process goes on under its own id, whichever thread executes, and with all others gone. */
static int exec_from_thread(void)
{
	for (int round = 0; round < 20; round++) {
		pid_t child = fork();
		pthread_t thread;

		if (child == 0) {
			for (int i = 0; i < 4; i++)
				CHECK(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
			CHECK(pthread_create(&thread, NULL, execute, "7") == 0);
			wait_for_ever(NULL);
		}
		expect_exit(child, 7);
	}
	return 0;
}

static void *make_threads(void *depth)
{
	pthread_t threads[2];

	for (int i = 0; (long)depth && i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, make_threads, (void *)((long)depth - 1)) == 0);
	close(open("/dev/null", O_RDONLY));
	for (int i = 0; (long)depth && i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	return NULL;
}

static int many_threads(void)
{
	for (int round = 0; round < 10; round++)
		make_threads((void *)4L);
	return 0;
}

static void *busy(void *argument)
{
	for (;;) {
		pid_t child;

		close(open("/dev/null", O_RDONLY));
		child = fork();
		if (child == 0)
			execl("/proc/self/exe", "TracePrograms", "exit", "0", (char *)NULL);
		if (child > 0)
			waitpid(child, NULL, 0);
	}
	return argument;
}

/* SIGKILL at any moment: in a call, between fork and exec, in an exec, with threads. */
static int killed_anywhere(void)
{
	for (int round = 0; round < 100; round++) {
		pid_t child = fork();
		pthread_t thread;
		int status;

		if (child == 0) {
			pthread_create(&thread, NULL, busy, NULL);
			busy(NULL);
		}
		usleep((useconds_t)(rand() % 8000));
		CHECK(kill(child, SIGKILL) == 0);
		CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	return 0;
}

/* Orphans that outlive everybody else end by themselves. */
static int orphans(void)
{
	for (int i = 0; i < 10; i++) {
		pid_t child = fork();

		if (child == 0) {
			if (fork() == 0)
				usleep(50000);
			_exit(0);
		}
		expect_exit(child, 0);
	}
	return 0;
}

/* The CPUs that a process may use stay what they are, and those of its children too. */
static int same_cpus(void)
{
	cpu_set_t mine, childs;

	CHECK(sched_getaffinity(0, sizeof(mine), &mine) == 0);
	for (int i = 0; i < 500; i++) {
		pid_t child;

		open("/no/such/file", O_RDONLY);
		CHECK(sched_getaffinity(0, sizeof(childs), &childs) == 0 && CPU_EQUAL(&mine, &childs));
		child = fork();
		if (child == 0)
			_exit(sched_getaffinity(0, sizeof(childs), &childs) == 0 && CPU_EQUAL(&mine, &childs) ? 0 : 1);
		expect_exit(child, 0);
	}
	return 0;
}

/* Nobody can be traced twice: the second tracer is refused, and nobody waits. */
static int second_tracer(void)
{
	pid_t child = fork();

	if (child == 0) {
		long result = ptrace(PTRACE_TRACEME, 0, NULL, NULL);

		_exit(result == -1 && errno == EPERM ? 0 : 1);
	}
	return expect_exit(child, 0);
}

/* Says who it is, and makes a child that ends at once. */
static void tell_and_fork(bool shares_memory)
{
	char name[16] = { 0 };
	uid_t real, user, saved;
	gid_t real_group, group, saved_group;
	pid_t child;

	CHECK(getresuid(&real, &user, &saved) == 0 && getresgid(&real_group, &group, &saved_group) == 0);
	CHECK(prctl(PR_GET_NAME, name) == 0);
	printf("fork %u %u %s\n", user, group, name);
	fflush(stdout);
	child = shares_memory ? vfork() : fork();
	if (child == 0)
		_exit(0);
	expect_exit(child, 0);
}

/* Forks as somebody else each time, where it may. */
static int changing_identity(void)
{
	const uid_t nobody = 65534;
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		bool shares_memory = i == 1;

		tell_and_fork(shares_memory);
		tell_and_fork(shares_memory);
		setegid(nobody);
		tell_and_fork(shares_memory);
		seteuid(nobody);
		tell_and_fork(shares_memory);
		tell_and_fork(shares_memory);
		seteuid(0);
		setegid(0);
		tell_and_fork(shares_memory);
		CHECK(prctl(PR_SET_NAME, i ? "again" : "renamed") == 0);
		tell_and_fork(shares_memory);
		/* No longer alone in its process. */
		CHECK(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
		tell_and_fork(shares_memory);
	}
	return 0;
}

/* Says who executes it and whether it may write to it, and does. */
static int execute_as(const char *path, uid_t user, const gid_t groups[2], bool may_write)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		CHECK(setpgid(0, 0) == 0);
		CHECK(setgroups(2, groups) == 0 && setresgid(45, 45, 45) == 0 && setresuid(user, user, user) == 0);
		printf("exec %u %d %d %u\n", user, 45, getpgrp() == getpid(), may_write);
		fflush(stdout);
		execl(path, path, (char *)NULL);
		_exit(1);
	}
	return expect_exit(child, 0);
}

/* A program that its group may write to, executed by members and by others. */
static int exec_as_others(void)
{
	const gid_t members[] = { 50, 51 }, others[] = { 50, 52 };
	char path[] = "/tmp/windhover-program.XXXXXX";
	int from = open("/bin/true", O_RDONLY), to = mkstemp(path);
	struct stat status;

	CHECK(from >= 0 && to >= 0 && fstat(from, &status) == 0);
	CHECK(sendfile(to, from, NULL, (size_t)status.st_size) == status.st_size);
	CHECK(fchown(to, 0, 51) == 0 && fchmod(to, 0775) == 0 && close(to) == 0);
	execute_as(path, 1045, members, true);
	execute_as(path, 1045, others, false);
	execute_as(path, 0, others, true);
	CHECK(unlink(path) == 0);
	return 0;
}

int processes_case(const char *name)
{
	if (!strcmp(name, "every-fork"))
		return every_fork();
	if (!strcmp(name, "changing-identity"))
		return changing_identity();
	if (!strcmp(name, "exec-as-others"))
		return exec_as_others();
	if (!strcmp(name, "exec-from-thread"))
		return exec_from_thread();
	if (!strcmp(name, "many-threads"))
		return many_threads();
	if (!strcmp(name, "killed-anywhere"))
		return killed_anywhere();
	if (!strcmp(name, "orphans"))
		return orphans();
	if (!strcmp(name, "same-cpus"))
		return same_cpus();
	if (!strcmp(name, "second-tracer"))
		return second_tracer();
	return -1;
}
