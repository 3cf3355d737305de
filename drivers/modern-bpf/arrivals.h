/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The call that a program was reached for, whatever kind of call it is. Included by calls.h, which knows the registers:
 * by that of the legacy driver too.
 */
#ifndef WH_ARRIVALS_H
#define WH_ARRIVALS_H

/* Of the call's task, which has to be known. */
WH_INLINE bool wh_is_ignored(struct wh_call *call)
{
	return wh_process_of(call) == WH_CONTROL(ignored_process);
}

/*
 * Takes over what the stage has found out about a 32-bit call; false if none has, because nobody asked for this one: its
 * number just happens to be that of a wanted 64-bit call.
 */
WH_INLINE bool wh_take_foreign(struct wh_call *call)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	struct wh_foreign *foreign = bpf_map_lookup_elem(&foreigners, &cpu);
	int i;

	if (!foreign || !foreign->slot)
		return false;
	WH_UNROLL
	for (i = 0; i < 6; i++)
		call->arguments[i] = foreign->arguments[i];
	call->number = foreign->number;
	call->slot = foreign->slot;
	foreign->slot = 0;
	return true;
}

/*
 * The call that a program was reached for, whose 64-bit arguments are filled in; false if it makes no event although its
 * number is wanted. Asked behind the tail call, where the task is known anyway: looking it up in the dispatcher too would cost each captured call more.
 */
WH_INLINE bool wh_call_of(struct wh_call *call, uint32_t number)
{
	call->task = wh_current_task();
	call->is_compat = wh_is_foreign_call(call->task);
	if (call->is_compat) {
		if (!wh_take_foreign(call)) {
			WH_COUNT(foreign);
			return false;
		}
	} else {
		call->number = call->slot = number;
	}
	if (!wh_is_ignored(call))
		return true;
	WH_COUNT(own);
	return false;
}

WH_INLINE bool wh_finished_call(struct wh_call *call, uint64_t *context)
{
	call->result = context[1];
	return wh_call_of(call, wh_finished_registers(call, (struct pt_regs *)context[0]));
}

WH_INLINE bool wh_starting_call(struct wh_call *call, uint64_t *context)
{
	return wh_call_of(call, wh_call_registers(call, (struct pt_regs *)context[0]));
}

#endif
