/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* keyctl: which arguments an operation uses, and which of them are text. */
#ifndef WH_FILLERS_KEYS_H
#define WH_FILLERS_KEYS_H

#include "expand.h"

/* For each operation (uapi/linux/keyctl.h) the last argument that it uses, and the arguments that are strings. */
struct wh_key_operation {
	uint8_t last;
	uint8_t text2 : 1, text3 : 1, text4 : 1;
};

WH_INLINE struct wh_key_operation wh_key_operation(uint32_t operation)
{
	struct wh_key_operation out = { .last = 1 };

	switch (operation) {
	case 1:		/* JOIN_SESSION_KEYRING */
		out.text2 = 1;
		out.last = 2;
		break;
	case 3:		/* REVOKE */
	case 7:		/* CLEAR */
	case 14:	/* SET_REQKEY_KEYRING */
	case 16:	/* ASSUME_AUTHORITY */
	case 21:	/* INVALIDATE */
		out.last = 2;
		break;
	case 0:		/* GET_KEYRING_ID */
	case 5:		/* SETPERM */
	case 8:		/* LINK */
	case 9:		/* UNLINK */
	case 15:	/* SET_TIMEOUT */
	case 22:	/* GET_PERSISTENT */
	case 31:	/* CAPABILITIES */
		out.last = 3;
		break;
	case 29:	/* RESTRICT_KEYRING */
		out.text3 = 1;
		out.text4 = 1;
		out.last = 4;
		break;
	case 24:	/* PKEY_QUERY */
		out.text4 = 1;
		out.last = 4;
		break;
	case 2:		/* UPDATE */
	case 4:		/* CHOWN */
	case 6:		/* DESCRIBE */
	case 11:	/* READ */
	case 13:	/* NEGATE */
	case 17:	/* GET_SECURITY */
	case 32:	/* WATCH_KEY */
		out.last = 4;
		break;
	case 10:	/* SEARCH */
		out.text3 = 1;
		out.text4 = 1;
		out.last = 5;
		break;
	case 25:	/* PKEY_ENCRYPT */
	case 26:	/* PKEY_DECRYPT */
	case 27:	/* PKEY_SIGN */
	case 28:	/* PKEY_VERIFY */
		out.text3 = 1;
		out.last = 5;
		break;
	case 12:	/* INSTANTIATE */
	case 19:	/* REJECT */
	case 20:	/* INSTANTIATE_IOV */
	case 23:	/* DH_COMPUTE */
	case 30:	/* MOVE */
		out.last = 5;
		break;
	}
	return out;
}

/* The first byte of a value tells its type: a number (0) or a string (1). */
WH_INLINE uint32_t wh_key_argument(uint8_t *room, uint64_t value, bool used, bool is_text)
{
	if (used && is_text) {
		room[0] = 1;
		return 1 + wh_user_string(room + 1, WH_PATH_MAX, value);
	}
	room[0] = 0;
	*(uint64_t *)(room + 1) = used ? value : 0;
	return 9;
}

WH_BYTES(keyctl_arg2)
{
	struct wh_key_operation operation = wh_key_operation(call->arguments[0]);

	return wh_key_argument(room, call->arguments[1], operation.last >= 2, operation.text2);
}

WH_BYTES(keyctl_arg3)
{
	struct wh_key_operation operation = wh_key_operation(call->arguments[0]);

	return wh_key_argument(room, call->arguments[2], operation.last >= 3, operation.text3);
}

WH_BYTES(keyctl_arg4)
{
	struct wh_key_operation operation = wh_key_operation(call->arguments[0]);

	return wh_key_argument(room, call->arguments[3], operation.last >= 4, operation.text4);
}

WH_BYTES(keyctl_arg5)
{
	struct wh_key_operation operation = wh_key_operation(call->arguments[0]);

	return wh_key_argument(room, call->arguments[4], operation.last >= 5, false);
}

#endif
