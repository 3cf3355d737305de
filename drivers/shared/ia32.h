/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * 32-bit calls of x86 on a 64-bit kernel, brought into the shape that the fillers know: arguments in the order and width
 * of the 64-bit call, socketcall and ipc resolved to what they ask for.
 *
 * What stays is the layout of structures that arguments point to: the fillers ask call->is_compat there.
 */
#ifndef WH_IA32_H
#define WH_IA32_H

#include "record.h"

/* Calls that differ in more than their number: asm/unistd_32.h. */
enum {
	WH_IA32_LCHOWN16 = 16, WH_IA32_LSEEK = 19, WH_IA32_SETUID16 = 23, WH_IA32_SETGID16 = 46, WH_IA32_SETREUID16 = 70,
	WH_IA32_SETREGID16 = 71, WH_IA32_OLD_MMAP = 90, WH_IA32_FCHOWN16 = 95, WH_IA32_SOCKETCALL = 102, WH_IA32_IPC = 117,
	WH_IA32_LLSEEK = 140, WH_IA32_SETRESUID16 = 164, WH_IA32_GETRESUID16 = 165, WH_IA32_SETRESGID16 = 170,
	WH_IA32_GETRESGID16 = 171, WH_IA32_PREAD64 = 180, WH_IA32_PWRITE64 = 181, WH_IA32_CHOWN16 = 182,
	WH_IA32_SENDFILE = 187, WH_IA32_PREADV = 333, WH_IA32_PWRITEV = 334, WH_IA32_PPOLL_TIME64 = 414,
};

enum { WH_IPC_SEMOP = 1, WH_IPC_SEMCTL = 3, WH_IPC_SEMTIMEDOP = 4, WH_IPC_64 = 0x100 };

/* A 16-bit id; all ones means "leave it" in either width. */
WH_INLINE uint64_t wh_wide_id(uint64_t id)
{
	return (uint16_t)id == 0xffff ? 0xffffffff : (uint16_t)id;
}

/* Replaces the arguments by the `count` words at `from`; what is unreadable is 0. */
WH_INLINE void wh_words(struct wh_call *call, uint64_t from, uint32_t count)
{
	uint32_t i;

	WH_UNROLL
	for (i = 0; i < 6; i++) {
		uint32_t word = 0;

		if (i < count)
			wh_read_user(&word, sizeof(word), from + 4 * i);
		call->arguments[i] = word;
	}
}

WH_INLINE uint32_t wh_translate_socketcall(struct wh_call *call)
{
	uint32_t asked = call->arguments[0];

	wh_words(call, call->arguments[1], 6);
	return WH_SLOT_SOCKETCALL + (asked < 32 ? asked : 0);
}

/* ipc(call, first, second, third, pointer, fifth): ipc/syscall.c. Only calls with an event of their own are sorted. */
WH_INLINE uint32_t wh_translate_ipc(struct wh_call *call)
{
	uint32_t asked = (uint16_t)call->arguments[0];
	uint64_t second = call->arguments[2], third = call->arguments[3], pointer = call->arguments[4];
	uint32_t word = 0;

	call->arguments[0] = call->arguments[1];
	call->arguments[1] = second;
	call->arguments[2] = third;
	if (asked == WH_IPC_SEMOP || asked == WH_IPC_SEMTIMEDOP) {
		call->arguments[1] = pointer;
		call->arguments[2] = second;
	} else if (asked == WH_IPC_SEMCTL) {
		wh_read_user(&word, sizeof(word), pointer);
		call->arguments[2] = third & ~(uint64_t)WH_IPC_64;
		call->arguments[3] = word;
	}
	return WH_SLOT_IPC + (asked < 32 ? asked : 0);
}

/*
 * Takes call->number and call->arguments (registers bx, cx, dx, si, di, bp, zero-extended) as the kernel got them and
 * gives the call's slot; the arguments are those of the 64-bit call afterwards.
 */
WH_INLINE uint32_t wh_translate_ia32(struct wh_call *call)
{
	uint64_t *arguments = call->arguments;
	uint32_t number = call->number;

	switch (number) {
	case WH_IA32_SOCKETCALL:
		return wh_translate_socketcall(call);
	case WH_IA32_IPC:
		return wh_translate_ipc(call);
	case WH_IA32_OLD_MMAP:
		wh_words(call, arguments[0], 6);
		break;
	case WH_IA32_LSEEK:
		arguments[1] = (int64_t)(int32_t)arguments[1];
		break;
	case WH_IA32_LLSEEK:
		arguments[3] = arguments[4];
		break;
	case WH_IA32_PREAD64:
	case WH_IA32_PWRITE64:
	case WH_IA32_PREADV:
	case WH_IA32_PWRITEV:
		arguments[3] |= arguments[4] << 32;
		break;
	case WH_IA32_SETUID16:
	case WH_IA32_SETGID16:
		arguments[0] = wh_wide_id(arguments[0]);
		break;
	case WH_IA32_SETREUID16:
	case WH_IA32_SETREGID16:
		arguments[0] = wh_wide_id(arguments[0]);
		arguments[1] = wh_wide_id(arguments[1]);
		break;
	case WH_IA32_SETRESUID16:
	case WH_IA32_SETRESGID16:
		arguments[0] = wh_wide_id(arguments[0]);
		arguments[1] = wh_wide_id(arguments[1]);
		arguments[2] = wh_wide_id(arguments[2]);
		break;
	case WH_IA32_CHOWN16:
	case WH_IA32_LCHOWN16:
	case WH_IA32_FCHOWN16:
		arguments[1] = wh_wide_id(arguments[1]);
		arguments[2] = wh_wide_id(arguments[2]);
		break;
	}
	return WH_SLOT_IA32 + (number < WH_CALL_NUMBERS ? number : 0);
}

#endif
