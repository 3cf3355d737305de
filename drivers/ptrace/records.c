// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * One record after the other from a stop: the fillers of drivers/shared, expanded from the event table over what a
 * tracer can see.
 */
#define _GNU_SOURCE
#include "platform.h"

#include <linux/kcmp.h>

#include "../shared/values.h"
#include "../shared/record.h"
#include "../shared/ia32.h"
#include "../shared/fillers_data.h"
#include "../shared/fillers_exec.h"
#include "../shared/fillers_files.h"
#include "../shared/fillers_io_uring.h"
#include "../shared/fillers_keys.h"
#include "../shared/fillers_other.h"
#include "../shared/fillers_points.h"
#include "../shared/fillers_quota.h"
#include "../shared/fillers_sockets.h"
#include "../shared/fillers_sockopts.h"
#include "../shared/fillers_tasks.h"

enum {
	/* Stands for a result that nobody knows yet: a failure to all fillers, and no errno. */
	WH_NO_RESULT = -4096,
};

#define WH_CLONE_INTO_CGROUP 0x200000000ull	/* clone3 only, Linux 5.7 */

static __thread struct wh_work_area *wh_area;

/* What is too large for every thread of the process to have it: made with the first record of a thread that traces. */
static bool wh_make_tables(void)
{
	if (wh_area)
		return true;
	if (!wh_memory)
		wh_memory = calloc(1, sizeof(*wh_memory));
	if (!wh_mounts)
		wh_mounts = calloc(1, sizeof(*wh_mounts));
	if (!wh_cgroups)
		wh_cgroups = calloc(1, sizeof(*wh_cgroups));
	if (wh_memory && wh_mounts && wh_cgroups)
		wh_area = calloc(1, sizeof(*wh_area));
	return wh_area;
}

void wh_trace_forget(void)
{
	free(wh_area);
	free(wh_cgroups);
	free(wh_mounts);
	free(wh_memory);
	wh_area = NULL;
	wh_cgroups = NULL;
	wh_mounts = NULL;
	wh_memory = NULL;
}

#define P(name, type, format, group, source) WH_PARAMETER(name, type, format, group, source)
#define EVENT(code, symbol, name, direction, category, flags, ...)		\
static void wh_fill_##symbol(struct wh_record *record, struct wh_call *call)	\
{										\
	(void)call;								\
	__VA_ARGS__								\
}
#include "../schema/event_schema.def"
#undef EVENT
#undef P

