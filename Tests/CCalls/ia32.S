/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 32-bit program as bytes, without a 32-bit compiler: opens /etc/passwd, connects to 127.0.0.1 port 1 through
 * socketcall, calls execve of a program that does not exist, then of /bin/true. Runs wherever it is loaded.
 */
	.section .rodata
	.globl	wh_ia32_program, wh_ia32_program_end
#if defined(__x86_64__)
	.code32
wh_ia32_program:
	call	1f
1:	popl	%ebp

	movl	$5, %eax			/* open(path, O_RDONLY) */
	leal	(path - 1b)(%ebp), %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	int	$0x80

	pushl	$0				/* socket(AF_INET, SOCK_STREAM, 0) */
	pushl	$1
	pushl	$2
	movl	$102, %eax
	movl	$1, %ebx
	movl	%esp, %ecx
	int	$0x80

	pushl	$16				/* connect(descriptor, address, 16) */
	leal	(address - 1b)(%ebp), %ecx
	pushl	%ecx
	pushl	%eax
	movl	$102, %eax
	movl	$3, %ebx
	movl	%esp, %ecx
	int	$0x80

	pushl	$0				/* execve(missing, {zero, one}, {environment}) */
	leal	(environment - 1b)(%ebp), %eax
	pushl	%eax
	movl	%esp, %edx
	pushl	$0
	leal	(one - 1b)(%ebp), %eax
	pushl	%eax
	leal	(zero - 1b)(%ebp), %eax
	pushl	%eax
	movl	%esp, %ecx
	leal	(missing - 1b)(%ebp), %ebx
	movl	$11, %eax
	int	$0x80

	leal	(program - 1b)(%ebp), %ebx	/* the same of one that exists */
	movl	$11, %eax
	int	$0x80

	movl	$1, %eax			/* exit(9): not reached */
	movl	$9, %ebx
	int	$0x80

path:		.asciz	"/etc/passwd"
missing:	.asciz	"/no/such/program"
program:	.asciz	"/bin/true"
zero:		.asciz	"small"
one:		.asciz	"world"
environment:	.asciz	"BITS=32"
address:	.byte	2, 0, 0, 1, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0
	.code64
#else
wh_ia32_program:
#endif
wh_ia32_program_end:
	.section .note.GNU-stack, "", @progbits
