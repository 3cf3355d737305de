/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What drivers/shared asks of its surroundings, as programs provide it that are compiled for one kernel and need neither
 * BTF nor a ring buffer there.
 */
#ifndef WH_PLATFORM_H
#define WH_PLATFORM_H

#include "../shared/kernel_headers.h"
#include "../schema/event_schema.h"
#include "../modern-bpf/control.h"
#include "helpers.h"

/* The records' way: see ring.h. On aarch64 it takes an exchange that the oldest instruction set does not have. */
#if defined(WH_HAVE_MAPPABLE_ARRAYS) && defined(__TARGET_ARCH_x86)
#define WH_LANES
#endif

#define WH_INLINE static inline __attribute__((always_inline))
#define WH_TRACEPOINT(name) SEC("raw_tp/" name)

/* Kernels before 5.3 refuse every jump backwards. */
#define WH_UNROLL _Pragma("clang loop unroll(full)")

/* All return a negative number where memory is not there; the string copies return the length, NUL included. */
WH_INLINE int wh_read_user(void *to, uint32_t size, uint64_t from)
{
	return bpf_read_user(to, size, (const void *)from);
}

WH_INLINE int wh_read_user_string(void *to, uint32_t size, uint64_t from)
{
	long length = bpf_read_user_string(to, size, (const void *)from);

	/* Some kernels leave the NUL of an empty string out of the length; seen on 6.12, not on 6.18. */
	return length ? length : 1;
}

WH_INLINE int wh_read_kernel(void *to, uint32_t size, const void *from)
{
	return bpf_read_kernel(to, size, from);
}

WH_INLINE int wh_read_kernel_string(void *to, uint32_t size, const void *from)
{
	return bpf_read_kernel_string(to, size, from);
}

/* One member of a kernel structure; zero if it cannot be read. The comma takes the kernel's const off its type. */
#define WH_GET(pointer, member) ({						\
	__typeof__(pointer) wh_from = (pointer);				\
	__typeof__(((void)0, wh_from->member)) wh_got;				\
	wh_read_kernel((void *)&wh_got, sizeof(wh_got), (const void *)&wh_from->member); \
	wh_got;									\
})
/*
 * Members of one structure at the price of one: what lies between the first and the last of them is copied at once, and
 * WH_SEEN() looks there. In either order, as kernels move members about.
 */
#define WH_PLACE_IN(pointer, member) __builtin_offsetof(__typeof__(*(pointer)), member)
#define WH_END_IN(pointer, member) (WH_PLACE_IN(pointer, member) + sizeof((pointer)->member))
#define WH_LESSER(a, b) ((a) < (b) ? (a) : (b))
#define WH_GREATER(a, b) ((a) > (b) ? (a) : (b))
#define WH_LOOK(window, pointer, first, last)					\
	__typeof__(pointer) window = (pointer);					\
	enum {									\
		window##_start = WH_LESSER(WH_PLACE_IN(window, first), WH_PLACE_IN(window, last)), \
		window##_size = WH_GREATER(WH_END_IN(window, first), WH_END_IN(window, last)) - window##_start, \
	};									\
	uint8_t window##_bytes[window##_size] __attribute__((aligned(8)));	\
	_Static_assert(window##_size <= 160, "a window that fits the stack");	\
	wh_read_kernel(window##_bytes, window##_size, (const char *)window + window##_start)
#define WH_SEEN(window, member) ({						\
	__typeof__(((void)0, (window)->member)) wh_got;				\
	__builtin_memcpy((void *)&wh_got, window##_bytes + WH_PLACE_IN(window, member) - window##_start, sizeof(wh_got)); \
	wh_got;									\
})
/* An element of an array of pointers. */
#define WH_ELEMENT(array, index) ({						\
	__typeof__(*(array)) wh_got = 0;					\
	wh_read_kernel(&wh_got, sizeof(wh_got), (array) + (index));		\
	wh_got;									\
})
#define WH_FETCH(pointer, member) WH_GET(pointer, member)
#define WH_TASK(task, member) WH_GET(task, member)
#define WH_ADDRESS(pointer, member) ((void *)&(pointer)->member)
#define WH_OFFSET(type, member) __builtin_offsetof(type, member)
#define WH_TYPE_SIZE(type) sizeof(type)
#define WH_CONTAINER(pointer, type, member) ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))

/*
 * A bit field has no address. Those that we read (struct signal_struct) lie less than a window behind a member that has
 * one, so the window is copied and read as the structure. A bit outside of it would be a load outside of the stack's
 * filled part, which the verifier refuses.
 */
enum { WH_BITS_WINDOW = 32 };
#define WH_GET_BITS(pointer, member) ({						\
	uint64_t wh_window[WH_BITS_WINDOW / 8];					\
	uint64_t wh_start = __builtin_offsetof(struct signal_struct, flags);	\
	wh_read_kernel(wh_window, sizeof(wh_window), (char *)(pointer) + wh_start); \
	((struct signal_struct *)((uint64_t)wh_window - wh_start))->member;	\
})

#define WH_PAGE_SHIFT 12

/*
 * Keeps the compiler from reasoning about a value, so that the bound which follows stays visible to the verifier. In
 * 64 bits: the instruction set has no registers of 32, and widening after the bound would hide it again.
 */
#define WH_OPAQUE(value) ({ uint64_t wh_wide = (value); asm volatile("" : "+r"(wh_wide)); (value) = wh_wide; })
/*
 * A copy that the verifier does not take for the same value: what a comparison tells of it says nothing of the original.
 * Else each way out of a loop up to a count leaves another count behind, and the verifier follows what comes after it
 * once for each.
 */
#define WH_APART(value) ({ uint64_t wh_copy = (value); asm volatile("%0 |= 0" : "+r"(wh_copy)); wh_copy; })

/* The task whose event it is. */
WH_INLINE struct task_struct *wh_current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

#include "../shared/kernel_header_variants.h"

#endif
