/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The control groups of the thread as the kernel drivers write them: one entry per controller, with the path of the
 * group in which the controller works, which is that of an ancestor where the controller is not enabled further down.
 */
#ifndef WH_TRACEE_CGROUPS_H
#define WH_TRACEE_CGROUPS_H

#include "tracee_proc.h"

enum {
	WH_CONTROLLERS = 5,
	WH_CGROUP_COMPONENTS = 6,	/* of deep groups the last ones */
	WH_CGROUP_PATH = 1024,
	WH_CGROUP_TEXT = WH_CONTROLLERS * (WH_CGROUP_PATH + 16),
	WH_CGROUP_DEPTH = 32,
	WH_CGROUPS_KNOWN = 8,
	WH_CGROUPS_AGE = 2,		/* seconds; controllers are enabled and disabled rarely */
};

/* As the kernel calls a controller, and as /proc does. */
static const struct {
	const char *symbol, *name, *unified_name;
} wh_controllers[WH_CONTROLLERS] = {
	{ "cpuset", "cpuset", "cpuset" },
	{ "cpu", "cpu", "cpu" },
	{ "cpuacct", "cpuacct", NULL },		/* works in the root only of a unified hierarchy */
	{ "io", "blkio", "io" },
	{ "memory", "memory", "memory" },
};

/*
 * The groups of the last few files that were read.
 * @id: the group that the unified hierarchy, and no other, has for it: the kernel tells that of a process without a file,
 *	and never gives it to another; 0 if it is not known
 */
static __thread struct wh_known_cgroups {
	struct {
		uint64_t id;
		char file[WH_CGROUP_PATH];
		uint32_t length;
		int64_t read_at;
		uint8_t text[WH_CGROUP_TEXT];
	} known[WH_CGROUPS_KNOWN];
	uint32_t oldest;
} *wh_cgroups;

/* Whether a list of words, blanks or commas between them, has one. */
WH_INLINE bool wh_has_word(const char *list, size_t length, const char *word)
{
	size_t wanted = strlen(word), at = 0;

	while (at < length) {
		size_t end = at;

		while (end < length && list[end] != ' ' && list[end] != ',' && list[end] != '\n')
			end++;
		if (end - at == wanted && memcmp(list + at, word, wanted) == 0)
			return true;
		at = end + 1;
	}
	return false;
}

/* Whether the kernel has a controller at all. Since 6.14 the first file leaves out those without a hierarchy of their own. */
WH_INLINE bool wh_is_controller(const char *name)
{
	static __thread char text[2048], unified[512];
	static __thread bool is_read;
	const char *line;
	size_t length = strlen(name);

	if (!is_read) {
		is_read = true;
		wh_read_descriptor(open("/proc/cgroups", O_RDONLY | O_CLOEXEC), text, sizeof(text));
		wh_read_descriptor(open("/sys/fs/cgroup/cgroup.controllers", O_RDONLY | O_CLOEXEC), unified, sizeof(unified));
	}
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == '\t')
			return true;
	}
	return wh_has_word(unified, strlen(unified), strcmp(name, "blkio") == 0 ? "io" : name);
}

/* Cuts a path of the unified hierarchy to the group where a controller works. */
WH_INLINE void wh_find_enabled(char *path, const char *name)
{
	char file[WH_CGROUP_PATH + 64], list[512];
	int depth;

	for (depth = 0; depth < WH_CGROUP_DEPTH && path[1]; depth++) {
		int group;
		size_t length;
		char *slash;

		snprintf(file, sizeof(file), "/sys/fs/cgroup%s/cgroup.controllers", path);
		group = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (group < 0)
			return;		/* not mounted here, or a path of another namespace: the group itself */
		length = wh_read_descriptor(group, list, sizeof(list));
		/* The io controller switches the memory controller on with it (depends_on in block/blk-cgroup.c). */
		if (wh_has_word(list, length, name) ||
		    (strcmp(name, "memory") == 0 && wh_has_word(list, length, "io")))
			return;
		slash = strrchr(path, '/');
		if (slash == path)
			slash++;
		*slash = 0;
	}
}

WH_INLINE uint32_t wh_put_group(uint8_t *room, const char *symbol, const char *path)
{
	const char *from = path + strlen(path);
	size_t name = strlen(symbol), length;
	int components = 0;

	while (from > path && components < WH_CGROUP_COMPONENTS)
		if (*--from == '/')
			components++;
	length = strlen(from);
	memcpy(room, symbol, name);
	room[name] = '=';
	memcpy(room + name + 1, from, length + 1);
	return name + 1 + length + 1;
}

