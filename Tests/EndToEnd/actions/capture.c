/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "capture.h"

#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, IMPOSSIBLE = 3, LINKS_MAX = 256, PROGRAMS_MAX = 4096 };

static int impossible(const char *what)
{
	fprintf(stderr, "actions: %s: %s\n", what, strerror(errno));
	return IMPOSSIBLE;
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* Whether a descriptor of a process is of this kind, such as "anon_inode:bpf-map". */
static bool is_kind(const char *pid, const char *number, const char *kind)
{
	char path[512], target[256];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, number);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = 0;
	return strcmp(target, kind) == 0;
}

static bool is_program_array(int map, uint32_t *entries)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = (uint32_t)map;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	*entries = 0;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 || info.type != BPF_MAP_TYPE_PROG_ARRAY)
		return false;
	*entries = info.max_entries;
	return true;
}

int do_blind(int argc, char **argv)
{
	char path[64];
	int pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[0]), 0), emptied = 0;
	struct dirent *entry;
	DIR *folder;

	(void)argc;
	snprintf(path, sizeof(path), "/proc/%s/fd", argv[0]);
	folder = opendir(path);
	if (pidfd < 0 || !folder)
		return impossible(path);
	while ((entry = readdir(folder))) {
		uint32_t entries;
		int map;

		if (!is_kind(argv[0], entry->d_name, "anon_inode:bpf-map"))
			continue;
		map = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(entry->d_name), 0);
		if (map < 0)
			return impossible("pidfd_getfd");
		if (is_program_array(map, &entries)) {
			for (uint32_t key = 0; key < entries; key++) {
				union bpf_attr attr = { .map_fd = (uint32_t)map, .key = (uint64_t)(uintptr_t)&key };

				if (bpf(BPF_MAP_DELETE_ELEM, &attr) == 0)
					emptied++;
			}
		}
		close(map);
	}
	closedir(folder);
	printf("emptied %d\n", emptied);
	return emptied > 0 ? DONE : FAILED;
}

#if defined(__x86_64__)
enum { STOP_OF_CALL = SIGTRAP | 0x80 };

/*
 * Brings an attached process to the entry of its next system call, wherever it was stopped, and takes that call back:
 * behind the instruction pointer then stands a system call instruction for certain. Tells the registers at the entry.
 */
static bool stop_at_call(pid_t pid, struct user_regs_struct *entry)
{
	struct user_regs_struct nothing;
	int status, signal = 0;

	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD) < 0)
		return false;
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, signal) < 0 || waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
			return false;
		if (WSTOPSIG(status) == STOP_OF_CALL)
			break;
		signal = WSTOPSIG(status);
	}
	if (ptrace(PTRACE_GETREGS, pid, NULL, entry) < 0)
		return false;
	nothing = *entry;
	nothing.orig_rax = ~0ull;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &nothing) < 0 || ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
		return false;
	return waitpid(pid, &status, 0) >= 0 && WIFSTOPPED(status) && WSTOPSIG(status) == STOP_OF_CALL;
}

/* Lets a process that `stop_at_call` stopped make one call. */
static long inject_close(pid_t pid, int descriptor, const struct user_regs_struct *entry)
{
	struct user_regs_struct registers = *entry;
	int status;

	registers.rip = entry->rip - 2;
	registers.rax = SYS_close;
	registers.orig_rax = ~0ull;
	registers.rdi = (unsigned)descriptor;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0 || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0)
		return -1;
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
		return -1;
	return (long)registers.rax;
}

/* Lets the call that was taken back begin anew. */
static bool resume_call(pid_t pid, const struct user_regs_struct *entry)
{
	struct user_regs_struct registers = *entry;

	registers.rip = entry->rip - 2;
	registers.rax = entry->orig_rax;
	registers.orig_rax = ~0ull;
	return ptrace(PTRACE_SETREGS, pid, NULL, &registers) == 0 && ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0;
}

