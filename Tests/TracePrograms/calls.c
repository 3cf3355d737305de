/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call of each family in a folder of its own, and what is true of them in the file "facts": KEY=VALUE lines, as the
 * calls themselves and fstat(2), getsockname(2) and the like say it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static FILE *facts;

static void files(void)
{
	char text[16];
	struct stat status;
	int file, folder;

	CHECK((file = openat(AT_FDCWD, "made", O_CREAT | O_RDWR | O_TRUNC, 0640)) >= 0);
	CHECK(fstat(file, &status) == 0);
	fprintf(facts, "made.fd=%d\nmade.ino=%llu\n", file, (unsigned long long)status.st_ino);
	CHECK(write(file, "hello", 5) == 5 && lseek(file, 0, SEEK_SET) == 0 && read(file, text, sizeof(text)) == 5);
	CHECK(fchmod(file, 0600) == 0 && fchown(file, 0, 0) == 0);
	close(file);
	CHECK(openat(AT_FDCWD, "missing", O_RDONLY) < 0);
	CHECK(symlinkat("made", AT_FDCWD, "link") == 0);
	CHECK((file = openat(AT_FDCWD, "link", O_RDONLY)) >= 0);
	close(file);
	CHECK((file = creat("runnable", 0755)) >= 0);
	close(file);
	CHECK(mkdirat(AT_FDCWD, "folder", 0755) == 0);
	CHECK((folder = openat(AT_FDCWD, "folder", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK(renameat(AT_FDCWD, "made", folder, "moved") == 0);
	CHECK(linkat(folder, "moved", AT_FDCWD, "other", 0) == 0);
	CHECK(fchmodat(folder, "moved", 0644, 0) == 0);
	CHECK(unlinkat(folder, "moved", 0) == 0);
	close(folder);
}

static void errors(void)
{
	struct sockaddr_in nobody = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int socket_;

	CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK(kill(getpid(), 99) < 0);
	CHECK((socket_ = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	CHECK(connect(socket_, (struct sockaddr *)&nobody, sizeof(nobody)) < 0);
	close(socket_);
}

static void connections(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, own;
	socklen_t size = sizeof(address), own_size = sizeof(own);
	int listener, client, server;
	char text[16];

	CHECK((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	/* A port that the kernel picks leaves no trace in the bind: two binds, the second one with the number. */
	CHECK(bind(listener, (struct sockaddr *)&address, size) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	close(listener);
	CHECK((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	CHECK(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0);
	CHECK((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	CHECK(connect(client, (struct sockaddr *)&address, size) == 0);
	CHECK((server = accept4(listener, NULL, NULL, 0)) >= 0);
	CHECK(getsockname(client, (struct sockaddr *)&own, &own_size) == 0);
	fprintf(facts, "client.port=%d\nserver.port=%d\nclient.fd=%d\n", ntohs(own.sin_port), ntohs(address.sin_port), client);

	CHECK(sendto(client, "question", 8, 0, NULL, 0) == 8);
	CHECK(recvfrom(server, text, sizeof(text), 0, NULL, NULL) == 8);
	/* The C library may call ppoll. */
	struct pollfd watched[] = { { client, POLLOUT, 0 }, { server, POLLOUT, 0 } };

	CHECK(poll(watched, 2, 0) == 2);
	close(client);
	close(server);
	close(listener);
}

/* A log as syslog(3) has it, below this folder. */
static void log_line(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "dev/log" };
	int reader, writer;

	CHECK(mkdir("dev", 0755) == 0);
	CHECK((reader = socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0 && (writer = socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0);
	CHECK(getcwd(address.sun_path, sizeof(address.sun_path) - 10) && strcat(address.sun_path, "/dev/log"));
	CHECK(bind(reader, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(connect(writer, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(write(writer, "<13>line", 8) == 8);
	close(reader);
	close(writer);
}

static void *named_thread(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, "a-thread", 0, 0, 0);
	fprintf(facts, "thread.tid=%d\n", gettid());
	CHECK(mkdir("by-thread", 0700) == 0);
	return NULL;
}

int calls(const char *folder)
{
	pthread_t thread;
	pid_t child;

	CHECK(chdir(folder) == 0);
	CHECK((facts = fopen("facts", "we")) != NULL);
	fprintf(facts, "pid=%d\nppid=%d\nuid=%d\ngid=%d\nsid=%d\npgid=%d\n", getpid(), getppid(), geteuid(), getegid(), getsid(0),
		getpgid(0));
	files();
	errors();
	connections();
	log_line();
	CHECK(pthread_create(&thread, NULL, named_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		CHECK(setsid() > 0);
		execl("/proc/self/exe", "renamed", "exit", "0", (char *)NULL);
		_exit(1);
	}
	fprintf(facts, "child=%d\n", child);
	CHECK(waitpid(child, NULL, 0) == child);
	fclose(facts);
	return 0;
}
