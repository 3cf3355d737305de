/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The record that every driver writes and every reader expects, and the numbers in it.
 *
 * Included by kernel programs, by drivers in user space and by Swift. Everything below expands from the three
 * tables: event_schema.def, flags.def, syscalls.def.
 */
#ifndef WH_EVENT_SCHEMA_H
#define WH_EVENT_SCHEMA_H

#if defined(__KERNEL__)
#include <linux/types.h>
#elif !defined(WH_SCHEMA_TYPES_PROVIDED)
#include <stdint.h>
#endif
#if !defined(__KERNEL__) && !defined(__bpf__)
#include <string.h>
#endif

#if defined(__clang__) && !defined(__KERNEL__) && !defined(__bpf__)
#define WH_SWIFT_NAME(name) __attribute__((swift_name(name)))
#define WH_OPEN_ENUM(name) __attribute__((enum_extensibility(open), swift_name(name)))
#define WH_ENUM_SIZE(type) : type
#else
#define WH_SWIFT_NAME(name)
#define WH_OPEN_ENUM(name)
#define WH_ENUM_SIZE(type)
#endif

/*
 * struct wh_event_header - what precedes every event; little-endian, packed, no padding
 * @timestamp_ns: nanoseconds since the Unix epoch (boot time plus CLOCK_BOOTTIME)
 * @tid: thread id in the initial pid namespace
 * @length: bytes of the whole record, this header included
 * @type: enum wh_event_type
 * @nparams: how many parameters follow
 *
 * Then nparams lengths (16 bits each; 32 bits for events flagged EF_LARGE_PAYLOAD), then the values back to back.
 */
struct __attribute__((packed)) wh_event_header {
	uint64_t timestamp_ns;
	uint64_t tid;
	uint32_t length;
	uint16_t type;
	uint32_t nparams;
};

enum {
	WH_EVENT_HEADER_SIZE = 26,
	WH_EVENT_MAX_SIZE = 65536,	/* a record over this is counted as lost, not cut */
	WH_EVENT_MAX_PARAMS = 32,
	WH_PATH_MAX = 4096,		/* strings and paths, NUL included */
	WH_COMM_MAX = 16,
	WH_DEFAULT_SNAPLEN = 80,
	WH_MAX_SNAPLEN = 65000,
	WH_AT_FDCWD = -100,
};

enum WH_OPEN_ENUM("ParameterType") wh_param_type WH_ENUM_SIZE(uint8_t) {
	WH_PT_NONE = 0,
	WH_PT_INT8 = 1, WH_PT_INT16 = 2, WH_PT_INT32 = 3, WH_PT_INT64 = 4,
	WH_PT_UINT8 = 5, WH_PT_UINT16 = 6, WH_PT_UINT32 = 7, WH_PT_UINT64 = 8,
	WH_PT_CHARBUF = 9, WH_PT_BYTEBUF = 10, WH_PT_ERRNO = 11, WH_PT_SOCKADDR = 12, WH_PT_SOCKTUPLE = 13,
	WH_PT_FD = 14, WH_PT_PID = 15, WH_PT_FDLIST = 16, WH_PT_FSPATH = 17, WH_PT_SYSCALLID = 18,
	WH_PT_SIGTYPE = 19, WH_PT_RELTIME = 20, WH_PT_ABSTIME = 21, WH_PT_PORT = 22, WH_PT_L4PROTO = 23,
	WH_PT_SOCKFAMILY = 24, WH_PT_BOOL = 25, WH_PT_IPV4ADDR = 26, WH_PT_DYN = 27,
	WH_PT_FLAGS8 = 28, WH_PT_FLAGS16 = 29, WH_PT_FLAGS32 = 30, WH_PT_UID = 31, WH_PT_GID = 32,
	WH_PT_DOUBLE = 33, WH_PT_SIGSET = 34, WH_PT_CHARBUFARRAY = 35, WH_PT_CHARBUF_PAIR_ARRAY = 36,
	WH_PT_IPV4NET = 37, WH_PT_IPV6ADDR = 38, WH_PT_IPV6NET = 39, WH_PT_IPADDR = 40, WH_PT_IPNET = 41,
	WH_PT_MODE = 42, WH_PT_FSRELPATH = 43,
	WH_PT_ENUMFLAGS8 = 44, WH_PT_ENUMFLAGS16 = 45, WH_PT_ENUMFLAGS32 = 46,
	WH_PT_FD32 = 47, WH_PT_PID32 = 48,
};

