// SPDX-License-Identifier: Apache-2.0
/* What is in the records. The driver's conformance tests look at every parameter; this is what needs no Swift. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS(...) ((const uint32_t[]){ __VA_ARGS__, UINT32_MAX })

/* What a test expects to find: how many records of a type of a thread, and the last one's bytes. */
struct expected {
	uint16_t type;
	uint64_t thread;
	long count;
	uint64_t timestamp;
	union {
		struct wh_event_header header;
		uint8_t bytes[WH_EVENT_MAX_SIZE];
	} last;
};

static void find(const struct record *record, void *context)
{
	struct expected *expected = context;

	if (record->header->type != expected->type || record->header->tid != expected->thread)
		return;
	CHECK(record->header->timestamp_ns >= expected->timestamp, "time goes forward");
	expected->timestamp = record->header->timestamp_ns;
	expected->count++;
	memcpy(expected->last.bytes, record->header, record->header->length);
}

static struct expected *expect(struct reader *reader, uint16_t type, uint64_t thread)
{
	static struct expected expected;

	memset(&expected, 0, sizeof(expected));
	expected.type = type;
	expected.thread = thread;
	CHECK(reader_drain(reader, find, &expected) >= 0, "the rings are whole");
	return &expected;
}

static int64_t number(const struct expected *expected, unsigned index)
{
	struct record record = { .header = &expected->last.header };
	unsigned length = 0;
	const uint8_t *value = expected->count ? parameter(&record, index, &length) : NULL;
	int64_t out = 0;

	if (!value || length > 8)
		return INT64_MIN;
	memcpy(&out, value, length);
	return out;
}

static bool is_text(const struct expected *expected, unsigned index, const char *text)
{
	struct record record = { .header = &expected->last.header };
	unsigned length = 0;
	const uint8_t *value = expected->count ? parameter(&record, index, &length) : NULL;

	return value && length == strlen(text) + 1 && !memcmp(value, text, length);
}

void test_capture(void)
{
	struct reader reader;
	struct expected *seen;
	struct stat about;
	int file;

	if (!reader_open(&reader, RING_BYTES))
		return;
	CHECK(!reader_want(&reader, 0, CALLS(SYS_openat, SYS_close, SYS_getppid)), "want");
	file = openat(AT_FDCWD, "/proc/../init", O_RDONLY | O_CLOEXEC);
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	fstat(file, &about);
	close(file);
	seen = expect(&reader, WH_EVENT_openat, (uint64_t)getpid());
	CHECK(seen->count == 1, "%ld", seen->count);
	CHECK(number(seen, 0) == file, "descriptor %ld", number(seen, 0));
	CHECK(number(seen, 1) == WH_AT_FDCWD, "directory %ld", number(seen, 1));
	CHECK(is_text(seen, 2, "/proc/../init"), "name");
	CHECK(number(seen, 3) == (WH_FLAG_file_flags_O_RDONLY | WH_FLAG_file_flags_O_CLOEXEC), "flags %lx", number(seen, 3));
	CHECK(number(seen, 6) == (int64_t)about.st_ino, "inode %ld is %ld", number(seen, 6), about.st_ino);

	CHECK(!reader_want(&reader, 0, CALLS(SYS_getppid)), "want a call without an event of its own");
	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	syscall(SYS_getppid);
	seen = expect(&reader, WH_EVENT_generic, (uint64_t)getpid());
	CHECK(seen->count == 1000, "%ld", seen->count);
	CHECK(number(seen, 0) == WH_SC_getppid && number(seen, 1) == SYS_getppid, "%ld", number(seen, 0));
	reader_close(&reader);
}

static void on_signal(int signal)
{
	(void)signal;
}

