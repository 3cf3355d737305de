/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "empty_program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	const char *tracepoint;	/* NULL where the BTF id names it */
	int program, link;
} parts[2];
static int count;

static int load(const char *tracepoint, int is_raw)
{
	/* return 0 */
	static const struct bpf_insn body[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options);
	enum bpf_prog_type type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	int descriptor;

	if (!is_raw) {
		int id = libbpf_find_vmlinux_btf_id(tracepoint, BPF_TRACE_RAW_TP);

		if (id < 0)
			return id;
		type = BPF_PROG_TYPE_TRACING;
		options.expected_attach_type = BPF_TRACE_RAW_TP;
		options.attach_btf_id = (__u32)id;
	}
	descriptor = bpf_prog_load(type, "empty", "GPL", body, sizeof(body) / sizeof(body[0]), &options);
	if (descriptor < 0)
		return descriptor;
	parts[count].tracepoint = is_raw ? tracepoint : NULL;
	parts[count].link = -1;
	parts[count++].program = descriptor;
	return 0;
}

int wh_empty_load(enum wh_empty_kind kind)
{
	int error = load("sys_exit", kind == WH_EMPTY_RAW_EXIT);

	if (!error && kind == WH_EMPTY_BTF_BOTH)
		error = load("sys_enter", 0);
	return error;
}

int wh_empty_attach(void)
{
	int i;

	for (i = 0; i < count; i++) {
		parts[i].link = bpf_raw_tracepoint_open(parts[i].tracepoint, parts[i].program);
		if (parts[i].link < 0)
			return parts[i].link;
	}
	return 0;
}

void wh_empty_detach(void)
{
	int i;

	for (i = 0; i < count; i++)
		if (parts[i].link >= 0) {
			close(parts[i].link);
			parts[i].link = -1;
		}
}

void wh_empty_unload(void)
{
	wh_empty_detach();
	while (count > 0)
		close(parts[--count].program);
}

int wh_filter_install(void)
{
	struct sock_filter body[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_reboot, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(body) / sizeof(body[0]), body };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return -errno;
	return 0;
}
