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
int wh_one_##symbol(uint64_t descriptor, uint64_t message, int64_t result, uint32_t is_compat) \
{										\
	struct wh_call call = { .task = wh_current_task(), .result = result, .message = message }; \
										\
	call.arguments[0] = descriptor;						\
	call.is_compat = is_compat != 0;					\
	WH_EMIT(symbol, &call);							\
	return 0;								\
}

WH_MESSAGE_FUNCTION(sendmmsg)
WH_MESSAGE_FUNCTION(recvmmsg)

/* What the kernel counted for each message lies behind its header. A call without a message makes one event. */
WH_INLINE int wh_each_message(uint64_t *context, int (*make)(uint64_t, uint64_t, int64_t, uint32_t))
{
	struct wh_call call = {};
	uint32_t size = sizeof(struct wh_counted_message), header = sizeof(struct wh_message), i;

	if (!wh_finished_call(&call, context))
		return 0;
	if (call.is_compat) {
		size = sizeof(struct wh_counted_message_32);
		header = sizeof(struct wh_message_32);
	}
	if (call.result <= 0)
		return make(call.arguments[0], 0, call.result, call.is_compat);
	for (i = 0; i < WH_MESSAGES; i++) {
		uint64_t message = call.arguments[1] + i * size;
		uint32_t length = 0;

		if (i >= (uint64_t)call.result)
			break;
		wh_read_user(&length, sizeof(length), message + header);
		make(call.arguments[0], message, length, call.is_compat);
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
