/* SPDX-License-Identifier: Apache-2.0 */
/* Job control on a terminal of its own, played by a shell of a few lines. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"

static void job(void)
{
	char line[64];
	ssize_t size = read(0, line, sizeof(line));

	/* Continued after Ctrl-Z the read goes on, and takes the line that was typed then. */
	_exit(size == 3 && !memcmp(line, "go\n", 3) ? 21 : 22);
}

/* The session's leader: starts a job in the foreground, sees it stopped, continues it; says when to type. */
static void shell(int terminal, int ready)
{
	int status, word = 0;
	pid_t child;

	CHECK(setsid() > 0 && ioctl(terminal, TIOCSCTTY, 0) == 0);
	CHECK(dup2(terminal, 0) == 0);
	signal(SIGTTOU, SIG_IGN);
	child = fork();
	if (child == 0) {
		signal(SIGTTOU, SIG_IGN);
		setpgid(0, 0);
		tcsetpgrp(0, getpid());
		signal(SIGTTOU, SIG_DFL);
		CHECK(write(ready, "x", 1) == 1);
		job();
	}
	setpgid(child, child);
	tcsetpgrp(0, child);
	CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
	CHECK(tcsetpgrp(0, getpgrp()) == 0);
	/* In the background it may not read: stopped again by SIGTTIN. */
	CHECK(kill(-child, SIGCONT) == 0);
	CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	CHECK(write(ready, "x", 1) == 1);
	CHECK(tcsetpgrp(0, child) == 0);
	CHECK(kill(-child, SIGCONT) == 0);
	CHECK(write(word, "\r\n", 2) == 2);
	CHECK(waitpid(child, &status, WUNTRACED) == child && WIFEXITED(status) && WEXITSTATUS(status) == 21);
	_exit(0);
}

static int job_control(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), terminal, ready[2], status;
	pid_t child;
	char byte;

	CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(terminal >= 0 && pipe(ready) == 0);
	child = fork();
	if (child == 0)
		shell(terminal, ready[1]);
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1);
	CHECK(write(master, "\x1a", 1) == 1);
	CHECK(read(ready[0], &byte, 1) == 1);
	CHECK(write(master, "go\n", 3) == 3);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return 0;
}

int terminal_case(const char *name)
{
	return !strcmp(name, "job-control") ? job_control() : -1;
}
