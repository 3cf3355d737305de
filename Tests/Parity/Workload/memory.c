/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: mapping, protecting, locking, and reading that of others. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>

void memory(void)
{
	struct iovec here = { shared->values, 16 }, there = { shared->values + 8, 16 };
	struct rlimit limit = { 512, 1024 };
	long page = need(call(mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	long d = need(call(openat, AT_FDCWD, "mapped", O_RDWR | O_CREAT, 0600));
	long file, self;

	call(ftruncate, d, 4096);
	file = call(mmap, NULL, 4096, PROT_READ, MAP_SHARED, d, 0);
	call(mmap, NULL, 4096, PROT_READ, MAP_SHARED, 99, 4096);
	call(mmap, page, 4096, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	call(mprotect, page, 4096, PROT_READ | PROT_WRITE);
	call(mprotect, 3, 4096, PROT_READ);
	call(mlock, page, 4096);
	call(mlock2, page, 8192, 1);
	call(munlock, page, 8192);
	call(mlockall, 1);
	call(munlockall);
	call(mlock, ~0ul, 4096);
	call(madvise, page, 4096, MADV_DONTNEED);
	call(munmap, file, 4096);
	call(munmap, page, 8192);
	call(munmap, 1, 1);
	call(brk, 0);
	call(close, d);

	self = call(getpid);
	call(process_vm_readv, self, &here, 1, &there, 1, 0);
	call(process_vm_writev, self, &here, 1, &there, 1, 0);
	call(process_vm_readv, 0x3fffffff, &here, 1, &there, 1, 0);

#if defined(SYS_getrlimit)
	call(getrlimit, RLIMIT_NOFILE, shared->values);
	call(setrlimit, RLIMIT_NOFILE, &limit);
	call(getrlimit, 99, shared->values);
	call(setrlimit, RLIMIT_NOFILE, NOWHERE);
#endif
	call(prlimit64, 0, RLIMIT_NOFILE, &limit, shared->values);
	call(prlimit64, 0, RLIMIT_NPROC, NULL, shared->values);
	call(prlimit64, 0x3fffffff, RLIMIT_STACK, NULL, shared->values);
}
