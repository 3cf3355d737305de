/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a file's mount tells beyond stat(2): the device of the superblock, whether that is read-only, and on an overlay
 * filesystem whether the file's data lies in the upper layer.
 *
 * stat shows for an overlay (and btrfs) a device other than the superblock's; /proc/TID/mountinfo has the latter.
 */
#ifndef WH_TRACEE_MOUNTS_H
#define WH_TRACEE_MOUNTS_H

#include "tracee_proc.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U	/* Linux 6.8: never given to another mount */
#endif

enum {
	WH_MOUNT_TEXT = 1024,		/* paths longer than this are not looked at */
	WH_MOUNTS = 16,
	WH_MOUNT_AGE = 1,		/* seconds that an entry is good for: a remount changes it */
	WH_MOUNTINFO_MAX = 1 << 20,
	WH_STATX_WANTED = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID | STATX_MNT_ID_UNIQUE,
};

/*
 * struct wh_mount - one line of mountinfo
 * @id, @device: what stat showed of the file that was looked up: the key
 * @found: false if the tracee's mountinfo does not have it (pipes, sockets, memfd; mounts of another namespace)
 * @superblock: its device, in the encoding of the wire
 * @upper: of an overlay, its upper directory as whoever mounted it wrote it; empty if it has none
 * @too_long: one of the texts was cut
 */
struct wh_mount {
	uint64_t id;
	uint32_t device;
	int64_t read_at;
	bool found, is_overlay, is_read_only, too_long;
	uint32_t superblock;
	char root[WH_MOUNT_TEXT], point[WH_MOUNT_TEXT], upper[WH_MOUNT_TEXT];
};

static __thread struct wh_known_mounts {
	struct wh_mount mounts[WH_MOUNTS];
	uint32_t oldest;
} *wh_mounts;

WH_INLINE uint32_t wh_encode_device(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* Copies one blank-terminated field, octal escapes undone; false if it does not fit. */
WH_INLINE bool wh_unescape(char *to, const char *from, char end)
{
	uint32_t length = 0;

	while (*from && *from != ' ' && *from != '\n' && *from != end) {
		char byte = *from++;

		if (byte == '\\' && from[0] >= '0' && from[0] <= '3' && from[1] && from[2]) {
			byte = (char)((from[0] - '0') << 6 | (from[1] - '0') << 3 | (from[2] - '0'));
			from += 3;
		} else if (byte == '\\' && *from) {	/* in the options of an overlay */
			byte = *from++;
		}
		if (length == WH_MOUNT_TEXT - 1)
			return false;
		to[length++] = byte;
	}
	to[length] = 0;
	return true;
}

/* 36 25 8:1 /root /point rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue */
WH_INLINE void wh_parse_mount(char *line, struct wh_mount *mount)
{
	char *fields[6], *at = line, *separator = strstr(line, " - "), *options, *upper;
	char *colon;
	int i;

	for (i = 0; i < 6; i++) {
		fields[i] = at;
		at = strchr(at, ' ');
		if (!at)
			return;
		at++;
	}
	colon = strchr(fields[2], ':');
	if (!separator || !colon)
		return;
	mount->found = true;
	mount->superblock = wh_encode_device(strtoul(fields[2], NULL, 10), strtoul(colon + 1, NULL, 10));
	mount->too_long = !wh_unescape(mount->root, fields[3], 0) || !wh_unescape(mount->point, fields[4], 0);
	separator += 3;
	mount->is_overlay = strncmp(separator, "overlay ", 8) == 0;
	/* Options follow the type and the source. */
	options = strchr(separator, ' ');
	options = options ? strchr(options + 1, ' ') : NULL;
	if (!options)
		return;
	options++;
	mount->is_read_only = strncmp(options, "ro", 2) == 0 && (options[2] == ',' || options[2] == '\n' || !options[2]);
	upper = mount->is_overlay ? strstr(options, ",upperdir=") : NULL;
	if (upper)
		mount->too_long |= !wh_unescape(mount->upper, upper + sizeof(",upperdir=") - 1, ',');
}

/* Reads mountinfo line by line up to the mount with an id; lines too long for the buffer are skipped. */
static __attribute__((noinline, unused)) void wh_find_mount(uint64_t id, struct wh_mount *mount)
{
	char text[3 * WH_PROC_TEXT];
	size_t held = 0, total = 0;
	bool skipping = false;
	int file = wh_proc_open("mountinfo");

	while (file >= 0 && total < WH_MOUNTINFO_MAX) {
		ssize_t got = read(file, text + held, sizeof(text) - 1 - held);
		char *line = text, *end;

		if (got <= 0)
			break;
		total += got;
		held += got;
		text[held] = 0;
		while ((end = memchr(line, '\n', text + held - line))) {
			*end = 0;
			if (!skipping && strtoull(line, NULL, 10) == id) {
				wh_parse_mount(line, mount);
				close(file);
				return;
			}
			skipping = false;
			line = end + 1;
		}
		held -= line - text;
		if (held == sizeof(text) - 1) {
			skipping = true;
			held = 0;
		} else {
			memmove(text, line, held);
		}
	}
	if (file >= 0)
		close(file);
}

/* The mount of a file that `name` (a magic link below the thread's directory) leads to and stat described. */
static __attribute__((noinline, unused)) struct wh_mount *wh_mount_of(const char *name, const struct statx *file)
{
	uint32_t device = wh_encode_device(file->stx_dev_major, file->stx_dev_minor), i;
	uint64_t id = file->stx_mask & (STATX_MNT_ID_UNIQUE | STATX_MNT_ID) ? file->stx_mnt_id : 0;
	struct wh_mount *mount;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	for (i = 0; i < WH_MOUNTS; i++) {
		mount = &wh_mounts->mounts[i];
		if (id && mount->id == id && mount->device == device && now.tv_sec - mount->read_at <= WH_MOUNT_AGE)
			return mount;
	}
	mount = &wh_mounts->mounts[wh_mounts->oldest];
	wh_mounts->oldest = (wh_mounts->oldest + 1) % WH_MOUNTS;
	memset(mount, 0, sizeof(*mount));
	mount->id = id;
	mount->device = device;
	mount->read_at = now.tv_sec;
	if (id && file->stx_mask & STATX_MNT_ID_UNIQUE) {
		struct statx plain;

		/* mountinfo numbers mounts by the older ids. */
		id = wh_proc_statx(name, STATX_MNT_ID, &plain) && plain.stx_mask & STATX_MNT_ID ? plain.stx_mnt_id : 0;
	}
	if (id)
		wh_find_mount(id, mount);
	return mount;
}

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20		/* Linux 5.12 */
#endif

/*
 * Looks at a path without ever waiting for a disk or a file server and without following a link: the tracee may have a
 * hand in the path. Which is enough, because the kernel keeps the names of open files in memory.
 */
WH_INLINE bool wh_look_at_path(const char *path, struct statx *out)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_CACHED | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int file = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	bool found;

	if (file < 0)
		return false;
	found = statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, out) == 0;
	close(file);
	return found;
}

