/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Files of /proc/TGID/task/TID, each read once per stop and only if somebody asks. The thread is stopped, so that its
 * number cannot be given to another while we look.
 */
#ifndef WH_TRACEE_PROC_H
#define WH_TRACEE_PROC_H

#include "platform.h"
#include "tracee_pidfd.h"

enum {
	WH_PROC_PATH = 96,
	WH_PROC_TEXT = 8192,		/* of a file that is read whole; what is behind is not looked at */
};

/*
 * Where a file below the thread's directory is: a directory descriptor, and the path from there in `*name`. Without a
 * descriptor the whole path is made in `room`.
 */
WH_INLINE int wh_proc_place(struct wh_tracee *tracee, const char **name, char room[WH_PROC_PATH])
{
	if (tracee->proc < 0) {
		if (tracee->is_alone)
			snprintf(room, WH_PROC_PATH, "/proc/%d", tracee->tgid);
		else
			snprintf(room, WH_PROC_PATH, "/proc/%d/task/%d", tracee->tgid, tracee->tid);
		tracee->proc = open(room, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (tracee->proc >= 0)
		return tracee->proc;
	snprintf(room, WH_PROC_PATH, "/proc/%d/task/%d/%s", tracee->tgid, tracee->tid, *name);
	*name = room;
	return AT_FDCWD;
}

/* "fd/12" without the price of snprintf: it is part of every open. */
WH_INLINE const char *wh_descriptor_name(char name[24], int64_t descriptor)
{
	char *at = name + 23;

	*at = 0;
	do {
		*--at = (char)('0' + descriptor % 10);
		descriptor /= 10;
	} while (descriptor && at > name + 3);
	*--at = '/';
	*--at = 'd';
	*--at = 'f';
	return at;
}

WH_INLINE int wh_proc_open(const char *name)
{
	char room[WH_PROC_PATH];
	int directory = wh_proc_place(wh_task.tracee, &name, room);

	return openat(directory, name, O_RDONLY | O_CLOEXEC);
}

/*
 * Reads a file of /proc by one call, as far as it fits, and ends it with a NUL; its length, 0 if there is none. All that
 * is read here is made in one piece: no second call is needed to see its end.
 */
WH_INLINE size_t wh_read_descriptor(int descriptor, char *text, size_t size)
{
	ssize_t length = 0;

	if (descriptor >= 0) {
		length = read(descriptor, text, size - 1);
		if (length < 0)
			length = 0;
		close(descriptor);
	}
	text[length] = 0;
	return length;
}

WH_INLINE size_t wh_proc_read(const char *name, char *text, size_t size)
{
	return wh_read_descriptor(wh_proc_open(name), text, size);
}

/*
 * The same for a file that is asked for at each fork, and at each exec: from its second reading on it stays open, because
 * opening and closing it cost as much as reading it. Read from its start, it is made anew.
 */
WH_INLINE size_t wh_proc_read_kept(uint32_t which, const char *name, char *text, size_t size)
{
	struct wh_tracee *tracee = wh_task.tracee;
	ssize_t length = 0;

	if (!tracee->was_read[which]) {
		tracee->was_read[which] = true;
		return wh_proc_read(name, text, size);
	}
	if (tracee->kept[which] < 0)
		tracee->kept[which] = wh_proc_open(name);
	if (tracee->kept[which] >= 0)
		length = pread(tracee->kept[which], text, size - 1, 0);
	if (length < 0)
		length = 0;
	text[length] = 0;
	return length;
}

/* Where a magic link of /proc leads, with its NUL; the length without it, 0 if there is no telling. */
WH_INLINE size_t wh_proc_link(const char *name, char *text, size_t size)
{
	char room[WH_PROC_PATH];
	int directory = wh_proc_place(wh_task.tracee, &name, room);
	ssize_t length = readlinkat(directory, name, text, size - 1);

	if (length < 0 || (size_t)length >= size - 1)
		length = 0;
	text[length] = 0;
	return length;
}

/* What a magic link leads to. Never asks a file server (FUSE, NFS) that might be in no hurry to answer. */
WH_INLINE bool wh_proc_statx(const char *name, uint32_t mask, struct statx *out)
{
	char room[WH_PROC_PATH];
	int directory = wh_proc_place(wh_task.tracee, &name, room);

	return statx(directory, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, mask, out) == 0;
}

/* A whole number of either sign; where it ends, or NULL if there is none. */
WH_INLINE const char *wh_parse_number(const char *at, uint64_t *out)
{
	const bool is_negative = *at == '-';
	uint64_t value = 0;

	at += is_negative;
	if (*at < '0' || *at > '9')
		return NULL;
	for (; *at >= '0' && *at <= '9'; at++)
		value = 10 * value + (uint64_t)(*at - '0');
	*out = is_negative ? -value : value;
	return at;
}

/* Numbers of another thread's stat line, or of the own one's. */
static __attribute__((noinline, unused)) bool wh_parse_numbers(const char *text, struct wh_task_numbers *out)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')'), *at;
	uint64_t fields[53] = {};
	uint32_t index;

	if (!open || !close || close < open || close[1] != ' ')
		return false;
	out->name_length = close - open - 1 < 15 ? close - open - 1 : 15;
	memcpy(out->name, open + 1, out->name_length);
	out->name[out->name_length] = 0;
	out->state = close[2];
	at = close + 3;
	/* Field 4 is the first behind the state; they are numbered as in proc(5). */
	for (index = 4; index <= 52 && *at; index++) {
		at = wh_parse_number(at + (*at == ' '), &fields[index]);
		if (!at)
			return false;
	}
	out->parent = fields[4];
	out->group = fields[5];
	out->terminal = fields[7];
	out->flags = fields[9];
	out->minor_faults = fields[10];
	out->major_faults = fields[12];
	out->start_ticks = fields[22];
	out->size_bytes = fields[23];
	out->resident_pages = fields[24];
	out->pending = fields[31];
	out->arguments_start = fields[48];
	out->arguments_end = fields[49];
	out->environment_start = fields[50];
	out->environment_end = fields[51];
	return index > 24;
}

