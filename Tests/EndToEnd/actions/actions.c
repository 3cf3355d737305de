/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deeds that the end-to-end cases watch for, one sub-command each.
 *
 *	actions COMMAND [ARGUMENT...]
 *
 * A case runs a copy of this program, under the name the case asks for, in a directory whose name is unique to the case;
 * so every event carries that name in the path of its executable. Arguments beyond those a command takes are ignored and
 * may serve as a label. Commands that end in PROGRAM run it in a child and exit as it does. Nothing outlives the command:
 * what a command mounts or configures happens in a namespace of its own, and its files are unlinked before it returns.
 *
 * Exit codes: 0 done, 1 the call that the command is about failed, 2 wrong usage, 3 the host does not allow the set-up.
 */
#define _GNU_SOURCE
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, USAGE = 2, IMPOSSIBLE = 3 };

/* Ends the command: `what` could not be set up, so the deed itself never happened. */
static void impossible(const char *what)
{
	fprintf(stderr, "actions: %s: %s\n", what, strerror(errno));
	exit(IMPOSSIBLE);
}

static int outcome(int result)
{
	return result < 0 ? FAILED : DONE;
}

static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return FAILED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void become(char **argv)
{
	execvp(argv[0], argv);
	fprintf(stderr, "actions: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int run(char **argv)
{
	pid_t child = fork();

	if (child < 0)
		impossible("fork");
	if (child == 0)
		become(argv);
	return wait_for(child);
}

static void copy_file(const char *from, int to)
{
	struct stat size;
	int source = open(from, O_RDONLY | O_CLOEXEC);

	if (source < 0 || fstat(source, &size) < 0)
		impossible(from);
	while (size.st_size > 0) {
		ssize_t copied = sendfile(to, source, NULL, size.st_size);

		if (copied <= 0)
			impossible("sendfile");
		size.st_size -= copied;
	}
	close(source);
}

static __attribute__((format(printf, 3, 4))) void format(char *to, size_t size, const char *text, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, text);
	length = vsnprintf(to, size, text, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= size) {
		errno = ENAMETOOLONG;
		impossible(text);
	}
}

/* Mounts made from here on stay invisible to the rest of the host. */
static void private_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		impossible("private mount namespace");
}

/* ---- files ---- */

/* read PATH: opens an existing file for reading. */
static int do_read(int argc, char **argv)
{
	char byte;
	int fd = open(argv[0], O_RDONLY);
	int result = fd < 0 ? FAILED : outcome(read(fd, &byte, 1));

	return result;
}

/* read-after MILLISECONDS PATH: the same by a process of at least that age. */
static int do_read_after(int argc, char **argv)
{
	long milliseconds = atol(argv[0]);
	struct timespec age = { .tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000 };

	while (nanosleep(&age, &age) < 0 && errno == EINTR)
		;
	return do_read(argc - 1, argv + 1);
}

/* write PATH: opens for writing, creating the file if need be, without discarding its content. */
static int do_write(int argc, char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT, 0644);

	return fd < 0 ? FAILED : outcome(write(fd, "x", 1));
}

/* truncate PATH: opens an existing file and discards its content. */
static int do_truncate(int argc, char **argv)
{
	return outcome(open(argv[0], O_WRONLY | O_TRUNC));
}

/* creat PATH: discards the content with creat(2), which carries no flags. */
static int do_creat(int argc, char **argv)
{
	return outcome(syscall(SYS_creat, argv[0], 0644));
}

/* clear-new-log PATH: writes a file that was not there, discards it again, and unlinks it. */
static int do_clear_new_log(int argc, char **argv)
{
	int result;
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, "line\n", 5) < 0)
		impossible(argv[0]);
	result = do_truncate(argc, argv);
	unlink(argv[0]);
	return result;
}

static int do_mkdir(int argc, char **argv)
{
	return outcome(mkdir(argv[0], 0700));
}

static int do_rename(int argc, char **argv)
{
	return outcome(rename(argv[0], argv[1]));
}

static int do_unlink(int argc, char **argv)
{
	return outcome(unlink(argv[0]));
}

static int do_chmod(int argc, char **argv)
{
	return outcome(chmod(argv[0], strtol(argv[1], NULL, 8)));
}

/* symlink TARGET LINK and hardlink OLD NEW; the new name is unlinked again. */
static int do_symlink(int argc, char **argv)
{
	int result = outcome(symlink(argv[0], argv[1]));

	unlink(argv[1]);
	return result;
}