/* Bytes of a value on the wire; 0 where the length varies. */
enum {
	WH_SIZE_INT8 = 1, WH_SIZE_INT16 = 2, WH_SIZE_INT32 = 4, WH_SIZE_INT64 = 8,
	WH_SIZE_UINT8 = 1, WH_SIZE_UINT16 = 2, WH_SIZE_UINT32 = 4, WH_SIZE_UINT64 = 8,
	WH_SIZE_CHARBUF = 0, WH_SIZE_BYTEBUF = 0, WH_SIZE_ERRNO = 8, WH_SIZE_SOCKADDR = 0, WH_SIZE_SOCKTUPLE = 0,
	WH_SIZE_FD = 8, WH_SIZE_PID = 8, WH_SIZE_FDLIST = 0, WH_SIZE_FSPATH = 0, WH_SIZE_SYSCALLID = 2,
	WH_SIZE_SIGTYPE = 1, WH_SIZE_RELTIME = 8, WH_SIZE_ABSTIME = 8, WH_SIZE_PORT = 2, WH_SIZE_L4PROTO = 1,
	WH_SIZE_SOCKFAMILY = 1, WH_SIZE_BOOL = 4, WH_SIZE_IPV4ADDR = 4, WH_SIZE_DYN = 0,
	WH_SIZE_FLAGS8 = 1, WH_SIZE_FLAGS16 = 2, WH_SIZE_FLAGS32 = 4, WH_SIZE_UID = 4, WH_SIZE_GID = 4,
	WH_SIZE_DOUBLE = 8, WH_SIZE_SIGSET = 4, WH_SIZE_CHARBUFARRAY = 0, WH_SIZE_CHARBUF_PAIR_ARRAY = 8,
	WH_SIZE_IPV6ADDR = 16, WH_SIZE_MODE = 4, WH_SIZE_FSRELPATH = 0,
	WH_SIZE_ENUMFLAGS8 = 1, WH_SIZE_ENUMFLAGS16 = 2, WH_SIZE_ENUMFLAGS32 = 4,
	WH_SIZE_FD32 = 4, WH_SIZE_PID32 = 4,
};

enum WH_OPEN_ENUM("ParameterFormat") wh_param_format WH_ENUM_SIZE(uint8_t) {
	WH_FORMAT_NA = 0, WH_FORMAT_DEC, WH_FORMAT_HEX, WH_FORMAT_OCT,
};

enum WH_OPEN_ENUM("EventDirection") wh_event_direction WH_ENUM_SIZE(uint8_t) {
	WH_DIRECTION_EXIT = 0, WH_DIRECTION_ENTER,
};

enum WH_OPEN_ENUM("EventCategory") wh_event_category WH_ENUM_SIZE(uint8_t) {
	WH_CATEGORY_UNKNOWN = 0, WH_CATEGORY_OTHER, WH_CATEGORY_FILE, WH_CATEGORY_NET, WH_CATEGORY_IPC,
	WH_CATEGORY_MEMORY, WH_CATEGORY_PROCESS, WH_CATEGORY_SLEEP, WH_CATEGORY_SYSTEM, WH_CATEGORY_SIGNAL,
	WH_CATEGORY_USER, WH_CATEGORY_TIME, WH_CATEGORY_IO_READ, WH_CATEGORY_IO_WRITE, WH_CATEGORY_IO_OTHER,
	WH_CATEGORY_WAIT, WH_CATEGORY_SCHEDULER, WH_CATEGORY_INTERNAL,
};