/* Never NULL: what is not known is zero. */
WH_INLINE struct wh_task_numbers *wh_numbers(void)
{
	if (wh_task.numbers_asked == WH_NOT_ASKED) {
		char text[1024];
		bool found = wh_proc_read_kept(WH_KEPT_STAT, "stat", text, sizeof(text)) &&
			     wh_parse_numbers(text, &wh_task.numbers);

		if (!found)
			memset(&wh_task.numbers, 0, sizeof(wh_task.numbers));
		wh_task.numbers_asked = found ? WH_FOUND : WH_MISSING;
		if (wh_task.leaves_twin) {
			wh_twin.numbers = wh_task.numbers;
			wh_twin.has_numbers = found;
		}
	}
	return &wh_task.numbers;
}

/* The last number of a line; `count` tells how many there are. */
WH_INLINE int64_t wh_last_number(const char *line, uint32_t *count)
{
	int64_t last = 0;
	uint32_t found = 0;

	while (*line && *line != '\n' && found < WH_PID_LEVELS) {
		char *end;
		int64_t value = strtoll(line, &end, 10);

		if (end == line)
			break;
		last = value;
		found++;
		line = end;
		while (*line == '\t' || *line == ' ')
			line++;
	}
	if (count)
		*count = found;
	return last;
}

WH_INLINE bool wh_begins(const char *line, const char *key)
{
	return strncmp(line, key, strlen(key)) == 0;
}

