/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ccalls.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t wh_call(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	long result = syscall(number, a0, a1, a2, a3, a4, a5);

	return result == -1 ? -(int64_t)errno : result;
}

int64_t wh_foreign_call(int64_t number, uint32_t b, uint32_t c, uint32_t d)
{
#if defined(__x86_64__)
	int64_t result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"((uint64_t)b), "c"((uint64_t)c), "d"((uint64_t)d)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)result;
#else
	(void)number, (void)b, (void)c, (void)d;
	return -ENOSYS;
#endif
}

int64_t wh_foreign_call6(int64_t number, uint32_t b, uint32_t c, uint32_t d, uint32_t si, uint32_t di, uint32_t bp)
{
#if defined(__x86_64__)
	uint64_t last = bp;
	int64_t result;

	/* The compiler may need %rbp and what lies below the stack pointer for itself. */
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpush %%rbp\n\tmov %[last], %%rbp\n\tint $0x80\n\tpop %%rbp\n\t"
			 "lea 128(%%rsp), %%rsp"
			 : "=a"(result)
			 : "a"(number), "b"((uint64_t)b), "c"((uint64_t)c), "d"((uint64_t)d), "S"((uint64_t)si),
			   "D"((uint64_t)di), [last] "r"(last)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)result;
#else
	(void)number, (void)b, (void)c, (void)d, (void)si, (void)di, (void)bp;
	return -ENOSYS;
#endif
}

static int64_t wait_for(int64_t child)
{
	int status;

	if (child > 0)
		while (waitpid((pid_t)child, &status, __WALL) < 0 && errno == EINTR)
			;
	return child;
}

int64_t wh_child_by(int64_t number, uint64_t flags, int status)
{
	struct clone_args arguments = { .flags = flags, .exit_signal = SIGCHLD };
	int64_t child;

	switch (number) {
	case SYS_clone:
		child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
		break;
	case SYS_clone3:
		child = syscall(SYS_clone3, &arguments, sizeof(arguments));
		break;
	case SYS_vfork:
		child = vfork();
		break;
	default:
		child = syscall(number);
	}
	if (child == 0)
		syscall(SYS_exit_group, status);
	return child < 0 ? -errno : wait_for(child);
}

int64_t wh_call_below(const char *root, int64_t *result, int64_t number, uint64_t a0, uint64_t a1, uint64_t a2,
		      uint64_t a3, uint64_t a4, uint64_t a5)
{
	int64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (shared == MAP_FAILED)
		return -errno;
	child = fork();
	if (child == 0) {
		if (root && (chroot(root) || chdir("/")))
			*shared = -errno;
		else
			*shared = wh_call(number, a0, a1, a2, a3, a4, a5);
		syscall(SYS_exit_group, 0);
	}
	wait_for(child);
	*result = *shared;
	munmap(shared, 4096);
	return child;
}

int64_t wh_foreign_call_in_child(int64_t *result, int64_t number, uint32_t b, uint32_t c, uint32_t d)
{
	int64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (shared == MAP_FAILED)
		return -errno;
	child = fork();
	if (child == 0) {
		*shared = wh_foreign_call(number, b, c, d);
		syscall(SYS_exit_group, 0);
	}
	wait_for(child);
	*result = *shared;
	munmap(shared, 4096);
	return child;
}

int wh_has_foreign_calls(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		syscall(SYS_exit_group, wh_foreign_call(20, 0, 0, 0) == getpid() ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

uint32_t wh_low_memory(size_t size)
{
#if defined(MAP_32BIT)
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	return memory == MAP_FAILED ? 0 : (uint32_t)(uintptr_t)memory;
#else
	(void)size;
	return 0;
#endif
}

extern const char wh_ia32_program[], wh_ia32_program_end[];

int wh_write_ia32_program(const char *path)
{
	struct {
		Elf32_Ehdr file;
		Elf32_Phdr segment;
	} header = {
		.file = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
			.e_entry = 0x08048000 + sizeof(header), .e_phoff = sizeof(Elf32_Ehdr),
			.e_ehsize = sizeof(Elf32_Ehdr), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD, .p_vaddr = 0x08048000, .p_flags = PF_R | PF_X, .p_align = 4096,
		},
	};
	size_t size = (size_t)(wh_ia32_program_end - wh_ia32_program);
	int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755), result = 0;

	if (descriptor < 0)
		return -errno;
	header.segment.p_filesz = header.segment.p_memsz = (Elf32_Word)(sizeof(header) + size);
	if (write(descriptor, &header, sizeof(header)) != sizeof(header) ||
	    write(descriptor, wh_ia32_program, size) != (ssize_t)size)
		result = -EIO;
	close(descriptor);
	return result;
}

int64_t wh_call_in_child(int64_t *result, int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
			 uint64_t a4, uint64_t a5)
{
	return wh_call_below(NULL, result, number, a0, a1, a2, a3, a4, a5);
}

int64_t wh_spawn_beside(const char *path, uint64_t arguments)
{
	extern char **environ;
	sigset_t none;
	long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (child)
		return child < 0 ? -errno : child;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(path, (char *const *)(uintptr_t)arguments, environ);
	syscall(SYS_exit_group, 127);
	return 0;
}

int64_t wh_open_and_close(const char *path, int64_t count)
{
	int64_t failed = 0;

	while (count-- > 0) {
		long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);

		if (descriptor < 0 || syscall(SYS_close, descriptor))
			failed++;
	}
	return failed;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t wh_time_calls(int64_t number, int64_t count)
{
	uint64_t start = now();

	while (count-- > 0)
		syscall(number);
	return now() - start;
}

uint64_t wh_time_failing_opens(const char *path, int64_t count)
{
	uint64_t start = now();

	while (count-- > 0)
		syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	return now() - start;
}

uint64_t wh_time_opens(const char *path, int64_t count)
{
	enum { MOST = 512 };
	int descriptors[MOST];
	uint64_t start, taken;
	int64_t opened;

	if (count > MOST)
		abort();
	start = now();
	for (opened = 0; opened < count; opened++)
		descriptors[opened] = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	taken = now() - start;
	while (opened-- > 0) {
		if (descriptors[opened] < 0)
			abort();
		close(descriptors[opened]);
	}
	return taken;
}

int64_t wh_thread_id(void)
{
	return gettid();
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void wh_remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

uint32_t wh_encoded_device(uint64_t device)
{
	uint32_t number = minor(device);

	return (number & 0xff) | major(device) << 8 | (number & ~0xffu) << 12;
}

int wh_adopt_orphans(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}