int do_detach(int argc, char **argv)
{
	pid_t pid = atoi(argv[0]);
	int links[LINKS_MAX], count = 0, closed = 0, status;
	struct user_regs_struct registers;
	char path[64];
	struct dirent *entry;
	DIR *folder;

	(void)argc;
	snprintf(path, sizeof(path), "/proc/%s/fd", argv[0]);
	folder = opendir(path);
	if (!folder)
		return impossible(path);
	while ((entry = readdir(folder)) && count < LINKS_MAX) {
		char kind[64] = "anon_inode:bpf_link";

		if (is_kind(argv[0], entry->d_name, kind) || is_kind(argv[0], entry->d_name, "anon_inode:bpf-link"))
			links[count++] = atoi(entry->d_name);
	}
	closedir(folder);
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) < 0)
		return impossible("ptrace");
	if (!stop_at_call(pid, &registers))
		return impossible("ptrace");
	for (int i = 0; i < count; i++)
		if (inject_close(pid, links[i], &registers) == 0)
			closed++;
	if (!resume_call(pid, &registers))
		return impossible("ptrace");
	printf("closed %d of %d\n", closed, count);
	return closed > 0 && closed == count ? DONE : FAILED;
}
#else
int do_detach(int argc, char **argv)
{
	(void)argc, (void)argv;
	errno = ENOSYS;
	return impossible("detach");
}
#endif

/* Programs of ours by their names: dispatchers, events at return, at entry, and at tracepoints. */
static bool is_ours(const char *name)
{
	return strncmp(name, "wh_", 3) == 0 || strncmp(name, "x_", 2) == 0 || strncmp(name, "e_", 2) == 0 ||
	       strncmp(name, "t_", 2) == 0;
}

static int our_programs(uint32_t *ids, char (*names)[BPF_OBJ_NAME_LEN], int size)
{
	union bpf_attr next = { 0 };
	int count = 0;

	while (count < size && bpf(BPF_PROG_GET_NEXT_ID, &next) == 0) {
		struct bpf_prog_info info = { 0 };
		union bpf_attr attr = { .prog_id = next.next_id };
		int program = bpf(BPF_PROG_GET_FD_BY_ID, &attr);

		next.start_id = next.next_id;
		if (program < 0)
			continue;
		memset(&attr, 0, sizeof(attr));
		attr.info.bpf_fd = (uint32_t)program;
		attr.info.info_len = sizeof(info);
		attr.info.info = (uint64_t)(uintptr_t)&info;
		if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 && is_ours(info.name)) {
			memcpy(names[count], info.name, BPF_OBJ_NAME_LEN);
			ids[count++] = info.id;
		}
		close(program);
	}
	return count;
}

/* Marks the programs that some process has a descriptor of, by setting their id to 0. */
static void strike_held(uint32_t *ids, int count)
{
	DIR *processes = opendir("/proc");
	struct dirent *process;

	while (processes && (process = readdir(processes))) {
		char path[512];
		struct dirent *entry;
		DIR *folder;

		if (process->d_name[0] < '0' || process->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fd", process->d_name);
		folder = opendir(path);
		while (folder && (entry = readdir(folder))) {
			unsigned id = 0;
			char line[128];
			FILE *file;

			if (!is_kind(process->d_name, entry->d_name, "anon_inode:bpf-prog"))
				continue;
			snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", process->d_name, entry->d_name);
			file = fopen(path, "re");
			while (file && fgets(line, sizeof(line), file))
				if (sscanf(line, "prog_id: %u", &id) == 1)
					break;
			if (file)
				fclose(file);
			for (int i = 0; id && i < count; i++)
				if (ids[i] == id)
					ids[i] = 0;
		}
		if (folder)
			closedir(folder);
	}
	if (processes)
		closedir(processes);
}

int do_leftovers(int argc, char **argv)
{
	static uint32_t ids[PROGRAMS_MAX];
	static char names[PROGRAMS_MAX][BPF_OBJ_NAME_LEN];
	int left = 0;

	(void)argc, (void)argv;
	/* The kernel frees programs a moment after their last descriptor went, and others may be starting right now. */
	for (int attempt = 0; attempt < 10; attempt++) {
		int count = our_programs(ids, names, PROGRAMS_MAX);

		strike_held(ids, count);
		left = 0;
		for (int i = 0; i < count; i++)
			left += ids[i] != 0;
		printf("%d programs of this kind, %d held by nobody\n", count, left);
		if (left == 0)
			return DONE;
		usleep(500000);
	}
	for (int i = 0; i < PROGRAMS_MAX; i++)
		if (ids[i])
			fprintf(stderr, "left behind: %.*s (program %u)\n", BPF_OBJ_NAME_LEN, names[i], ids[i]);
	return FAILED;
}