static __attribute__((noinline, unused)) void wh_parse_status(char *text, struct wh_task_status *out)
{
	char *line, *next;
	uint64_t ids[4];
	int i;

	/* The first line is the name, which the task chooses: control characters in it are escaped. */
	for (line = text; line && *line; line = next) {
		char *value = strchr(line, ':');

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (!value || (next && value > next))
			continue;
		do
			value++;
		while (*value == '\t' || *value == ' ');
		if (wh_begins(line, "NSpid:")) {
			out->own_task = wh_last_number(value, &out->levels);
		} else if (wh_begins(line, "NStgid:")) {
			out->own_process = wh_last_number(value, NULL);
		} else if (wh_begins(line, "NSpgid:")) {
			out->group = strtoll(value, NULL, 10);
			out->own_group = wh_last_number(value, NULL);
		} else if (wh_begins(line, "Uid:") || wh_begins(line, "Gid:")) {
			char *at = value;

			for (i = 0; i < 4; i++)
				ids[i] = strtoul(at, &at, 10);
			if (line[0] == 'U') {
				out->euid = ids[1];
				out->fsuid = ids[3];
			} else {
				out->egid = ids[1];
				out->fsgid = ids[3];
			}
		} else if (wh_begins(line, "Groups:")) {
			char *at = value;

			out->has_groups = true;
			while (out->group_count < WH_STATUS_GROUPS) {
				char *end;
				uint64_t group = strtoul(at, &end, 10);

				if (end == at)
					break;
				out->groups[out->group_count++] = group;
				at = end;
			}
		} else if (wh_begins(line, "CapInh:")) {
			out->inheritable = strtoull(value, NULL, 16);
		} else if (wh_begins(line, "CapPrm:")) {
			out->permitted = strtoull(value, NULL, 16);
		} else if (wh_begins(line, "CapEff:")) {
			out->effective = strtoull(value, NULL, 16);
		} else if (wh_begins(line, "VmSwap:")) {
			out->swap_kib = strtoull(value, NULL, 10);
		}
	}
}

/* Whether the machine has swapped anything, asked once a second. */
WH_INLINE bool wh_swap_is_used(void)
{
	static __thread time_t asked_at = -1;
	static __thread bool is_used;
	struct sysinfo system;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec != asked_at) {
		asked_at = now.tv_sec;
		is_used = sysinfo(&system) != 0 || system.totalswap != system.freeswap;
	}
	return is_used;
}

/* What an earlier fork of the same thread has read. Others may have put it into another process group meanwhile. */
WH_INLINE bool wh_recall_status(void)
{
	pid_t tid = wh_task.tracee->tid, group;
	uint32_t i;

	for (i = 0; i < WH_FORKERS && wh_forkers.known[i].tid != tid; i++)
		;
	if (i == WH_FORKERS || wh_swap_is_used())
		return false;
	group = getpgid(tid);
	if (group < 0)
		return false;
	wh_task.status = wh_forkers.known[i].status;
	wh_task.status.group = wh_task.status.own_group = group;
	return true;
}

WH_INLINE void wh_forget_status(pid_t tid)
{
	uint32_t i;

	for (i = 0; i < WH_FORKERS; i++)
		if (wh_forkers.known[i].tid == tid)
			wh_forkers.known[i].tid = 0;
}

WH_INLINE void wh_keep_status(void)
{
	uint32_t i = wh_forkers.oldest;

	wh_forget_status(wh_task.tracee->tid);
	wh_forkers.oldest = (i + 1) % WH_FORKERS;
	wh_forkers.known[i].tid = wh_task.tracee->tid;
	wh_forkers.known[i].status = wh_task.status;
}

WH_INLINE bool wh_read_status(struct wh_task_status *out)
{
	char text[WH_PROC_TEXT];
	size_t length = wh_proc_read("status", text, sizeof(text));

	memset(out, 0, sizeof(*out));
	if (length)
		wh_parse_status(text, out);
	return length != 0;
}

/* Never NULL: what is not known is zero. */
WH_INLINE struct wh_task_status *wh_status(void)
{
	const bool lasts = wh_task.leaves_twin && wh_task.stop->sees_identity;
	bool found;

	if (wh_task.status_asked != WH_NOT_ASKED)
		return &wh_task.status;
	if (lasts && wh_recall_status()) {
		wh_task.status_asked = WH_FOUND;
	} else {
		found = (wh_task.stop->sees_identity && !wh_swap_is_used() && wh_status_by_pidfd(&wh_task.status)) ||
			wh_read_status(&wh_task.status);
		wh_task.status_asked = found ? WH_FOUND : WH_MISSING;
		if (lasts && found && wh_task.status.levels == 1)
			wh_keep_status();
	}
	if (wh_task.leaves_twin)
		wh_twin.status = wh_task.status;
	return &wh_task.status;
}

/* The same with the supplementary groups, which only the file tells. */
WH_INLINE struct wh_task_status *wh_status_with_groups(void)
{
	struct wh_task_status *status = wh_status(), read;

	if (!status->has_groups && wh_task.status_asked == WH_FOUND && wh_read_status(&read)) {
		memcpy(status->groups, read.groups, sizeof(read.groups));
		status->group_count = read.group_count;
		status->has_groups = true;
	}
	return status;
}

#endif
