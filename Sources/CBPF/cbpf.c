/* SPDX-License-Identifier: Apache-2.0 */
#include "cbpf.h"

#include <bpf/btf.h>

#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOG_SIZE = 256 << 10 };

static _Thread_local char *text;
static _Thread_local size_t length;

static int keep(enum libbpf_print_level level, const char *format, va_list arguments)
{
	va_list again;
	int needed;

	if (level == LIBBPF_DEBUG || !text)
		return 0;
	va_copy(again, arguments);
	needed = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (needed <= 0)
		return 0;
	if ((size_t)needed >= LOG_SIZE) {
		/* A verifier's log: only its end tells why it refused. */
		char *whole = malloc((size_t)needed + 1);

		if (!whole)
			return 0;
		vsnprintf(whole, (size_t)needed + 1, format, arguments);
		memcpy(text, whole + needed - (LOG_SIZE - 1), LOG_SIZE);
		length = LOG_SIZE - 1;
		free(whole);
		return needed;
	}
	if (length + (size_t)needed >= LOG_SIZE) {
		size_t kept = LOG_SIZE / 2 > (size_t)needed ? LOG_SIZE / 2 - (size_t)needed : 0;

		if (kept > length)
			kept = length;
		memmove(text, text + length - kept, kept);
		length = kept;
	}
	length += (size_t)vsnprintf(text + length, LOG_SIZE - length, format, arguments);
	return needed;
}

void wh_bpf_log_begin(void)
{
	if (!text)
		text = malloc(LOG_SIZE);
	if (text)
		text[0] = 0;
	length = 0;
	libbpf_set_print(keep);
}

int wh_btf_tracepoint_arguments(const struct btf *kernel, const char *name)
{
	const struct btf_type *type;
	char function[128];
	int id;

	/* typedef void (*btf_trace_NAME)(void *data, ...) */
	snprintf(function, sizeof(function), "btf_trace_%s", name);
	id = btf__find_by_name_kind(kernel, function, BTF_KIND_TYPEDEF);
	type = id > 0 ? btf__type_by_id(kernel, (__u32)id) : NULL;
	type = type ? btf__type_by_id(kernel, type->type) : NULL;
	type = type && btf_is_ptr(type) ? btf__type_by_id(kernel, type->type) : NULL;
	return type && btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
}

const char *wh_bpf_log_end(void)
{
	return text ? text : "";
}

int wh_open_perf_output(int cpu)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
		/* A level that is never reached: the kernel takes half of the buffer for none given. */
		.watermark = 1,
		.wakeup_watermark = UINT32_MAX,
	};
	long descriptor = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return descriptor < 0 ? -errno : (int)descriptor;
}

static void write_types(void *file, const char *format, va_list arguments) { vfprintf(file, format, arguments); }

int wh_write_kernel_types(const char *path, const char *header)
{
	struct btf *btf = btf__parse(path, NULL);
	struct btf_dump *dump;
	FILE *file;
	int error = 0;

	if (libbpf_get_error(btf))
		return errno ? -errno : -EINVAL;
	file = fopen(header, "we");
	if (!file) {
		error = -errno;
		btf__free(btf);
		return error;
	}
	dump = btf_dump__new(btf, write_types, file, NULL);
	if (libbpf_get_error(dump)) {
		error = errno ? -errno : -EINVAL;
	} else {
		for (__u32 id = 1; !error && id < btf__type_cnt(btf); id++)
			error = btf_dump__dump_type(dump, id);
		btf_dump__free(dump);
	}
	if (fclose(file) && !error)
		error = -errno;
	btf__free(btf);
	return error;
}

int __real_bpf_btf_get_next_id(__u32 start_id, __u32 *next_id);
int __wrap_bpf_btf_get_next_id(__u32 start_id, __u32 *next_id);

/*
 * libbpf calls this one instead of its own (linker option --wrap). It looks for an optional kernel function that vmlinux
 * lacks in the types of every module, and gives up on the whole object if it may not: listing those takes
 * CAP_SYS_ADMIN. Nothing that the programs use is ever in a module, so without the capability there are none.
 */
int __wrap_bpf_btf_get_next_id(__u32 start_id, __u32 *next_id)
{
	int result = __real_bpf_btf_get_next_id(start_id, next_id);

	if (result < 0 && errno == EPERM) {
		errno = ENOENT;
		return -ENOENT;
	}
	return result;
}
