/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What filling a record of varying length needs besides the record, and where such records are put together by drivers
 * that cannot write them where they go.
 */
#ifndef WH_SCRATCH_H
#define WH_SCRATCH_H

/* Before each loop: what a verifier without loops needs to have it laid out. */
#ifndef WH_UNROLL
#define WH_UNROLL
#endif

/* The head of a loop of many rounds, or of long ones, which a verifier with iterators looks at once for all of them. */
#ifndef WH_FOR
#define WH_FOR(index, first, end) WH_UNROLL for (index = first; index < end; index++)
#endif

enum {
	WH_FRAME_SIZE = 8,			/* CPU number (32 bits) and four zero bytes, before each record */
	WH_ROOM = 65536,			/* bytes that one parameter may write from where it starts */
	WH_RECORD_ROOM = 2 * WH_ROOM + 64,	/* bytes that a record may write: a start masked to 16 bits leaves WH_ROOM */
	WH_RESOLVED_MAX = 4096,
	WH_COMPONENT_MAX = 256,
};

/*
 * struct wh_scratch - one CPU's notes on the record that is being written
 * @position: where the next value goes, from the start of the record. Volatile, so that the verifier sees each load
 *	as an unknown number under a mask, and finds the states after two branches alike.
 * @unreadable: values of this record that could not be read; for a backend that counts them once per record
 * @carried: a length that one parameter hands to the next (exe to args)
 * @resolved_start: where the path in @resolved begins; it ends at WH_RESOLVED_MAX
 * @resolved: a path put together from its end, plus the room that the last component's copy may touch
 * @address: a copy of a socket address, or of another small structure of the caller
 */
struct wh_scratch {
	volatile uint32_t position;
	volatile uint32_t unreadable;
	volatile uint32_t carried;
	volatile uint32_t resolved_start;
	volatile uint32_t resolved_components;
	uint8_t address[256];
	uint8_t component[WH_COMPONENT_MAX];
	uint8_t resolved[WH_RESOLVED_MAX + WH_COMPONENT_MAX];
};

/*
 * struct wh_work_area - one CPU's room to put a record together
 * @busy: a program is using it. Tracepoints run with preemption off on the kernels we know, so that none can find it
 *	busy; where one does, its event is lost and counted as recursion instead of damaging the other's.
 * @frame: the frame's 8 bytes and the record
 */
struct wh_work_area {
	volatile uint32_t busy;
	struct wh_scratch scratch;
	uint8_t frame[WH_FRAME_SIZE + WH_RECORD_ROOM];
};

#endif
