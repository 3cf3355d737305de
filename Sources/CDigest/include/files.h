/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WH_DIGEST_FILES_H
#define WH_DIGEST_FILES_H

#include <stdint.h>

struct wh_file_facts {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	/* Nanoseconds since the epoch. */
	uint64_t change_time;
};

/*
 * Opens a regular file for reading without ever waiting: devices, pipes and files of network file systems and FUSE are
 * refused, before anything of them is opened. The last component may be a link, as /proc/PID/exe is.
 * With is_cached only names that the kernel remembers are followed, so that no file server is asked (5.12 and later;
 * -EINVAL before). Known weakness: a FUSE server that does not answer statfs holds the caller.
 * Returns a descriptor or a negative errno.
 */
int wh_open_regular(const char *path, int is_cached, struct wh_file_facts *facts);
/* Returns 0 or a negative errno. */
int wh_file_facts_of(int fd, struct wh_file_facts *facts);
/* Writes 32 bytes. Returns 0, a negative errno, or -EFBIG for a file beyond the limit. */
int wh_sha256_of(int fd, uint64_t limit, uint8_t *digest);
/* Lowest priority for processor and disk, for the calling thread. */
void wh_yield_to_others(void);

#endif
