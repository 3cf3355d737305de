/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What /proc tells of the stopped thread: ids in its namespaces, memory, limits, terminal, credentials. Ids are those of
 * the tracer's own namespaces where a driver in the kernel would give the initial ones.
 */
#ifndef WH_TRACEE_TASKS_H
#define WH_TRACEE_TASKS_H

#include "tracee_proc.h"

enum {
	WH_PF_EXITING = 0x4,			/* include/linux/sched.h; told in /proc/TID/stat */
	WH_PENDING_SIGKILL = 1 << (WH_SIGKILL - 1),
	WH_REAPER_THREADS = 16,
	WH_REAPER_UNKNOWN = -1,
	WH_NAMESPACE_ANCESTORS = 32,
	WH_NAMESPACES = 16,
};

WH_INLINE int64_t wh_task_id(struct wh_call *call) { return call->task->tracee->tid; }
WH_INLINE int64_t wh_process_id(struct wh_call *call) { return call->task->tracee->tgid; }

/*
 * The thread that made this one, which /proc does not tell: believed if the tracer saw it, the process is still the
 * parent, and the thread is still there. Otherwise the parent's first thread.
 */
WH_INLINE int64_t wh_parent_id(struct wh_call *call)
{
	struct wh_tracee *tracee = call->task->tracee;
	int64_t parent = wh_numbers()->parent;
	char path[WH_PROC_PATH];
	struct stat status;

	if (tracee->parent_tid <= 0 || tracee->parent_tgid != parent || tracee->parent_tid == parent)
		return parent;
	snprintf(path, sizeof(path), "/proc/%d/task/%d", tracee->parent_tgid, tracee->parent_tid);
	return lstat(path, &status) == 0 ? tracee->parent_tid : parent;
}

WH_INLINE int64_t wh_own_task_id(struct wh_call *call) { (void)call; return wh_status()->own_task; }
WH_INLINE int64_t wh_own_process_id(struct wh_call *call) { (void)call; return wh_status()->own_process; }
WH_INLINE int64_t wh_own_group_id(struct wh_call *call) { (void)call; return wh_status()->own_group; }
WH_INLINE int64_t wh_group_id(struct wh_call *call) { (void)call; return wh_status()->group; }

/* prlimit asks for more rights than tracing does; the file does not, and is slower. */
WH_INLINE uint64_t wh_descriptor_limit(struct wh_call *call)
{
	struct rlimit limit;
	char text[4096], *line;

	/* A child starts with its parent's. */
	if (wh_task.is_twin && wh_twin.descriptor_limit)
		return wh_twin.descriptor_limit;
	if (prlimit(call->task->tracee->tid, RLIMIT_NOFILE, NULL, &limit) == 0) {
		if (wh_task.leaves_twin)
			wh_twin.descriptor_limit = limit.rlim_cur;
		return limit.rlim_cur;
	}
	if (!wh_proc_read("limits", text, sizeof(text)))
		return 0;
	line = strstr(text, "\nMax open files");
	if (!line)
		return 0;
	line += sizeof("\nMax open files") - 1;
	while (*line == ' ')
		line++;
	return *line == 'u' ? (uint64_t)RLIM_INFINITY : strtoull(line, NULL, 10);
}

WH_INLINE uint64_t wh_major_faults(struct wh_call *call) { (void)call; return wh_numbers()->major_faults; }
WH_INLINE uint64_t wh_minor_faults(struct wh_call *call) { (void)call; return wh_numbers()->minor_faults; }
WH_INLINE int64_t wh_exit_status(struct wh_call *call) { return call->task->stop->exit_status; }

WH_INLINE uint32_t wh_command_name(struct wh_call *call, uint8_t *room)
{
	struct wh_task_numbers *numbers = wh_numbers();

	(void)call;
	if (wh_task.numbers_asked != WH_FOUND)
		return 0;
	memcpy(room, numbers->name, numbers->name_length + 1);
	return numbers->name_length + 1;
}

