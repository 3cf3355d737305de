/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What drivers/shared asks of its surroundings, as CO-RE programs for Linux 5.10 and later provide it.
 */
#ifndef WH_PLATFORM_H
#define WH_PLATFORM_H

#include "kernel_types.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define WH_SCHEMA_TYPES_PROVIDED
#include "control.h"

/* Fixed before loading. */
extern const volatile struct wh_settings settings;

#define WH_INLINE static __always_inline
#define WH_TRACEPOINT(name) SEC("tp_btf/" name)

/*
 * One member of a kernel structure; zero if it cannot be read.
 *
 * Since 6.2 a cast that costs nothing makes any number a pointer that may be followed by plain loads, which fault into
 * zero. Before, each member takes a call of a helper. The verifier sees only one of the two: settings are constants.
 */
extern void *bpf_rdonly_cast(const void *object, uint32_t type) __ksym __weak;

#define WH_GET(pointer, member) ({						\
	__typeof__(pointer) wh_from = (pointer);				\
	__typeof__(wh_from->member) wh_got;					\
	if (settings.can_cast) {						\
		__typeof__(pointer) wh_cast =					\
			bpf_rdonly_cast(wh_from, bpf_core_type_id_kernel(__typeof__(*wh_from))); \
		wh_got = wh_cast->member;					\
	} else {								\
		bpf_core_read(&wh_got, sizeof(wh_got), &wh_from->member);	\
	}									\
	wh_got;									\
})
/* The same by the helper on every kernel: inside loops, where the verifier would tell apart what each cast returns. */
#define WH_FETCH(pointer, member) ({						\
	__typeof__(pointer) wh_from = (pointer);				\
	__typeof__(wh_from->member) wh_got;					\
	bpf_core_read(&wh_got, sizeof(wh_got), &wh_from->member);		\
	wh_got;									\
})

/* Two members that are looked at together: WH_SEEN() of a window. Of use where each look costs a call. */
#define WH_LOOK(window, pointer, first, last) __typeof__(pointer) window = (pointer)
#define WH_SEEN(window, member) WH_GET(window, member)
/* An element of an array of pointers. Every pointer that lies alone in a structure will do for what a cast needs. */
#define WH_ELEMENT(array, index) ((__typeof__(*(array)))WH_GET((struct list_head *)((array) + (index)), next))

/*
 * Since 6.4 loops have iterators, whose bodies the verifier follows until a round ends in a state that it knows: two or
 * three times. Before, it follows every round: the path of a file takes it 17,000 instructions, which are half of the
 * time that this driver takes to start. Leaving the loop by any way ends the iterator; do it by break, because what a
 * return inside would give back is undefined on the other ways out, which verifiers before 6.4 refuse.
 */
/* Headers have it since 6.4. */
struct bpf_iter_num___any {
	uint64_t opaque;
};
extern int bpf_iter_num_new(struct bpf_iter_num___any *rounds, int first, int end) __ksym __weak;
extern int *bpf_iter_num_next(struct bpf_iter_num___any *rounds) __ksym __weak;
extern void bpf_iter_num_destroy(struct bpf_iter_num___any *rounds) __ksym __weak;

WH_INLINE void wh_rounds_begin(struct bpf_iter_num___any *rounds, uint32_t first, uint32_t end)
{
	if (settings.can_iterate)
		bpf_iter_num_new(rounds, first, end);
}

WH_INLINE bool wh_rounds_next(struct bpf_iter_num___any *rounds, uint32_t *index, uint32_t end)
{
	int *next;

	if (!settings.can_iterate)
		return ++*index < end;
	next = bpf_iter_num_next(rounds);
	if (!next)
		return false;
	*index = *next;
	return true;
}

WH_INLINE void wh_rounds_end(struct bpf_iter_num___any *rounds)
{
	if (settings.can_iterate)
		bpf_iter_num_destroy(rounds);
}

#define WH_FOR(index, first, end)						\
	for (struct bpf_iter_num___any wh_rounds __attribute__((cleanup(wh_rounds_end))), \
		*wh_begun = ((index) = (first) - 1, wh_rounds_begin(&wh_rounds, first, end), &wh_rounds); \
	     wh_rounds_next(wh_begun, &(index), end);)
/*
 * While a program is preempted, the kernel leaves out every run of it that other tasks on this CPU come to, until it goes
 * on: a whole time slice of their calls would be lost, counted as recursion. A program that is reached by a tail call
 * counts as its dispatcher, which cannot keep preemption off itself: the verifier knows no tail call without it.
 */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

#define WH_UNINTERRUPTED(body) do {						\
	if (settings.is_preemptible)						\
		bpf_preempt_disable();						\
	body;									\
	if (settings.is_preemptible)						\
		bpf_preempt_enable();						\
} while (0)

/*
 * A member of the current task. Since 6.2 the kernel vouches for the pointer, and a load needs no check of its address.
 */
#define WH_TASK(task, member) ({						\
	struct task_struct *wh_from = (task);					\
	__typeof__(wh_from->member) wh_got;					\
	if (settings.can_cast)							\
		wh_got = wh_from->member;					\
	else									\
		bpf_core_read(&wh_got, sizeof(wh_got), &wh_from->member);	\
	wh_got;									\
})

#define WH_GET_BITS(pointer, member) BPF_CORE_READ_BITFIELD_PROBED(pointer, member)
#define WH_ADDRESS(pointer, member) ({						\
	__typeof__(pointer) wh_of = (pointer);					\
	(void *)__builtin_preserve_access_index(&wh_of->member);		\
})
#define WH_OFFSET(type, member) bpf_core_field_offset(type, member)
#define WH_HAS(member) bpf_core_field_exists(member)
#define WH_TYPE_SIZE(type) bpf_core_type_size(type)
/* The structure that a member at this address lies in. */
#define WH_CONTAINER(pointer, type, member) \
	((type *)((char *)(pointer) - bpf_core_field_offset(type, member)))

#define WH_PAGE_SHIFT settings.page_shift

/* Keeps the compiler from reasoning about a value, so that the bound which follows stays visible to the verifier. */
#define WH_OPAQUE(value) asm volatile("" : "+r"(value))
/*
 * A copy that the verifier does not take for the same value: what a comparison tells of it says nothing of the original.
 * Else each way out of a loop up to a count leaves another count behind, and the verifier follows what comes after it
 * once for each.
 */
#define WH_APART(value) ({ uint64_t wh_copy = (value); asm volatile("%0 |= 0" : "+r"(wh_copy)); wh_copy; })

/* All return a negative number where memory is not there; the string copies return the length, NUL included. */
WH_INLINE int wh_read_user(void *to, uint32_t size, uint64_t from)
{
	return bpf_probe_read_user(to, size, (const void *)from);
}

WH_INLINE int wh_read_user_string(void *to, uint32_t size, uint64_t from)
{
	long length = bpf_probe_read_user_str(to, size, (const void *)from);

	/* Some kernels leave the NUL of an empty string out of the length; seen on 5.10 and 6.1, not on 6.18. */
	return length ? length : 1;
}

WH_INLINE int wh_read_kernel(void *to, uint32_t size, const void *from)
{
	return bpf_probe_read_kernel(to, size, from);
}

WH_INLINE int wh_read_kernel_string(void *to, uint32_t size, const void *from)
{
	return bpf_probe_read_kernel_str(to, size, from);
}

struct wh_call;

/* The task whose event it is. */
WH_INLINE struct task_struct *wh_current_task(void)
{
	if (settings.can_cast)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

#endif