/* The record in wh_area, its length returned; 0 if no driver fills the event. */
static uint32_t wh_fill(struct wh_call *call, uint16_t type, uint32_t *nparams)
{
	const struct wh_stop *stop = call->task->stop;
	struct wh_record record = { .bytes = wh_area->frame + WH_FRAME_SIZE, .scratch = &wh_area->scratch };

	switch (type) {
#define EVENT(code, symbol, name, direction, category, flags, ...)		\
	case WH_EVENT_##symbol:							\
		*nparams = WH_NPARAMS_##symbol;					\
		wh_start_record(&record, WH_EVENT_##symbol, WH_NPARAMS_##symbol, stop->timestamp_ns, stop->tracee->tid); \
		wh_fill_##symbol(&record, call);				\
		/* Events that user space makes itself have parameters without a source. */ \
		return record.index == WH_NPARAMS_##symbol ? wh_end_record(&record) : 0;
#include "../schema/event_schema.def"
#undef EVENT
	default:
		return 0;
	}
}

/* Takes the value of the first parameter out: of every exit event it is the result. */
static uint32_t wh_leave_result_out(uint8_t *record, uint32_t length, uint32_t nparams)
{
	uint32_t values = WH_EVENT_HEADER_SIZE + 2 * nparams;
	uint32_t size = *(uint16_t *)(record + WH_EVENT_HEADER_SIZE);

	if (!nparams || length < values + size)
		return length;
	*(uint16_t *)(record + WH_EVENT_HEADER_SIZE) = 0;
	memmove(record + values, record + values + size, length - values - size);
	*(uint32_t *)(record + offsetof(struct wh_event_header, length)) = length - size;
	return length - size;
}

static bool wh_is_result_missing(const struct wh_stop *stop, uint16_t type)
{
	if (stop->has_result)
		return false;
	switch (type) {
	case WH_EVENT_generic:
	case WH_EVENT_open_enter:
	case WH_EVENT_creat_enter:
	case WH_EVENT_openat_enter:
	case WH_EVENT_openat2_enter:
	case WH_EVENT_connect_enter:
	case WH_EVENT_procexit:
	case WH_EVENT_signaldeliver:
		return false;
	default:
		return true;
	}
}

static int64_t wh_append(struct wh_call *call, uint16_t type, uint8_t *room, size_t size)
{
	uint32_t nparams = 0, length = wh_fill(call, type, &nparams);

	if (!length)
		return WH_TRACE_UNKNOWN_EVENT;
	if (wh_is_result_missing(call->task->stop, type))
		length = wh_leave_result_out(wh_area->frame + WH_FRAME_SIZE, length, nparams);
	if (length > WH_EVENT_MAX_SIZE || length > size)
		return WH_TRACE_TOO_LARGE;
	memcpy(room, wh_area->frame + WH_FRAME_SIZE, length);
	return length;
}

/* What the kernel counted for each message lies behind its header. A call without a message makes one record. */
static int64_t wh_append_messages(struct wh_call *call, uint16_t type, uint8_t *room, size_t size)
{
	uint32_t stride = call->is_compat ? sizeof(struct wh_counted_message_32) : sizeof(struct wh_counted_message);
	uint32_t header = call->is_compat ? sizeof(struct wh_message_32) : sizeof(struct wh_message), i;
	int64_t sent = call->result, appended = 0;

	if (sent <= 0)
		return wh_append(call, type, room, size);
	for (i = 0; i < WH_MESSAGES && i < sent; i++) {
		uint32_t counted = 0;
		int64_t length;

		call->message = call->arguments[1] + i * stride;
		wh_read_user(&counted, sizeof(counted), call->message + header);
		call->result = counted;
		length = wh_append(call, type, room + appended, size - appended);
		if (length < 0)
			return length;
		appended += length;
	}
	return appended;
}

/* What a call of the clone family was asked for; false if that cannot be read. */
static bool wh_asked_flags(struct wh_call *call, uint16_t type, uint64_t *flags)
{
	*flags = type == WH_EVENT_vfork ? CLONE_VM : 0;
	if (type == WH_EVENT_clone)
		*flags = call->arguments[0];
	return type != WH_EVENT_clone3 || wh_read_user(flags, sizeof(*flags), call->arguments[0]) == 0;
}

/*
 * A child that shares its parent's memory, and has not run yet: /proc would tell the same of both, but for whose child it
 * is, and that it has had no page fault.
 */
static void wh_take_parents_numbers(struct wh_call *call)
{
	if (!wh_twin.has_numbers || !(wh_twin.flags & CLONE_VM) || wh_twin.flags & CLONE_PARENT)
		return;
	wh_task.numbers = wh_twin.numbers;
	if (!(wh_twin.flags & CLONE_THREAD))
		wh_task.numbers.parent = call->task->tracee->parent_tgid;
	wh_task.numbers.minor_faults = wh_task.numbers.major_faults = 0;
	wh_task.numbers_asked = WH_FOUND;
}

/*
 * Starts with what the twin of this record left, or with nothing. After unshare(CLONE_NEWPID) a plain fork makes a child with
 * other ids than its parent's: there are no twins once somebody may have done that.
 */
static void wh_meet_twin(struct wh_call *call, uint16_t type)
{
	/* A child that differs from its parent in what twins share. */
	const uint64_t parting = CLONE_NEWUSER | CLONE_NEWPID | WH_CLONE_INTO_CGROUP;
	static __thread uint64_t records, twin_record;
	uint64_t flags;
	struct wh_tracee *tracee = call->task->tracee;
	bool is_clone = type == WH_EVENT_clone || type == WH_EVENT_clone3 || type == WH_EVENT_fork || type == WH_EVENT_vfork;
	pid_t other = call->result == 0 ? tracee->parent_tid : call->result > 0 && call->result <= INT_MAX ? call->result : 0;

	wh_task.leaves_twin = false;
	wh_task.file_asked = WH_NOT_ASKED;
	wh_task.is_twin = is_clone && other && wh_twin.self == other && wh_twin.other == tracee->tid &&
			  wh_twin.status.levels == 1;
	records++;
	/* A child's memory is a copy of its parent's, as long as neither has run. */
	if (!wh_task.is_twin || twin_record != records - 1)
		wh_memory_forget();
	if (wh_task.is_twin) {
		wh_task.status = wh_twin.status;
		wh_task.status.own_task = tracee->tid;
		wh_task.status.own_process = tracee->tgid;
		wh_task.status_asked = WH_FOUND;
		if (call->result == 0)
			wh_take_parents_numbers(call);
		wh_twin.self = wh_twin.other = 0;
	} else if (is_clone && other && wh_task.stop->sees_identity && wh_asked_flags(call, type, &flags) &&
		   !(flags & parting)) {
		wh_twin.flags = flags;
		wh_task.leaves_twin = true;
		twin_record = records;
		wh_twin.status.levels = 0;
		wh_twin.has_numbers = false;
		wh_twin.descriptor_limit = 0;
		wh_twin.self = tracee->tid;
		wh_twin.other = other;
	}
}

int64_t wh_trace_record(const struct wh_stop *stop, uint16_t event_type, uint8_t *room, size_t size)
{
	struct wh_call call = {
		.task = &wh_task, .number = stop->number, .code = stop->code,
	};
	int i;

	if (!wh_make_tables())
		return WH_TRACE_NO_MEMORY;
	call.scratch = &wh_area->scratch;
	call.bytes = wh_area->frame + WH_FRAME_SIZE;
	wh_task.stop = stop;
	wh_task.tracee = stop->tracee;
	wh_task.event = event_type;
	wh_task.numbers_asked = wh_task.status_asked = wh_task.image_asked = wh_task.memory_asked =
		wh_task.process_asked = WH_NOT_ASKED;
	wh_task.sockets[0].asked = wh_task.sockets[1].asked = WH_NOT_ASKED;
	for (i = 0; i < 6; i++)
		call.arguments[i] = stop->arguments[i];
	call.result = stop->has_result ? stop->result : WH_NO_RESULT;
	wh_meet_twin(&call, event_type);
	if (stop->architecture == AUDIT_ARCH_I386) {
		call.is_compat = true;
		call.slot = wh_translate_ia32(&call);
	}
	/* The record has the machine's own number of the call, whichever way it came. */
	if (event_type == WH_EVENT_generic && call.is_compat && wh_syscall_info(stop->code))
		call.number = wh_syscall_info(stop->code)->x86_64;
	switch (event_type) {
	case WH_EVENT_execve:
		call.exec_succeeded = call.result == 0;
		break;
	case WH_EVENT_sendmmsg:
	case WH_EVENT_recvmmsg:
		return wh_append_messages(&call, event_type, room, size);
	case WH_EVENT_procexit:
		wh_task.reaper = stop->reaper;
		break;
	case WH_EVENT_signaldeliver:
		call.point[0] = wh_tells_sender(stop->signal, stop->signal_code) ? stop->sender : 0;
		call.point[1] = stop->signal;
		break;
	}
	return wh_append(&call, event_type, room, size);
}

uint32_t wh_trace_slot(uint32_t architecture, uint32_t number, const uint64_t arguments[6])
{
	uint32_t asked = arguments[0];

	if (number >= WH_CALL_NUMBERS)
		return WH_TRACE_NO_CALL;
	if (architecture != AUDIT_ARCH_I386)
		return number;
	if (number == WH_IA32_SOCKETCALL)
		return WH_SLOT_SOCKETCALL + (asked < 32 ? asked : 0);
	if (number == WH_IA32_IPC)
		return WH_SLOT_IPC + ((uint16_t)asked < 32 ? (uint16_t)asked : 0);
	return WH_SLOT_IA32 + number;
}

void wh_tracee_init(struct wh_tracee *tracee, pid_t tid, pid_t tgid)
{
	memset(tracee, 0, sizeof(*tracee));
	tracee->tid = tid;
	tracee->tgid = tgid;
	tracee->proc = tracee->memory = tracee->pidfd = -1;
	for (int i = 0; i < WH_KEPT; i++)
		tracee->kept[i] = -1;
	tracee->can_get_descriptors = true;
}

static void wh_close_once(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

void wh_tracee_release(struct wh_tracee *tracee)
{
	wh_close_once(&tracee->proc);
	wh_close_once(&tracee->memory);
	wh_close_once(&tracee->pidfd);
	for (int i = 0; i < WH_KEPT; i++)
		wh_close_once(&tracee->kept[i]);
	wh_forget_status(tracee->tid);
}

void wh_tracee_changes_identity(const struct wh_tracee *tracee) { wh_forget_status(tracee->tid); }

void wh_tracee_has_company(struct wh_tracee *tracee)
{
	if (!tracee->is_alone)
		return;
	tracee->is_alone = false;
	wh_close_once(&tracee->proc);
	for (int i = 0; i < WH_KEPT; i++)
		wh_close_once(&tracee->kept[i]);
}

void wh_tracee_exec_done(struct wh_tracee *tracee)
{
	/* The directory and the pidfd name the process, whichever of its threads has executed. */
	wh_close_once(&tracee->memory);
	wh_forget_status(tracee->tid);
	tracee->can_get_descriptors = true;
}

void wh_tracee_entered(struct wh_tracee *tracee)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	tracee->entered_ns = (uint64_t)now.tv_sec * 1000000000u + now.tv_nsec;
}

int wh_trace_is_open(struct wh_tracee *tracee, uint32_t descriptor)
{
	char room[WH_PROC_PATH], text[24];
	const char *name = wh_descriptor_name(text, descriptor);
	struct stat status;
	int directory;

	/* Compares a descriptor with itself, if there is one: a tenth of the price of a look at /proc. Not in every kernel. */
	if (syscall(SYS_kcmp, tracee->tid, tracee->tid, KCMP_FILE, descriptor, descriptor) == 0)
		return 1;
	if (errno == EBADF)
		return 0;
	directory = wh_proc_place(tracee, &name, room);
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

int64_t wh_trace_parent(pid_t process)
{
	struct wh_task_numbers numbers;

	return wh_numbers_of(process, process, &numbers) && numbers.parent > 0 ? numbers.parent : WH_REAPER_UNKNOWN;
}

int64_t wh_trace_living_thread(pid_t process, pid_t leaving) { return wh_living_thread(process, leaving); }
