/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the kernel module and its readers agree on: the calls on /dev/windhover and the layout of what it maps.
 *
 * A reader opens the device, sets its rings up once (WH_KMOD_SETUP), maps them, and says what it wants to see
 * (WH_KMOD_CAPTURE). Each open is a consumer of its own, with rings, interest and counters of its own. Closing the last
 * descriptor and the last mapping takes all of it away.
 */
#ifndef WH_KMOD_H
#define WH_KMOD_H

#if defined(__KERNEL__)
#include <linux/ioctl.h>
#include <linux/types.h>
#else
#include <stdint.h>
#include <sys/ioctl.h>
#endif

#include "../schema/event_schema.h"

enum {
	WH_KMOD_VERSION = 1,			/* of everything in this file */
	WH_KMOD_CPUS_MAX = 4096,
	WH_KMOD_CONSUMERS = 8,			/* opens at once; the next one gets EBUSY */
	WH_KMOD_RING_MIN = 256 << 10,		/* bytes; a record takes at most 64 KiB and 16 bytes */
	WH_KMOD_RING_MAX = 1 << 30,
};

/* Bits of wh_kmod_interest.wanted. */
enum { WH_KMOD_WANTED_EXIT = 1, WH_KMOD_WANTED_ENTRY = 2 };

/* Bits of wh_kmod_interest.points: tracepoints that are not about system calls. */
enum {
	WH_KMOD_POINT_EXEC = 1,			/* a successful exec: event execve */
	WH_KMOD_POINT_EXIT = 2,			/* procexit */
	WH_KMOD_POINT_SIGNAL = 4,		/* signaldeliver */
	WH_KMOD_POINT_SWITCH = 8,		/* sched_switch */
	WH_KMOD_POINT_FAULT = 16,		/* page_fault, of user and of kernel code */
	WH_KMOD_POINTS_ALL = 31,
};

/* Bits of wh_kmod_interest.options. */
enum {
	WH_KMOD_OPTION_PATHS = 1,		/* opens carry the path that the kernel knows the file by */
	WH_KMOD_OPTIONS_ALL = 1,
};

/*
 * struct wh_kmod_info - answer of WH_KMOD_INFO
 * @version: WH_KMOD_VERSION of the module
 * @cpus: how many CPUs there can be; numbers of rings are below it
 * @points: which WH_KMOD_POINT_ bits this kernel has tracepoints for
 * @page_bytes: size of a page, the unit of the layout below
 */
struct wh_kmod_info {
	uint32_t version;
	uint32_t cpus;
	uint32_t points;
	uint32_t page_bytes;
};

/*
 * struct wh_kmod_setup - argument of WH_KMOD_SETUP, once per open (EALREADY); after ENOMEM once more, with rings as large
 * @version: WH_KMOD_VERSION of the reader; another one is refused with EPROTO
 * @ring_bytes: size of each CPU's ring: a power of two between WH_KMOD_RING_MIN and WH_KMOD_RING_MAX
 * @snaplen: how much of the data of reads and writes an event carries, at most 65,000
 * @ignored_process: the thread group (initial pid namespace) that makes no events; 0 for none
 * @boot_to_epoch_ns: added to CLOCK_BOOTTIME to make a record's timestamp
 */
struct wh_kmod_setup {
	uint32_t version;
	uint32_t ring_bytes;
	uint32_t snaplen;
	uint32_t ignored_process;
	uint64_t boot_to_epoch_ns;
};

/*
 * struct wh_kmod_interest - argument of WH_KMOD_CAPTURE: replaces what this consumer gets; all zero is nothing
 * @points: WH_KMOD_POINT_ bits
 * @options: WH_KMOD_OPTION_ bits
 * @wanted: by slot of the call (event_schema.h), WH_KMOD_WANTED_ bits
 */
struct wh_kmod_interest {
	uint32_t points;
	uint32_t options;
	uint8_t wanted[WH_CALL_SLOTS];
};

#define WH_KMOD_MAGIC 0xf5
#define WH_KMOD_INFO _IOR(WH_KMOD_MAGIC, 1, struct wh_kmod_info)
#define WH_KMOD_SETUP _IOW(WH_KMOD_MAGIC, 2, struct wh_kmod_setup)
#define WH_KMOD_CAPTURE _IOW(WH_KMOD_MAGIC, 3, struct wh_kmod_interest)

/*
 * What mmap() gives, by offset. Each CPU n has WH_KMOD_STRIDE bytes of offsets from n * WH_KMOD_STRIDE on:
 *
 *	0		the consumer's page: struct wh_kmod_consumer, readable and writable
 *	1 page		the producer's page: struct wh_kmod_producer, and behind it the ring's data, twice in a row;
 *			read-only, any length from the producer's page on
 *
 * and at WH_KMOD_STATUS_OFFSET lies struct wh_kmod_status, one page, read-only.
 *
 * The rings of CPUs that come online later are there as soon as status.rings says so (ENXIO before).
 */
#define WH_KMOD_STRIDE (1ull << 32)
#define WH_KMOD_STATUS_OFFSET (WH_KMOD_STRIDE * WH_KMOD_CPUS_MAX)

/* Positions count bytes since the start and are taken modulo the ring's size; they never wrap in practice. */
struct wh_kmod_consumer {
	uint64_t position;			/* up to where the reader is done; the module only compares it */
};

/*
 * struct wh_kmod_producer - written by its CPU alone
 * @position: up to where records are complete; store-release, after the records
 * @made: records of this CPU for this consumer, in the ring or lost
 * @unreadable: values that went out empty, because the caller's memory was not there; not lost
 * @foreign: calls left out because they came by an ABI that is not translated (x32, arm's 32-bit calls)
 * The rest: records lost, each under one reason.
 */
struct wh_kmod_producer {
	uint64_t position;
	uint64_t made;
	uint64_t ring_full;
	uint64_t too_large;
	uint64_t page_fault;
	uint64_t recursion;
	uint64_t foreign;
	uint64_t unreadable;
};

/*
 * struct wh_kmod_status - one per consumer
 * @rings: how many CPUs have a ring; grows when CPUs come online
 * @homeless: records lost because their CPU has no ring: there was no memory for one when it came online
 * @has_ring: a bit per CPU
 */
struct wh_kmod_status {
	uint32_t rings;
	uint32_t reserved;
	uint64_t homeless;
	uint64_t has_ring[WH_KMOD_CPUS_MAX / 64];
};

/*
 * In the data, records follow each other at multiples of 8 bytes:
 *
 *	uint32_t length		of what follows the header
 *	uint32_t zero
 *	uint32_t cpu, zero	the frame
 *	uint8_t record[]	struct wh_event_header and its parameters
 */
enum { WH_KMOD_HEADER_BYTES = 8 };

#endif
