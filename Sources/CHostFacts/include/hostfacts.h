/* SPDX-License-Identifier: Apache-2.0 */
/* What this process may do and how the kernel was built: the calls behind it, which Swift cannot import. */
#ifndef WH_HOSTFACTS_H
#define WH_HOSTFACTS_H

#include <stddef.h>
#include <stdint.h>

struct wh_capability_sets {
	uint64_t effective;
	uint64_t permitted;
	uint64_t bounding;
};

/* The capabilities of this thread, asked of the kernel and not of /proc, which may be missing. 0, or -errno. */
int wh_capability_sets(struct wh_capability_sets *sets);

/* `uname -r`, at most `size` bytes with its NUL. 0, or -errno. */
int wh_kernel_release(char *buffer, size_t size);

/* Why this process, with its effective ids and capabilities, may not read and write a file: an errno, or 0 if it may. */
int wh_denied(const char *path);

/* What a call with arguments that cannot succeed comes back with. */
enum wh_probed_call { WH_PROBE_BPF, WH_PROBE_PTRACE };

/*
 * Tries a call in a child process, for a seccomp filter may kill who makes it. Nothing is changed by it.
 *
 * Returns the errno of the call, 0 if it succeeded against expectation, minus the number of the signal that ended the
 * child, or -1000 if there could be no child.
 */
int wh_probe_call(enum wh_probed_call call);

/*
 * Reads a file whole, unpacking it if it is gzip; plain files are read as they are.
 *
 * Returns the bytes read, at most `size`, or a negative errno; EBADMSG for a damaged archive.
 */
long wh_read_gzip(const char *path, void *buffer, size_t size);

/*
 * Reads a file of securityfs where that is not mounted, by a mount that is attached nowhere and goes with this call.
 * Takes CAP_SYS_ADMIN and Linux 5.2.
 *
 * Returns the bytes read, at most `size`, or a negative errno.
 */
long wh_read_securityfs(const char *name, void *buffer, size_t size);

#endif
