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

enum {
	WH_CALL_NUMBERS = 512,		/* native call numbers that can be captured: 0 .. 511 */
	WH_CPUS_MAX = 4096,
};

/* Bits of wh_control.wanted. */
enum { WH_WANTED_EXIT = 1, WH_WANTED_ENTRY = 2 };

/*
 * struct wh_control - the programs' global variable; user space writes it at any time through its mapping
 * @boot_to_epoch_ns: added to CLOCK_BOOTTIME to make a record's timestamp
 * @ignored_process: the thread group (initial pid namespace) that makes no events; 0 for none
 * @wanted: by native call number, WH_WANTED_ bits
 * @code: by native call number, the portable code; 0 where there is none
 * @lane: by CPU, which ring it writes to; not looked at if there is only one ring
 */
struct wh_control {
	uint64_t boot_to_epoch_ns;
	uint32_t ignored_process;
	uint32_t reserved;
	uint8_t wanted[WH_CALL_NUMBERS];
	uint16_t code[WH_CALL_NUMBERS];
	uint16_t lane[WH_CPUS_MAX];
};

/*
 * struct wh_settings - fixed before the programs are loaded, so that the verifier takes the values for constants
 * @snaplen: how much data of a read or write a record carries
 * @can_cast: the kernel has bpf_rdonly_cast() (6.2 and later): structures are read by plain loads
 * @is_single_lane: all CPUs write to the map "ring"; the map "rings" is not used
 */
struct wh_settings {
	uint32_t snaplen;
	uint32_t is_single_lane;
	uint32_t can_cast;
};

/* struct wh_counters - events lost on one CPU, each under one reason; only programs of that CPU write */
struct wh_counters {
	uint64_t ring_full;
	uint64_t too_large;
	uint64_t recursion;
	uint64_t program_missing;
	uint64_t foreign;	/* not lost but left out: 32-bit calls, whose numbers and arguments mean something else */
	uint64_t own;		/* left out too: calls of the ignored process. It makes one to see whether the programs run */
	uint64_t reserved[2];
};

#endif
