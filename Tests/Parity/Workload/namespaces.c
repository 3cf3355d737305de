/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces and mounts: made, entered, refused. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

static int in_own_names(void)
{
	long d;

	call(unshare, CLONE_NEWUTS);
	call(sethostname, "parity", 6);
	d = need(call(openat, AT_FDCWD, "/proc/self/ns/uts", O_RDONLY, 0));
	call(setns, d, CLONE_NEWUTS);
	call(setns, d, CLONE_NEWNET);
	call(close, d);
	call(setns, 99, 0);
	call(unshare, 0x7f);
	return 0;
}

/* The first process of a pid namespace, which has the number 1 there. */
static void in_own_pids(void)
{
	int status;
	long child = need(call(clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));

	if (child == 0) {
		long grandchild = call(clone, SIGCHLD, 0, 0, 0, 0);

		if (grandchild == 0) {
			call(kill, 1, 0);
			call(exit_group, 5);
		}
		call(wait4, grandchild, NULL, 0, NULL);
		call(exit_group, start_program("leaf"));
	}
	call(wait4, child, &status, 0, NULL);
}

static void in_own_users(void)
{
	int status;
	long child = call(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (child == 0) {
		call(getuid);
		call(setuid, 0);
		call(mount, "none", "/mnt", "tmpfs", 0, NULL);
		call(exit_group, start_program("leaf"));
	}
	if (child > 0)
		call(wait4, child, &status, 0, NULL);
}

void namespaces(void)
{
	in_child(in_own_names);
	in_own_pids();
	in_own_users();
}

void mounts(void)
{
	long d, e;

	call(mkdirat, AT_FDCWD, "m", 0755);
	call(mount, "some tmpfs", "m", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m");
	d = need(call(openat, AT_FDCWD, "m/file", O_RDWR | O_CREAT, 0600));
	call(umount2, "m", 0);
	call(close, d);
	call(mount, NULL, "m", NULL, MS_REMOUNT | MS_RDONLY | 0xc0ed0000, NULL);
	call(umount2, "m", UMOUNT_NOFOLLOW);
	call(umount2, "m", MNT_FORCE | MNT_EXPIRE);
	call(mount, "/mnt", "m", NULL, MS_BIND, NULL);
	d = need(call(openat, AT_FDCWD, "m/program", O_RDONLY, 0));
	call(close, d);
	call(umount2, "m", MNT_DETACH);
	call(mount, "nothing", "missing", "no filesystem", 0, NOWHERE);
	call(mount, NOWHERE, "m", NOWHERE, 0, NULL);

	d = call(fsopen, "tmpfs", 0);
	if (d >= 0) {
		call(fsconfig, d, 1 /* string */, "size", "1m", 0);
		call(fsconfig, d, 0 /* flag */, "ro", NULL, 0);
		call(fsconfig, d, 2 /* binary */, "blob", "12345", 5);
		call(fsconfig, d, 6 /* create */, NULL, NULL, 0);
		e = call(fsmount, d, 0, 0);
		if (e >= 0)
			call(close, e);
		call(close, d);
	}
	call(fsconfig, 99, 1, "size", "1m", 0);
	call(quotactl, 0x80000200, "/dev/none", 0, shared->values);
	call(quotactl, 0x80000700, NULL, 1000, NOWHERE);
}