static int do_hardlink(int argc, char **argv)
{
	int result = outcome(link(argv[0], argv[1]));

	if (result == DONE)
		unlink(argv[1]);
	return result;
}

/* mount DIRECTORY: puts a tmpfs there, out of everyone's sight. */
static int do_mount(int argc, char **argv)
{
	private_mounts();
	return outcome(mount("windhover", argv[0], "tmpfs", MS_NOSUID | MS_NODEV, "size=64k"));
}

/* ---- processes ---- */

/* exec PROGRAM: becomes it, without a child. */
static int do_exec(int argc, char **argv)
{
	become(argv);
	return FAILED;
}

/* spawn PROGRAM */
static int do_spawn(int argc, char **argv)
{
	return run(argv);
}

static void drop_to(const char *user)
{
	struct passwd *account = getpwnam(user);
	uid_t uid = account ? account->pw_uid : (uid_t)atol(user);
	gid_t gid = account ? account->pw_gid : (gid_t)atol(user);

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setuid(uid) < 0)
		impossible(user);
}

/* as-user NAME-OR-ID PROGRAM: the child drops all privileges, then becomes PROGRAM. */
static int do_as_user(int argc, char **argv)
{
	pid_t child = fork();

	if (child == 0) {
		drop_to(argv[0]);
		become(argv + 1);
	}
	return child < 0 ? IMPOSSIBLE : wait_for(child);
}

/* setuid NAME-OR-ID */
static int do_setuid(int argc, char **argv)
{
	drop_to(argv[0]);
	return DONE;
}

/* kill SIGNAL: sends it to a child that waits for nothing else. */
static int do_kill(int argc, char **argv)
{
	pid_t child = fork();
	int result;

	if (child == 0)
		for (;;)
			pause();
	if (child < 0)
		impossible("fork");
	result = outcome(kill(child, atoi(argv[0])));
	kill(child, SIGKILL);
	wait_for(child);
	return result;
}

/* ptrace-attach: attaches to a child that did not ask for it, and lets go. */
static int do_ptrace_attach(int argc, char **argv)
{
	pid_t child = fork();
	int result;

	if (child == 0)
		for (;;)
			pause();
	if (child < 0)
		impossible("fork");
	result = outcome(ptrace(PTRACE_ATTACH, child, NULL, NULL));
	if (result == DONE && waitpid(child, NULL, WUNTRACED) == child)
		ptrace(PTRACE_DETACH, child, NULL, NULL);
	kill(child, SIGKILL);
	wait_for(child);
	return result;
}

/* traceme: asks to be traced by whoever started this. */
static int do_traceme(int argc, char **argv)
{
	return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

/* memfd-exec PROGRAM: runs a copy that exists in memory only; PROGRAM must be a path. */
static int do_memfd_exec(int argc, char **argv)
{
	char path[64];
	int fd = memfd_create("action", MFD_CLOEXEC);
	pid_t child;

	if (fd < 0)
		impossible("memfd_create");
	copy_file(argv[0], fd);
	format(path, sizeof(path), "/proc/self/fd/%d", fd);
	child = fork();
	if (child == 0) {
		execv(path, argv);
		_exit(127);
	}
	return child < 0 ? IMPOSSIBLE : wait_for(child);
}

static int run_copy(const char *path, char **argv)
{
	pid_t child = fork();
	int result;

	if (child == 0) {
		execv(path, argv);
		_exit(127);
	}
	result = child < 0 ? IMPOSSIBLE : wait_for(child);
	unlink(path);
	return result;
}

/* exec-copy FILE PROGRAM: copies PROGRAM, a path, to FILE, runs the copy and unlinks it. */
static int do_exec_copy(int argc, char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL, 0755);

	if (fd < 0)
		impossible(argv[0]);
	copy_file(argv[1], fd);
	close(fd); /* else ETXTBSY */
	argv[1] = argv[0]; /* as a shell would call it */
	return run_copy(argv[0], argv + 1);
}

/* exec-script FILE: writes a shell script that does nothing to FILE, runs it by its "#!" line and unlinks it. */
static int do_exec_script(int argc, char **argv)
{
	static const char script[] = "#!/bin/sh\n:\n";
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL, 0755);

	if (fd < 0 || write(fd, script, sizeof(script) - 1) < 0)
		impossible(argv[0]);
	close(fd);
	return run_copy(argv[0], argv);
}

