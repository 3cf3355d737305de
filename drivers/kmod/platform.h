/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What drivers/shared asks of its surroundings, as the kernel module provides it.
 *
 * Everything here runs with preemption and page faults off. No read can oops: kernel memory is read with the fault
 * handled (a pointer may be stale by the time we follow it), and user memory that is not resident reads as missing, as
 * in BPF programs.
 */
#ifndef WH_PLATFORM_H
#define WH_PLATFORM_H

#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../shared/kernel_headers.h"
#include "../schema/event_schema.h"
#include "events.h"

#define WH_INLINE static inline __maybe_unused

#define WH_PAGE_SHIFT PAGE_SHIFT
#define WH_OPAQUE(value) do { } while (0)
#define WH_APART(value) (value)

WH_INLINE int wh_read_kernel(void *to, uint32_t size, const void *from)
{
	if (likely(!copy_from_kernel_nofault(to, from, size)))
		return 0;
	memset(to, 0, size);
	return -EFAULT;
}

/* One member of a kernel structure; zero if it cannot be read. What is const in the kernel is not const here. */
#define WH_GET(pointer, member) ({						\
	__typeof__(pointer) wh_from = (pointer);				\
	__typeof__(wh_from->member) wh_got;					\
	wh_read_kernel((void *)&wh_got, sizeof(wh_got), (const void *)&wh_from->member); \
	wh_got;									\
})
#define WH_FETCH(pointer, member) WH_GET(pointer, member)
/* Two members that are looked at together: WH_SEEN() of a window. Of use where each look costs a call. */
#define WH_LOOK(window, pointer, first, last) __typeof__(pointer) window = (pointer)
#define WH_SEEN(window, member) WH_GET(window, member)
/* An element of an array of pointers. */
#define WH_ELEMENT(array, index) ({						\
	__typeof__(*(array)) wh_got = NULL;					\
	wh_read_kernel(&wh_got, sizeof(wh_got), (array) + (index));		\
	wh_got;									\
})
/* A bit field has no address. The structure is one allocation: if its first byte can be read, all of it can. */
#define WH_GET_BITS(pointer, member) ({						\
	__typeof__(pointer) wh_of = (pointer);					\
	uint8_t wh_first;							\
	wh_read_kernel(&wh_first, 1, wh_of) ? 0 : (uint64_t)wh_of->member;	\
})
#define WH_ADDRESS(pointer, member) ((void *)&(pointer)->member)
#define WH_TYPE_SIZE(type) sizeof(type)
#define WH_OFFSET(type, member) offsetof(type, member)
#define WH_CONTAINER(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* Copies up to a NUL, in pieces that do not cross a page, so that no byte behind the string's page is touched. */
WH_INLINE int wh_read_kernel_string(void *to, uint32_t size, const void *from)
{
	uint8_t *out = to;
	uint32_t done = 0;

	if (!size)
		return -EFAULT;
	while (done < size) {
		const uint8_t *next = (const uint8_t *)from + done;
		uint32_t piece = min_t(uint32_t, size - done, 64 - ((unsigned long)next & 63));
		uint32_t length;

		if (copy_from_kernel_nofault(out + done, next, piece)) {
			out[0] = 0;
			return -EFAULT;
		}
		length = strnlen(out + done, piece);
		done += length;
		if (length < piece)
			return done + 1;
	}
	out[size - 1] = 0;
	return size;
}

WH_INLINE int wh_read_user(void *to, uint32_t size, uint64_t from)
{
	const void __user *source = (const void __user *)(unsigned long)from;

	if (likely(access_ok(source, size) && !__copy_from_user_inatomic(to, source, size)))
		return 0;
	memset(to, 0, size);
	return -EFAULT;
}

WH_INLINE int wh_read_user_string(void *to, uint32_t size, uint64_t from)
{
	uint8_t *out = to;
	long length;

	if (!size)
		return -EFAULT;
	length = strncpy_from_user(to, (const char __user *)(unsigned long)from, size);
	if (length < 0) {
		out[0] = 0;
		return length;
	}
	if (length < size)
		return length + 1;
	out[size - 1] = 0;
	return size;
}

struct wh_call;

/* A text or buffer of the caller could not be read: the value is sent empty. Only while an event is made. */
WH_INLINE void wh_count_unreadable(struct wh_call *call)
{
	this_cpu_ptr(&wh_cpus)->ring->producer->unreadable++;
}

#include "../shared/kernel_header_variants.h"

#endif
