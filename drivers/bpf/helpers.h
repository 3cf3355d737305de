/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel's helper functions that the programs call, by the numbers that the kernel's own headers give them, and the
 * notation for maps. Declared here so that building on a target takes a compiler and headers, and no libbpf.
 */
#ifndef WH_HELPERS_H
#define WH_HELPERS_H

#define WH_THIS_CPU 0xffffffffull		/* BPF_F_CURRENT_CPU, a macro before 5.7 */
#define SEC(name) __attribute__((section(name), used))

/* A map is described by the types of its members, which libbpf reads in the object's BTF. */
#define __uint(name, value) int (*name)[value]
#define __type(name, value) __typeof__(value) *name
#define __array(name, value) __typeof__(value) *name[]

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*bpf_tail_call)(void *context, void *programs, uint32_t index) = (void *)BPF_FUNC_tail_call;
static uint32_t (*bpf_get_smp_processor_id)(void) = (void *)BPF_FUNC_get_smp_processor_id;
static uint64_t (*bpf_get_current_task)(void) = (void *)BPF_FUNC_get_current_task;
static uint64_t (*bpf_get_current_pid_tgid)(void) = (void *)BPF_FUNC_get_current_pid_tgid;
static long (*bpf_perf_event_output)(void *context, void *map, uint64_t flags, void *data, uint64_t size) =
	(void *)BPF_FUNC_perf_event_output;

/* 5.8: a clock that goes on while the machine sleeps. Before, times after a suspend are early by its length. */
#ifdef WH_HAVE_HELPER_BOOT_CLOCK
static uint64_t (*bpf_ktime)(void) = (void *)BPF_FUNC_ktime_get_boot_ns;
#else
static uint64_t (*bpf_ktime)(void) = (void *)BPF_FUNC_ktime_get_ns;
#endif

/* 5.5 told apart user and kernel memory (6ae08ae3dea2); on x86-64 the older helpers read both. */
#ifdef WH_HAVE_HELPER_PROBE_READ_KERNEL
static long (*bpf_read_user)(void *to, uint32_t size, const void *from) = (void *)BPF_FUNC_probe_read_user;
static long (*bpf_read_user_string)(void *to, uint32_t size, const void *from) = (void *)BPF_FUNC_probe_read_user_str;
static long (*bpf_read_kernel)(void *to, uint32_t size, const void *from) = (void *)BPF_FUNC_probe_read_kernel;
static long (*bpf_read_kernel_string)(void *to, uint32_t size, const void *from) =
	(void *)BPF_FUNC_probe_read_kernel_str;
#else
static long (*bpf_read_user)(void *to, uint32_t size, const void *from) = (void *)BPF_FUNC_probe_read;
static long (*bpf_read_user_string)(void *to, uint32_t size, const void *from) = (void *)BPF_FUNC_probe_read_str;
static long (*bpf_read_kernel)(void *to, uint32_t size, const void *from) = (void *)BPF_FUNC_probe_read;
static long (*bpf_read_kernel_string)(void *to, uint32_t size, const void *from) = (void *)BPF_FUNC_probe_read_str;
#endif

#endif