/* with-terminal PROGRAM: runs it as the leader of a session with a terminal of its own. */
static int do_with_terminal(int argc, char **argv)
{
	char discarded[256];
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t child;

	if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
		impossible("terminal");
	child = fork();
	if (child == 0) {
		int end;

		setsid();
		end = open(ptsname(terminal), O_RDWR); /* becomes the controlling terminal */
		for (int stream = 0; stream < 3; stream++)
			dup2(end, stream);
		become(argv);
	}
	if (child < 0)
		impossible("fork");
	while (read(terminal, discarded, sizeof(discarded)) > 0)
		; /* ends with EIO once the last process has closed its side */
	return wait_for(child);
}

/* ---- containers ---- */

/* Cgroup hierarchies in which a container is looked for: the unified one, else these of version 1. */
static const char *const cgroup_roots[] = {
	"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids",
};

/*
 * in-container ID PROGRAM: runs it where a podman container with that id, padded to 64 digits, would run.
 * The cgroup path is all that tells a container's processes from others, so this needs no container engine.
 */
static int do_in_container(int argc, char **argv)
{
	size_t roots = sizeof(cgroup_roots) / sizeof(cgroup_roots[0]), entered = 0;
	char directory[5][160], id[65], processes[192];
	pid_t child;
	int gate[2], result;

	memset(id, '0', 64);
	id[64] = '\0';
	memcpy(id, argv[0], strnlen(argv[0], 64));
	if (pipe2(gate, O_CLOEXEC) < 0)
		impossible("pipe");
	child = fork();
	if (child < 0)
		impossible("fork");
	if (child == 0) {
		char go;

		if (read(gate[0], &go, 1) != 1)
			_exit(IMPOSSIBLE);
		become(argv + 1);
	}
	for (size_t i = 0; i < roots; i++) {
		int fd;

		format(processes, sizeof(processes), "%s/cgroup.procs", cgroup_roots[i]);
		if (access(processes, W_OK) < 0)
			continue;
		format(directory[entered], sizeof(directory[entered]), "%s/libpod-%s.scope", cgroup_roots[i], id);
		if (mkdir(directory[entered], 0755) < 0)
			continue;
		format(processes, sizeof(processes), "%s/cgroup.procs", directory[entered]);
		fd = open(processes, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || dprintf(fd, "%d", child) < 0) {
			rmdir(directory[entered]);
			continue;
		}
		close(fd);
		entered++;
	}
	if (entered > 0 && write(gate[1], "x", 1) != 1)
		entered = 0;
	close(gate[1]);
	close(gate[0]);
	result = wait_for(child);
	for (size_t i = 0; i < entered; i++)
		rmdir(directory[i]);
	return entered > 0 ? result : IMPOSSIBLE;
}

