/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "files.h"
#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Reading from these may wait for somebody else's program or machine. */
static int may_wait(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return 1;
	switch ((uint32_t)fs.f_type) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case 0xff534d42: /* CIFS */
	case 0xfe534d42: /* SMB2 */
	case CODA_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
	case AFS_FS_MAGIC:
	case V9FS_MAGIC:
	case CEPH_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
		return 1;
	}
	return 0;
}

int wh_file_facts_of(int fd, struct wh_file_facts *facts)
{
	struct stat found;

	if (fstat(fd, &found) < 0)
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	facts->device = found.st_dev;
	facts->inode = found.st_ino;
	facts->size = (uint64_t)found.st_size;
	facts->change_time = (uint64_t)found.st_ctim.tv_sec * 1000000000u + (uint64_t)found.st_ctim.tv_nsec;
	return 0;
}

int wh_open_regular(const char *path, int is_cached, struct wh_file_facts *facts)
{
	struct open_how cached = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED };
	char name[64];
	int found, file, error;

	/* Only found, not opened: opening a device may do something, and opening a pipe may wait. */
	if (is_cached)
		found = (int)syscall(SYS_openat2, AT_FDCWD, path, &cached, sizeof(cached));
	else
		found = open(path, O_PATH | O_CLOEXEC);
	if (found < 0)
		return -errno;
	error = may_wait(found) ? -EXDEV : wh_file_facts_of(found, facts);
	if (error) {
		close(found);
		return error;
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", found);
	file = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	error = -errno;
	close(found);
	return file < 0 ? error : file;
}

int wh_sha256_of(int fd, uint64_t limit, uint8_t *digest)
{
	uint8_t buffer[1 << 14];
	struct wh_sha256 hash;
	uint64_t total = 0;

	wh_sha256_init(&hash);
	for (;;) {
		ssize_t got = pread(fd, buffer, sizeof(buffer), (off_t)total);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (got == 0)
			break;
		total += (uint64_t)got;
		if (total > limit)
			return -EFBIG;
		wh_sha256_update(&hash, buffer, (size_t)got);
	}
	wh_sha256_finish(&hash, digest);
	return 0;
}

void wh_yield_to_others(void)
{
	pid_t self = (pid_t)syscall(SYS_gettid);

	setpriority(PRIO_PROCESS, (id_t)self, 19);
	/* IOPRIO_WHO_PROCESS, the idle class. */
	syscall(SYS_ioprio_set, 1, self, 3 << 13);
}
