/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "native.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

int wh_registers_call(int tid, uint32_t *number, uint64_t arguments[6])
{
#if defined(__x86_64__)
	struct user_regs_struct registers = { 0 };
#else
	struct user_pt_regs registers = { 0 };
#endif
	struct iovec room = { .iov_base = &registers, .iov_len = sizeof(registers) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)NT_PRSTATUS, &room) < 0)
		return -errno;
#if defined(__x86_64__)
	*number = (uint32_t)registers.orig_rax;
	arguments[0] = registers.rdi;
	arguments[1] = registers.rsi;
	arguments[2] = registers.rdx;
	arguments[3] = registers.r10;
	arguments[4] = registers.r8;
	arguments[5] = registers.r9;
#else
	*number = (uint32_t)registers.regs[8];
	arguments[0] = 0;
	for (int i = 1; i < 6; i++)
		arguments[i] = registers.regs[i];
#endif
	return 0;
}
