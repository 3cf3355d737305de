/* SPDX-License-Identifier: Apache-2.0 */
/* A BPF program that does nothing, to measure what any program costs on this machine, whoever writes it. */
#ifndef WH_EMPTY_PROGRAM_H
#define WH_EMPTY_PROGRAM_H

enum wh_empty_kind {
	WH_EMPTY_BTF_EXIT,	/* tp_btf on sys_exit, as modern eBPF */
	WH_EMPTY_BTF_BOTH,	/* tp_btf on sys_exit and sys_enter */
	WH_EMPTY_RAW_EXIT,	/* raw tracepoint on sys_exit, as legacy eBPF */
};

/* Loads what `kind` takes; 0 or a negative errno value. Not thread-safe. */
int wh_empty_load(enum wh_empty_kind kind);
/* Attaches it, or detaches it again; 0 or a negative errno value. */
int wh_empty_attach(void);
void wh_empty_detach(void);
/* Detaches and unloads. */
void wh_empty_unload(void);

/*
 * One seccomp filter that allows everything but asks about one call, installed for this thread and for good; 0 or a
 * negative errno value. What a tracer's filter costs the calls that it does not ask for.
 */
int wh_filter_install(void);

#endif
