/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile arguments: unreadable, endless, overlapping, out of range. Nothing here may succeed by chance. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

void failures(void)
{
	enum { PAGE = 4096 };
	static char endless[5000];
	char *edge = (void *)need(call(mmap, NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	memset(endless, 'e', sizeof(endless) - 1);
	call(openat, AT_FDCWD, NULL, O_RDONLY, 0);
	call(openat, AT_FDCWD, NOWHERE, O_RDONLY, 0);
	call(openat, AT_FDCWD, "", O_RDONLY, 0);
	call(openat, AT_FDCWD, endless, O_RDONLY, 0);
	call(openat, AT_FDCWD, ~0ul - 4095, O_RDONLY, 0);
	call(openat, AT_FDCWD, "\001\002\377 not text \n", -1, -1);
	call(openat, 0xffffffff00000003, "high bits", O_RDONLY, 0);
	/* A name that ends with the last byte of readable memory, and one that does not end there. */
	call(mprotect, edge + PAGE, PAGE, PROT_NONE);
	memcpy(edge + PAGE - 5, "edge", 5);
	call(openat, AT_FDCWD, edge + PAGE - 5, O_RDONLY, 0);
	memcpy(edge + PAGE - 5, "edges", 5);
	call(openat, AT_FDCWD, edge + PAGE - 5, O_RDONLY, 0);
	call(write, 1 + 98, edge + PAGE - 40, 80);
	call(connect, 99, edge + PAGE - 4, 16);
	call(bind, 99, NULL, 0);
	call(sendto, 99, NULL, 0, 0, edge + PAGE - 4, 110);
	call(munmap, edge, 2 * PAGE);
#if defined(SYS_rename)
	call(rename, NOWHERE, endless);
	call(symlink, NULL, "");
	call(link, endless, NOWHERE);
	call(mkdir, endless, -1);
	call(unlink, NULL);
	call(open, NOWHERE, -1, -1);
	call(creat, endless, -1);
#endif
	call(linkat, -1, "a", -2, "b", -1);
	call(renameat2, 99, NULL, 98, NULL, -1);
	call(mount, endless, endless, endless, -1, endless);
	call(close, 0xffffffff00000000);
	call(dup3, -1, -1, -1);
	call(fcntl, -1, -1, -1);
	call(lseek, 99, -1, -1);
	call(setsockopt, 99, 1, 2, NOWHERE, ~0u);
	call(getsockopt, 99, 1, 2, NOWHERE, NOWHERE);
	call(socket, -1, -1, -1);
	call(listen, -1, -1);
	call(shutdown, -1, -1);
	call(setns, -1, -1);
	call(flock, -1, -1);
	call(ptrace, -1, -1, -1, -1);
	call(bpf, -1, NULL, 0);
	call(splice, -1, NULL, -1, NULL, -1, -1);
	call(prctl, -1, -1, -1, -1, -1);
	/* No such call. */
	wh_call6(500, 1, 2, 3, 4, 5, 6);
	wh_call6(5000, 1, 2, 3, 4, 5, 6);
	wh_call6(-1, 1, 2, 3, 4, 5, 6);
}
