/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "native.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)
/* struct user_regs_struct32 of the kernel: ebx ecx edx esi edi ebp eax ds es fs gs orig_eax ... */
enum { IA32_REGISTERS = 17, IA32_ORIG_EAX = 11 };

static void ia32_call(const uint32_t *registers, uint32_t *number, uint64_t arguments[6])
{
	*number = registers[IA32_ORIG_EAX];
	for (int i = 0; i < 6; i++)
		arguments[i] = registers[i];
}
#endif

int wh_registers_call(int tid, uint32_t *architecture, uint32_t *number, uint64_t arguments[6])
{
#if defined(__x86_64__)
	struct user_regs_struct registers = { 0 };
#else
	struct user_pt_regs registers = { 0 };
#endif
	struct iovec room = { .iov_base = &registers, .iov_len = sizeof(registers) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)NT_PRSTATUS, &room) < 0)
		return -errno;
	*architecture = WH_NATIVE_ARCHITECTURE;
#if defined(__x86_64__)
	if (room.iov_len == IA32_REGISTERS * sizeof(uint32_t)) {
		*architecture = AUDIT_ARCH_I386;
		ia32_call((const uint32_t *)(const void *)&registers, number, arguments);
		return 0;
	}
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