/* Sizes in pages, from the longer line if it has been read anyway. */
WH_INLINE void wh_look_at_memory(void)
{
	char text[128], *at = text;

	if (wh_task.memory_asked != WH_NOT_ASKED)
		return;
	wh_task.memory_asked = WH_FOUND;
	if (wh_task.numbers_asked == WH_FOUND) {
		wh_task.memory_pages = wh_task.numbers.size_bytes >> WH_PAGE_SHIFT;
		wh_task.resident_pages = wh_task.numbers.resident_pages;
		return;
	}
	wh_task.memory_pages = wh_task.resident_pages = 0;
	if (wh_proc_read("statm", text, sizeof(text))) {
		wh_task.memory_pages = strtoull(at, &at, 10);
		wh_task.resident_pages = strtoull(at, &at, 10);
	}
}

WH_INLINE uint32_t wh_memory_size(struct wh_call *call)
{
	(void)call;
	wh_look_at_memory();
	return wh_task.memory_pages << (WH_PAGE_SHIFT - 10);
}

WH_INLINE uint32_t wh_memory_resident(struct wh_call *call)
{
	(void)call;
	wh_look_at_memory();
	return wh_task.resident_pages << (WH_PAGE_SHIFT - 10);
}

/* Only the longest of the files tells it; a machine without used swap needs no look. */
WH_INLINE uint32_t wh_memory_swapped(struct wh_call *call)
{
	(void)call;
	return wh_swap_is_used() ? wh_status()->swap_kib : 0;
}

/* Where the strings of the running image lie; start 0 if the kernel does not tell. */
WH_INLINE struct wh_area wh_argument_area(struct wh_call *call)
{
	struct wh_task_numbers *numbers = wh_numbers();
	struct wh_area area = { numbers->arguments_start, numbers->arguments_end };

	(void)call;
	return area;
}

WH_INLINE struct wh_area wh_environment_area(struct wh_call *call)
{
	struct wh_task_numbers *numbers = wh_numbers();
	struct wh_area area = { numbers->environment_start, numbers->environment_end };

	(void)call;
	return area;
}

enum { WH_CAPABILITIES = 41 };

WH_INLINE uint64_t wh_capability_bits(uint64_t bits) { return bits & ((1ull << WH_CAPABILITIES) - 1); }

WH_INLINE uint32_t wh_effective_uid(struct wh_call *call) { (void)call; return wh_status()->euid; }
WH_INLINE uint32_t wh_effective_gid(struct wh_call *call) { (void)call; return wh_status()->egid; }

WH_INLINE uint64_t wh_inheritable_capabilities(struct wh_call *call)
{
	(void)call;
	return wh_capability_bits(wh_status()->inheritable);
}

WH_INLINE uint64_t wh_permitted_capabilities(struct wh_call *call)
{
	(void)call;
	return wh_capability_bits(wh_status()->permitted);
}

WH_INLINE uint64_t wh_effective_capabilities(struct wh_call *call)
{
	(void)call;
	return wh_capability_bits(wh_status()->effective);
}

WH_INLINE uint32_t wh_login_uid(struct wh_call *call)
{
	char text[16];

	(void)call;
	return wh_proc_read("loginuid", text, sizeof(text)) ? strtoul(text, NULL, 10) : 0xffffffff;
}

/* The controlling terminal as a device number, in the encoding of the wire already; 0 without one. */
WH_INLINE uint32_t wh_terminal_device(struct wh_call *call) { (void)call; return wh_numbers()->terminal; }

/* Another thread's line, by its id and its process's. */
WH_INLINE bool wh_numbers_of(int64_t process, int64_t thread, struct wh_task_numbers *out)
{
	char path[WH_PROC_PATH], text[1024];

	snprintf(path, sizeof(path), "/proc/%lld/task/%lld/stat", (long long)process, (long long)thread);
	return wh_read_descriptor(open(path, O_RDONLY | O_CLOEXEC), text, sizeof(text)) && wh_parse_numbers(text, out);
}

WH_INLINE uint64_t wh_clock_ns(clockid_t clock)
{
	struct timespec time = {};

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + time.tv_nsec;
}

/* Clock ticks since the boot, as /proc counts, to nanoseconds of the monotonic clock, as the kernel keeps them. */
WH_INLINE uint64_t wh_start_time(uint64_t ticks)
{
	uint64_t since_boot = ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
	uint64_t monotonic = wh_clock_ns(CLOCK_MONOTONIC), suspended = wh_clock_ns(CLOCK_BOOTTIME) - monotonic;

	/* A machine that never slept differs by the time between the two calls. */
	if (suspended < 1000000)
		suspended = 0;
	return since_boot > suspended ? since_boot - suspended : 0;
}