enum {
	EF_NONE = 0,
	EF_CREATES_FD = 1 << 0,
	EF_DESTROYS_FD = 1 << 1,
	EF_USES_FD = 1 << 2,
	EF_READS_FROM_FD = 1 << 3,
	EF_WRITES_TO_FD = 1 << 4,
	EF_MODIFIES_STATE = 1 << 5,
	EF_WAITS = 1 << 6,
	EF_SKIPPARSERESET = 1 << 7,
	EF_LARGE_PAYLOAD = 1 << 8,
};

enum WH_OPEN_ENUM("FlagGroup") wh_flag_group WH_ENUM_SIZE(uint8_t) {
	WH_GROUP_none WH_SWIFT_NAME("none") = 0,
#define GROUP(group, kind) WH_GROUP_##group WH_SWIFT_NAME(#group),
#define FLAG(group, symbol, portable, text, kernel)
#define END_GROUP(group)
#include "flags.def"
#undef GROUP
#undef FLAG
#undef END_GROUP
	WH_GROUP_COUNT WH_SWIFT_NAME("count"),
};

/* The portable values: WH_FLAG_file_flags_O_RDONLY and so on. */
#define GROUP(group, kind) enum {
#define FLAG(group, symbol, portable, text, kernel) WH_FLAG_##group##_##symbol = portable,
#define END_GROUP(group) WH_FLAG_##group##_END = 0 };
#define WH_WITHOUT_WIDE_GROUPS
#include "flags.def"
#undef WH_WITHOUT_WIDE_GROUPS
#undef GROUP
#undef FLAG
#undef END_GROUP

enum WH_OPEN_ENUM("EventType") wh_event_type WH_ENUM_SIZE(uint16_t) {
	WH_EVENT_none WH_SWIFT_NAME("none") = 0,
#define P(name, type, format, group, source)
#define EVENT(code, symbol, name, direction, category, flags, ...) WH_EVENT_##symbol WH_SWIFT_NAME(#symbol) = code,
#include "event_schema.def"
#undef EVENT
#undef P
	WH_EVENT_COUNT WH_SWIFT_NAME("count"),	/* one past the last event code */
};

/* Bytes that a record's fixed-size values take, lengths included: WH_FIXED_SIZE_openat. */
enum {
#define P(name, type, format, group, source) + 2 + WH_SIZE_##type
#define EVENT(code, symbol, name, direction, category, flags, ...) WH_FIXED_SIZE_##symbol = WH_EVENT_HEADER_SIZE __VA_ARGS__,
#include "event_schema.def"
#undef EVENT
#undef P
};

/* How many parameters of an event have a varying length: WH_VARYING_openat; 0 means that WH_FIXED_SIZE is the record. */
enum {
#define P(name, type, format, group, source) + (WH_SIZE_##type == 0)
#define EVENT(code, symbol, name, direction, category, flags, ...) WH_VARYING_##symbol = 0 __VA_ARGS__,
#include "event_schema.def"
#undef EVENT
#undef P
};

enum {
#define P(name, type, format, group, source) + 1
#define EVENT(code, symbol, name, direction, category, flags, ...) WH_NPARAMS_##symbol = 0 __VA_ARGS__,
#include "event_schema.def"
#undef EVENT
#undef P
};

enum WH_OPEN_ENUM("SyscallCode") wh_syscall_code WH_ENUM_SIZE(uint16_t) {
	WH_SC_unknown WH_SWIFT_NAME("unknown") = 0,
#define SYSCALL(code, name, x86_64, aarch64, event, sampling) WH_SC_##name WH_SWIFT_NAME(#name) = code,
#include "syscalls.def"
#undef SYSCALL
	WH_SC_COUNT WH_SWIFT_NAME("count"),
};

/*
 * Slots: one row of numbers for every call that a kernel can get, to index tables with.
 *
 *	0 .. 511		the architecture's own calls, by number
 *	512 .. 1023		32-bit calls of x86 on a 64-bit kernel, by number
 *	1024 .. 1055		what socketcall(2) of a 32-bit program asks for
 *	1056 .. 1087		what ipc(2) asks for
 */
