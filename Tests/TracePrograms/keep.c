/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that stay until they are killed, each after something that makes its name, ids, directory or descriptors
 * differ from what its clone said. Numbers of descriptors from 40 on are those that somebody watching may look for.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include "check.h"

static void stay(void)
{
	for (;;)
		pause();
}

static void open_as(const char *path, int flags, int number)
{
	int file = open(path, flags, 0600);

	CHECK(file >= 0);
	if (file == number)
		return;
	CHECK(dup2(file, number) == number);
	close(file);
}

/* A copy of this process that has its table of descriptors. */
static pid_t fork_sharing_files(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	CHECK(child >= 0);
	return child;
}

static void *staying_thread(void *unused)
{
	(void)unused;
	stay();
	return NULL;
}

static void names(void)
{
	pthread_t other;

	CHECK(prctl(PR_SET_NAME, "named-itself", 0, 0, 0) == 0);
	CHECK(pthread_create(&other, NULL, staying_thread, NULL) == 0);
	CHECK(pthread_setname_np(other, "named-by-other") == 0);
	stay();
}

static void name_by_file(void)
{
	int file = open("/proc/self/comm", O_WRONLY);

	CHECK(file >= 0 && write(file, "a-name-that-is-too-long", 23) > 0);
	close(file);
	stay();
}

/* One closes what the other opened, and the other way round. */
static void share(void)
{
	open_as("/etc/passwd", O_RDONLY, 40);
	open_as("/etc/group", O_RDONLY, 41);
	if (fork_sharing_files() == 0) {
		close(40);
		open_as("/dev/zero", O_RDONLY, 42);
		stay();
	}
	usleep(100000);
	CHECK(close(40) < 0);
	CHECK(dup2(42, 43) == 43);
	stay();
}

static void share_and_end(void)
{
	pid_t child;

	open_as("/etc/passwd", O_RDONLY, 40);
	child = fork_sharing_files();
	if (child == 0) {
		open_as("/dev/zero", O_RDONLY, 41);
		_exit(0);
	}
	CHECK(waitpid(child, NULL, 0) == child);
	/* The other way: who made the table ends. */
	if (fork_sharing_files() == 0) {
		usleep(100000);
		open_as("/dev/full", O_RDONLY, 42);
		stay();
	}
	_exit(0);
}

static void unshare_in_process(void)
{
	open_as("/etc/passwd", O_RDONLY, 40);
	if (fork_sharing_files() == 0) {
		CHECK(unshare(CLONE_FILES) == 0);
		close(40);
		open_as("/dev/zero", O_RDONLY, 41);
		stay();
	}
	usleep(100000);
	open_as("/dev/full", O_RDONLY, 42);
	stay();
}

static void unshare_by_range(void)
{
	for (int number = 40; number < 44; number++)
		open_as("/etc/passwd", O_RDONLY, number);
	if (fork_sharing_files() == 0) {
		CHECK(syscall(SYS_close_range, 41, 42, CLOSE_RANGE_UNSHARE) == 0);
		stay();
	}
	stay();
}

