/* SPDX-License-Identifier: Apache-2.0 */
/* libbpf for Swift: its own functions, and a log that is kept instead of printed. */
#ifndef WH_CBPF_H
#define WH_CBPF_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/*
 * From here on, what libbpf and the verifier say on this thread is kept, at most 256 KiB of its end: failures are told
 * last. Starts empty.
 */
void wh_bpf_log_begin(void);

/* The text since wh_bpf_log_begin(), in memory of this thread: good until the next wh_bpf_log_begin() on it. */
const char *wh_bpf_log_end(void);

/* Gives the text's memory back. */
void wh_bpf_log_free(void);

/* Another descriptor of the same thing, closed on exec; a negative errno if there is none left. */
int wh_copy_descriptor(int descriptor);

/* How many arguments a tracepoint hands to BPF programs, by the kernel's types; -1 if they have none of the name. */
int wh_btf_tracepoint_arguments(const struct btf *kernel, const char *name);

/*
 * A perf buffer that programs on one CPU write to with bpf_perf_event_output(), and that wakes nobody: the descriptor of
 * its event, closed on exec, or a negative errno; ENODEV for a CPU that is offline.
 */
int wh_open_perf_output(int cpu);

/*
 * Writes a kernel's types as a C header, out of its BTF: a file with nothing else, or an ELF file with a section of it.
 * 0 or a negative errno.
 */
int wh_write_kernel_types(const char *btf, const char *header);

#endif
