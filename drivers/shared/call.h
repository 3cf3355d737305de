/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a record is made from: a finished (or starting) call, or a tracepoint.
 */
#ifndef WH_CALL_H
#define WH_CALL_H

#include "scratch.h"

/* Where on an overlay filesystem a file's data lies; none on every other filesystem. */
enum { WH_LAYER_NONE = 0, WH_LAYER_UPPER = 1, WH_LAYER_LOWER = 2 };

/* A range of the caller's memory; start 0 is none. */
struct wh_area {
	uint64_t start, end;
};

/*
 * struct wh_ring_request - what a request on an io_uring asks for
 * @op: IORING_OP_
 * @flags: IOSQE_
 * @descriptor, @new_descriptor: what it works on, or directories that the names start at; -1 where it has none
 * @open_flags: as open(2) has them
 * @path, @new_path: copies that the kernel has made; NULL where it has none
 * @address, @address_length: of a connect, in the caller's memory
 */
struct wh_ring_request {
	uint8_t op, flags;
	int32_t descriptor, new_descriptor, address_length;
	uint64_t user_data, open_flags, address;
	const char *path, *new_path;
};

/*
 * struct wh_call - the subject of one event
 * @task: whose event it is: always the current task
 * @thread: the id of the task, where the platform knows it already (the legacy programs)
 * @arguments: the registers of the call, sign and width as the caller left them
 * @result: what the call returned; negative errno on failure
 * @number: the native number of the call
 * @is_compat: a 32-bit program's call: structures of the caller have 32-bit longs and pointers. Translated otherwise
 *	(ia32.h), with @number as the kernel got it
 * @slot: @number made unique over all kinds of calls: see WH_CALL_SLOTS
 * @code: the portable code of the call (enum wh_syscall_code); filled only for the generic event
 * @exec_succeeded: the record is made at the sched_process_exec tracepoint, and describes the new image
 * @binprm: the kernel's parameters of that exec
 * @message: where the user's struct mmsghdr of a sendmmsg or recvmmsg record lies
 * @point: up to three values that a tracepoint hands over
 * @request: of io_uring_submit
 * @scratch: notes of this CPU; NULL for events of a fixed size
 * @bytes: the record; NULL for events of a fixed size
 *
 * Lives on the stack of one program and is taken apart by the compiler: members that an event does not use cost
 * nothing. The two caches are filled by the first filler that asks (in the order of the event table), outside any
 * branch, so that "filled" is a constant for the compiler.
 */
struct wh_call {
	struct task_struct *task;
	uint32_t thread;
	uint64_t arguments[6];
	int64_t result;
	uint32_t number;
	uint32_t slot;
	bool is_compat;
	uint16_t code;
	bool exec_succeeded;
	struct linux_binprm *binprm;
	uint64_t message;
	uint64_t point[3];
	struct wh_ring_request request;
	struct wh_scratch *scratch;
	uint8_t *bytes;

	bool opened_known;
	uint32_t opened_dev;
	uint64_t opened_ino;
	uint32_t opened_layer;
	bool opened_created;

	bool mm_known;
	struct mm_struct *mm;
};

/* Where byte `offset` of the value that is being written goes; WH_ROOM bytes from there are ours. */
WH_INLINE uint8_t *wh_at(struct wh_call *call, uint32_t offset)
{
	uint32_t place = call->scratch->position + offset;

	WH_OPAQUE(place);
	return call->bytes + (place & 0xffff);
}

WH_INLINE int64_t wh_descriptor(struct wh_call *call, int index)
{
	return (int32_t)call->arguments[index];
}

#endif