/* exec-upper DIRECTORY PROGRAM [ARGUMENT]: runs a copy that lies in the writable layer of an overlay mounted below DIRECTORY. */
static int do_exec_upper(int argc, char **argv)
{
	static const char *const layers[] = { "lower", "upper", "work", "merged" };
	char path[4][200], options[700], copy[220];

	private_mounts();
	/* An overlay cannot have another overlay as its upper layer, so the layers go on a tmpfs. */
	if (mount("windhover", argv[0], "tmpfs", 0, NULL) < 0)
		impossible("tmpfs");
	for (int i = 0; i < 4; i++) {
		format(path[i], sizeof(path[i]), "%s/%s", argv[0], layers[i]);
		if (mkdir(path[i], 0755) < 0)
			impossible(path[i]);
	}
	format(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", path[0], path[1], path[2]);
	if (mount("overlay", path[3], "overlay", 0, options) < 0)
		impossible("overlay");
	format(copy, sizeof(copy), "%s/dropped", path[3]);
	char *arguments[] = { copy, argv[1], argv[2], NULL };

	return do_exec_copy(2, arguments);
}

/* packet-socket */
static int do_packet_socket(int argc, char **argv)
{
	return outcome(socket(AF_PACKET, SOCK_RAW, htons(0x0003)));
}

/* load-module: offers the kernel something that is no module, which it must refuse. */
static int do_load_module(int argc, char **argv)
{
	static const char nothing[64];

	return syscall(SYS_init_module, nothing, sizeof(nothing), "") < 0 ? DONE : FAILED;
}

/* without-btf PROGRAM: runs it where the kernel's type information cannot be seen. */
static int do_without_btf(int argc, char **argv)
{
	private_mounts();
	if (mount("windhover", "/sys/kernel/btf", "tmpfs", 0, NULL) < 0)
		impossible("/sys/kernel/btf");
	return run(argv);
}

/* ---- network ---- */

/* Gives the loopback interface of a network namespace of our own a further address. */
static void private_network(const char *address)
{
	struct ifreq request = { .ifr_name = "lo" };
	struct sockaddr_in *field = (struct sockaddr_in *)&request.ifr_addr;
	int control;

	if (unshare(CLONE_NEWNET) < 0)
		impossible("network namespace");
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (control < 0 || ioctl(control, SIOCSIFFLAGS, &request) < 0)
		impossible("loopback interface");
	strcpy(request.ifr_name, "lo:1");
	memset(field, 0, sizeof(*field));
	field->sin_family = AF_INET;
	if (inet_pton(AF_INET, address, &field->sin_addr) != 1 || ioctl(control, SIOCSIFADDR, &request) < 0)
		impossible(address);
	close(control);
}

/* Connects to a listener of our own at that address; nothing leaves the host. */
static int connected_socket(const char *address, const char *port)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int listener, client;

	private_network(address);
	inet_pton(AF_INET, address, &peer.sin_addr);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&peer, sizeof(peer)) < 0 || listen(listener, 1) < 0)
		impossible("listener");
	client = socket(AF_INET, SOCK_STREAM, 0);
	if (client < 0 || connect(client, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		return -1;
	return client;
}

/* connect ADDRESS PORT: a TCP connection that succeeds. */
static int do_connect(int argc, char **argv)
{
	return outcome(connected_socket(argv[0], argv[1]));
}

/* stdin-from-network ADDRESS PORT: makes such a connection the standard input. */
static int do_stdin_from_network(int argc, char **argv)
{
	int client = connected_socket(argv[0], argv[1]);

	return client < 0 ? FAILED : outcome(dup2(client, STDIN_FILENO));
}

static char rewritten[4096];

static void *open_rewritten(void *tid)
{
	*(volatile pid_t *)tid = (pid_t)syscall(SYS_gettid);
	return (void *)(intptr_t)open(rewritten, O_RDONLY);
}

/* Waits until a thread sleeps in a call: its state is S and stays that. */
static void wait_asleep(pid_t tid)
{
	char path[64], line[512], state = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	for (int tries = 0; tries < 2000 && state != 'S'; tries++) {
		FILE *file = fopen(path, "re");
		char *end;

		usleep(5000);
		if (!file)
			impossible(path);
		if (fgets(line, sizeof(line), file) && (end = strrchr(line, ')')))
			state = end[2];
		fclose(file);
	}
}

/*
 * open-rewritten FIFO DECOY: opens a FIFO, and has another path in the program's memory when the call returns. The call
 * waits for a writer between its entry and its return, so nothing here depends on luck.
 */
static int do_open_rewritten(int argc, char **argv)
{
	volatile pid_t tid = 0;
	pthread_t thread;
	void *opened;
	int writer;

	(void)argc;
	if (mkfifo(argv[0], 0600) < 0)
		impossible(argv[0]);
	snprintf(rewritten, sizeof(rewritten), "%s", argv[0]);
	if (pthread_create(&thread, NULL, open_rewritten, (void *)&tid) != 0)
		impossible("pthread_create");
	while (!tid)
		usleep(1000);
	wait_asleep(tid);
	snprintf(rewritten, sizeof(rewritten), "%s", argv[1]);
	writer = open(argv[0], O_WRONLY);
	pthread_join(thread, &opened);
	unlink(argv[0]);
	return outcome(writer < 0 ? -1 : (int)(intptr_t)opened);
}

/* read-when FILE GO: opens FILE by its name in the directory it is in, says so, waits until GO exists, and reads then. */
static int do_read_when(int argc, char **argv)
{
	char *name = strrchr(argv[0], '/');
	char byte;
	int file;

	(void)argc;
	if (!name)
		return USAGE;
	*name = 0;
	if (chdir(argv[0]) < 0)
		impossible(argv[0]);
	file = open(name + 1, O_RDONLY);
	if (file < 0)
		return FAILED;
	puts("open");
	fflush(stdout);
	for (int tries = 0; tries < 3000 && access(argv[1], F_OK) < 0; tries++)
		usleep(10000);
	return outcome((int)read(file, &byte, 1));
}

/* ring-open FILE: opens a file by a request on an io_uring, without a call for it. */
static int do_ring_open(int argc, char **argv)
{
	struct io_uring_params params = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);
	struct io_uring_sqe *entries;
	size_t submission;
	char *queue;

	if (ring < 0)
		impossible("io_uring_setup");
	submission = params.sq_off.array + params.sq_entries * sizeof(unsigned int);
	queue = mmap(NULL, submission, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	entries = mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
		       IORING_OFF_SQES);
	if (queue == MAP_FAILED || entries == MAP_FAILED)
		impossible("mmap");
	memset(entries, 0, sizeof(*entries));
	entries->opcode = IORING_OP_OPENAT;
	entries->fd = AT_FDCWD;
	entries->addr = (uintptr_t)argv[0];
	entries->open_flags = O_RDONLY;
	((unsigned int *)(queue + params.sq_off.array))[0] = 0;
	*(unsigned int *)(queue + params.sq_off.tail) = 1;
	return outcome((int)syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1 ? 0 : -1);
}

