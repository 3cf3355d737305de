/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ckmod.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COMPRESSED_FILE = 4 };		/* MODULE_INIT_COMPRESSED_FILE, uapi/linux/module.h */

int wh_kmod_open(void)
{
	int device = open("/dev/windhover", O_RDWR | O_CLOEXEC), lowest = device;

	if (device < 0)
		return -errno;
	/* Where a standard stream is closed, its number is no place for the device: somebody may write to it. */
	if (device <= STDERR_FILENO) {
		device = fcntl(lowest, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (device < 0)
			device = -errno;
		close(lowest);
	}
	return device;
}

int wh_kmod_info(int device, struct wh_kmod_info *info)
{
	return ioctl(device, WH_KMOD_INFO, info) < 0 ? -errno : 0;
}

int wh_kmod_setup(int device, const struct wh_kmod_setup *setup)
{
	return ioctl(device, WH_KMOD_SETUP, setup) < 0 ? -errno : 0;
}

int wh_kmod_capture(int device, const struct wh_kmod_interest *interest)
{
	return ioctl(device, WH_KMOD_CAPTURE, interest) < 0 ? -errno : 0;
}

void *wh_kmod_map(int device, uint64_t offset, size_t length, int is_writable, int *error)
{
	int protection = is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *start = mmap(NULL, length, protection, MAP_SHARED, device, (off_t)offset);

	if (start != MAP_FAILED)
		return start;
	*error = errno;
	return NULL;
}

static int ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcmp(text + length - tail, end);
}

int wh_module_load(const char *path)
{
	int flags = ends_with(path, ".xz") || ends_with(path, ".zst") || ends_with(path, ".gz") ? COMPRESSED_FILE : 0;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int result;

	if (file < 0)
		return -errno;
	result = syscall(SYS_finit_module, file, "", flags) < 0 ? -errno : 0;
	close(file);
	return result;
}

int wh_module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) < 0 ? -errno : 0;
}

int wh_module_is_signed(const char *path)
{
	static const char mark[] = "~Module signature appended~\n";
	char end[sizeof(mark) - 1];
	int file = open(path, O_RDONLY | O_CLOEXEC), is_signed;

	if (file < 0)
		return 0;
	is_signed = lseek(file, -(off_t)sizeof(end), SEEK_END) >= 0 && read(file, end, sizeof(end)) == sizeof(end) &&
		    !memcmp(end, mark, sizeof(end));
	close(file);
	return is_signed;
}