void test_points(void)
{
	struct reader reader;
	struct expected *seen;
	int status;
	pid_t child;

	if (!reader_open(&reader, 4 << 20))
		return;
	CHECK(!reader_want(&reader, WH_KMOD_POINTS_ALL, CALLS(SYS_execve)), "want");
	child = fork();
	if (child == 0) {
		/* On the stack: constants of the program's file need not be in memory for this process yet. */
		char first[] = "a", second[] = "b";

		execve("/no/such/program", (char *[]){ first, second, NULL }, (char *[]){ NULL });
		raise(SIGUSR1);
		_exit(7);
	}
	signal(SIGUSR1, SIG_IGN);
	waitpid(child, &status, 0);
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	seen = expect(&reader, WH_EVENT_execve, (uint64_t)child);
	CHECK(seen->count == 1 && number(seen, 0) == -ENOENT, "%ld failed exec, result %ld", seen->count, number(seen, 0));
	CHECK(is_text(seen, 1, "a") && is_text(seen, 2, "b"), "its arguments");

	CHECK(!reader_want(&reader, WH_KMOD_POINTS_ALL & ~WH_KMOD_POINT_FAULT, CALLS(SYS_execve)), "want");
	child = fork();
	if (child == 0) {
		/* The test program itself: as a child it finds it is not the first process, and ends. */
		execve("/proc/self/exe", (char *[]){ "again", "b", NULL }, (char *[]){ "C=d", NULL });
		_exit(8);
	}
	waitpid(child, &status, 0);
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	seen = expect(&reader, WH_EVENT_execve, (uint64_t)child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9, "status %x", status);
	CHECK(seen->count == 1 && number(seen, 0) == 0, "%ld successful exec, result %ld", seen->count, number(seen, 0));
	CHECK(is_text(seen, 1, "again") && is_text(seen, 2, "b"), "its arguments");

	for (int round = 0; round < 3; round++) {
		static const uint32_t points[] = { WH_KMOD_POINT_EXIT, WH_KMOD_POINT_SWITCH, WH_KMOD_POINT_FAULT };
		static const uint16_t types[] = { WH_EVENT_procexit, WH_EVENT_sched_switch, WH_EVENT_page_fault };

		CHECK(!reader_want(&reader, points[round], NULL), "want");
		child = fork();
		if (child == 0) {
			volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			*page = 1;
			usleep(1000);
			_exit(3);
		}
		waitpid(child, &status, 0);
		CHECK(!reader_want(&reader, 0, NULL), "want nothing");
		seen = expect(&reader, types[round], (uint64_t)child);
		CHECK(seen->count >= 1, "%ld records of type %u", seen->count, types[round]);
		if (types[round] == WH_EVENT_procexit)
			CHECK(number(seen, 0) == 3 << 8 && seen->count == 1, "status %lx", number(seen, 0));
	}
	CHECK(!reader_want(&reader, WH_KMOD_POINT_SIGNAL, NULL), "want");
	child = fork();
	if (child == 0) {
		/* Without a handler the kernel turns it into its own SIGKILL, from nobody. */
		signal(SIGTERM, on_signal);
		raise(SIGTERM);
		_exit(0);
	}
	waitpid(child, &status, 0);
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	seen = expect(&reader, WH_EVENT_signaldeliver, (uint64_t)child);
	CHECK(seen->count == 1, "%ld", seen->count);
	CHECK(number(seen, 0) == child && number(seen, 2) == SIGTERM, "from %ld, signal %ld", number(seen, 0), number(seen, 2));
	reader_close(&reader);
}

