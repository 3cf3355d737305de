/* SPDX-License-Identifier: Apache-2.0 */
#include "cbpf.h"

#include <bpf/btf.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
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

void wh_bpf_log_free(void)
{
	free(text);
	text = NULL;
}

int wh_copy_descriptor(int descriptor)
{
	int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
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

/*
 * What makes an enumeration as small as the kernel has it, where that is smaller than an int: `__packed` there, which
 * libbpf 1.1 forgets. Every member behind such a one would be looked for in the wrong place.
 */
static const char *mode_of(const struct btf *btf, const char *name, bool is_typedef)
{
	int id = btf__find_by_name_kind(btf, name, is_typedef ? BTF_KIND_TYPEDEF : BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	if (is_typedef && type)
		type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_enum(type))
		return "";
	return type->size == 1 ? " __attribute__((mode(byte)))" : type->size == 2 ? " __attribute__((mode(HI)))" : "";
}

/* Writes the text of a header, and makes enumerations at its top level as large as they are. */
static void write_with_modes(const struct btf *btf, char *text, FILE *file)
{
	char *line, *rest = text, name[128] = "";
	bool is_open = false;

	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "enum %127[A-Za-z0-9_] {", name) == 1 && line[strlen(line) - 1] == '{') {
			is_open = true;
		} else if (strcmp(line, "typedef enum {") == 0) {
			is_open = true;
			name[0] = 0;
		} else if (is_open && line[0] == '}') {
			bool is_typedef = !name[0];

			is_open = false;
			if (is_typedef)
				sscanf(line, "} %127[A-Za-z0-9_];", name);
			fprintf(file, "}%s%s\n", mode_of(btf, name, is_typedef), line + 1);
			continue;
		}
		fprintf(file, rest ? "%s\n" : "%s", line);
	}
}

/* The programs look behind the end of this structure: its size has to be the kernel's. */
static void write_size(const struct btf *btf, const char *name, FILE *file)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	if (id > 0)
		fprintf(file, "\n_Static_assert(sizeof(struct %s) == %u, \"struct %s is laid out differently in the kernel\");\n",
			name, btf__type_by_id(btf, (__u32)id)->size, name);
}

static int write_kernel_types(const struct btf *btf, FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	struct btf_dump *dump;
	int error = 0;

	if (!memory)
		return -errno;
	dump = btf_dump__new(btf, write_types, memory, NULL);
	if (libbpf_get_error(dump)) {
		error = errno ? -errno : -EINVAL;
		dump = NULL;
	}
	for (__u32 id = 1; !error && id < btf__type_cnt(btf); id++)
		error = btf_dump__dump_type(dump, id);
	btf_dump__free(dump);
	if (fclose(memory) && !error)
		error = -errno;
	if (!error) {
		write_with_modes(btf, text, file);
		write_size(btf, "inode", file);
	}
	free(text);
	return error;
}

int wh_write_kernel_types(const char *path, const char *header)
{
	struct btf *btf = btf__parse(path, NULL);
	FILE *file;
	int error;

	if (libbpf_get_error(btf))
		return errno ? -errno : -EINVAL;
	file = fopen(header, "we");
	if (!file) {
		error = -errno;
	} else {
		error = write_kernel_types(btf, file);
		if (fclose(file) && !error)
			error = -errno;
	}
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
