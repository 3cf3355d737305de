// SPDX-License-Identifier: Apache-2.0
/*
 * The first and only program of a virtual machine that tests the kernel module: loads it, runs every test, says what
 * came of it on the console, and switches the machine off. The host's side is the script `run`.
 */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static int failures, checks;

bool check(bool held, const char *what, const char *where, int line, const char *format, ...)
{
	int error = errno;
	va_list arguments;

	__atomic_add_fetch(&checks, 1, __ATOMIC_RELAXED);
	if (held)
		return true;
	__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
	printf("@@FAIL %s:%d: %s: ", where, line, what);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf(" (errno %s)\n", strerrorname_np(error) ? strerrorname_np(error) : "0");
	return false;
}

int module_load(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int result = file < 0 ? -1 : (int)syscall(SYS_finit_module, file, "", 0);

	close(file);
	return result;
}

int module_unload(void)
{
	return (int)syscall(SYS_delete_module, "windhover", O_NONBLOCK);
}

/* What the kernel would say of a bug. The ring buffer of messages is read whole. */
static void check_messages(void)
{
	static const char *const bad[] = {
		"WARNING:", "BUG:", "Oops", "general protection", "Call Trace:", "RIP:", "rcu: INFO", "soft lockup",
		"scheduling while atomic", "Bad page", "refcount_t", "double fault", "unable to handle",
	};
	size_t size = 1 << 20;
	char *text = calloc(1, size);
	int length = klogctl(3, text, (int)size - 1);

	CHECK(length > 0, "read the kernel's messages");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *found = strstr(text, bad[i]);

		if (!CHECK(!found, "the kernel says \"%s\"", bad[i]))
			printf("%.3000s\n", found > text + 200 ? found - 200 : text);
	}
	free(text);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
#define TEST(name) { #name, test_##name }
	TEST(open), TEST(setup), TEST(capture), TEST(points), TEST(missing_memory), TEST(foreign_calls), TEST(overload),
	TEST(hostile_consumer), TEST(two_consumers), TEST(mappings), TEST(random_calls), TEST(hotplug), TEST(churn),
	TEST(unload),
};

/* Whether a test shall run: all do, unless some are named. */
static bool is_chosen(const char *name, int count, char **names)
{
	for (int i = 1; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return count < 2;
}

int main(int count, char **arguments)
{
	struct utsname names;

	if (getpid() != 1)
		return 9;		/* a test has executed this program */
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	uname(&names);
	printf("@@KERNEL %s\n", names.release);
	if (CHECK(!module_load("/windhover.ko"), "load the module")) {
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
			int before = failures;

			if (!is_chosen(tests[i].name, count, arguments))
				continue;
			tests[i].run();
			printf("@@%s %s\n", failures == before ? "PASS" : "FAILED", tests[i].name);
		}
	}
	check_messages();
	printf("@@END %d checks, %d failed\n", checks, failures);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