enum {
	WH_CALL_NUMBERS = 512,
	WH_SLOT_IA32 = 512,
	WH_SLOT_SOCKETCALL = 1024,
	WH_SLOT_IPC = 1056,
	WH_CALL_SLOTS = 1088,
};

#if !defined(__KERNEL__) && !defined(__bpf__)

struct wh_param_info {
	const char *name;
	enum wh_param_type type;
	enum wh_param_format format;
	enum wh_flag_group group;
};

struct wh_event_info {
	const char *name;
	const char *symbol;
	enum wh_event_direction direction;
	enum wh_event_category category;
	uint16_t flags;		/* EF_ */
	uint16_t nparams;
	const struct wh_param_info *params;
};

enum WH_OPEN_ENUM("FlagKind") wh_flag_kind WH_ENUM_SIZE(uint8_t) { WH_KIND_ENUM = 0, WH_KIND_MASK, WH_KIND_MODE };

struct wh_flag_info {
	const char *symbol;
	const char *text;
	int64_t value;
};

struct wh_flag_group_info {
	const char *name;
	enum wh_flag_kind kind;
	uint16_t count;
	const struct wh_flag_info *flags;
};

struct wh_syscall_info {
	const char *name;
	int16_t x86_64;		/* -1 where the architecture has no such call */
	int16_t aarch64;
	enum wh_event_type event;	/* what a finished call becomes; WH_EVENT_generic for most */
	uint8_t never_dropped;
	uint8_t always_dropped;
};

struct wh_ia32_info {
	const char *name;	/* in asm/unistd_32.h; NULL for what socketcall and ipc ask for */
	uint16_t code;		/* the portable call */
};

/* The 32-bit call of x86 in a slot from WH_SLOT_IA32 on; NULL where there is none. */
const struct wh_ia32_info *wh_ia32_info(uint16_t slot);
/* All return NULL for a number that the tables do not hold. The tables are constant and live for the whole run. */
const struct wh_event_info *wh_event_info(uint16_t type);
const struct wh_flag_group_info *wh_flag_group_info(uint8_t group);
const struct wh_syscall_info *wh_syscall_info(uint16_t code);
/* Bytes of a value of this type on the wire; 0 where the length varies. */
unsigned wh_param_size(uint8_t type);
/* EF_ flags by event type: apart from the descriptions, because every event asks for them. */
extern const uint16_t wh_flags_of_events[WH_EVENT_COUNT];
/* EF_ flags of an event; 0 for a number that is not in the table. */
static inline uint16_t wh_event_flags(uint16_t type)
{
	return type < WH_EVENT_COUNT ? wh_flags_of_events[type] : 0;
}

/*
 * The sum of a record's first lengths of 16 bits, four at a time: each half of a word sums at most sixteen, so that 32
 * bits are enough. From the last one back: the word that holds fewer than four reaches into the header, not beyond the
 * lengths. In C, because a compiler that unrolls this loop for long tables makes it slow for those that there are.
 *
 * The caller has checked that the record has these lengths, at most 32.
 */
static inline uint32_t wh_sum_lengths(const void *record, uint32_t count)
{
	const uint64_t halves = 0x0000ffff0000ffffull;
	const char *at = (const char *)record + WH_EVENT_HEADER_SIZE + 2 * count;
	uint64_t word, sum = 0;

#if defined(__clang__)
#pragma clang loop vectorize(disable) unroll(disable)
#endif
	for (; count >= 4; count -= 4) {
		at -= 8;
		memcpy(&word, at, 8);
		sum += (word & halves) + (word >> 16 & halves);
	}
	if (count) {
		memcpy(&word, at - 8, 8);
		word >>= 64 - 16 * count;
		sum += (word & halves) + (word >> 16 & halves);
	}
	return (uint32_t)sum + (uint32_t)(sum >> 32);
}

/* Bytes before the first NUL, or all of them. */
static inline long wh_text_length(const void *bytes, long size)
{
	return (long)strnlen((const char *)bytes, (size_t)size);
}

#endif
#endif
