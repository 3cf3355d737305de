// SPDX-License-Identifier: Apache-2.0
/* Who may do what with the device: opening, calls, mappings; with hostile arguments. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `body` in a child with one capability (or none: -1) in force and user id 65534. Returns what it returns. */
static int as_nobody(int capability, int (*body)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
		struct __user_cap_data_struct data[2] = {};

		prctl(PR_SET_KEEPCAPS, 1);
		if (setgid(65534) || setuid(65534))
			_exit(120);
		if (capability >= 0) {
			data[capability / 32].effective = 1u << capability % 32;
			data[capability / 32].permitted = 1u << capability % 32;
		}
		if (syscall(SYS_capset, &header, data))
			_exit(121);
		_exit(body());
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 122;
}

static int errno_of_open(void)
{
	int device = device_open();

	return device >= 0 ? 0 : errno;
}

void test_open(void)
{
	struct stat about;
	int devices[WH_KMOD_CONSUMERS + 1], i;

	CHECK(!stat("/dev/windhover", &about), "the device is there");
	CHECK((about.st_mode & 07777) == 0600, "mode %o", about.st_mode);
	CHECK(as_nobody(-1, errno_of_open) == EACCES, "nobody, by the file's mode");
	/* With the mode out of the way, capabilities decide. */
	chmod("/dev/windhover", 0666);
	CHECK(as_nobody(-1, errno_of_open) == EPERM, "nobody without capabilities");
	CHECK(as_nobody(CAP_NET_ADMIN, errno_of_open) == EPERM, "with another capability");
	CHECK(as_nobody(CAP_PERFMON, errno_of_open) == 0, "with CAP_PERFMON");
	CHECK(as_nobody(CAP_SYS_ADMIN, errno_of_open) == 0, "with CAP_SYS_ADMIN");
	chmod("/dev/windhover", 0600);
	for (i = 0; i <= WH_KMOD_CONSUMERS; i++)
		devices[i] = device_open();
	CHECK(devices[WH_KMOD_CONSUMERS - 1] >= 0, "open number %d", WH_KMOD_CONSUMERS);
	CHECK(devices[WH_KMOD_CONSUMERS] < 0 && errno == EBUSY, "one more than there may be");
	for (i = 0; i < WH_KMOD_CONSUMERS; i++)
		close(devices[i]);
	devices[0] = device_open();
	CHECK(devices[0] >= 0, "open after all are closed");
	close(devices[0]);
}

static int set_up(int device, uint32_t version, uint32_t ring_bytes, uint32_t snaplen)
{
	struct wh_kmod_setup setup = { .version = version, .ring_bytes = ring_bytes, .snaplen = snaplen };

	return ioctl(device, WH_KMOD_SETUP, &setup) ? errno : 0;
}

