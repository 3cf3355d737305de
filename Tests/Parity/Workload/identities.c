/* SPDX-License-Identifier: Apache-2.0 */
/* Users, groups and capabilities. Each in a child: there is no way back. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

static int becomes_another(void)
{
	uint32_t ids[3];

	call(getuid);
	call(geteuid);
	call(getgid);
	call(getegid);
	call(getresuid, &ids[0], &ids[1], &ids[2]);
	call(getresgid, &ids[0], &ids[1], &ids[2]);
	call(setregid, -1, 44);
	call(setresgid, 45, 46, -1);
	call(setgid, 47);
	call(setreuid, -1, 1044);
	call(setresuid, 1045, 1046, -1);
	call(setuid, 1047);
	call(getresuid, &ids[0], &ids[1], &ids[2]);
	call(setresuid, 0, 0, 0);
	call(setresgid, 0, 0, 0);
	call(setuid, 0);
	call(setgid, 0);
	call(openat, AT_FDCWD, "/etc/shadow", O_RDWR, 0);
	/* An exec with two different ids would bring address randomisation back. */
	call(getresgid, &ids[0], &ids[1], &ids[2]);
	need(call(setresgid, ids[1], ids[1], ids[1]));
	call(getresuid, &ids[0], &ids[1], &ids[2]);
	need(call(setresuid, ids[1], ids[1], ids[1]));
	return (int)start_program("leaf");
}

/* Its exec tells whether who executes a program may write to it: of its group's permission only members profit. */
static int executes_as_member_of(const uint32_t groups[2])
{
	need(call(setgroups, 2, groups));
	need(call(setresgid, 45, 45, 45));
	need(call(setresuid, 1045, 1045, 1045));
	return (int)start_program("leaf");
}

static int executes_what_its_group_may_write(void)
{
	static const uint32_t groups[] = { 50, 51 };

	return executes_as_member_of(groups);
}

static int executes_what_another_group_may_write(void)
{
	static const uint32_t groups[] = { 50, 52 };

	return executes_as_member_of(groups);
}

static int gives_up_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2] = { { 0xffff, 0xffff, 0 }, { 0, 0, 0 } };

	call(capset, &header, sets);
	call(capset, &header, NOWHERE);
	call(prctl, PR_CAPBSET_DROP, 21, 0, 0, 0);
	/* Root gets nothing back at exec, which would bring address randomisation back as well. */
	need(call(prctl, PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0));
	return (int)start_program("leaf");
}

static int filters_itself(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	call(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	call(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	call(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NOWHERE);
	call(prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	return 0;
}

static int changes_root(void)
{
	call(mkdirat, AT_FDCWD, "root", 0755);
	call(chroot, "root");
	call(chdir, "/");
	call(openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
	call(openat, AT_FDCWD, "inside", O_RDWR | O_CREAT, 0600);
	call(chroot, "missing");
	return 0;
}

void identities(void)
{
	in_child(becomes_another);
	call(fchownat, AT_FDCWD, "program", 0, 51, 0);
	call(fchmodat, AT_FDCWD, "program", 0775, 0);
	in_child(executes_what_its_group_may_write);
	in_child(executes_what_another_group_may_write);
	call(fchownat, AT_FDCWD, "program", 0, 0, 0);
	call(fchmodat, AT_FDCWD, "program", 0755, 0);
	in_child(gives_up_capabilities);
	in_child(filters_itself);
	in_child(changes_root);
	call(prctl, PR_SET_NAME, "renamed", 0, 0, 0);
	call(prctl, PR_GET_NAME, shared->values, 0, 0, 0);
	call(prctl, PR_SET_NAME, NOWHERE, 0, 0, 0);
	call(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	call(prctl, 9999, 1, 2, 3, 4);
	call(setfsuid, 0);
	call(setgroups, 0, NULL);
}