/*
 * When the first process of the thread's pid namespace started. It is an ancestor of all others in there, except of
 * those that entered from outside.
 */
static __attribute__((noinline, unused)) uint64_t wh_pid_namespace_start(struct wh_call *call)
{
	static __thread struct { uint64_t namespace, start; } known[WH_NAMESPACES];
	static __thread uint32_t oldest;
	char path[WH_PROC_PATH], text[WH_PROC_TEXT], own[64], link[64];
	struct wh_task_numbers numbers;
	int64_t process = wh_process_id(call);
	static __thread uint64_t outermost;
	uint64_t namespace, start = 0;
	uint32_t i;

	if (wh_status()->levels <= 1 && outermost)
		return outermost;
	if (!wh_proc_link("ns/pid", own, sizeof(own)))
		return 0;
	namespace = strtoull(own + strcspn(own, "0123456789"), NULL, 10);
	for (i = 0; i < WH_NAMESPACES; i++)
		if (known[i].namespace == namespace)
			return known[i].start;
	if (wh_status()->levels <= 1)
		process = 1;
	for (i = 0; i < WH_NAMESPACE_ANCESTORS && process > 0 && !start; i++) {
		struct wh_task_status status = {};
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%lld/ns/pid", (long long)process);
		length = readlink(path, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = 0;
		snprintf(path, sizeof(path), "/proc/%lld/status", (long long)process);
		/* Of a process that we may not trace the link is unreadable: pid 1, as the tracer sees it, counts anyway. */
		if ((process != 1 && strcmp(own, link) != 0) || !wh_numbers_of(process, process, &numbers) ||
		    !wh_read_descriptor(open(path, O_RDONLY | O_CLOEXEC), text, sizeof(text)))
			break;
		wh_parse_status(text, &status);
		if (status.own_process == 1)
			start = wh_start_time(numbers.start_ticks);
		process = numbers.parent;
	}
	if (start) {
		known[oldest].namespace = namespace;
		known[oldest].start = start;
		oldest = (oldest + 1) % WH_NAMESPACES;
	}
	if (wh_status()->levels <= 1)
		outermost = start;
	return start;
}

/* Whether the thread, or a child that it makes now, lives in another pid namespace than the tracer's or its own. */
WH_INLINE bool wh_is_pid_namespace_below(struct wh_call *call)
{
	static __thread char own[64];
	char children[64];

	(void)call;
	if (wh_status()->levels > 1)
		return true;
	if (wh_task.is_twin || wh_task.stop->sees_identity)
		return false;
	/* Ids with one number only are of the tracer's own namespace. */
	if (!own[0] && readlink("/proc/self/ns/pid", own, sizeof(own) - 1) <= 0)
		return false;
	/* Before the first child is made, the link to a new namespace leads nowhere. */
	return !wh_proc_link("ns/pid_for_children", children, sizeof(children)) || strcmp(own, children) != 0;
}

/* Another thread of the process that is not ending; 0 if there is none, WH_REAPER_UNKNOWN beyond the bound. */
WH_INLINE int64_t wh_living_thread(int64_t process, int64_t leaving)
{
	char path[WH_PROC_PATH];
	char entries[2048] __attribute__((aligned(8)));
	struct dirent64 *entry;
	int directory, looked = 0;
	int64_t found = 0;

	snprintf(path, sizeof(path), "/proc/%lld/task", (long long)process);
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (directory >= 0 && !found) {
		ssize_t length = getdents64(directory, entries, sizeof(entries)), at;

		if (length <= 0)
			break;
		for (at = 0; at < length && !found; at += entry->d_reclen) {
			struct wh_task_numbers numbers;
			int64_t thread;

			entry = (void *)(entries + at);
			thread = strtoll(entry->d_name, NULL, 10);
			if (thread <= 0 || thread == leaving)
				continue;
			if (++looked > WH_REAPER_THREADS)
				found = WH_REAPER_UNKNOWN;
			else if (wh_numbers_of(process, thread, &numbers) && numbers.state != 'Z' && numbers.state != 'X' &&
				 !(numbers.flags & WH_PF_EXITING) && !(numbers.pending & WH_PENDING_SIGKILL))
				found = thread;
		}
	}
	if (directory >= 0)
		close(directory);
	return found;
}

WH_INLINE int64_t wh_reaper(struct wh_call *call) { return call->task->reaper; }

#endif
