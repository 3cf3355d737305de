// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime_sockets.h"

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif
#define CIFS_MAGIC 0xff534d42
#define SMB2_MAGIC 0xfe534d42
#define CEPH_MAGIC 0x00c36400
#define P9_MAGIC 0x01021997

/* File systems where somebody else answers, now or never. */
static int may_wait(int directory)
{
	struct statfs fs;

	if (fstatfs(directory, &fs) < 0)
		return 1;
	switch ((unsigned int)fs.f_type) {
	case FUSE_SUPER_MAGIC:
	case NFS_SUPER_MAGIC:
	case CIFS_MAGIC:
	case SMB2_MAGIC:
	case CEPH_MAGIC:
	case P9_MAGIC:
		return 1;
	default:
		return 0;
	}
}

static int is_same(const struct stat *theirs, const char *path)
{
	struct stat ours;

	return stat(path, &ours) == 0 && theirs->st_dev == ours.st_dev && theirs->st_ino == ours.st_ino;
}

/* A runtime's process that has not changed its root yet. We may be in a container of our own. */
static int is_own_root(int directory)
{
	struct stat theirs;

	return fstat(directory, &theirs) < 0 || is_same(&theirs, "/") || is_same(&theirs, "/proc/1/root");
}

int wh_open_in_root_of(int pid, const char *path)
{
	struct open_how how = {
		/* Only found, not opened: opening a device may do something. */
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	struct stat found;
	char name[64];
	int root, found_at, file, error;

	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	if (is_own_root(root)) {
		close(root);
		return -ELOOP;
	}
	if (may_wait(root)) {
		close(root);
		return -EXDEV;
	}
	found_at = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	error = found_at < 0 ? -errno : 0;
	close(root);
	if (error)
		return error;
	if (fstat(found_at, &found) < 0 || !S_ISREG(found.st_mode)) {
		close(found_at);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", found_at);
	file = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	error = -errno;
	close(found_at);
	return file < 0 ? error : file;
}
