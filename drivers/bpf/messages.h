/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sendmmsg and recvmmsg: one event per message. Laid out side by side they would be sixteen times as long as a program
 * may be, so each message is one run of a program, which then calls its successor by tail call:
 *
 *	x_<event>	the first message, reached from the dispatcher
 *	c_<event>	each further one
 */
#ifndef WH_MESSAGES_H
#define WH_MESSAGES_H

#include "emit.h"
#include "calls.h"
#include "../modern-bpf/programs.h"

enum { WH_CONTINUE_sendmmsg, WH_CONTINUE_recvmmsg, WH_CONTINUATIONS };

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, WH_CONTINUATIONS);
	__type(key, uint32_t);
	__type(value, uint32_t);
} continuations SEC(".maps");

/*
 * struct wh_turn - which message is next, by CPU
 * @task: whose call it is. Tracepoints run with preemption off on the kernels we know, so that it is always the current
 *	task; where it is not, the rest of the messages is lost and counted as recursion.
 * @index: of the message
 */
struct wh_turn {
	uint64_t task;
	uint64_t index;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct wh_turn);
} turns SEC(".maps");

WH_INLINE struct wh_turn *wh_own_turn(void)
{
	uint32_t zero = 0;

	return bpf_map_lookup_elem(&turns, &zero);
}

/* The next message's program finds the translated 32-bit call where this one has found it. */
WH_INLINE void wh_keep_foreign(struct wh_call *call)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	struct wh_foreign *foreign = bpf_map_lookup_elem(&foreigners, &cpu);

	if (foreign)
		foreign->slot = call->slot;
}

/* What the kernel counted for each message lies behind its header. A call without a message makes one event. */
#define WH_MESSAGE_PROGRAMS(symbol)						\
WH_INLINE int wh_one_##symbol(uint64_t *context, struct wh_turn *turn, uint64_t index)	\
{										\
	struct wh_call call = {};						\
	int64_t count;								\
										\
	if (!wh_finished_call(&call, context))					\
		return 0;							\
	count = call.result;							\
	if (count > 0) {							\
		uint32_t header = call.is_compat ? sizeof(struct wh_message_32) : sizeof(struct wh_message); \
		uint32_t size = call.is_compat ? sizeof(struct wh_counted_message_32) \
					       : sizeof(struct wh_counted_message); \
										\
		call.message = call.arguments[1] + index * size;		\
		call.result = wh_user_u32(call.message + header);		\
	}									\
	turn->task = (uint64_t)call.task;					\
	turn->index = index + 1;						\
	WH_EMIT(symbol, &call);							\
	if ((int64_t)index + 1 >= count || index + 1 >= WH_MESSAGES)		\
		return 0;							\
	if (call.is_compat)							\
		wh_keep_foreign(&call);						\
	bpf_tail_call(context, &continuations, WH_CONTINUE_##symbol);		\
	WH_COUNT(program_missing);						\
	return 0;								\
}										\
										\
WH_TRACEPOINT("sys_exit")							\
int x_##symbol(uint64_t *context)						\
{										\
	struct wh_turn *turn = wh_own_turn();					\
										\
	return turn ? wh_one_##symbol(context, turn, 0) : 0;			\
}										\
										\
WH_TRACEPOINT("sys_exit")							\
int c_##symbol(uint64_t *context)						\
{										\
	struct wh_turn *turn = wh_own_turn();					\
										\
	if (!turn)								\
		return 0;							\
	if (turn->task != bpf_get_current_task()) {				\
		WH_COUNT(recursion);						\
		return 0;							\
	}									\
	return wh_one_##symbol(context, turn, turn->index);			\
}

WH_MESSAGE_PROGRAMS(sendmmsg)
WH_MESSAGE_PROGRAMS(recvmmsg)

#endif
