/* SPDX-License-Identifier: Apache-2.0 */
/* Data: every way to read and write, shorter and longer than what a record carries. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <sys/uio.h>

static char data[300];
static char room[300];

void reading_and_writing(void)
{
	struct iovec out[3] = { { data, 50 }, { data + 50, 60 }, { data + 110, 20 } };
	struct iovec in[3] = { { room, 30 }, { room + 30, 0 }, { room + 30, 200 } };
	struct iovec broken[2] = { { data, 10 }, { NOWHERE, 10 } };
	long d, e, position = 5;
	unsigned long i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)('a' + i % 26);
	d = need(call(openat, AT_FDCWD, "data", O_RDWR | O_CREAT | O_TRUNC, 0600));
	e = need(call(openat, AT_FDCWD, "copy", O_RDWR | O_CREAT | O_TRUNC, 0600));
	call(write, d, data, 80);
	call(write, d, data, 81);
	call(write, d, data, 0);
	call(write, d, NOWHERE, 20);
	call(write, 99, data, 200);
	call(pwrite64, d, data, 100, 1000);
	call(writev, d, out, 3);
	call(writev, d, broken, 2);
	call(writev, d, NOWHERE, 2);
	call(writev, 99, out, 1);
	call(pwritev, d, out, 2, 7, 0);
	call(pwritev2, d, out, 2, 7, 0, 0);
	call(lseek, d, 0, SEEK_SET);
	call(read, d, room, 80);
	call(read, d, room, 300);
	call(read, d, room, 0);
	call(read, 99, room, 10);
	call(read, d, NOWHERE, 10);
	call(pread64, d, room, 100, 2);
	call(pread64, d, room, 10, -1);
	call(lseek, d, 0, SEEK_SET);
	call(readv, d, in, 3);
	call(readv, d, broken, 2);
	call(preadv, d, in, 3, 4, 0);
	call(preadv2, d, in, 3, 4, 0, 0);
	call(lseek, d, 0, SEEK_END);
	call(read, d, room, 10);
	call(sendfile, e, d, &position, 64);
	call(sendfile, e, d, NULL, 64);
	call(sendfile, 99, d, NOWHERE, 64);
	position = 0;
	call(copy_file_range, d, &position, e, NULL, 32, 0);
	call(copy_file_range, 99, NULL, e, NULL, 32, 0);
	call(splice, d, NULL, e, NULL, 10, 1);
	call(fsync, d);
	call(close, d);
	call(close, e);
}
