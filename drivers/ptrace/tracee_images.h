/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The program that the thread runs: /proc/TID/exe, and who may change it. */
#ifndef WH_TRACEE_IMAGES_H
#define WH_TRACEE_IMAGES_H

#include "tracee_files.h"
#include "tracee_tasks.h"

enum { WH_CAP_DAC_OVERRIDE = 1, WH_CAP_FOWNER = 3 };

/* NULL without one. */
WH_INLINE const struct statx *wh_image(void)
{
	if (wh_task.image_asked == WH_NOT_ASKED)
		wh_task.image_asked = wh_proc_statx("exe", WH_STATX_WANTED, &wh_task.image) ? WH_FOUND : WH_MISSING;
	return wh_task.image_asked == WH_FOUND ? &wh_task.image : NULL;
}

WH_INLINE bool wh_is_in_group(uint32_t gid)
{
	const struct wh_task_status *status = wh_status();
	uint32_t i;

	if (status->fsgid == gid)
		return true;
	status = wh_status_with_groups();
	for (i = 0; i < status->group_count; i++)
		if (status->groups[i] == gid)
			return true;
	return false;
}

/*
 * Whether an id has a number in the thread's user namespace. The map is written in the numbers of the tracer's
 * namespace, unless that is the same one: then what has a number here has one there.
 */
WH_INLINE bool wh_id_is_mapped(const char *map, uint32_t id)
{
	char text[4096], own[64], theirs[64], *at = text;
	ssize_t length = readlink("/proc/self/ns/user", own, sizeof(own) - 1);

	own[length > 0 ? length : 0] = 0;
	if (!wh_proc_link("ns/user", theirs, sizeof(theirs)) || strcmp(own, theirs) == 0)
		return true;
	wh_proc_read(map, text, sizeof(text));
	for (;;) {
		uint64_t outside, count;
		char *end;

		strtoull(at, &end, 10);
		if (end == at)
			return false;
		outside = strtoull(end, &at, 10);
		count = strtoull(at, &end, 10);
		if (id >= outside && id - outside < count)
			return true;
		at = end;
	}
}

/* Whether the thread could write to its image with its own ids and capabilities. Access control lists are not asked. */
WH_INLINE bool wh_image_is_writable(struct wh_call *call)
{
	const struct statx *image = wh_image();
	struct wh_task_status *status = wh_status();
	uint64_t capabilities = status->effective;

	(void)call;
	if (!image || image->stx_attributes & STATX_ATTR_IMMUTABLE || wh_mount_of("exe", image)->is_read_only)
		return false;
	if (status->fsuid == image->stx_uid)
		return true;
	if (image->stx_mode & 02 || (image->stx_mode & 020 && wh_is_in_group(image->stx_gid)))
		return true;
	if (!(capabilities >> WH_CAP_DAC_OVERRIDE & 1) && !(capabilities >> WH_CAP_FOWNER & 1))
		return false;
	if (!wh_id_is_mapped("uid_map", image->stx_uid))
		return false;
	return capabilities >> WH_CAP_FOWNER & 1 || wh_id_is_mapped("gid_map", image->stx_gid);
}

WH_INLINE uint32_t wh_image_layer(struct wh_call *call)
{
	const struct statx *image = wh_image();

	(void)call;
	return image ? wh_layer_of("exe", image, wh_mount_of("exe", image)) : WH_LAYER_NONE;
}

WH_INLINE uint32_t wh_image_path(struct wh_call *call, uint8_t *room)
{
	const struct statx *image = wh_image();

	(void)call;
	return image ? wh_path_of("exe", image, room) : 0;
}

/* A nameless file of a filesystem that is mounted nowhere, called "memfd:" and what its maker gave. */
WH_INLINE bool wh_image_is_memfd(struct wh_call *call)
{
	const struct statx *image = wh_image();
	char path[WH_PATH_MAX];

	(void)call;
	return image && !image->stx_nlink && wh_proc_link("exe", path, sizeof(path)) &&
	       strncmp(path, "/memfd:", 7) == 0 && !wh_mount_of("exe", image)->found;
}

WH_INLINE uint64_t wh_image_inode_number(struct wh_call *call)
{
	const struct statx *image = wh_image();

	(void)call;
	return image ? image->stx_ino : 0;
}

WH_INLINE uint64_t wh_image_change_time(struct wh_call *call)
{
	const struct statx *image = wh_image();

	(void)call;
	return image ? wh_nanoseconds(&image->stx_ctime) : 0;
}

WH_INLINE uint64_t wh_image_modification_time(struct wh_call *call)
{
	const struct statx *image = wh_image();

	(void)call;
	return image ? wh_nanoseconds(&image->stx_mtime) : 0;
}

/*
 * What was executed, as the caller named it: the kernel has put it on the new image's stack, right behind the
 * environment (do_execveat_common() in fs/exec.c, Linux 6.18), and the image has not run yet.
 */
WH_INLINE uint32_t wh_executed_filename(struct wh_call *call, uint8_t *room)
{
	struct wh_area environment = wh_environment_area(call);

	return environment.end ? wh_user_string(call, room, WH_PATH_MAX, environment.end) : 0;
}

#endif
