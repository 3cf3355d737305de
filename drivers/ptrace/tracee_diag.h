/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a unix socket does not tell to whoever holds it: which socket is at its other end, and how many connections may
 * wait. Asked of the kernel by inode number (sock_diag); it answers for the tracer's own network namespace.
 */
#ifndef WH_TRACEE_DIAG_H
#define WH_TRACEE_DIAG_H

#include "platform.h"

struct wh_unix_facts {
	uint64_t peer;			/* inode number; 0 if there is none, or nobody tells */
	uint32_t queue_limit;
};

static __thread int wh_diag_socket = -1;

WH_INLINE bool wh_ask_unix(uint32_t inode, struct wh_unix_facts *out)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req question;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
		.question = {
			.sdiag_family = AF_UNIX, .udiag_states = -1, .udiag_ino = inode,
			.udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN, .udiag_cookie = { -1, -1 },
		},
	};
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	struct unix_diag_msg *message;
	struct rtattr *attribute;
	ssize_t length, left;

	out->peer = 0;
	out->queue_limit = 0;
	if (wh_diag_socket < 0)
		wh_diag_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	if (wh_diag_socket < 0 || send(wh_diag_socket, &request, sizeof(request), 0) != sizeof(request))
		return false;
	/* The kernel answers before send() returns. */
	length = recv(wh_diag_socket, &answer, sizeof(answer), 0);
	if (length < (ssize_t)NLMSG_SPACE(sizeof(*message)) || answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    answer.header.nlmsg_len > (size_t)length)
		return false;
	message = NLMSG_DATA(&answer.header);
	left = answer.header.nlmsg_len - NLMSG_SPACE(sizeof(*message));
	for (attribute = (void *)((char *)message + NLMSG_ALIGN(sizeof(*message))); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == UNIX_DIAG_PEER && RTA_PAYLOAD(attribute) >= 4)
			out->peer = *(uint32_t *)RTA_DATA(attribute);
		if (attribute->rta_type == UNIX_DIAG_RQLEN && RTA_PAYLOAD(attribute) >= 8)
			out->queue_limit = ((struct unix_diag_rqlen *)RTA_DATA(attribute))->udiag_wqueue;
	}
	return true;
}

#endif
