// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
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

/* Finds a file below a root; only finds it: opening a device may do something. */
static int find(int root, const char *path, unsigned long long resolve)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS | resolve,
	};
	int found = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return found < 0 ? -errno : found;
}

/* As find(), with a mount on the file itself allowed: runtimes put a passwd of their own over the image's. */
static int find_under_mount(int root, const char *path)
{
	const char *name = strrchr(path, '/');
	char folder[64];
	int within, found;

	if (!name || (size_t)(name - path) >= sizeof(folder))
		return find(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV);
	snprintf(folder, sizeof(folder), "%.*s", (int)(name - path), path);
	within = find(root, folder, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV);
	if (within < 0)
		return within;
	found = find(within, name + 1, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	close(within);
	return found;
}

int wh_open_in_root_of(int pid, const char *path)
{
	struct stat file;
	char name[64];
	int root, found, opened, error;

	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		/* Also of a process that waits to be reaped; not to be taken for a root without the file. */
		return errno == ENOENT ? -ESRCH : -errno;
	if (is_own_root(root)) {
		close(root);
		return -ELOOP;
	}
	if (may_wait(root)) {
		close(root);
		return -EXDEV;
	}
	found = find(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV);
	if (found == -EXDEV)
		found = find_under_mount(root, path);
	close(root);
	if (found == -ELOOP)
		return -EXDEV;
	if (found < 0)
		return found;
	if (may_wait(found)) {
		close(found);
		return -EXDEV;
	}
	if (fstat(found, &file) < 0 || !S_ISREG(file.st_mode)) {
		close(found);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", found);
	opened = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	error = -errno;
	close(found);
	return opened < 0 ? error : opened;
}