/* write-child: copies a byte into the memory of a child, without ptrace. */
static int do_write_child(int argc, char **argv)
{
	static char place = 'a';
	char byte = 'b';
	struct iovec from = { &byte, 1 }, to = { &place, 1 };
	pid_t child = fork();
	int result;

	if (child == 0)
		for (;;)
			pause();
	if (child < 0)
		impossible("fork");
	result = outcome((int)process_vm_writev(child, &from, 1, &to, 1, 0));
	kill(child, SIGKILL);
	wait_for(child);
	return result;
}

/* mount-cgroup DIRECTORY: mounts a cgroup hierarchy, as a way out of a container begins. */
static int do_mount_cgroup(int argc, char **argv)
{
	private_mounts();
	return outcome(mount("cgroup", argv[0], "cgroup", 0, "none,name=windhover-test"));
}

struct command {
	const char *name;
	int arguments; /* the fewest it takes */
	int (*perform)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "as-user", 2, do_as_user },
	{ "blind", 1, do_blind },
	{ "chmod", 2, do_chmod },
	{ "clear-new-log", 1, do_clear_new_log },
	{ "connect", 2, do_connect },
	{ "creat", 1, do_creat },
	{ "detach", 1, do_detach },
	{ "exec", 1, do_exec },
	{ "exec-copy", 2, do_exec_copy },
	{ "exec-script", 1, do_exec_script },
	{ "exec-upper", 2, do_exec_upper },
	{ "hardlink", 2, do_hardlink },
	{ "in-container", 2, do_in_container },
	{ "kill", 1, do_kill },
	{ "leftovers", 0, do_leftovers },
	{ "load-module", 0, do_load_module },
	{ "memfd-exec", 1, do_memfd_exec },
	{ "mkdir", 1, do_mkdir },
	{ "mount", 1, do_mount },
	{ "mount-cgroup", 1, do_mount_cgroup },
	{ "open-rewritten", 2, do_open_rewritten },
	{ "packet-socket", 0, do_packet_socket },
	{ "ptrace-attach", 0, do_ptrace_attach },
	{ "read", 1, do_read },
	{ "read-after", 2, do_read_after },
	{ "read-when", 2, do_read_when },
	{ "rename", 2, do_rename },
	{ "ring-open", 1, do_ring_open },
	{ "setuid", 1, do_setuid },
	{ "spawn", 1, do_spawn },
	{ "stdin-from-network", 2, do_stdin_from_network },
	{ "symlink", 2, do_symlink },
	{ "traceme", 0, do_traceme },
	{ "truncate", 1, do_truncate },
	{ "unlink", 1, do_unlink },
	{ "with-terminal", 1, do_with_terminal },
	{ "without-btf", 1, do_without_btf },
	{ "write", 1, do_write },
	{ "write-child", 0, do_write_child },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, argv[1]) == 0 && argc - 2 >= commands[i].arguments)
			return commands[i].perform(argc - 2, argv + 2);
	fprintf(stderr, "usage: %s COMMAND [ARGUMENT...], COMMAND (number of arguments) being one of", argv[0]);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, " %s (%d)", commands[i].name, commands[i].arguments);
	fprintf(stderr, "\n");
	return USAGE;
}
