/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* keyctl: which arguments an operation uses, and which of them are text. */
#ifndef WH_FILLERS_KEYS_H
#define WH_FILLERS_KEYS_H

#include "expand.h"

/*
 * Operations (uapi/linux/keyctl.h) as bits, by the last argument that they use, and those whose argument is a string.
 * Bits, because the verifier of 6.18 warns in the kernel's log about a switch over so many values.
 */
#define WH_KEY(operation) (1ull << (operation))
enum { WH_KEY_OPERATIONS = 33 };

#define WH_KEYS_OF_1 /* JOIN_SESSION_KEYRING, REVOKE, CLEAR, SET_REQKEY_KEYRING, ASSUME_AUTHORITY, INVALIDATE */ \
	(WH_KEY(1) | WH_KEY(3) | WH_KEY(7) | WH_KEY(14) | WH_KEY(16) | WH_KEY(21))
#define WH_KEYS_OF_2 /* GET_KEYRING_ID, SETPERM, LINK, UNLINK, SET_TIMEOUT, GET_PERSISTENT, CAPABILITIES */ \
	(WH_KEY(0) | WH_KEY(5) | WH_KEY(8) | WH_KEY(9) | WH_KEY(15) | WH_KEY(22) | WH_KEY(31))
#define WH_KEYS_OF_3 /* UPDATE, CHOWN, DESCRIBE, READ, NEGATE, GET_SECURITY, PKEY_QUERY, RESTRICT_KEYRING, WATCH_KEY */ \
	(WH_KEY(2) | WH_KEY(4) | WH_KEY(6) | WH_KEY(11) | WH_KEY(13) | WH_KEY(17) | WH_KEY(24) | WH_KEY(29) | WH_KEY(32))
#define WH_KEYS_OF_4 /* SEARCH, INSTANTIATE, REJECT, INSTANTIATE_IOV, DH_COMPUTE, PKEY_ENCRYPT to PKEY_VERIFY, MOVE */ \
	(WH_KEY(10) | WH_KEY(12) | WH_KEY(19) | WH_KEY(20) | WH_KEY(23) | WH_KEY(25) | WH_KEY(26) | WH_KEY(27) | WH_KEY(28) | \
	 WH_KEY(30))

#define WH_KEYS_WITH_ARG5 WH_KEYS_OF_4
#define WH_KEYS_WITH_ARG4 (WH_KEYS_OF_3 | WH_KEYS_WITH_ARG5)
#define WH_KEYS_WITH_ARG3 (WH_KEYS_OF_2 | WH_KEYS_WITH_ARG4)
#define WH_KEYS_WITH_ARG2 (WH_KEYS_OF_1 | WH_KEYS_WITH_ARG3)
#define WH_KEYS_WITH_TEXT2 WH_KEY(1)	/* the keyring's name */
#define WH_KEYS_WITH_TEXT3 /* type: SEARCH, RESTRICT_KEYRING; what the PKEY operations are told */ \
	(WH_KEY(10) | WH_KEY(29) | WH_KEY(25) | WH_KEY(26) | WH_KEY(27) | WH_KEY(28))
#define WH_KEYS_WITH_TEXT4 (WH_KEY(10) | WH_KEY(29) | WH_KEY(24))	/* SEARCH, RESTRICT_KEYRING, PKEY_QUERY */

WH_INLINE bool wh_is_key_operation(struct wh_call *call, uint64_t operations)
{
	uint32_t operation = call->arguments[0];

	return operation < WH_KEY_OPERATIONS && (operations >> operation & 1);
}

/* The first byte of a value tells its type: a number (0) or a string (1). */
WH_INLINE uint32_t wh_key_argument(struct wh_call *call, uint8_t *room, uint64_t value, bool used, bool is_text)
{
	if (used && is_text) {
		room[0] = 1;
		return 1 + wh_user_string(call, room + 1, WH_PATH_MAX, value);
	}
	room[0] = 0;
	*(uint64_t *)(room + 1) = used ? value : 0;
	return 9;
}

#define WH_KEYCTL(argument, texts)							\
WH_BYTES(keyctl_arg##argument)								\
{											\
	return wh_key_argument(call, room, call->arguments[argument - 1],		\
			       wh_is_key_operation(call, WH_KEYS_WITH_ARG##argument),	\
			       wh_is_key_operation(call, texts));			\
}

WH_KEYCTL(2, WH_KEYS_WITH_TEXT2)
WH_KEYCTL(3, WH_KEYS_WITH_TEXT3)
WH_KEYCTL(4, WH_KEYS_WITH_TEXT4)
WH_KEYCTL(5, 0)

#endif
