/* SPDX-License-Identifier: Apache-2.0 */
/* Forks, execs, threads and deaths at random, in a tree that stays small. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { DEEPEST = 4 };

static time_t deadline;

static void act(unsigned *seed, int depth);

struct part {
	unsigned seed;
	int depth;
};

static void *thread(void *argument)
{
	struct part part = *(struct part *)argument;

	free(argument);
	act(&part.seed, part.depth);
	if (rand_r(&part.seed) % 16 == 0)
		execl("/proc/self/exe", "TracePrograms", "exit", "3", (char *)NULL);
	if (rand_r(&part.seed) % 16 == 0)
		syscall(SYS_exit_group, 4);
	return NULL;
}

static void start_thread(unsigned *seed, int depth)
{
	struct part *part = malloc(sizeof(*part));
	pthread_t id;

	*part = (struct part){ .seed = (unsigned)rand_r(seed), .depth = depth + 1 };
	if (pthread_create(&id, NULL, thread, part) != 0)
		free(part);
	else if (rand_r(seed) % 4)
		pthread_join(id, NULL);
	else
		pthread_detach(id);
}

static void start_process(unsigned *seed, int depth, int how)
{
	unsigned own = (unsigned)rand_r(seed);
	pid_t child;

	if (how == 0) {
		child = vfork();
		if (child == 0) {
			execl("/proc/self/exe", "TracePrograms", "exit", "1", (char *)NULL);
			_exit(1);
		}
	} else {
		child = fork();
	}
	if (child == 0) {
		act(&own, depth + 1);
		switch (rand_r(&own) % 6) {
		case 0:
			execl("/proc/self/exe", "TracePrograms", "exit", "2", (char *)NULL);
			_exit(1);
		case 1:
			raise(SIGKILL);
		case 2:
			raise(SIGSEGV);
		default:
			_exit(0);
		}
	}
	if (child < 0)
		return;
	switch (rand_r(seed) % 5) {
	case 0:
		kill(child, SIGKILL);
		break;
	case 1:
		kill(child, SIGSTOP);
		usleep((useconds_t)(rand_r(seed) % 500));
		kill(child, SIGCONT);
		break;
	case 2:
		return;	/* left to others */
	}
	waitpid(child, NULL, 0);
}

static void act(unsigned *seed, int depth)
{
	int count = 1 + rand_r(seed) % 4;

	for (int i = 0; i < count && time(NULL) < deadline; i++) {
		switch (rand_r(seed) % 6) {
		case 0:
		case 1:
			close(open("/dev/null", O_RDONLY));
			break;
		case 2:
			if (depth < DEEPEST)
				start_thread(seed, depth);
			break;
		case 3:
			usleep((useconds_t)(rand_r(seed) % 300));
			break;
		default:
			if (depth < DEEPEST)
				start_process(seed, depth, rand_r(seed) % 3);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* Orphans come here. One whose parent died between SIGSTOP and SIGCONT would stay for ever. */
static void end_orphans(void)
{
	char path[64];
	int child;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	for (int found = 1; found;) {
		FILE *file = fopen(path, "r");

		CHECK(file);
		found = fscanf(file, "%d", &child) == 1;
		fclose(file);
		if (!found)
			break;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

int storm(unsigned seed, int seconds)
{
	const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	deadline = time(NULL) + seconds;
	while (time(NULL) < deadline) {
		pid_t child = fork();

		if (child == 0) {
			unsigned own = seed;

			act(&own, 0);
			_exit(0);
		}
		CHECK(child > 0);
		seed = seed * 1103515245u + 12345u;
		CHECK(waitpid(child, NULL, 0) == child);
	}
	end_orphans();
	return 0;
}
