/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the programs and the driver in user space share besides the rings: one structure to steer the programs, one of
 * counters per CPU.
 */
#ifndef WH_CONTROL_H
#define WH_CONTROL_H

#ifndef __bpf__
#include <stdint.h>
#endif

#include "../schema/event_schema.h"

/*
 * Events that are made so often that their programs have a place of their own in the array: the kernel makes a jump to a
 * place that is written in the program a direct one (5.5 and later), which saves a tenth of the cheapest event.
 */
#define WH_DIRECT_EVENTS(DO) DO(generic) DO(openat) DO(close) DO(read) DO(write)

enum {
	WH_NOT_DIRECT,
#define WH_DIRECT(event) WH_DIRECT_##event,
	WH_DIRECT_EVENTS(WH_DIRECT)
#undef WH_DIRECT
	WH_DIRECT_END,
};

enum {
	WH_STAGE_IA32 = WH_CALL_SLOTS,	/* in the program arrays: what translates a 32-bit call and goes on to its slot */
	WH_STAGE_DIRECT,		/* where the places of direct events begin, by their numbers */
	WH_PROGRAM_SLOTS = WH_STAGE_DIRECT + WH_DIRECT_END,
	/* A bound that the compiler has put in place of WH_CALL_SLOTS, as a mask, is one that the verifier accepts. */
	WH_SLOTS_ROOM = 2048,
};

/*
 * Bits of wh_control.wanted. The two for IA32 stand at the number (0 .. 511) of a wanted 32-bit call: they make the
 * dispatcher look which kind of call it has, which others do not pay for.
 */
enum {
	WH_WANTED_EXIT = 1,
	WH_WANTED_ENTRY = 2,
	WH_WANTED_IA32_EXIT = 4,
	WH_WANTED_IA32_ENTRY = 8,
};
enum { WH_DIRECT_SHIFT = 4 };	/* of a direct event's number, above these bits */

/*
 * struct wh_control - the programs' global variable; user space writes it at any time through its mapping
 * @boot_to_epoch_ns: added to CLOCK_BOOTTIME to make a record's timestamp
 * @ignored_process: the thread group (initial pid namespace) that makes no events; 0 for none
 * @resolves_paths: records of opens carry the opened file's own path; 0 or 1
 * @wanted: by slot of the call, WH_WANTED_ bits, and above them which direct event its end is, if it is one
 * @code: by slot, the portable code; 0 where there is none
 * @native: by slot, the number that the architecture itself has for the call; 0xffff where it has none
 */
struct wh_control {
	uint64_t boot_to_epoch_ns;
	uint32_t ignored_process;
	uint32_t resolves_paths;
	uint8_t wanted[WH_CALL_SLOTS];
	uint16_t code[WH_SLOTS_ROOM];
	uint16_t native[WH_SLOTS_ROOM];
};

/*
 * struct wh_settings - fixed before the programs are loaded, so that the verifier takes the values for constants
 * @snaplen: how much data of a read or write a record carries
 * @can_cast: the kernel has bpf_rdonly_cast() (6.2 and later): structures are read by plain loads
 * @is_preemptible: programs at system calls can be preempted (6.19 and later)
 * @can_iterate: the kernel has bpf_iter_num_new() (6.4 and later): the verifier looks at a loop's body once
 * @page_shift: 12 on x86-64; 12, 14 or 16 on aarch64, by the kernel's configuration
 * @lane_mask: bytes in a lane's ring, less one
 * @lane_data: where in a lane the ring begins, from the programs' part of it
 */
struct wh_settings {
	uint32_t snaplen;
	uint32_t can_cast;
	uint32_t is_preemptible;
	uint32_t can_iterate;
	uint32_t page_shift;
	uint32_t lane_mask;
	uint32_t lane_data;
};

/* struct wh_counters - events lost on one CPU, each under one reason, and two that are no losses */
struct wh_counters {
	uint64_t ring_full;
	uint64_t too_large;
	uint64_t recursion;
	uint64_t program_missing;
	uint64_t foreign;	/* not lost but left out: calls of an ABI that is not translated (x32, arm's 32-bit calls) */
	uint64_t unreadable;	/* not lost: values that went out empty because the caller's memory was not there */
	uint64_t own;		/* left out too: calls of the ignored process. It makes one to see whether the programs run */
	uint64_t homeless;	/* lost: the CPU has no lane, as it came online after the driver was opened */
};

/*
 * struct wh_foreign - what the 32-bit call on one CPU is, from the stage to the event's program behind it
 * @arguments: translated
 * @number: as the kernel got it
 * @slot: where the call belongs; 0 if no stage has run for the program that looks
 */
struct wh_foreign {
	uint64_t arguments[6];
	uint32_t number;
	uint32_t slot;
};

#endif
