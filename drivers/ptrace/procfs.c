/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number of /proc/TID/status; -1 if the thread or the line is not there. */
static pid_t status_number(pid_t tid, const char *key)
{
	char path[40], text[4096];
	const char *line;
	ssize_t size;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	size = read(file, text, sizeof(text) - 1);
	close(file);
	if (size <= 0)
		return -1;
	text[size] = '\0';
	line = strstr(text, key);
	return line ? (pid_t)strtol(line + strlen(key), NULL, 10) : -1;
}

/* With the newline: the first line is the name, which its thread chooses. It holds no newline unescaped. */
pid_t wh_proc_process(pid_t tid)
{
	pid_t process = status_number(tid, "\nTgid:");

	return process > 0 ? process : 0;
}

pid_t wh_proc_tracer(pid_t tid) { return status_number(tid, "\nTracerPid:"); }

int wh_proc_threads(pid_t process, void (*visit)(pid_t tid, void *context), void *context)
{
	char path[40];
	struct dirent *entry;
	int count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", process);
	folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((entry = readdir(folder)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		visit((pid_t)strtol(entry->d_name, NULL, 10), context);
		count++;
	}
	closedir(folder);
	return count;
}

void wh_proc_children(pid_t process, pid_t tid, void (*visit)(pid_t child, void *context), void *context)
{
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", process, tid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%d", &child) == 1)
		visit(child, context);
	fclose(file);
}