/* The path of a line "4:cpu,cpuacct:/a", if it is the line of a controller, or of the unified hierarchy for NULL. */
WH_INLINE bool wh_path_in_line(const char *line, const char *controller, char path[WH_CGROUP_PATH])
{
	const char *list = strchr(line, ':'), *place = list ? strchr(list + 1, ':') : NULL;
	size_t length;

	if (!place || (controller ? !wh_has_word(list + 1, place - list - 1, controller) : place != list + 1))
		return false;
	length = strcspn(place + 1, "\n");
	if (place[1] != '/' || length >= WH_CGROUP_PATH)
		return false;
	memcpy(path, place + 1, length);
	path[length] = 0;
	return true;
}

WH_INLINE bool wh_cgroup_path(const char *text, const char *controller, char path[WH_CGROUP_PATH])
{
	const char *line;

	for (line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (wh_path_in_line(line, controller, path))
			return true;
	return false;
}

WH_INLINE uint32_t wh_write_groups(const char *text, uint8_t *room)
{
	char path[WH_CGROUP_PATH];
	uint32_t length = 0, i;

	for (i = 0; i < WH_CONTROLLERS; i++) {
		if (!wh_cgroup_path(text, wh_controllers[i].name, path)) {
			if (!wh_cgroup_path(text, NULL, path) || !wh_is_controller(wh_controllers[i].name))
				continue;
			if (!wh_controllers[i].unified_name)
				strcpy(path, "/");
			else if (!strstr(path, "/.."))	/* outside of the tracer's cgroup namespace */
				wh_find_enabled(path, wh_controllers[i].unified_name);
		}
		length += wh_put_group(room + length, wh_controllers[i].symbol, path);
	}
	return length;
}

/* Whether a file has one line only, that of the unified hierarchy. */
WH_INLINE bool wh_is_unified(const char *text, size_t length)
{
	return length > 4 && memcmp(text, "0::/", 4) == 0 && memchr(text, '\n', length) == text + length - 1;
}

/* The place of a known file, by the group's id or by what the file says; WH_CGROUPS_KNOWN if there is none. */
WH_INLINE uint32_t wh_find_groups(uint64_t id, const char *text, int64_t now)
{
	uint32_t i;

	for (i = 0; i < WH_CGROUPS_KNOWN; i++)
		if (now - wh_cgroups->known[i].read_at <= WH_CGROUPS_AGE &&
		    (text ? strcmp(wh_cgroups->known[i].file, text) == 0 : wh_cgroups->known[i].id == id))
			break;
	return i;
}

/* Remembers a file, shorter than WH_CGROUP_PATH, and what is written of it; its place. */
WH_INLINE uint32_t wh_keep_groups(const char *text, size_t size, int64_t now)
{
	uint32_t i = wh_cgroups->oldest;

	wh_cgroups->oldest = (i + 1) % WH_CGROUPS_KNOWN;
	memcpy(wh_cgroups->known[i].file, text, size + 1);
	wh_cgroups->known[i].length = wh_write_groups(text, wh_cgroups->known[i].text);
	wh_cgroups->known[i].read_at = now;
	wh_cgroups->known[i].id = 0;
	return i;
}

/* "cpuset=/a", "cpu=/b" and so on, each with its NUL, at the place of the value that is being written. */
static __attribute__((noinline, unused)) uint32_t wh_control_groups(struct wh_call *call)
{
	char own[WH_CGROUP_FILE], *text = wh_task.is_twin || wh_task.leaves_twin ? wh_twin.cgroup : own;
	const struct wh_process_info *info = wh_task.is_twin ? NULL : wh_process_info();
	const uint64_t id = info && info->mask & WH_INFO_CGROUP ? info->cgroup : 0;
	uint8_t *room = wh_at(call, 0);
	uint32_t i = WH_CGROUPS_KNOWN;
	struct timespec now;
	size_t size;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (id)
		i = wh_find_groups(id, NULL, now.tv_sec);
	if (i < WH_CGROUPS_KNOWN) {
		if (wh_task.leaves_twin)
			strcpy(text, wh_cgroups->known[i].file);
	} else {
		size = wh_task.is_twin ? strlen(text) :
					 wh_proc_read_kept(WH_KEPT_CGROUP, "cgroup", text, WH_CGROUP_FILE);
		if (!size)
			return 0;
		if (size >= WH_CGROUP_PATH)
			return wh_write_groups(text, room);
		i = wh_find_groups(0, text, now.tv_sec);
		if (i == WH_CGROUPS_KNOWN)
			i = wh_keep_groups(text, size, now.tv_sec);
		if (id && wh_is_unified(text, size))
			wh_cgroups->known[i].id = id;
	}
	memcpy(room, wh_cgroups->known[i].text, wh_cgroups->known[i].length);
	return wh_cgroups->known[i].length;
}

#endif