void test_setup(void)
{
	struct wh_kmod_info info = {};
	struct wh_kmod_interest interest = {};
	int device = device_open();

	CHECK(!ioctl(device, WH_KMOD_INFO, &info), "info");
	CHECK(info.version == WH_KMOD_VERSION && info.cpus >= 1 && info.points == WH_KMOD_POINTS_ALL,
	      "version %u, %u CPUs, points %x", info.version, info.cpus, info.points);
	CHECK(info.page_bytes == (uint32_t)sysconf(_SC_PAGESIZE), "%u", info.page_bytes);
	CHECK(ioctl(device, WH_KMOD_CAPTURE, &interest) && errno == ENXIO, "capture before the set-up");
	CHECK(set_up(device, WH_KMOD_VERSION + 1, RING_BYTES, 80) == EPROTO, "another version");
	CHECK(set_up(device, WH_KMOD_VERSION, 0, 80) == EINVAL, "no ring");
	CHECK(set_up(device, WH_KMOD_VERSION, RING_BYTES / 2, 80) == EINVAL, "a ring too small for a record");
	CHECK(set_up(device, WH_KMOD_VERSION, 3 * RING_BYTES, 80) == EINVAL, "no power of two");
	CHECK(set_up(device, WH_KMOD_VERSION, 2u << 30, 80) == EINVAL, "a ring too large");
	CHECK(set_up(device, WH_KMOD_VERSION, RING_BYTES, WH_MAX_SNAPLEN + 1) == EINVAL, "snaplen");
	CHECK(ioctl(device, WH_KMOD_SETUP, (void *)8) && errno == EFAULT, "no memory at the argument");
	/* More than the machine has: refused without a word, and the next attempt is as good as the first. */
	CHECK(set_up(device, WH_KMOD_VERSION, 1u << 30, 80) == ENOMEM, "more memory than there is");
	close(device);
	device = device_open();
	CHECK(set_up(device, WH_KMOD_VERSION, RING_BYTES, 80) == 0, "the right one");
	CHECK(set_up(device, WH_KMOD_VERSION, RING_BYTES, 80) == EALREADY, "twice");
	CHECK(!ioctl(device, WH_KMOD_CAPTURE, &interest), "an empty interest");
	interest.points = WH_KMOD_POINTS_ALL + 1;
	CHECK(ioctl(device, WH_KMOD_CAPTURE, &interest) && errno == EINVAL, "an unknown point");
	interest.points = 0;
	interest.options = 2;
	CHECK(ioctl(device, WH_KMOD_CAPTURE, &interest) && errno == EINVAL, "an unknown option");
	interest.options = 0;
	interest.wanted[5] = 4;
	CHECK(ioctl(device, WH_KMOD_CAPTURE, &interest) && errno == EINVAL, "an unknown bit");
	CHECK(ioctl(device, 0xdead, 0) && errno == ENOTTY, "an unknown call");
	close(device);
}

static int errno_of_map(int device, size_t length, int protection, int flags, uint64_t offset)
{
	void *start = mmap(NULL, length, protection, flags, device, (off_t)offset);

	if (start == MAP_FAILED)
		return errno;
	munmap(start, length);
	return 0;
}

static sigjmp_buf fault;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(fault, 1);
}

static bool is_readable(const uint8_t *byte)
{
	struct sigaction action = { .sa_handler = on_fault };
	volatile bool readable = false;

	sigaction(SIGBUS, &action, NULL);
	if (!sigsetjmp(fault, 1)) {
		*(const volatile uint8_t *)byte;
		readable = true;
	}
	signal(SIGBUS, SIG_DFL);
	return readable;
}

