/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Parameters of calls about ids, limits, signals, time, waiting, tracing and semaphores. */
#ifndef WH_FILLERS_OTHER_H
#define WH_FILLERS_OTHER_H

#include "expand.h"
#include "ia32.h"

enum {
	WH_POLL_ENTRIES = 16,
	WH_PTRACE_PEEKTEXT = 1, WH_PTRACE_PEEKDATA = 2, WH_PTRACE_PEEKUSR = 3,
	WH_PTRACE_CONT = 7, WH_PTRACE_SINGLESTEP = 9, WH_PTRACE_DETACH = 17, WH_PTRACE_SYSCALL = 24,
	WH_PR_SET_NAME = 15, WH_PR_GET_NAME = 16, WH_PR_GET_CHILD_SUBREAPER = 37,
	WH_SETVAL = 16,
};

WH_NUMBER(generic_id) { return call->code; }
WH_NUMBER(generic_native_id) { return call->number; }

WH_INLINE uint32_t wh_user_u32(uint64_t from)
{
	uint32_t value = 0;

	wh_read_user(&value, sizeof(value), from);
	return value;
}

WH_INLINE uint64_t wh_user_u64(uint64_t from)
{
	uint64_t value = 0;

	wh_read_user(&value, sizeof(value), from);
	return value;
}

/* An id that the call wrote: 16 bits in the oldest calls of 32-bit programs. */
WH_INLINE uint32_t wh_user_id(struct wh_call *call, uint64_t from)
{
	uint32_t id = wh_user_u32(from);

	if (call->is_compat && (call->number == WH_IA32_GETRESUID16 || call->number == WH_IA32_GETRESGID16))
		id &= 0xffff;
	return id;
}

WH_NUMBER(getresuid_ruid) { return wh_user_id(call, call->arguments[0]); }
WH_NUMBER(getresuid_euid) { return wh_user_id(call, call->arguments[1]); }
WH_NUMBER(getresuid_suid) { return wh_user_id(call, call->arguments[2]); }
WH_NUMBER(getresgid_rgid) { return wh_user_id(call, call->arguments[0]); }
WH_NUMBER(getresgid_egid) { return wh_user_id(call, call->arguments[1]); }
WH_NUMBER(getresgid_sgid) { return wh_user_id(call, call->arguments[2]); }

/* struct rlimit: soft limit, hard limit; all ones mean no limit, in either width. */
WH_INLINE uint64_t wh_user_limit(struct wh_call *call, uint32_t index)
{
	uint64_t limit = wh_user_long(call, call->arguments[1], index);

	return call->is_compat && limit == 0xffffffff ? -1ull : limit;
}

WH_NUMBER(getrlimit_cur) { return call->result == 0 ? wh_user_limit(call, 0) : -1ull; }
WH_NUMBER(getrlimit_max) { return call->result == 0 ? wh_user_limit(call, 1) : -1ull; }
WH_NUMBER(setrlimit_cur) { return wh_user_limit(call, 0); }
WH_NUMBER(setrlimit_max) { return wh_user_limit(call, 1); }
WH_NUMBER(prlimit_newcur) { return wh_user_u64(call->arguments[2]); }
WH_NUMBER(prlimit_newmax) { return call->arguments[2] ? wh_user_u64(call->arguments[2] + 8) : 0; }

WH_INLINE uint64_t wh_old_limit(struct wh_call *call, uint32_t offset)
{
	if (call->result != 0)
		return -1ull;
	return call->arguments[3] ? wh_user_u64(call->arguments[3] + offset) : 0;
}

WH_NUMBER(prlimit_oldcur) { return wh_old_limit(call, 0); }
WH_NUMBER(prlimit_oldmax) { return wh_old_limit(call, 8); }

WH_INLINE uint64_t wh_user_timespec(uint64_t from, bool is_small)
{
	int64_t time[2] = {};
	int32_t small[2] = {};

	if (is_small) {
		wh_read_user(small, sizeof(small), from);
		return (uint64_t)small[0] * 1000000000u + (uint64_t)small[1];
	}
	wh_read_user(time, sizeof(time), from);
	return (uint64_t)time[0] * 1000000000u + (uint64_t)time[1];
}

WH_NUMBER(nanosleep_interval) { return wh_user_timespec(call->arguments[0], call->is_compat); }

WH_NUMBER(ppoll_timeout)
{
	return wh_user_timespec(call->arguments[2], call->is_compat && call->number != WH_IA32_PPOLL_TIME64);
}

WH_NUMBER(ppoll_sigmask) { return wh_user_u32(call->arguments[3]); }
WH_NUMBER(poll_timeout) { return (uint32_t)call->arguments[2]; }
WH_NUMBER(futex_op) { return wh_map_futex_operation(call->arguments[1]); }

