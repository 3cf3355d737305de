/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* sendmmsg and recvmmsg: one event per message. */
#ifndef WH_MESSAGES_H
#define WH_MESSAGES_H

#include "emit.h"
#include "calls.h"

/*
 * One event for one message of sendmmsg or recvmmsg. These two are functions of their own for the verifier, which
 * checks them once and not once per message (global functions, 5.6); they can be given numbers only.
 */
#define WH_MESSAGE_FUNCTION(symbol)						\
__attribute__((noinline))							\
int wh_one_##symbol(uint64_t descriptor, uint64_t message, int64_t result)	\
{										\
	struct wh_call call = { .task = wh_current_task(), .result = result, .message = message }; \
										\
	call.arguments[0] = descriptor;						\
	WH_EMIT(symbol, &call);							\
	return 0;								\
}

WH_MESSAGE_FUNCTION(sendmmsg)
WH_MESSAGE_FUNCTION(recvmmsg)

/* What the kernel counted for each message lies behind its header. A call without a message makes one event. */
WH_INLINE int wh_each_message(uint64_t *context, int (*make)(uint64_t, uint64_t, int64_t))
{
	struct wh_call call = wh_finished_call(context);
	uint32_t i;

	if (wh_is_left_out(call.task))
		return 0;
	if (call.result <= 0)
		return make(call.arguments[0], 0, call.result);
	for (i = 0; i < WH_MESSAGES; i++) {
		uint64_t message = call.arguments[1] + i * sizeof(struct wh_counted_message);
		uint32_t length = 0;

		if (i >= (uint64_t)call.result)
			break;
		wh_read_user(&length, sizeof(length), message + sizeof(struct wh_message));
		make(call.arguments[0], message, length);
	}
	return 0;
}

WH_TRACEPOINT("sys_exit")
int x_sendmmsg(uint64_t *context)
{
	return wh_each_message(context, wh_one_sendmmsg);
}

WH_TRACEPOINT("sys_exit")
int x_recvmmsg(uint64_t *context)
{
	return wh_each_message(context, wh_one_recvmmsg);
}

#endif
