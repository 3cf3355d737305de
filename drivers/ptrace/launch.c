/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a command. The child waits on a pipe until it is a tracee (or until its listener is wanted) and until the
 * first run; then it installs its filter and executes. So nothing that the command does is missed, and a refused
 * PTRACE_SEIZE is noticed before anything runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "filter.h"
#include "process.h"

enum { NO_LISTENER = -1, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127, ANY_RUNS = 4096 };

/* What the child needs; made before the fork, because afterwards only async-signal-safe calls are allowed. */
struct launch {
	const char *path;
	char *const *arguments;
	char **shell_arguments;
	struct sock_filter filter[WH_FILTER_SIZE];
	size_t filter_size;
	enum wh_trace_mode mode;
	sigset_t mask;
	int go, failure;
	int *listener;	/* shared with the parent */
};

static _Noreturn void give_up(const struct launch *launch, int error)
{
	ssize_t ignored = write(launch->failure, &error, sizeof(error));

	(void)ignored;
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

static _Noreturn void be_the_command(const struct launch *launch)
{
	extern char **environ;
	int result;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	wh_restore_inherited_signals();
	sigprocmask(SIG_SETMASK, &launch->mask, NULL);
	while (read(launch->go, &go, 1) < 0 && errno == EINTR)
		;
	if (launch->mode == WH_TRACE_FILTERED) {
		/* From here on PTRACE_O_EXITKILL does this, for the whole tree. */
		prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
		result = wh_filter_install(launch->filter, launch->filter_size, 0);
	} else {
		result = wh_filter_install(launch->filter, launch->filter_size, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (result >= 0)
			__atomic_store_n(launch->listener, result, __ATOMIC_RELEASE);
	}
	if (result < 0)
		give_up(launch, -result);
	execve(launch->path, launch->arguments, environ);
	/* A script without a first line that names its interpreter is the shell's, as execvp(3) has it. */
	if (errno == ENOEXEC)
		execve("/bin/sh", launch->shell_arguments, environ);
	give_up(launch, errno);
}

static char **make_shell_arguments(const char *path, char *const arguments[])
{
	size_t count = 0;
	char **copy;

	while (arguments[count])
		count++;
	copy = calloc(count + 3, sizeof(*copy));
	if (!copy)
		return NULL;
	copy[0] = (char *)"sh";
	copy[1] = (char *)path;
	for (size_t i = 1; i < count; i++)
		copy[i + 1] = arguments[i];
	return copy;
}

static void close_pipe(int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

/* Ends a child that was not let go, and forgets it. */
static void abandon(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	while (waitpid(child, &status, __WALL) < 0 && errno == EINTR)
		;
}

static int seize(struct wh_tracer *tracer, pid_t child)
{
	struct wh_thread *thread;

	tracer->options |= PTRACE_O_EXITKILL;
	if (ptrace(PTRACE_SEIZE, child, NULL, (void *)tracer->options) < 0)
		return -errno;
	thread = wh_threads_add(&tracer->threads, child, child);
	if (!thread)
		return -ENOMEM;
	thread->tracee.is_alone = true;
	thread->tracee.parent_tgid = getpid();
	thread->tracee.parent_tid = (pid_t)syscall(SYS_gettid);
	return 0;
}

/*
 * For notifications the child shares its table of descriptors until it executes, so that its listener appears in this
 * process as well: passing it on would take calls that the filter holds already.
 */
static pid_t make_child(enum wh_trace_mode mode)
{
	if (mode == WH_TRACE_NOTIFIED)
		return (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	return fork();
}

static int start(struct wh_tracer *tracer, struct launch *launch, int go[2], int failure[2])
{
	pid_t child;
	int error = 0;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(failure, O_CLOEXEC) < 0)
		return -errno;
	fcntl(failure[0], F_SETFL, O_NONBLOCK);
	launch->go = go[0];
	launch->failure = failure[1];
	child = make_child(launch->mode);
	if (child < 0)
		return -errno;
	if (child == 0)
		be_the_command(launch);
	if (launch->mode == WH_TRACE_FILTERED)
		error = seize(tracer, child);
	if (error < 0) {
		abandon(child);
		return error;
	}
	tracer->command = child;
	tracer->go = go[1];
	tracer->failure = failure[0];
	tracer->shared_listener = launch->listener;
	wh_signals_forward_to(child);
	return 0;
}

int wh_tracer_start(struct wh_tracer *tracer, const char *path, char *const arguments[], const struct wh_plan *filtered,
		    enum wh_trace_mode mode)
{
	const uint32_t action = mode == WH_TRACE_NOTIFIED ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_TRACE;
	struct launch launch = { .path = path, .arguments = arguments, .mode = mode, .mask = tracer->inherited_mask };
	int go[2] = { -1, -1 }, failure[2] = { -1, -1 }, result;

	launch.shell_arguments = make_shell_arguments(path, arguments);
	launch.listener = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!launch.shell_arguments || launch.listener == MAP_FAILED) {
		free(launch.shell_arguments);
		return -ENOMEM;
	}
	*launch.listener = NO_LISTENER;
	launch.filter_size = wh_filter_build(launch.filter, filtered, action);
	tracer->mode = mode;
	tracer->pins.holds_tracer = mode == WH_TRACE_FILTERED;
	result = start(tracer, &launch, go, failure);
	free(launch.shell_arguments);
	if (result < 0) {
		munmap(launch.listener, sizeof(int));
		close_pipe(go);
		close_pipe(failure);
		return result;
	}
	/* The ends of the child; with shared descriptors they are the child's only ones and stay until it executes. */
	if (mode == WH_TRACE_FILTERED) {
		close(go[0]);
		close(failure[1]);
	} else {
		tracer->childs_ends[0] = go[0];
		tracer->childs_ends[1] = failure[1];
	}
	return 0;
}

/* Waits until the child has its listener, or has died. It needs a few calls for that; seconds mean that it never will. */
static void receive_listener(struct wh_tracer *tracer)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	siginfo_t info = { 0 };

	for (int i = 0; i < ANY_RUNS * 16; i++) {
		tracer->listener = __atomic_load_n(tracer->shared_listener, __ATOMIC_ACQUIRE);
		if (tracer->listener >= 0)
			break;
		if (waitid(P_PID, (id_t)tracer->command, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid)
			break;
		nanosleep(&pause, NULL);
	}
	close_pipe(tracer->childs_ends);
	tracer->childs_ends[0] = tracer->childs_ends[1] = -1;
}

void wh_launch_release(struct wh_tracer *tracer)
{
	if (tracer->go < 0)
		return;
	while (write(tracer->go, "g", 1) < 0 && errno == EINTR)
		;
	close(tracer->go);
	tracer->go = -1;
	if (tracer->mode == WH_TRACE_NOTIFIED)
		receive_listener(tracer);
}

void wh_launch_finish(struct wh_tracer *tracer)
{
	int error = 0;

	if (tracer->failure < 0)
		return;
	if (read(tracer->failure, &error, sizeof(error)) == sizeof(error))
		tracer->exec_error = error;
	close(tracer->failure);
	tracer->failure = -1;
	wh_signals_restore();
}
