/* SPDX-License-Identifier: Apache-2.0 */
/* Signals and stops: delivered, waited for and continued as if nobody traced. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void *shared(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(memory != MAP_FAILED);
	return memory;
}

static char state_of(pid_t process)
{
	char path[40], text[512];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/stat", process);
	file = fopen(path, "r");
	CHECK(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	return strrchr(text, ')')[2];
}

/* The parent sees the stop, the continuation and the end of its child; which does not end before the second is seen. */
static int stop_and_continue(void)
{
	int ends[2], status;
	pid_t child;
	char byte;

	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		raise(SIGSTOP);
		_exit(read(ends[0], &byte, 1) == 1 ? 5 : 6);
	}
	CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(waitpid(child, &status, WNOHANG | WUNTRACED) == 0);
	CHECK(kill(child, SIGCONT) == 0);
	CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 5);
	return 0;
}

/* A stopped process makes no progress until it is continued. */
static int stop_while_calling(void)
{
	atomic_long *turns = shared();
	pid_t child = fork();
	long before;
	int status;

	if (child == 0)
		for (;;) {
			open("/no/such/file", O_RDONLY);
			atomic_fetch_add(turns, 1);
		}
	for (int round = 0; round < 20; round++) {
		usleep(3000);
		CHECK(kill(child, SIGSTOP) == 0);
		CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
		usleep(1000);
		before = atomic_load(turns);
		usleep(10000);
		CHECK(atomic_load(turns) == before);
		CHECK(kill(child, SIGCONT) == 0);
		for (int i = 0; atomic_load(turns) == before; i++) {
			CHECK(i < 5000);
			usleep(1000);
		}
	}
	/* SIGKILL ends a stopped one, too. */
	CHECK(kill(child, SIGSTOP) == 0);
	CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
	CHECK(state_of(child) == 'T' || state_of(child) == 't');
	CHECK(kill(child, SIGKILL) == 0);
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return 0;
}

static volatile sig_atomic_t value, code, sender;

static void take(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	value = info->si_value.sival_int;
	code = info->si_code;
	sender = info->si_pid;
}

static void handle(int signal)
{
	struct sigaction action = { .sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART };

	sigemptyset(&action.sa_mask);
	CHECK(sigaction(signal, &action, NULL) == 0);
}

/* What is queued with a signal arrives with it. */
static int queued_values(void)
{
	handle(SIGUSR1);
	handle(SIGRTMIN + 3);
	for (int i = 1; i <= 50; i++) {
		CHECK(sigqueue(getpid(), i & 1 ? SIGUSR1 : SIGRTMIN + 3, (union sigval){ .sival_int = i }) == 0);
		CHECK(value == i && code == SI_QUEUE && sender == getpid());
	}
	return 0;
}

/* A call that a handler interrupts goes on; its result is what it waited for. */
static int restarted_call(void)
{
	struct itimerval tick = { .it_interval.tv_usec = 2000, .it_value.tv_usec = 2000 };
	int ends[2], status;
	pid_t child;
	char byte;

	handle(SIGALRM);
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		usleep(100000);
		_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
	}
	CHECK(setitimer(ITIMER_REAL, &tick, NULL) == 0);
	CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x');
	memset(&tick, 0, sizeof(tick));
	setitimer(ITIMER_REAL, &tick, NULL);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	return 0;
}

/* Each end by a signal is reported as that. */
static int deadly_signals(void)
{
	static const int deadly[] = { SIGTERM, SIGKILL, SIGSEGV, SIGPIPE, SIGTRAP, SIGUSR2 };
	int status;

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		pid_t child = fork();

		if (child == 0) {
			raise(deadly[i]);
			_exit(0);
		}
		CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == deadly[i]);
	}
	return 0;
}

int signals_case(const char *name)
{
	if (!strcmp(name, "stop-and-continue"))
		return stop_and_continue();
	if (!strcmp(name, "stop-while-calling"))
		return stop_while_calling();
	if (!strcmp(name, "queued-values"))
		return queued_values();
	if (!strcmp(name, "restarted-call"))
		return restarted_call();
	if (!strcmp(name, "deadly-signals"))
		return deadly_signals();
	return -1;
}
