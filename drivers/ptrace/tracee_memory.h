/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Memory of the tracee, in pieces that never cross a page: a string beside an unmapped page still reads. The pieces of
 * one stop are kept, so that a record with several strings costs one or two calls, and sees each byte only once.
 *
 * Known weakness: a page that the tracee serves itself (userfaultfd, a mapped FUSE file) makes the read wait for whoever
 * serves it. The kernel offers a tracer no read that fails instead.
 */
#ifndef WH_TRACEE_MEMORY_H
#define WH_TRACEE_MEMORY_H

enum {
	WH_PIECE = 4096,		/* the smallest page of all architectures */
	WH_PIECES = 4,
	WH_NO_PIECE = 1,		/* not the address of any piece */
};

static __thread struct wh_pieces {
	uint64_t addresses[WH_PIECES];
	uint32_t next;
	uint8_t bytes[WH_PIECES][WH_PIECE];
} *wh_memory;

WH_INLINE void wh_memory_forget(void)
{
	int i;

	for (i = 0; i < WH_PIECES; i++)
		wh_memory->addresses[i] = WH_NO_PIECE;
	wh_memory->next = 0;
}

/* Word by word, as every tracer may; for small values when all other ways are refused. */
WH_INLINE bool wh_peek(void *to, uint32_t size, uint64_t from)
{
	uint32_t done;

	for (done = 0; done < size; done += sizeof(long)) {
		uint32_t part = size - done < sizeof(long) ? size - done : sizeof(long);
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, wh_task.tracee->tid, (void *)(uintptr_t)(from + done), NULL);
		if (word == -1 && errno)
			return false;
		memcpy((uint8_t *)to + done, &word, part);
	}
	return true;
}

/* /proc/TID/mem, for where process_vm_readv is forbidden (seccomp) although the tracer may trace. */
static __attribute__((noinline, unused)) bool wh_fetch_otherwise(void *to, uint32_t size, uint64_t from)
{
	struct wh_tracee *tracee = wh_task.tracee;

	if (tracee->memory < 0) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/task/%d/mem", tracee->tgid, tracee->tid);
		tracee->memory = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (tracee->memory >= 0 && from <= INT64_MAX)
		return pread(tracee->memory, to, size, (off_t)from) == (ssize_t)size;
	return size <= WH_PIECE && wh_peek(to, size, from);
}

WH_INLINE bool wh_fetch(void *to, uint32_t size, uint64_t from)
{
	struct iovec local = { to, size }, remote = { (void *)(uintptr_t)from, size };
	ssize_t got = process_vm_readv(wh_task.tracee->tid, &local, 1, &remote, 1, 0);

	if (got == (ssize_t)size)
		return true;
	return got < 0 && errno != EFAULT && wh_fetch_otherwise(to, size, from);
}

/* The piece that starts at an address; NULL if it is not there. */
WH_INLINE const uint8_t *wh_piece_at(uint64_t address)
{
	uint32_t i;

	for (i = 0; i < WH_PIECES; i++)
		if (wh_memory->addresses[i] == address)
			return wh_memory->bytes[i];
	i = wh_memory->next;
	wh_memory->next = (i + 1) % WH_PIECES;
	wh_memory->addresses[i] = WH_NO_PIECE;
	if (!wh_fetch(wh_memory->bytes[i], WH_PIECE, address))
		return NULL;
	wh_memory->addresses[i] = address;
	return wh_memory->bytes[i];
}

/* All or nothing: 0, or -1. */
WH_INLINE int wh_read_user(void *to, uint32_t size, uint64_t from)
{
	uint32_t done = 0;

	if (from + size < from)
		return -1;
	if (size > 2 * WH_PIECE)
		return wh_fetch(to, size, from) ? 0 : -1;
	while (done < size) {
		uint32_t offset = (from + done) % WH_PIECE, part = WH_PIECE - offset;
		const uint8_t *piece = wh_piece_at(from + done - offset);

		if (!piece)
			return -1;
		if (part > size - done)
			part = size - done;
		memcpy((uint8_t *)to + done, piece + offset, part);
		done += part;
	}
	return 0;
}

/* The length with the NUL, cut to `size`; -1 if the string runs into memory that is not there. */
WH_INLINE int wh_read_user_string(void *to, uint32_t size, uint64_t from)
{
	uint8_t *out = to;
	uint32_t done = 0;

	if (!size || from + size < from)
		return -1;
	while (done < size - 1) {
		uint32_t offset = (from + done) % WH_PIECE, part = WH_PIECE - offset;
		const uint8_t *piece = wh_piece_at(from + done - offset), *end;

		if (!piece)
			return -1;
		if (part > size - 1 - done)
			part = size - 1 - done;
		end = memchr(piece + offset, 0, part);
		if (end)
			part = end - (piece + offset);
		memcpy(out + done, piece + offset, part);
		done += part;
		if (end)
			break;
	}
	out[done] = 0;
	return done + 1;
}

#endif
