/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a request on an io_uring asks for, from the kernel's own structure of it: the ring's entry may be another by now.
 *
 * The tracepoint stands where the kernel has copied the names that the request gives (prep), and before the work begins.
 * 5.13 gave it the request among seven arguments, 6.0 made it the first of two, 6.4 renamed the tracepoint.
 */
#ifndef WH_IO_URING_H
#define WH_IO_URING_H

#include "calls.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_cqe {
	uint64_t user_data;
	int fd;
};

struct io_kiocb {
	uint8_t opcode;
	uint32_t flags;
};

struct io_kiocb___since_5_19 {
	struct io_cqe cqe;
};

struct io_kiocb___before_5_19 {
	uint64_t user_data;
};

struct filename {
	const char *name;
};

struct open_how {
	uint64_t flags;
};

/* Since 7.0 names wait in a wrapper of one pointer until the request runs. */
struct delayed_filename {
	struct filename *__incomplete_filename;
};

struct io_open {
	int dfd;
	struct filename *filename;
	struct open_how how;
};

struct io_open___since_7_0 {
	struct delayed_filename filename;
};

struct io_unlink {
	int dfd;
	struct filename *filename;
};

struct io_unlink___since_7_0 {
	struct delayed_filename filename;
};

struct io_mkdir {
	int dfd;
	struct filename *filename;
};

struct io_mkdir___since_7_0 {
	struct delayed_filename filename;
};

struct io_statx {
	int dfd;
	struct filename *filename;
};

struct io_statx___since_7_0 {
	struct delayed_filename filename;
};

struct io_rename {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
};

struct io_rename___since_7_0 {
	struct delayed_filename oldpath, newpath;
};

struct io_link {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
};

struct io_link___since_7_0 {
	struct delayed_filename oldpath, newpath;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct io_close {
	int fd;
};

#pragma clang attribute pop

/* enum io_uring_op, include/uapi/linux/io_uring.h. */
enum {
	WH_OP_ACCEPT = 13, WH_OP_CONNECT = 16, WH_OP_OPENAT = 18, WH_OP_CLOSE = 19, WH_OP_STATX = 21, WH_OP_OPENAT2 = 28,
	WH_OP_RENAMEAT = 35, WH_OP_UNLINKAT = 36, WH_OP_MKDIRAT = 37, WH_OP_SYMLINKAT = 38, WH_OP_LINKAT = 39,
};

/* By operation, a bit for those that work on a descriptor: only their requests hold its number (io_uring/opdef.c). */
#define WH_OPS_WITH_DESCRIPTOR 0x3fc3cb064dc3277eull

/* A name in a request, whichever way the kernel keeps it; NULL if the kernel does not have the structure. */
#define WH_RING_NAME(type, request, member) ({					\
	struct type *wh_now = (void *)(request);				\
	struct type##___since_7_0 *wh_new = (void *)(request);			\
	struct filename *wh_name = NULL;					\
	if (WH_HAS(wh_now->member))						\
		wh_name = WH_FETCH(wh_now, member);				\
	else if (WH_HAS(wh_new->member))					\
		wh_name = WH_FETCH(wh_new, member.__incomplete_filename);	\
	wh_name ? WH_FETCH(wh_name, name) : NULL;				\
})

#define WH_RING_MEMBER(type, request, member) ({				\
	struct type *wh_now = (void *)(request);				\
	WH_HAS(wh_now->member) ? WH_FETCH(wh_now, member) : 0;			\
})

WH_INLINE void wh_read_request(struct wh_ring_request *out, struct io_kiocb *request)
{
	struct io_kiocb___since_5_19 *current = (void *)request;
	struct io_kiocb___before_5_19 *old = (void *)request;
	uint32_t op = WH_FETCH(request, opcode);

	out->op = op;
	/* 64 bits wide since 6.10; the submitter's flags are the lowest eight in any width. */
	wh_read_kernel(&out->flags, sizeof(out->flags), WH_ADDRESS(request, flags));
	out->descriptor = out->new_descriptor = -1;
	if (WH_HAS(current->cqe.user_data)) {
		out->user_data = WH_FETCH(current, cqe.user_data);
		if (op < 64 && WH_OPS_WITH_DESCRIPTOR >> op & 1)
			out->descriptor = WH_FETCH(current, cqe.fd);
	} else if (WH_HAS(old->user_data)) {
		out->user_data = WH_FETCH(old, user_data);
	}
	switch (op) {
	case WH_OP_OPENAT:
	case WH_OP_OPENAT2:
		out->descriptor = WH_RING_MEMBER(io_open, request, dfd);
		out->path = WH_RING_NAME(io_open, request, filename);
		out->open_flags = WH_RING_MEMBER(io_open, request, how.flags);
		break;
	case WH_OP_UNLINKAT:
		out->descriptor = WH_RING_MEMBER(io_unlink, request, dfd);
		out->path = WH_RING_NAME(io_unlink, request, filename);
		break;
	case WH_OP_MKDIRAT:
		out->descriptor = WH_RING_MEMBER(io_mkdir, request, dfd);
		out->path = WH_RING_NAME(io_mkdir, request, filename);
		break;
	case WH_OP_STATX:
		out->descriptor = WH_RING_MEMBER(io_statx, request, dfd);
		out->path = WH_RING_NAME(io_statx, request, filename);
		break;
	case WH_OP_RENAMEAT:
		out->descriptor = WH_RING_MEMBER(io_rename, request, old_dfd);
		out->new_descriptor = WH_RING_MEMBER(io_rename, request, new_dfd);
		out->path = WH_RING_NAME(io_rename, request, oldpath);
		out->new_path = WH_RING_NAME(io_rename, request, newpath);
		break;
	case WH_OP_SYMLINKAT:
	case WH_OP_LINKAT:
		if (op == WH_OP_LINKAT)
			out->descriptor = WH_RING_MEMBER(io_link, request, old_dfd);
		out->new_descriptor = WH_RING_MEMBER(io_link, request, new_dfd);
		out->path = WH_RING_NAME(io_link, request, oldpath);
		out->new_path = WH_RING_NAME(io_link, request, newpath);
		break;
	case WH_OP_CONNECT:
		out->address = (uint64_t)WH_RING_MEMBER(io_connect, request, addr);
		out->address_length = WH_RING_MEMBER(io_connect, request, addr_len);
		break;
	case WH_OP_CLOSE:
		out->descriptor = WH_RING_MEMBER(io_close, request, fd);
		break;
	}
}

WH_INLINE int wh_submitted(struct io_kiocb *request)
{
	struct wh_call call = { .task = wh_current_task() };

	if (wh_is_ignored(&call))
		return 0;
	wh_read_request(&call.request, request);
	WH_EMIT(io_uring_submit, &call);
	return 0;
}

/* One of these three is loaded, by what the kernel's tracepoint hands over. */
WH_TRACEPOINT("io_uring_submit_req")
int t_io_uring_submit(uint64_t *context)
{
	return wh_submitted((struct io_kiocb *)context[0]);
}

WH_TRACEPOINT("io_uring_submit_sqe")
int t_io_uring_submit_sqe(uint64_t *context)
{
	return wh_submitted((struct io_kiocb *)context[0]);
}

WH_TRACEPOINT("io_uring_submit_sqe")
int t_io_uring_submit_sqe_7(uint64_t *context)
{
	return wh_submitted((struct io_kiocb *)context[1]);
}

#endif
