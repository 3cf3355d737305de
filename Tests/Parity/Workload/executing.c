/* SPDX-License-Identifier: Apache-2.0 */
/* exec: every way that succeeds, every way that fails. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

static char long_argument[3000];

static int plain(void) { return (int)start_program("leaf"); }

static int at_descriptor(void)
{
	char *arguments[] = { "by descriptor", "leaf", "", "third argument", NULL };
	long d = need(call(openat, AT_FDCWD, "program", O_PATH, 0));

	return (int)call(execveat, d, "", arguments, NULL, AT_EMPTY_PATH);
}

static int at_directory(void)
{
	char *arguments[] = { "./program", "leaf", NULL };
	long d = need(call(openat, AT_FDCWD, "/mnt", O_RDONLY | O_DIRECTORY, 0));

	return (int)call(execveat, d, "program", arguments, arguments, 0);
}

static int with_much(void)
{
	char *arguments[] = { "program", "leaf", long_argument, long_argument, NULL };

	return (int)call(execve, "./program", arguments, arguments);
}

static int by_symlink(void)
{
	char *arguments[] = { "program", "leaf", NULL };

	call(symlinkat, "program", AT_FDCWD, "alias");
	return (int)call(execve, "alias", arguments, NULL);
}

static int by_script(void)
{
	char *arguments[] = { "script", "ignored", NULL };
	long d = need(call(openat, AT_FDCWD, "script", O_WRONLY | O_CREAT, 0755));

	call(write, d, "#!/mnt/program leaf\n", 20);
	call(close, d);
	return (int)call(execve, "/mnt/script", arguments, NULL);
}

static int from_memory(void)
{
	char *arguments[] = { "memory", "leaf", NULL };
	static char buffer[65536];
	long from = need(call(openat, AT_FDCWD, "program", O_RDONLY, 0));
	long to = need(call(memfd_create, "image", 1));
	long count;

	while ((count = need(call(read, from, buffer, sizeof(buffer)))) > 0)
		need(call(write, to, buffer, count));
	return (int)call(execveat, to, "", arguments, NULL, AT_EMPTY_PATH);
}

static int removed_while_running(void)
{
	call(linkat, AT_FDCWD, "program", AT_FDCWD, "soon gone", 0);
	return (int)start_program("leaf");
}

static int from_a_thread_body(void *unused)
{
	(void)unused;
	wait_for_starter();
	return (int)start_program("leaf");
}

/* The new image keeps the id of the group's leader, which waits without a call until the exec takes it away. */
static int from_a_thread(void)
{
	in_thread(from_a_thread_body, NULL);
	return 1;
}

static void failing(void)
{
	char *arguments[] = { "nothing", "a", "bc", NULL };
	char *many[40];
	long d;
	int i;

	for (i = 0; i < 39; i++)
		many[i] = "word";
	many[39] = NULL;
	call(execve, "/no/such/program", arguments, arguments);
	call(execve, "/mnt", arguments, NULL);
	call(execve, NOWHERE, arguments, NULL);
	call(execve, "program", NOWHERE, NOWHERE);
	call(execve, "", many, many);
	call(execveat, AT_FDCWD, "missing", arguments, NULL, 0);
	call(execveat, 99, "missing", arguments, NULL, AT_SYMLINK_NOFOLLOW);
	d = need(call(openat, AT_FDCWD, "no image", O_WRONLY | O_CREAT, 0755));
	call(write, d, "nothing to run", 14);
	call(close, d);
	call(execve, "no image", arguments, NULL);
	call(fchmodat, AT_FDCWD, "no image", 0644, 0);
	call(execve, "no image", arguments, NULL);
}

void executing(void)
{
	memset(long_argument, 'L', sizeof(long_argument) - 1);
	in_child(plain);
	in_child(at_descriptor);
	in_child(at_directory);
	in_child(with_much);
	in_child(by_symlink);
	in_child(by_script);
	in_child(from_memory);
	in_child(removed_while_running);
	in_child(from_a_thread);
	failing();
}
