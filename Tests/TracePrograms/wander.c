/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that each do a number of things at random to their descriptors, directory, ids, threads and children, and
 * then stay until they are killed: what the kernel and somebody watching know of them can be compared.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/close_range.h>
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

enum { DEEPEST = 3, THREADS = 3, FIRST = 3, NUMBERS = 60 };

static const char *const files[] = {
	"/etc/passwd", "/etc/group", "/etc//hosts", "/etc/../etc/./fstab", "/dev/zero", "/dev/full", "/proc/self/exe",
	"/bin/sleep",
};
static const char *const folders[] = { "/tmp", "/usr", "/usr/lib", "/var/../etc", "/", "/usr/share/", ".", ".." };

struct walk {
	unsigned seed;
	int depth;
	int steps;
	int threads;
};

static void act(struct walk *walk);

/*
 * Who shares a table of descriptors acts in turn: if one opened while another closes, the order of the two returns, which
 * is what can be watched, would say nothing about the order in the table. Holds the id of the thread whose turn it is.
 */
static int *turn;

static void make_turn(void)
{
	turn = mmap(NULL, sizeof(*turn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(turn != MAP_FAILED);
}

static void take_turn(void)
{
	int self = (int)syscall(SYS_gettid), holder = 0;
	char path[32];

	while (!__atomic_compare_exchange_n(turn, &holder, self, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		/* Ended meanwhile by an exec of its process. */
		snprintf(path, sizeof(path), "/proc/%d", holder);
		if (holder > 0 && access(path, F_OK) < 0)
			__atomic_compare_exchange_n(turn, &holder, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
		else
			usleep(50);
		holder = 0;
	}
}

static void end_turn(void)
{
	__atomic_store_n(turn, 0, __ATOMIC_RELEASE);
}

static int below(struct walk *walk, int end)
{
	return rand_r(&walk->seed) % end;
}

/* A number that may be open. */
static int some(struct walk *walk)
{
	return FIRST + below(walk, NUMBERS);
}

static int maybe(struct walk *walk, int flag)
{
	return below(walk, 2) ? flag : 0;
}

static void open_something(struct walk *walk)
{
	char path[64];
	int at;

	switch (below(walk, 8)) {
	case 0:
		open(folders[below(walk, 8)], O_RDONLY | O_DIRECTORY | maybe(walk, O_CLOEXEC));
		break;
	case 1:
		at = open(folders[below(walk, 6)], O_RDONLY | maybe(walk, O_PATH));
		openat(at, "passwd", O_RDONLY | maybe(walk, O_CLOEXEC));
		openat(at, "../etc/group", O_RDONLY);
		if (below(walk, 2))
			close(at);
		break;
	case 2:
		snprintf(path, sizeof(path), "/tmp/windhover-wander.%d", (int)syscall(SYS_gettid));
		open(path, O_RDWR | O_CREAT | maybe(walk, O_CLOEXEC), 0600);
		unlink(path);
		break;
	/* Through a descriptor, whatever it is. Not to be waited for at the end of a pipe. */
	case 3:
		snprintf(path, sizeof(path), "/proc/self/fd/%d", some(walk));
		open(path, O_RDONLY | O_NONBLOCK | maybe(walk, O_CLOEXEC));
		break;
	case 4:
		snprintf(path, sizeof(path), "/dev/fd/%d", some(walk));
		open(path, O_RDONLY | O_NONBLOCK | maybe(walk, O_CLOEXEC));
		break;
	default:
		open(files[below(walk, 8)], O_RDONLY | maybe(walk, O_CLOEXEC) | maybe(walk, O_PATH));
	}
}

static void make_something(struct walk *walk)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int flag = maybe(walk, O_CLOEXEC), ends[2], one;
	sigset_t signals;

	sigemptyset(&signals);
	switch (below(walk, 12)) {
	case 0: eventfd(0, flag); break;
	case 1: signalfd(-1, &signals, flag); break;
	case 2: timerfd_create(CLOCK_MONOTONIC, flag); break;
	case 3: epoll_create1(flag); break;
	case 4: inotify_init1(flag); break;
	case 5: memfd_create("wandering", flag ? MFD_CLOEXEC : 0); break;
	case 6: syscall(SYS_pidfd_open, getppid(), 0); break;
	case 7: CHECK(pipe2(ends, flag) == 0 || errno == EMFILE); break;
	case 8: socketpair(AF_UNIX, (below(walk, 2) ? SOCK_STREAM : SOCK_DGRAM) | flag, 0, ends); break;
	case 9:
		one = socket(AF_INET, SOCK_STREAM | flag, 0);
		if (one >= 0 && bind(one, (const struct sockaddr *)&any, sizeof(any)) == 0)
			listen(one, 1);
		break;
	case 10: pipe(ends); break;
	/* A copy of its own. */
	case 11:
		one = (int)syscall(SYS_pidfd_open, getpid(), 0);
		syscall(SYS_pidfd_getfd, one, some(walk), 0);
		break;
	}
}

/* A descriptor goes through a socket and comes back under another number. */
static void pass(struct walk *walk)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int ends[2], sent = some(walk);

	if (fcntl(sent, F_GETFD) < 0 || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	memset(room, 0, sizeof(room));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &sent, sizeof(sent));
	if (sendmsg(ends[0], &message, MSG_DONTWAIT) == 1) {
		message.msg_controllen = sizeof(room);
		recvmsg(ends[1], &message, MSG_DONTWAIT | maybe(walk, MSG_CMSG_CLOEXEC));
	}
	close(ends[0]);
	close(ends[1]);
}

static void copy(struct walk *walk)
{
	switch (below(walk, 5)) {
	case 0: dup(some(walk)); break;
	case 1: dup2(some(walk), some(walk)); break;
	case 2: dup3(some(walk), some(walk), maybe(walk, O_CLOEXEC)); break;
	case 3: fcntl(some(walk), F_DUPFD, some(walk)); break;
	case 4: fcntl(some(walk), F_DUPFD_CLOEXEC, some(walk)); break;
	}
}

static void close_something(struct walk *walk)
{
	static const unsigned ways[] = {
		0, CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE,
	};
	int first;

	if (below(walk, 6)) {
		close(some(walk));
		return;
	}
	first = some(walk);
	syscall(SYS_close_range, first, first + below(walk, 8), ways[below(walk, 4)]);
}

static void *thread(void *argument)
{
	struct walk own = *(struct walk *)argument;

	free(argument);
	if (below(&own, 4) == 0)
		unshare(CLONE_FILES);
	act(&own);
	if (below(&own, 8) == 0 && own.depth < DEEPEST)
		execl("/proc/self/exe", "TracePrograms", "exit", "3", (char *)NULL);
	if (below(&own, 2))
		for (;;)
			pause();
	return NULL;
}

static void start_thread(struct walk *walk)
{
	struct walk *own;
	pthread_t id;

	if (walk->threads >= THREADS || walk->depth >= DEEPEST)
		return;
	walk->threads++;
	own = malloc(sizeof(*own));
	*own = (struct walk){ .seed = (unsigned)rand_r(&walk->seed), .depth = walk->depth + 1, .steps = walk->steps / 2 };
	if (pthread_create(&id, NULL, thread, own) != 0)
		free(own);
}

/* In a child: on with this walk, or with a new program that has what exec leaves; then stay or end. */
static void go_on(struct walk *own, int may_share)
{
	char seed[16], steps[16], depth[16];

	if (!may_share)
		make_turn();
	if (!may_share && below(own, 3) == 0) {
		snprintf(seed, sizeof(seed), "%u", own->seed);
		snprintf(steps, sizeof(steps), "%d", own->steps);
		snprintf(depth, sizeof(depth), "%d", own->depth);
		execl("/proc/self/exe", "TracePrograms", "wander", seed, steps, depth, (char *)NULL);
		_exit(99);
	}
	act(own);
	switch (below(own, 4)) {
	case 0:
		_exit(0);
	case 1:
		execl("/bin/sleep", "sleep", "1000", (char *)NULL);
		_exit(99);
	}
	for (;;)
		pause();
}

static void start_process(struct walk *walk)
{
	struct walk own = { .seed = (unsigned)rand_r(&walk->seed), .depth = walk->depth + 1, .steps = walk->steps / 2 };
	static const unsigned long ways[] = { 0, 0, CLONE_FILES, CLONE_PARENT, CLONE_FILES | CLONE_PARENT };
	int way = below(walk, 6);
	pid_t child;

	if (walk->depth >= DEEPEST)
		return;
	if (way == 5) {
		child = vfork();
		if (child == 0) {
			execl("/bin/sleep", "sleep", "1000", (char *)NULL);
			_exit(99);
		}
	} else {
		child = (pid_t)syscall(SYS_clone, ways[way] | SIGCHLD, 0, 0, 0, 0);
		if (child == 0)
			go_on(&own, way == 2 || way == 4);
	}
	/* The parent's word and the child's own: who says it first is not known. */
	if (child > 0 && below(walk, 4) == 0)
		setpgid(child, 0);
}

static void change_itself(struct walk *walk)
{
	char name[16];

	switch (below(walk, 9)) {
	case 0:
		snprintf(name, sizeof(name), "wander-%d", below(walk, 1000));
		prctl(PR_SET_NAME, name, 0, 0, 0);
		break;
	case 1: setpgid(0, 0); break;
	case 2: setsid(); break;
	case 3: setresgid(-1, (gid_t)below(walk, 3), -1); break;
	case 4: prctl(PR_SET_CHILD_SUBREAPER, below(walk, 2), 0, 0, 0); break;
	case 5: fchdir(some(walk)); break;
	case 6: unshare(CLONE_FILES); break;
	default: chdir(folders[below(walk, 8)]);
	}
}

static void act(struct walk *walk)
{
	while (walk->steps-- > 0) {
		usleep((useconds_t)below(walk, 100));
		take_turn();
		switch (below(walk, 19)) {
		case 0 ... 4: open_something(walk); break;
		case 5 ... 7: make_something(walk); break;
		case 8 ... 10: copy(walk); break;
		case 11 ... 13: close_something(walk); break;
		case 14: fcntl(some(walk), F_SETFD, maybe(walk, FD_CLOEXEC)); break;
		case 15: pass(walk); break;
		case 16: change_itself(walk); break;
		case 17: start_thread(walk); break;
		case 18: start_process(walk); break;
		}
		end_turn();
	}
}

/* Eight at the top, each in a process of its own; below, the walk that an exec interrupted goes on. */
int wander(unsigned seed, int steps, int depth)
{
	struct walk walk = { .seed = seed, .depth = depth, .steps = steps };

	signal(SIGCHLD, SIG_IGN);
	make_turn();
	if (depth > 0) {
		act(&walk);
		for (;;)
			pause();
	}
	for (int at = 0; at < 8; at++) {
		struct walk own = { .seed = seed * 8 + (unsigned)at, .depth = 1, .steps = steps };
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0) {
			make_turn();
			act(&own);
			for (;;)
				pause();
		}
	}
	return 0;
}
