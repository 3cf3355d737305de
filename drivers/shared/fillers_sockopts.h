/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* setsockopt and getsockopt: an option's value in the type that the option has. */
#ifndef WH_FILLERS_SOCKOPTS_H
#define WH_FILLERS_SOCKOPTS_H

#include "expand.h"

enum { WH_SOL_SOCKET = 1 };

/* The first byte of a value tells its type. */
enum { WH_OPTION_RAW = 0, WH_OPTION_ERRNO = 1, WH_OPTION_UINT32 = 2, WH_OPTION_UINT64 = 3, WH_OPTION_TIME = 4 };

/* The time-out options have two numbers each: with 32-bit seconds, and with 64-bit seconds everywhere. */
enum { WH_SO_RCVTIMEO_NEW = 66, WH_SO_SNDTIMEO_NEW = 67 };

WH_NUMBER(sockopt_optname)
{
	uint32_t option = call->arguments[2];

	if ((uint32_t)call->arguments[1] != WH_SOL_SOCKET)
		return 0;
	if (option == WH_SO_RCVTIMEO_NEW)
		return WH_FLAG_sockopt_options_SOCKOPT_SO_RCVTIMEO;
	if (option == WH_SO_SNDTIMEO_NEW)
		return WH_FLAG_sockopt_options_SOCKOPT_SO_SNDTIMEO;
	return wh_map_sockopt_options(option);
}

WH_INLINE uint32_t wh_option_type(uint32_t portable_option)
{
	switch (portable_option) {
	case WH_FLAG_sockopt_options_SOCKOPT_SO_ERROR:
		return WH_OPTION_ERRNO;
	case WH_FLAG_sockopt_options_SOCKOPT_SO_RCVTIMEO:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_SNDTIMEO:
		return WH_OPTION_TIME;
	case WH_FLAG_sockopt_options_SOCKOPT_SO_COOKIE:
		return WH_OPTION_UINT64;
	case WH_FLAG_sockopt_options_SOCKOPT_UNKNOWN:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_LINGER:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_PEERCRED:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_ATTACH_FILTER:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_ATTACH_BPF:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_PEERNAME:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_PEERGROUPS:
	case WH_FLAG_sockopt_options_SOCKOPT_SO_MEMINFO:
		return WH_OPTION_RAW;
	default:
		return WH_OPTION_UINT32;
	}
}

WH_INLINE uint32_t wh_option_value(struct wh_call *call, uint8_t *room, uint32_t length)
{
	uint32_t type = wh_option_type(wh_number_sockopt_optname(call));
	uint64_t from = call->arguments[3];
	int64_t seconds[2] = {};
	int32_t small_seconds[2] = {};
	uint32_t small = 0;
	uint64_t large = 0;

	room[0] = type;
	switch (type) {
	case WH_OPTION_ERRNO:
		wh_read_user(&small, sizeof(small), from);
		*(int64_t *)(room + 1) = -(int64_t)(int32_t)small;
		return 9;
	case WH_OPTION_UINT32:
		wh_read_user(&small, sizeof(small), from);
		*(uint32_t *)(room + 1) = small;
		return 5;
	case WH_OPTION_UINT64:
		wh_read_user(&large, sizeof(large), from);
		*(uint64_t *)(room + 1) = large;
		return 9;
	case WH_OPTION_TIME:
		if (call->is_compat && (uint32_t)call->arguments[2] < WH_SO_RCVTIMEO_NEW) {
			wh_read_user(small_seconds, sizeof(small_seconds), from);
			seconds[0] = small_seconds[0];
			seconds[1] = small_seconds[1];
		} else {
			wh_read_user(seconds, sizeof(seconds), from);
		}
		*(uint64_t *)(room + 1) = (uint64_t)seconds[0] * 1000000000u + (uint64_t)seconds[1] * 1000;
		return 9;
	default:
		return 1 + wh_user_bytes(call, room + 1, length > 65534 ? 0 : length, from);
	}
}

WH_NUMBER(getsockopt_optlen)
{
	int32_t length = 0;

	wh_read_user(&length, sizeof(length), call->arguments[4]);
	return length;
}

WH_NUMBER(setsockopt_optlen) { return (uint16_t)call->arguments[4]; }
WH_BYTES(setsockopt_val) { return wh_option_value(call, room, (uint16_t)call->arguments[4]); }
WH_BYTES(getsockopt_val) { return wh_option_value(call, room, wh_number_getsockopt_optlen(call)); }

#endif
