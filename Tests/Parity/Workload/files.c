/* SPDX-License-Identifier: Apache-2.0 */
/* Names: opening, linking, renaming, removing, and what they are allowed to. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void opening(void)
{
	struct open_how how = { .flags = O_RDWR | O_CREAT, .mode = 0640, .resolve = RESOLVE_NO_MAGICLINKS };
	static struct { struct file_handle handle; char bytes[128]; } handle;
	int mount_id;
	long d;

#if defined(SYS_open)
	d = need(call(open, "one", O_RDWR | O_CREAT | O_TRUNC, 0644));
	call(close, d);
	d = need(call(creat, "two", 0600));
	call(close, d);
	call(open, "missing/one", O_RDONLY, 0);
#endif
	d = need(call(openat, AT_FDCWD, "three", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0604));
	call(close, d);
	call(openat, AT_FDCWD, "three", O_WRONLY | O_CREAT | O_EXCL, 0604);
	d = need(call(openat, AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0));
	call(openat, d, "three", O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	call(close, d + 1);
	call(openat2, d, "four", &how, sizeof(how));
	call(close, d + 1);
	call(openat2, d, "/proc/self/exe", &how, sizeof(how));
	call(openat2, d, "four", NOWHERE, sizeof(how));
	d = need(call(openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600));
	call(close, d);
	call(close, d - 1);
	call(openat, AT_FDCWD, "/proc/uptime", O_RDONLY, 0);
	call(close, 3);
	/* The descriptor 0 is a descriptor. */
	call(dup2, 0, 9);
	call(close, 0);
	call(openat, AT_FDCWD, "three", O_RDONLY, 0);
	call(dup3, 9, 0, 0);
	call(close, 9);

	handle.handle.handle_bytes = sizeof(handle.bytes);
	if (call(name_to_handle_at, AT_FDCWD, "three", &handle, &mount_id, 0) == 0) {
		d = call(open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
		if (d >= 0)
			call(close, d);
	}
	call(open_by_handle_at, -1, &handle, O_RDWR);
}

static void names(void)
{
#if defined(SYS_open)
	call(mkdir, "d", 0755);
	call(rename, "one", "d/one");
	call(link, "d/one", "hard");
	call(symlink, "d/one", "soft");
	call(unlink, "hard");
	call(rmdir, "d");
	call(access, "soft", R_OK | W_OK);
	call(access, "soft-missing", F_OK);
	call(chmod, "soft", 04711);
	call(chown, "soft", 1, 2);
	call(lchown, "soft", 3, 4);
	call(mknod, "fifo", S_IFIFO | 0600, 0);
	call(mknod, "device", S_IFCHR | 0600, makedev(1, 3));
	call(stat, "soft", shared->values);
	call(lstat, "soft", shared->values);
	call(stat, "missing", shared->values);
#endif
	call(mkdirat, AT_FDCWD, "e", 0700);
	call(mkdirat, AT_FDCWD, "e", 0700);
	call(renameat, AT_FDCWD, "three", AT_FDCWD, "e/three");
	call(renameat2, AT_FDCWD, "e/three", AT_FDCWD, "four", 2 /* exchange */);
	call(renameat2, AT_FDCWD, "e/three", AT_FDCWD, "four", 1 /* do not replace */);
	call(linkat, AT_FDCWD, "four", AT_FDCWD, "five", AT_SYMLINK_FOLLOW);
	call(symlinkat, "four", AT_FDCWD, "six");
	call(fchmodat, AT_FDCWD, "four", 0755, 0);
	call(fchownat, AT_FDCWD, "six", 5, 6, AT_SYMLINK_NOFOLLOW);
	call(mknodat, AT_FDCWD, "fifo2", S_IFIFO | 0622, 0);
	call(mknodat, AT_FDCWD, "block", S_IFBLK | 0600, makedev(300, 70000));
	call(newfstatat, AT_FDCWD, "six", shared->values, AT_SYMLINK_NOFOLLOW);
	call(statx, AT_FDCWD, "six", 0, 0x7ff, NULL);
	call(readlinkat, AT_FDCWD, "six", shared->values, 64);
	call(unlinkat, AT_FDCWD, "five", 0);
	call(unlinkat, AT_FDCWD, "e", 0);
	call(unlinkat, AT_FDCWD, "e", AT_REMOVEDIR);
	call(utimensat, AT_FDCWD, "six", NULL, AT_SYMLINK_NOFOLLOW);
	call(truncate, "four", 100);
}

static void directories(void)
{
	static char buffer[4096];
	long d = need(call(openat, AT_FDCWD, "/mnt", O_RDONLY | O_DIRECTORY, 0));

	call(mkdirat, AT_FDCWD, "sub", 0755);
	call(chdir, "sub");
	call(getcwd, buffer, sizeof(buffer));
	call(getcwd, buffer, 2);
	call(fchdir, d);
	call(chdir, "missing");
	call(fchdir, 77);
	call(getdents64, d, buffer, sizeof(buffer));
#if defined(SYS_getdents)
	call(getdents, d, buffer, sizeof(buffer));
#endif
	call(unlinkat, d, "sub", AT_REMOVEDIR);
	call(fchmod, d, 0755);
	call(fchown, d, 0, 0);
	call(fstat, d, buffer);
	call(flock, d, 2 /* exclusive */ | 4 /* do not wait */);
	call(flock, d, 8 /* unlock */);
	call(fsync, d);
	call(close, d);
}

void files(void)
{
	opening();
	names();
	directories();
}
