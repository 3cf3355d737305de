/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From a descriptor of the tracee to its file, by stat and readlink on /proc/TID/fd. The file itself is never taken
 * over: closing another process's file can wait for whoever serves it.
 */
#ifndef WH_TRACEE_FILES_H
#define WH_TRACEE_FILES_H

#include "tracee_mounts.h"

enum { WH_KERNEL_O_EXCL = 0x80 };

WH_INLINE uint32_t wh_superblock_device(const char *name, const struct statx *file, struct wh_mount **mount)
{
	/* Only filesystems without a block device have devices of their own making. */
	if (file->stx_dev_major)
		return wh_encode_device(file->stx_dev_major, file->stx_dev_minor);
	*mount = wh_mount_of(name, file);
	return (*mount)->found ? (*mount)->superblock : wh_encode_device(0, file->stx_dev_minor);
}

/* The open flags of the call; creat has none of its own. */
WH_INLINE uint32_t wh_flags_of_open(struct wh_call *call)
{
	uint64_t how;

	switch (call->task->event) {
	case WH_EVENT_creat:
		return WH_KERNEL_O_CREAT;
	case WH_EVENT_open:
		return call->arguments[1];
	case WH_EVENT_openat:
		return call->arguments[2];
	case WH_EVENT_openat2:
		return wh_read_user(&how, sizeof(how), call->arguments[2]) == 0 ? how : 0;
	default:
		return 0;
	}
}

WH_INLINE uint64_t wh_nanoseconds(const struct statx_timestamp *time)
{
	return time->tv_sec < 0 ? 0 : (uint64_t)time->tv_sec * 1000000000u + time->tv_nsec;
}

/*
 * Whether the call created the file: it must have, with O_EXCL; otherwise a file that is no older than the call is its
 * own. New files are stamped by a clock that ticks a few ms apart: one that somebody else made in the same tick counts
 * too. The modification time is compared as well, because an overlay makes a new file of the old one's times.
 */
WH_INLINE bool wh_was_created(struct wh_call *call, const struct statx *file)
{
	uint32_t flags = wh_flags_of_open(call);
	uint64_t entered = call->task->tracee->entered_ns;
	uint64_t born = wh_nanoseconds(&file->stx_btime), changed = wh_nanoseconds(&file->stx_mtime);

	if (!(flags & WH_KERNEL_O_CREAT) || !S_ISREG(file->stx_mode))
		return false;
	if (flags & WH_KERNEL_O_EXCL)
		return true;
	if (!entered || changed < entered)
		return false;
	if (file->stx_mask & STATX_BTIME)
		return born >= entered;
	/* A filesystem without times of birth (tmpfs before 6.1): of an older file, truncated, the access time is older. */
	return wh_nanoseconds(&file->stx_ctime) >= entered && wh_nanoseconds(&file->stx_atime) >= entered;
}

/* What a descriptor stands for, asked once per stop while it is about the same one; NULL if there is no telling. */
WH_INLINE const struct statx *wh_file_of(int64_t descriptor)
{
	char text[24];

	if (descriptor < 0)
		return NULL;
	if (wh_task.file_asked == WH_NOT_ASKED || wh_task.file_descriptor != descriptor) {
		const char *name = wh_descriptor_name(text, descriptor);

		wh_task.file_descriptor = descriptor;
		wh_task.file_asked = wh_proc_statx(name, WH_STATX_WANTED, &wh_task.file) ? WH_FOUND : WH_MISSING;
	}
	return wh_task.file_asked == WH_FOUND ? &wh_task.file : NULL;
}

/*
 * Looks at the file that the call has opened, once per event. Descriptor 0 counts as not opened for device, inode and
 * layer, but not for "created": readers of this stream have always seen it so.
 */
WH_INLINE void wh_look_at_opened(struct wh_call *call)
{
	struct wh_mount *mount = NULL;
	const struct statx *file;
	const char *name;
	char text[24];

	if (call->opened_known)
		return;
	call->opened_known = true;
	if (call->result < 0 || call->result > INT32_MAX)
		return;
	file = wh_file_of(call->result);
	if (!file)
		return;
	call->opened_created = wh_was_created(call, file);
	if (call->result == 0)
		return;
	name = wh_descriptor_name(text, call->result);
	call->opened_dev = wh_superblock_device(name, file, &mount);
	call->opened_ino = file->stx_ino;
	if (mount && mount->is_overlay)
		call->opened_layer = wh_layer_of(name, file, mount);
}

WH_INLINE uint64_t wh_inode_number_of(struct wh_call *call, int64_t descriptor)
{
	char text[24];
	struct statx file;

	(void)call;
	if (descriptor < 0 || !wh_proc_statx(wh_descriptor_name(text, descriptor), STATX_INO, &file))
		return 0;
	return file.stx_ino;
}

/* Whether a path, as the tracee's root shows it, leads to a file now. */
WH_INLINE bool wh_names_file(const char *path, const struct statx *file)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_CACHED | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT,
	};
	char room[WH_PROC_PATH];
	const char *name = "root";
	int directory = wh_proc_place(wh_task.tracee, &name, room), root, found = -1;
	struct statx there;
	bool is_it;

	root = openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0) {
		found = syscall(SYS_openat2, root, path, &how, sizeof(how));
		close(root);
	}
	if (found < 0)
		return false;
	is_it = statx(found, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &there) == 0 &&
		there.stx_ino == file->stx_ino && there.stx_dev_major == file->stx_dev_major &&
		there.stx_dev_minor == file->stx_dev_minor;
	close(found);
	return is_it;
}

/*
 * The path that a magic link shows, as the record has it: without the mark of a file whose name is gone, and of a memfd
 * just its name. Whether the mark is part of the name tells the number of names, or else a look at the name.
 */
WH_INLINE uint32_t wh_path_of(const char *name, const struct statx *file, uint8_t *room)
{
	static const char mark[] = " (deleted)";
	char path[WH_PATH_MAX];
	size_t length = wh_proc_link(name, path, sizeof(path)), skipped = 0;

	if (!length)
		return 0;
	/* A pipe's own name is empty; the link makes one up. */
	if (strncmp(path, "pipe:[", 6) == 0) {
		room[0] = 0;
		return 1;
	}
	/* A namespace is the root of its filesystem; the link says "uts:[4026531838]". */
	if (path[0] != '/' && path[length - 1] == ']' && strncmp(path, "anon_inode:", 11) != 0) {
		memcpy(room, "/", 2);
		return 2;
	}
	if (length >= sizeof(mark) && memcmp(path + length - (sizeof(mark) - 1), mark, sizeof(mark)) == 0 &&
	    (!file->stx_nlink || !wh_names_file(path, file))) {
		length -= sizeof(mark) - 1;
		path[length] = 0;
		if (strncmp(path, "/memfd:", 7) == 0 && !wh_mount_of(name, file)->found)
			skipped = 1;
	}
	memcpy(room, path + skipped, length - skipped + 1);
	return length - skipped + 1;
}

WH_INLINE uint32_t wh_path_of_descriptor(struct wh_call *call, uint8_t *room, int64_t descriptor)
{
	const struct statx *file = wh_file_of(descriptor);
	char text[24];

	(void)call;
	return file ? wh_path_of(wh_descriptor_name(text, descriptor), file, room) : 0;
}

#endif
