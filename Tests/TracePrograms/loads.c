/* SPDX-License-Identifier: Apache-2.0 */
/* What fills the tables of somebody watching: Tests/Limits measures what is left of it afterwards. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void say(const char *what)
{
	puts(what);
	fflush(stdout);
}

/* Doubles until there are this many at once, as a fork bomb does; then all end together. */
static int bomb(int wanted)
{
	int held[2], counted[2], have = 1;
	char byte = 0;

	CHECK(pipe(held) == 0 && pipe(counted) == 0);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	if (fork() == 0) {
		close(held[1]);
		close(counted[0]);
		for (int size = 1; size < wanted; size *= 2)
			if (fork() < 0)
				break;
		CHECK(write(counted[1], &byte, 1) == 1);
		close(counted[1]);
		/* Until the last writer is gone: the first process. */
		while (read(held[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	close(counted[1]);
	while (read(counted[0], &byte, 1) == 1)
		have++;
	printf("%d processes at once\n", have - 1);
	say("full");
	sleep(3);
	close(held[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}

/* One after the other: a fork, an exec, an end. */
static int spawn(int count)
{
	for (int at = 0; at < count; at++) {
		pid_t child = vfork();

		CHECK(child >= 0);
		if (child == 0) {
			execl("/bin/true", "true", "short-lived", (char *)NULL);
			_exit(1);
		}
		CHECK(waitpid(child, NULL, 0) == child);
	}
	say("full");
	return 0;
}

/* As many at once as a process may have, over and over, until so many were opened. */
static int descriptors(int count)
{
	struct rlimit limit;
	int room, most = 0;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	room = (int)(limit.rlim_max < 500000 ? limit.rlim_max : 500000) - 16;
	for (int done = 0; done < count;) {
		int last = -1;

		for (int at = 0; at < room && done < count; at++, done++) {
			last = open(done % 2 ? "/etc/passwd" : "/usr/../etc/hosts", O_RDONLY);
			CHECK(last >= 0);
		}
		most = last > most ? last : most;
		/* Half of them in one call. */
		CHECK(syscall(SYS_close_range, 3 + last / 2, ~0U, 0) == 0);
		for (int number = 3; number < 3 + last / 2; number++)
			close(number);
	}
	printf("%d at once\n", most);
	say("full");
	return 0;
}

/*
 * What runtimes do for a container, as far as somebody watching can tell: a cgroup with its id for a name, a process in
 * it, with namespaces of its own, that runs a program.
 */
static int containers(const char *hierarchy, int count)
{
	for (int at = 0; at < count; at++) {
		char folder[256], procs[300], id[20];
		pid_t child;
		int file;

		snprintf(folder, sizeof(folder), "%s/docker-%064x.scope", hierarchy, at + 1);
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", folder);
		CHECK(mkdir(folder, 0755) == 0);
		child = fork();
		CHECK(child >= 0);
		if (child == 0) {
			file = open(procs, O_WRONLY);
			snprintf(id, sizeof(id), "%d", getpid());
			CHECK(file >= 0 && write(file, id, strlen(id)) > 0);
			close(file);
			CHECK(unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS) == 0);
			child = fork();
			CHECK(child >= 0);
			if (child == 0) {
				execl("/bin/true", "true", "contained", (char *)NULL);
				_exit(1);
			}
			CHECK(waitpid(child, NULL, 0) == child);
			_exit(0);
		}
		CHECK(waitpid(child, NULL, 0) == child);
		CHECK(rmdir(folder) == 0);
	}
	say("full");
	return 0;
}

/* NAME COUNT, or "containers" HIERARCHY COUNT. "full" is written when it is at its most; -1 for a name of others. */
int load(int count, char **words)
{
	if (count == 2 && !strcmp(words[0], "bomb"))
		return bomb(atoi(words[1]));
	if (count == 2 && !strcmp(words[0], "spawn"))
		return spawn(atoi(words[1]));
	if (count == 2 && !strcmp(words[0], "descriptors"))
		return descriptors(atoi(words[1]));
	if (count == 3 && !strcmp(words[0], "containers"))
		return containers(words[1], atoi(words[2]));
	return -1;
}
