/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "native.h"
#include "placement.h"

/*
 * struct edges - where the answer changes: below edge[0] calls are let through, from edge[0] on they are wanted, from
 * edge[1] on let through again, and so on
 */
struct edges {
	uint16_t edge[WH_SLOT_IA32 + 1];
	size_t count;
};

/*
 * A tracer places its tracees, and stops them where they could see it or hand it on. It remembers who they are, and stops
 * them where that changes.
 */
static bool is_wanted(const struct wh_plan *plan, uint32_t number, bool tracing)
{
	return wh_plan_wants(plan, number) ||
	       (tracing && (wh_placement_call(number) || wh_changes_identity(plan->code[number]) ||
			    wh_ends_thread(plan, plan->code[number])));
}

enum { IA32_SOCKETCALL = 102, IA32_IPC = 117 };

static bool any_wanted(const struct wh_plan *plan, uint32_t from, uint32_t to)
{
	while (from < to && !wh_plan_wants(plan, from))
		from++;
	return from < to;
}

/* What socketcall and ipc are asked for is in their arguments: the tracer looks. */
static bool is_wanted_ia32(const struct wh_plan *plan, uint32_t number, bool tracing)
{
	const uint16_t code = plan->code[WH_SLOT_IA32 + number];

	if (tracing && (wh_placement_call_ia32(number) || wh_changes_identity(code) || wh_ends_thread(plan, code)))
		return true;
	if (number == IA32_SOCKETCALL && any_wanted(plan, WH_SLOT_SOCKETCALL, WH_SLOT_IPC))
		return true;
	if (number == IA32_IPC && any_wanted(plan, WH_SLOT_IPC, WH_CALL_SLOTS))
		return true;
	return wh_plan_wants(plan, WH_SLOT_IA32 + number);
}

static struct edges find_edges(const struct wh_plan *plan, bool tracing,
			       bool (*wants)(const struct wh_plan *, uint32_t, bool))
{
	struct edges edges = { .count = 0 };
	bool wanted = false;

	for (uint32_t number = 0; number <= WH_SLOT_IA32; number++) {
		if ((number < WH_SLOT_IA32 && wants(plan, number, tracing)) == wanted)
			continue;
		wanted = !wanted;
		edges.edge[edges.count++] = (uint16_t)number;
	}
	return edges;
}

enum { LONGEST_JUMP = 255 };	/* jt and jf have 8 bits */

/* Instructions of the search over `count` edges. */
static size_t tree_size(size_t count)
{
	size_t left, right;

	if (!count)
		return 1;
	left = tree_size(count / 2);
	right = tree_size(count - count / 2 - 1);
	return 1 + (left > LONGEST_JUMP) + left + right;
}

/* Writes the search over edges [first, first + count): the test of the middle one, the part below, the part above. */
static size_t build_tree(struct sock_filter *out, const struct edges *edges, size_t first, size_t count, uint32_t action)
{
	size_t middle = first + count / 2, below, size = 0;

	if (!count) {
		/* Beyond an odd number of edges a call is wanted. */
		out[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, first & 1 ? action : SECCOMP_RET_ALLOW);
		return 1;
	}
	below = tree_size(count / 2);
	if (below > LONGEST_JUMP) {
		out[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, edges->edge[middle], 0, 1);
		out[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, (uint32_t)below, 0, 0);
	} else {
		out[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, edges->edge[middle],
							   (uint8_t)below, 0);
	}
	size += build_tree(out + size, edges, first, count / 2, action);
	size += build_tree(out + size, edges, middle + 1, count - count / 2 - 1, action);
	return size;
}

static const struct sock_filter load_number = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));

enum { LAST_STANDARD = 2 };	/* standard error */

/* Answers to closes by their descriptor; goes on with the number still loaded for all other calls. */
static size_t build_closes(struct sock_filter *out, uint32_t action)
{
	const struct sock_filter test[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 4),
		/* An unsigned int to the kernel: the lower half, which comes first on the architectures that we run on. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_STANDARD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, action),
	};

	memcpy(out, test, sizeof(test));
	return sizeof(test) / sizeof(test[0]);
}

size_t wh_filter_build(struct sock_filter filter[WH_FILTER_SIZE], const struct wh_plan *plan, uint32_t action)
{
	const bool tracing = action == SECCOMP_RET_TRACE;
	const struct edges native = find_edges(plan, tracing, is_wanted);
	const struct edges ia32 = find_edges(plan, tracing, is_wanted_ia32);
	struct sock_filter closes[8];
	const size_t closes_size = plan->passes_closes && is_wanted(plan, SYS_close, tracing) ? build_closes(closes, action) : 0;
	const uint32_t past_native = 1 + (uint32_t)(closes_size + tree_size(native.count));
	size_t size = 0;

	filter[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	filter[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WH_NATIVE_ARCHITECTURE, 1, 0);
	filter[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, past_native, 0, 0);
	filter[size++] = load_number;
	memcpy(filter + size, closes, closes_size * sizeof(closes[0]));
	size += closes_size;
	size += build_tree(filter + size, &native, 0, native.count, action);
	filter[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 1, 0);
	filter[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[size++] = load_number;
	return size + build_tree(filter + size, &ia32, 0, ia32.count, action);
}

int wh_filter_install(const struct sock_filter *filter, size_t count, unsigned flags)
{
	const struct sock_fprog program = { .len = (unsigned short)count, .filter = (struct sock_filter *)filter };
	long result;

	/*
	 * Nothing is confined here: without the flag, kernels before 5.16 take a filter for a sandbox and switch speculation
	 * off for the whole command (Linux 4.17; seccomp(2)).
	 */
	flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (result < 0 && errno == EACCES) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return -errno;
		result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	}
	return result < 0 ? -errno : (int)result;
}
