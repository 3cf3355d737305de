// SPDX-License-Identifier: Apache-2.0
/*
 * Feeds made-up stops of a live, stopped child to wh_trace_record(): any event, any arguments, memory that libFuzzer
 * writes and a thread keeps changing, descriptors of every kind. Whatever comes out has to be well-formed records.
 *
 *	trace [CORPUS] [libFuzzer options]
 *
 * Input: two bytes event number, flags, snaplen, result, six arguments of nine bytes each (a kind and a value), then
 * the child's memory. A word of that memory whose highest byte is 0xaa becomes a pointer into it.
 */
#define _GNU_SOURCE
#include "../../../drivers/ptrace/records.h"
#include "../../../drivers/schema/event_schema.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY = 65536, DESCRIPTORS = 32 };

static uint8_t *memory, room[WH_TRACE_ROOM];
static volatile uint32_t used;
static struct wh_tracee tracee;

static void open_descriptors(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0windhover-fuzz" };
	socklen_t length = sizeof(address);
	int ends[2], server = socket(AF_INET, SOCK_STREAM, 0);

	bind(server, (struct sockaddr *)&address, length);
	listen(server, 3);
	getsockname(server, (struct sockaddr *)&address, &length);
	connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, length);
	accept(server, NULL, NULL);
	socket(AF_INET6, SOCK_DGRAM, 0);
	socket(AF_NETLINK, SOCK_RAW, 0);
	server = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(server, (struct sockaddr *)&name, sizeof(name));
	listen(server, 3);
	connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof(name));
	accept(server, NULL, NULL);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
	if (pipe(ends))
		abort();
	open("/etc/passwd", O_RDONLY);
	open("/proc/self/stat", O_RDONLY);
	open("/", O_PATH);
	syscall(SYS_memfd_create, "fuzz", 0);
}

/* Rewrites what is being read, as another thread of a tracee would. */
static void *disturb(void *unused)
{
	uint32_t state = 1;

	for (;;) {
		uint32_t bytes = used;

		state = state * 1664525 + 1013904223;
		if (bytes)
			memory[(state >> 8) % bytes] ^= (uint8_t)(state & 1);
	}
	return unused;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	(void)argc;
	(void)argv;
	/* Behind the memory is a hole: values run into it. */
	memory = mmap(NULL, MEMORY + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || munmap(memory + MEMORY, 4096))
		abort();
	child = fork();
	if (child == 0) {
		open_descriptors();
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL)) {
		fprintf(stderr, "trace: this process may not trace its child\n");
		exit(1);
	}
	wh_tracee_init(&tracee, child, child);
	pthread_create(&thread, NULL, disturb, NULL);
	return 0;
}

/* Each record is exactly its header, its lengths and its values, and each value has the size of its type. */
static void check(const uint8_t *record, size_t size)
{
	while (size) {
		struct wh_event_header header;
		const struct wh_event_info *info;
		uint32_t at, index;

		if (size < sizeof(header))
			abort();
		memcpy(&header, record, sizeof(header));
		info = wh_event_info(header.type);
		if (!info || header.nparams != info->nparams || header.length > size || header.length > WH_EVENT_MAX_SIZE)
			abort();
		at = WH_EVENT_HEADER_SIZE + 2 * header.nparams;
		for (index = 0; index < header.nparams; index++) {
			unsigned wanted = wh_param_size(info->params[index].type);
			uint16_t length;

			memcpy(&length, record + WH_EVENT_HEADER_SIZE + 2 * index, sizeof(length));
			if (wanted && length && length != wanted)
				abort();
			at += length;
		}
		if (at != header.length)
			abort();
		record += header.length;
		size -= header.length;
	}
}

static uint64_t take(const uint8_t **data, size_t *size, uint32_t bytes)
{
	uint64_t value = 0;

	if (bytes > *size)
		bytes = *size;
	memcpy(&value, *data, bytes);
	*data += bytes;
	*size -= bytes;
	return value;
}

static uint64_t argument(const uint8_t **data, size_t *size)
{
	uint32_t kind = take(data, size, 1);
	uint64_t value = take(data, size, 8);

	switch (kind % 4) {
	case 0:
		return (uint64_t)(uintptr_t)memory + value % (MEMORY + 64);
	case 1:
		return value % DESCRIPTORS;
	case 2:
		return value % 5000;
	default:
		return value;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_stop stop = { .tracee = &tracee };
	uint16_t event = take(&data, &size, 2) % (WH_EVENT_COUNT + 2);
	uint32_t flags = take(&data, &size, 1), i;
	int64_t length;

	stop.has_result = flags & 1;
	stop.reaper = flags & 2 ? -1 : 0;
	stop.resolves_paths = flags & 4;
	tracee.can_get_descriptors = !(flags & 8);
	tracee.entered_ns = flags & 16;
	stop.snaplen = take(&data, &size, 2);
	stop.number = take(&data, &size, 2);
	stop.result = (int64_t)argument(&data, &size);
	for (i = 0; i < 6; i++)
		stop.arguments[i] = argument(&data, &size);
	stop.signal = (int)stop.arguments[0];
	stop.signal_code = (int)stop.arguments[1];
	used = 0;
	if (size > MEMORY)
		size = MEMORY;
	memcpy(memory, data, size);
	for (i = 0; i + 8 <= size; i += 8) {
		uint64_t word;

		memcpy(&word, memory + i, 8);
		if (word >> 56 == 0xaa) {
			word = (uint64_t)(uintptr_t)memory + word % (MEMORY + 64);
			memcpy(memory + i, &word, 8);
		}
	}
	used = flags & 32 ? (uint32_t)size : 0;
	length = wh_trace_record(&stop, event, room, flags & 64 ? sizeof(room) : size);
	used = 0;
	if (length > 0)
		check(room, length);
	if (flags & 128)
		wh_tracee_release(&tracee);
	return 0;
}