WH_INLINE bool wh_same_time(const struct statx *a, const struct statx *b)
{
	return a->stx_ctime.tv_sec == b->stx_ctime.tv_sec && a->stx_ctime.tv_nsec == b->stx_ctime.tv_nsec;
}

/*
 * Whether the data of a file on an overlay lies in its upper layer: it does if the upper directory has the file at the
 * same place, with the same times. None if the tracer cannot see the upper directory, as it cannot from within a
 * container.
 */
static __attribute__((noinline, unused)) uint32_t wh_layer_of(const char *name, const struct statx *file,
							      const struct wh_mount *mount)
{
	char path[3 * WH_MOUNT_TEXT], place[WH_MOUNT_TEXT], root[WH_MOUNT_TEXT];
	struct statx upper;
	size_t point, top;
	const char *below;

	if (!mount->is_overlay || mount->too_long)
		return WH_LAYER_NONE;
	if (!mount->upper[0])
		return WH_LAYER_LOWER;
	if (mount->upper[0] != '/' || !wh_look_at_path(mount->upper, &upper) ||
	    !wh_proc_link(name, place, sizeof(place)) || !wh_proc_link("root", root, sizeof(root)))
		return WH_LAYER_NONE;
	/* The link starts at the root of the mount namespace, mountinfo at the tracee's root. */
	below = place;
	top = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(below, root, top) != 0)
		return WH_LAYER_NONE;
	below += top;
	point = strcmp(mount->point, "/") == 0 ? 0 : strlen(mount->point);
	if (strncmp(below, mount->point, point) != 0)
		return WH_LAYER_NONE;
	below += point;
	snprintf(path, sizeof(path), "%s%s%s", mount->upper, strcmp(mount->root, "/") == 0 ? "" : mount->root, below);
	if (wh_look_at_path(path, &upper) && S_ISREG(upper.stx_mode) == S_ISREG(file->stx_mode) &&
	    upper.stx_size == file->stx_size && wh_same_time(&upper, file))
		return WH_LAYER_UPPER;
	return file->stx_nlink ? WH_LAYER_LOWER : WH_LAYER_NONE;
}

#endif