/* Every call with one number for all arguments. A call that waits is interrupted. */
static void make_wild_calls(uint64_t argument)
{
	struct itimerval often = { .it_interval.tv_usec = 50000, .it_value.tv_usec = 50000 };
	struct sigaction interrupt = { .sa_handler = on_signal };
	/* Calls that end the test, or the machine, or wait, whatever their arguments. */
	static const short left_out[] = {
		SYS_exit, SYS_exit_group, SYS_reboot, SYS_pause, SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_fork,
		SYS_vfork, SYS_clone, SYS_clone3, SYS_vhangup, SYS_kill, SYS_tkill, SYS_tgkill, SYS_munmap,
		SYS_mremap, SYS_brk, SYS_setsid, SYS_alarm, SYS_setitimer, SYS_select, SYS_pselect6, SYS_poll,
		SYS_ppoll, SYS_close_range, SYS_close, SYS_dup2, SYS_dup3, SYS_arch_prctl, SYS_rt_sigaction,
		SYS_rt_sigprocmask, SYS_sigaltstack, SYS_set_robust_list, SYS_set_tid_address, SYS_rseq,
		SYS_futex, SYS_waitid, SYS_wait4, SYS_madvise, SYS_mprotect, SYS_mmap, SYS_setuid, SYS_setgid,
		SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,
		SYS_setgroups, SYS_capset, SYS_prctl, SYS_ptrace, SYS_syslog, SYS_iopl, SYS_ioperm, SYS_unshare,
		SYS_setns, SYS_seccomp, SYS_personality, SYS_sync, SYS_rt_sigtimedwait, SYS_umount2, SYS_chroot,
		SYS_pivot_root, SYS_swapoff, SYS_semtimedop, SYS_acct, SYS_ustat, SYS_mlockall, SYS_read,
		SYS_readv, SYS_pread64, SYS_preadv, SYS_preadv2, SYS_nanosleep, SYS_clock_nanosleep,
		SYS_epoll_wait, SYS_epoll_pwait, SYS_sched_setaffinity, SYS_setpriority, SYS_setrlimit,
		SYS_prlimit64, SYS_sched_setscheduler, SYS_kexec_load, SYS_kexec_file_load, SYS_modify_ldt,
		SYS_process_madvise, SYS_delete_module, SYS_chdir, SYS_fchdir, SYS_umask, SYS_quotactl,
		SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
		SYS_clock_adjtime, SYS_pkey_mprotect, SYS_io_setup, SYS_setpgid, 335, 336, 448, 449,
	};

	sigaction(SIGALRM, &interrupt, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (long call = 0; call < 450; call++) {
		bool is_left_out = false;

		for (size_t k = 0; k < sizeof(left_out) / sizeof(left_out[0]); k++)
			is_left_out |= call == left_out[k];
		if (!is_left_out)
			syscall(call, argument, argument, argument, argument, argument, argument);
	}
}

/* Arguments that point to nothing, to memory that is not there, to the kernel: empty values, and no fault taken. */
void test_missing_memory(void)
{
	static const uint64_t wild[] = {
		0, 1, 4095, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000, 0xdeadbeefdeadbeef, 0xffff800000000000,
		0xffffffff81000000, 0xffffffffff600000, 0xfffffffffffff000, 0xffffffffffffffff,
	};
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct reader reader;
	struct expected *seen;

	if (!reader_open(&reader, 4 << 20))
		return;
	CHECK(!reader_want_everything(&reader), "want");
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			make_wild_calls(wild[i]);
			_exit(0);
		}
		for (int waited = 0; waited < 500 && waitpid(child, &status, WNOHANG) == 0; waited++) {
			CHECK(reader_drain(&reader, NULL, NULL) >= 0, "the rings are whole");
			usleep(20000);
		}
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%lx: status %x", wild[i], status);
	}
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	CHECK(reader_drain(&reader, NULL, NULL) >= 0, "the rings are whole");

	/* A string that ends at the edge of what is there, and one that goes on beyond it. */
	CHECK(!reader_want(&reader, 0, CALLS(SYS_openat)), "want");
	munmap(pages + 4096, 4096);
	strcpy((char *)pages + 4096 - 9, "/nowhere");
	CHECK(openat(AT_FDCWD, (char *)pages + 4096 - 9, O_RDONLY) < 0, "open");
	seen = expect(&reader, WH_EVENT_openat, (uint64_t)getpid());
	CHECK(seen->count == 1 && is_text(seen, 2, "/nowhere"), "%ld", seen->count);
	memset(pages, 'x', 4096);
	CHECK(openat(AT_FDCWD, (char *)pages + 4000, O_RDONLY) < 0 && errno == EFAULT, "open");
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	seen = expect(&reader, WH_EVENT_openat, (uint64_t)getpid());
	CHECK(seen->count == 1 && number(seen, 2) == 0 && number(seen, 0) == -EFAULT, "%ld", seen->count);
	munmap(pages, 4096);
	reader_close(&reader);
}

/* Calls of the 32-bit ABI have other numbers: taken for what they are, and not for what their number means here. */
void test_foreign_calls(void)
{
#ifdef __x86_64__
	enum { GETPID_32 = 20 };		/* writev for 64-bit programs */
	struct reader reader;
	struct expected *seen;
	long result;

	if (!reader_open(&reader, RING_BYTES))
		return;
	CHECK(!reader_want(&reader, 0, CALLS(SYS_writev, WH_SLOT_IA32 + GETPID_32)), "want");
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(GETPID_32) : "memory", "r8", "r9", "r10", "r11");
	syscall(SYS_writev | 0x40000000, -1, 0, 0);		/* the x32 ABI, whether the kernel knows it or not */
	CHECK(!reader_want(&reader, 0, NULL), "want nothing");
	if (CHECK(result == getpid(), "the kernel has the 32-bit ABI: %ld", result)) {
		seen = expect(&reader, WH_EVENT_generic, (uint64_t)getpid());
		CHECK(seen->count == 1 && number(seen, 0) == WH_SC_getpid && number(seen, 1) == SYS_getpid, "%ld", seen->count);
	}
	CHECK(reader_counters(&reader).made == 1, "%lu records", reader_counters(&reader).made);
	CHECK(reader_counters(&reader).foreign == 1, "%lu foreign calls", reader_counters(&reader).foreign);
	reader_close(&reader);
#endif
}