/* Descriptor and returned events of each entry of struct pollfd, behind their number. */
WH_BYTES(poll_fds)
{
	struct wh_scratch *scratch = call->scratch;
	uint32_t count = call->arguments[1], i;

	if (count > WH_POLL_ENTRIES)
		count = WH_POLL_ENTRIES;
	scratch->carried = 0;
	WH_FOR(i, 0, WH_POLL_ENTRIES) {
		struct { int32_t descriptor; uint16_t events, returned; } entry;
		uint8_t *place;

		if (i >= count || wh_read_user(&entry, sizeof(entry), call->arguments[0] + i * sizeof(entry)) < 0)
			break;
		place = wh_at(call, 2 + 10 * i);
		*(int64_t *)place = entry.descriptor;
		*(uint16_t *)(place + 8) = wh_map_poll_flags(entry.returned);
		scratch->carried = i + 1;
	}
	*(uint16_t *)room = scratch->carried;
	return 2 + 10 * (scratch->carried & 31);
}

/* The first byte of a value tells its type: a number of 64 bits, or a signal. */
WH_INLINE uint32_t wh_trace_number(uint8_t *room, uint64_t value)
{
	room[0] = 0;
	*(uint64_t *)(room + 1) = value;
	return 9;
}

WH_BYTES(ptrace_addr) { return wh_trace_number(room, call->result < 0 ? 0 : call->arguments[2]); }

WH_BYTES(ptrace_data)
{
	uint64_t data = call->arguments[3];

	if (call->result < 0)
		return wh_trace_number(room, 0);
	switch ((uint32_t)call->arguments[0]) {
	case WH_PTRACE_PEEKTEXT:
	case WH_PTRACE_PEEKDATA:
	case WH_PTRACE_PEEKUSR:
		return wh_trace_number(room, wh_user_long(call, data, 0));
	case WH_PTRACE_CONT:
	case WH_PTRACE_SINGLESTEP:
	case WH_PTRACE_DETACH:
	case WH_PTRACE_SYSCALL:
		room[0] = 1;
		room[1] = data;
		return 2;
	default:
		return wh_trace_number(room, data);
	}
}

WH_INLINE bool wh_is_name_option(struct wh_call *call)
{
	uint32_t option = call->arguments[0];

	return option == WH_PR_SET_NAME || option == WH_PR_GET_NAME;
}

WH_BYTES(prctl_arg2_str)
{
	return wh_is_name_option(call) ? wh_user_string(call, room, WH_PATH_MAX, call->arguments[1]) : 0;
}

WH_NUMBER(prctl_arg2_int)
{
	if (wh_is_name_option(call))
		return 0;
	if ((uint32_t)call->arguments[0] == WH_PR_GET_CHILD_SUBREAPER)
		return (int64_t)(int32_t)wh_user_u32(call->arguments[1]);
	return call->arguments[1];
}

WH_NUMBER(semctl_cmd) { return wh_choose_semctl_commands(call->arguments[2]); }
WH_NUMBER(semctl_val) { return (uint32_t)call->arguments[2] == WH_SETVAL ? (uint32_t)call->arguments[3] : 0; }

struct wh_semaphore_operation {
	uint16_t number;
	int16_t operation, flags;
};

WH_INLINE struct wh_semaphore_operation wh_operation(struct wh_call *call, uint32_t index)
{
	struct wh_semaphore_operation operation = {};

	if (call->result == 0 && call->arguments[1] && (uint32_t)call->arguments[2] > index)
		wh_read_user(&operation, sizeof(operation), call->arguments[1] + index * sizeof(operation));
	return operation;
}

WH_NUMBER(semop_sem_num_0) { return wh_operation(call, 0).number; }
WH_NUMBER(semop_sem_op_0) { return wh_operation(call, 0).operation; }
WH_NUMBER(semop_sem_flg_0) { return wh_map_semop_flags((uint16_t)wh_operation(call, 0).flags); }
WH_NUMBER(semop_sem_num_1) { return wh_operation(call, 1).number; }
WH_NUMBER(semop_sem_op_1) { return wh_operation(call, 1).operation; }
WH_NUMBER(semop_sem_flg_1) { return wh_map_semop_flags((uint16_t)wh_operation(call, 1).flags); }

/* struct io_uring_params, the first seven words: uapi/linux/io_uring.h. */
enum {
	WH_RING_SQ_ENTRIES = 0, WH_RING_CQ_ENTRIES = 4, WH_RING_FLAGS = 8, WH_RING_CPU = 12, WH_RING_IDLE = 16,
	WH_RING_FEATURES = 20,
};

WH_INLINE uint32_t wh_ring_word(struct wh_call *call, uint32_t offset)
{
	return wh_user_u32(call->arguments[1] + offset);
}

WH_NUMBER(io_uring_setup_sq_entries) { return wh_ring_word(call, WH_RING_SQ_ENTRIES); }
WH_NUMBER(io_uring_setup_cq_entries) { return wh_ring_word(call, WH_RING_CQ_ENTRIES); }
WH_NUMBER(io_uring_setup_flags) { return wh_map_io_uring_setup_flags(wh_ring_word(call, WH_RING_FLAGS)); }
WH_NUMBER(io_uring_setup_sq_thread_cpu) { return wh_ring_word(call, WH_RING_CPU); }
WH_NUMBER(io_uring_setup_sq_thread_idle) { return wh_ring_word(call, WH_RING_IDLE); }
WH_NUMBER(io_uring_setup_features) { return wh_map_io_uring_setup_feats(wh_ring_word(call, WH_RING_FEATURES)); }

#endif
