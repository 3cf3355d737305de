/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "hostfacts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

int wh_capability_sets(struct wh_capability_sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	memset(sets, 0, sizeof(*sets));
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	/* Numbers that the kernel does not know fail with EINVAL. */
	for (int capability = 0; capability < 64; capability++)
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			sets->bounding |= 1ull << capability;
	return 0;
}

int wh_kernel_release(char *buffer, size_t size)
{
	struct utsname names;

	if (uname(&names) < 0)
		return -errno;
	if (strlen(names.release) >= size)
		return -ENAMETOOLONG;
	strcpy(buffer, names.release);
	return 0;
}

int wh_denied(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 ? errno : 0;
}

int wh_probe_call(enum wh_probed_call call)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -1000;
	if (child == 0) {
		long result;

		/* A filter's SIGSYS would leave a core file. */
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		if (call == WH_PROBE_BPF)
			result = syscall(SYS_bpf, 0x7fff, NULL, 0);	/* no such command: EINVAL */
		else
			result = syscall(SYS_ptrace, 0x7fff, 0, NULL, NULL);	/* no process 0: ESRCH */
		_exit(result < 0 ? errno & 0xff : 0);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

long wh_read_gzip(const char *path, void *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t total = 0;
	gzFile file;
	int count = 0;

	if (fd < 0)
		return -errno;
	file = gzdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (total < size) {
		size_t left = size - total;

		count = gzread(file, (char *)buffer + total, left > 1 << 20 ? 1 << 20 : (unsigned)left);
		if (count <= 0)
			break;
		total += (size_t)count;
	}
	gzclose(file);
	return count < 0 ? -EBADMSG : (long)total;
}

long wh_read_securityfs(const char *name, void *buffer, size_t size)
{
	int system = (int)syscall(SYS_fsopen, "securityfs", FSOPEN_CLOEXEC);
	int mount = -1, file = -1;
	long result = -1;

	if (system < 0)
		return -errno;
	if (syscall(SYS_fsconfig, system, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = (int)syscall(SYS_fsmount, system, FSMOUNT_CLOEXEC, 0);
	if (mount >= 0)
		file = openat(mount, name, O_RDONLY | O_CLOEXEC);
	if (file >= 0)
		result = read(file, buffer, size);
	if (result < 0)
		result = -errno;
	if (file >= 0)
		close(file);
	if (mount >= 0)
		close(mount);
	close(system);
	return result;
}