void test_mappings(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = page + 2 * RING_BYTES;
	struct reader reader;
	uint8_t *start;
	int device;

	if (!reader_open(&reader, RING_BYTES))
		return;
	device = reader.device;
	CHECK(errno_of_map(device, whole, PROT_READ, MAP_SHARED, page) == 0, "all of a ring");
	CHECK(errno_of_map(device, page, PROT_READ, MAP_SHARED, page) == 0, "its first page");
	CHECK(errno_of_map(device, whole + page, PROT_READ, MAP_SHARED, page) == EINVAL, "one page beyond");
	CHECK(errno_of_map(device, 2 * page, PROT_READ, MAP_SHARED, 0) == EINVAL, "both kinds at once");
	CHECK(errno_of_map(device, page, PROT_READ, MAP_SHARED, 2 * page) == EINVAL, "from the middle");
	CHECK(errno_of_map(device, page, PROT_READ, MAP_SHARED, WH_KMOD_STRIDE - page) == EINVAL, "the end of a stride");
	CHECK(errno_of_map(device, page, PROT_READ, MAP_SHARED, 4000 * WH_KMOD_STRIDE) == EINVAL, "a CPU that cannot be");
	CHECK(errno_of_map(device, 2 * page, PROT_READ, MAP_SHARED, WH_KMOD_STATUS_OFFSET) == EINVAL, "beyond the status");
	CHECK(errno_of_map(device, page, PROT_READ, MAP_SHARED, WH_KMOD_STATUS_OFFSET + page) == EINVAL, "behind the status");
	CHECK(errno_of_map(device, page, PROT_READ, MAP_SHARED, 1ull << 62) != 0, "far away");
	CHECK(errno_of_map(device, whole, PROT_READ | PROT_WRITE, MAP_SHARED, page) == EPERM, "data to write");
	CHECK(errno_of_map(device, page, PROT_READ | PROT_WRITE, MAP_SHARED, WH_KMOD_STATUS_OFFSET) == EPERM,
	      "status to write");
	CHECK(errno_of_map(device, page, PROT_READ | PROT_EXEC, MAP_SHARED, 0) == EPERM, "to execute");
	CHECK(errno_of_map(device, page, PROT_READ, MAP_PRIVATE, page) == EPERM, "private");

	start = mmap(NULL, whole, PROT_READ, MAP_SHARED, device, (off_t)page);
	CHECK(mprotect(start, whole, PROT_READ | PROT_WRITE) && errno == EACCES, "write afterwards");
	CHECK(mprotect(start, whole, PROT_READ | PROT_EXEC) && errno == EACCES, "execute afterwards");
	CHECK(mremap(start, whole, 2 * whole, MREMAP_MAYMOVE) == MAP_FAILED, "grow");
	CHECK(mremap(start, 0, whole, MREMAP_MAYMOVE) == MAP_FAILED, "a second one by mremap");
	start = mremap(start, whole, page, 0);
	CHECK(start != MAP_FAILED, "shrink");
	munmap(start, page);
	/* A reader that throws its own mapping away harms itself only. */
	CHECK(!madvise((void *)reader.data[0], RING_BYTES, MADV_DONTNEED), "throw away");
	CHECK(!is_readable(reader.data[0]) && is_readable((const void *)reader.producer[0]), "read what was thrown away");

	/* The mapping outlives the descriptor, and keeps the module. */
	close(device);
	CHECK(reader.producer[0]->position == 0, "read after close");
	CHECK(module_unload() && (errno == EAGAIN || errno == EBUSY), "unload while it is mapped");
	reader.device = -1;
	reader_close(&reader);
}

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Random numbers, random arguments: pointers to nothing, into the kernel, to random bytes. */
static int random_calls(int device, int rounds)
{
	static const unsigned long known[] = { WH_KMOD_INFO, WH_KMOD_SETUP, WH_KMOD_CAPTURE };
	uint8_t *bytes = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int accepted = 0;

	for (int i = 0; i < rounds; i++) {
		unsigned long command = random_number() % 4 ? known[random_number() % 3] : random_number();
		uint64_t argument;

		for (int k = 0; k < 4; k++)
			bytes[random_number() % 4096] = (uint8_t)random_number();
		switch (random_number() % 5) {
		case 0: argument = random_number(); break;
		case 1: argument = random_number() | 0xffff800000000000; break;
		case 2: argument = (uint64_t)bytes + 8192 - random_number() % 16; break;
		default: argument = (uint64_t)bytes + random_number() % 4096; break;
		}
		/* A ring of up to a gigabyte is a legal wish, and not what is tried here. */
		if (command == WH_KMOD_SETUP && argument - (uint64_t)bytes < 4096)
			((struct wh_kmod_setup *)argument)->ring_bytes &= 0x80fffff;
		accepted += ioctl(device, command, argument) == 0;
	}
	munmap(bytes, 8192);
	return accepted;
}

static int random_calls_of_nobody(void)
{
	int device = device_open();

	return device < 0 && errno == EPERM ? 0 : 1;
}

void test_random_calls(void)
{
	struct reader reader;
	int device = device_open();

	CHECK(random_calls(device, 20000) > 0, "on a new descriptor");
	for (int i = 0; i < 20000; i++)
		errno_of_map(device, (random_number() % 300 + 1) << 12, (int)(random_number() % 8),
			     random_number() % 2 ? MAP_SHARED : MAP_PRIVATE,
			     (random_number() % 2 ? random_number() % 4096 : random_number() & 0xfffffffffffff) << 12);
	close(device);
	if (reader_open(&reader, RING_BYTES)) {
		/* Fewer: each accepted interest waits for the probes to be done with the old one. */
		CHECK(random_calls(reader.device, 2000) > 0, "on one that is set up");
		CHECK(!reader_want(&reader, 0, NULL), "nothing is wanted at the end");
		CHECK(reader_drain(&reader, NULL, NULL) >= 0, "and what is in the rings is whole");
		reader_close(&reader);
	}
	chmod("/dev/windhover", 0666);
	CHECK(as_nobody(-1, random_calls_of_nobody) == 0, "nobody gets no descriptor to try it on");
	chmod("/dev/windhover", 0600);
}