/* What exec closes stays open for who shared it. */
static void exec_while_sharing(void)
{
	open_as("/etc/passwd", O_RDONLY, 40);
	CHECK(fcntl(40, F_SETFD, FD_CLOEXEC) == 0);
	open_as("/etc/group", O_RDONLY, 41);
	if (fork_sharing_files() == 0) {
		execl("/bin/sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	stay();
}

static void *own_files(void *unused)
{
	(void)unused;
	CHECK(unshare(CLONE_FILES) == 0);
	close(40);
	open_as("/dev/zero", O_RDONLY, 41);
	stay();
	return NULL;
}

static void thread_with_own_files(void)
{
	pthread_t other;

	open_as("/etc/passwd", O_RDONLY, 40);
	CHECK(pthread_create(&other, NULL, own_files, NULL) == 0);
	stay();
}

static void *exec_with_own_files(void *unused)
{
	(void)unused;
	CHECK(unshare(CLONE_FILES) == 0);
	close(40);
	open_as("/dev/zero", O_RDONLY, 41);
	execl("/bin/sleep", "sleep", "1000", (char *)NULL);
	_exit(1);
}

/* The thread goes on as the process, with its own descriptors. */
static void exec_in_thread(void)
{
	pthread_t other;

	open_as("/etc/passwd", O_RDONLY, 40);
	CHECK(pthread_create(&other, NULL, exec_with_own_files, NULL) == 0);
	stay();
}

static void end_main_thread(void)
{
	pthread_t other;

	CHECK(pthread_create(&other, NULL, staying_thread, NULL) == 0);
	pthread_exit(NULL);
}

static void every_kind(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char pipe_path[] = "/tmp/windhover-keep.XXXXXX";
	int ends[2], listener, server;
	sigset_t signals;

	sigemptyset(&signals);
	CHECK(eventfd(0, EFD_CLOEXEC) >= 0);
	CHECK(signalfd(-1, &signals, 0) >= 0);
	CHECK(timerfd_create(CLOCK_MONOTONIC, 0) >= 0);
	CHECK(epoll_create1(0) >= 0);
	CHECK(inotify_init1(IN_NONBLOCK) >= 0);
	CHECK(memfd_create("kept", 0) >= 0);
	CHECK(syscall(SYS_pidfd_open, getppid(), 0) >= 0);
	/* Not every host allows these two. */
	syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
	syscall(SYS_io_uring_setup, 4, (char[120]){ 0 });
	CHECK(pipe(ends) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	CHECK(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
	socket(AF_PACKET, SOCK_RAW, 0);
	CHECK((server = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	CHECK(bind(server, (const struct sockaddr *)&any, sizeof(any)) == 0 && listen(server, 1) == 0);
	CHECK((listener = socket(AF_INET6, SOCK_DGRAM, 0)) >= 0);
	open_as("/tmp", O_RDONLY, 40);
	open_as("/tmp", O_RDONLY | O_DIRECTORY, 41);
	open_as("/etc/passwd", O_PATH, 42);
	CHECK(mkdtemp(pipe_path) && rmdir(pipe_path) == 0 && mkfifo(pipe_path, 0600) == 0);
	open_as(pipe_path, O_RDWR, 43);
	CHECK(unlink(pipe_path) == 0);
	CHECK(fcntl(40, F_DUPFD, 50) == 50 && fcntl(40, F_DUPFD_CLOEXEC, 51) == 51 && dup3(40, 52, O_CLOEXEC) == 52);
	stay();
}

/* Each kind twice: what exec closes, and what it leaves. */
static void exec_closing(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in bound;
	socklen_t size = sizeof(bound);
	int ends[2], listener, client;
	sigset_t signals;

	sigemptyset(&signals);
	for (int closes = 0; closes < 2; closes++) {
		/* All of these flags have the value of O_CLOEXEC. */
		int flag = closes ? O_CLOEXEC : 0;

		CHECK(eventfd(0, flag) >= 0 && signalfd(-1, &signals, flag) >= 0);
		CHECK(timerfd_create(CLOCK_MONOTONIC, flag) >= 0 && epoll_create1(flag) >= 0 && inotify_init1(flag) >= 0);
		CHECK(memfd_create("kept", closes ? MFD_CLOEXEC : 0) >= 0);
		CHECK(pipe2(ends, flag) == 0 && socketpair(AF_UNIX, SOCK_DGRAM | flag, 0, ends) == 0);
		CHECK(open("/etc/passwd", O_RDONLY | flag) >= 0 && open("/", O_RDONLY | O_DIRECTORY | flag) >= 0);
		CHECK(dup3(1, 60 + closes, flag) == 60 + closes);
		CHECK(fcntl(1, closes ? F_DUPFD_CLOEXEC : F_DUPFD, 70) >= 70);
		listener = socket(AF_INET, SOCK_STREAM | flag, 0);
		CHECK(bind(listener, (const struct sockaddr *)&any, sizeof(any)) == 0 && listen(listener, 1) == 0);
		CHECK(getsockname(listener, (struct sockaddr *)&bound, &size) == 0);
		client = socket(AF_INET, SOCK_STREAM | flag, 0);
		CHECK(connect(client, (const struct sockaddr *)&bound, size) == 0);
		CHECK(accept4(listener, NULL, NULL, flag) >= 0);
		syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY | flag);
		CHECK(dup2(1, 80 + closes) == 80 + closes && fcntl(80 + closes, F_SETFD, closes) == 0);
	}
	CHECK(syscall(SYS_pidfd_open, getppid(), 0) >= 0);
	CHECK(dup2(1, 90) == 90 && syscall(SYS_close_range, 90, 95, CLOSE_RANGE_CLOEXEC) == 0);
	execl("/bin/sleep", "sleep", "1000", (char *)NULL);
	_exit(1);
}

static void other_ids(void)
{
	CHECK(setsid() == getpid());
	CHECK(chdir("/usr") == 0 && chdir("lib/..") == 0);
	CHECK(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
	stay();
}

static void other_group(void)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0)
		stay();
	CHECK(setpgid(child, 0) == 0);
	stay();
}

/* The orphan comes here, not to init. */
static void adopt(void)
{
	pid_t child;

	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	child = fork();
	if (child == 0) {
		if (fork() == 0)
			stay();
		_exit(0);
	}
	CHECK(waitpid(child, NULL, 0) == child);
	stay();
}

static void pid_namespace(void)
{
	CHECK(unshare(CLONE_NEWPID) == 0);
	if (fork() == 0) {
		CHECK(getpid() == 1);
		if (fork() == 0)
			stay();
		stay();
	}
	stay();
}

int keep(void)
{
	void (*const ways[])(void) = {
		names, name_by_file, share, share_and_end, unshare_in_process, unshare_by_range, exec_while_sharing,
		thread_with_own_files, exec_in_thread, end_main_thread, every_kind, exec_closing, other_ids, other_group, adopt,
		pid_namespace,
	};

	for (size_t at = 0; at < sizeof(ways) / sizeof(ways[0]); at++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0)
			ways[at]();
	}
	return 0;
}
