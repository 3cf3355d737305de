/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From a stop of a traced thread to the records of the event schema.
 *
 * The tracer calls from the thread that traces; nothing here waits for the tracee, allocates (but for the first record),
 * or keeps a reference to the arguments. All that is read of a tracee may be a lie or be gone: what cannot be read is
 * empty in the record.
 */
#ifndef WH_RECORDS_H
#define WH_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	WH_TRACE_ROOM = 1 << 20,	/* bytes that no stop's records can exceed: 16 messages of sendmmsg, 64 KiB each */
	WH_TRACE_TOO_LARGE = -1,	/* wh_trace_record(): lost, a record over 65536 bytes or more than `size` */
	WH_TRACE_NO_CALL = 0x7fffffff,	/* wh_trace_slot() */
	WH_TRACE_UNKNOWN_EVENT = -2,	/* wh_trace_record(): no call and no stop makes an event of this number */
	WH_TRACE_NO_MEMORY = -3,	/* wh_trace_record(): lost */
};

/* Files of /proc/TID that stay open. */
enum { WH_KEPT_STAT, WH_KEPT_CGROUP, WH_KEPT };

/*
 * struct wh_tracee - what is kept of one traced thread between its stops; its owner is the tracer
 * @tid, @tgid: as the tracer's pid namespace numbers them
 * @parent_tid, @parent_tgid: the thread that made this one and its process, or 0; believed only while /proc agrees
 * @entered_ns: when the call began, by the coarse clock that stamps new files
 * @proc: descriptor of /proc/TID, or -1
 * @memory: descriptor of /proc/TID/mem, or -1; opened only where process_vm_readv is refused
 * @pidfd: names the thread for pidfd_getfd and PIDFD_GET_INFO, or -1
 * @kept: descriptors of files of /proc/TID that were asked for before and are likely to be again, or -1
 * @was_read: which of them were asked for
 * @is_alone: the only thread that its process ever had: /proc/PID tells of it what /proc/PID/task/TID does, and costs half
 * @can_get_descriptors: false once the kernel has refused pidfd_getfd
 *
 * Everything is private to the fillers except for the first four members. Up to five descriptors are open per thread,
 * each from the first record that needs it on (of @kept: the second); where the tracer has none left, records fall back
 * to reading less.
 */
struct wh_tracee {
	pid_t tid, tgid;
	pid_t parent_tid, parent_tgid;
	uint64_t entered_ns;
	int proc, memory, pidfd;
	int kept[WH_KEPT];
	bool was_read[WH_KEPT];
	bool is_alone;
	bool can_get_descriptors;
};

/* Opens nothing. The parent, if the tracer has seen the thread being made, is set in parent_tid and parent_tgid after. */
void wh_tracee_init(struct wh_tracee *tracee, pid_t tid, pid_t tgid);
/* Closes what is open; the structure may then be initialised again. */
void wh_tracee_release(struct wh_tracee *tracee);
/*
 * After PTRACE_EVENT_EXEC, before the record is made: what was open of the old image is stale. When another thread than
 * the leader executed, the process goes on with the leader's id, and it is the leader's structure that is meant.
 */
void wh_tracee_exec_done(struct wh_tracee *tracee);
/* At every stop before a call (seccomp or syscall-entry): a few ns, no system call. */
void wh_tracee_entered(struct wh_tracee *tracee);
/* From now on other threads may be in the process, whose numbers /proc/PID adds up with this one's. */
void wh_tracee_has_company(struct wh_tracee *tracee);
/* Before a call that can change the thread's credentials or namespaces: what was remembered of them is stale. */
void wh_tracee_changes_identity(const struct wh_tracee *tracee);

/*
 * struct wh_stop - one finished or starting call, or another stop
 * @timestamp_ns: goes into the record: nanoseconds since the Unix epoch
 * @architecture: AUDIT_ARCH_ from PTRACE_GET_SYSCALL_INFO; the machine's own, or AUDIT_ARCH_I386 on x86-64: number and
 *	arguments are then those of the 32-bit call, as its registers hold them
 * @number: native number of the call
 * @arguments: the registers as they were at entry
 * @result: what the call returned, negative errno on failure
 * @has_result: false at the entry of a call
 * @signal, @signal_code, @sender: si_signo, si_code and si_pid of PTRACE_GETSIGINFO at a signal-delivery stop
 * @exit_status: of the end of a thread: what waitpid gave
 * @reaper: who got its children; 0 if it had none, -1 if nobody knows
 * @code: portable number of the call (enum wh_syscall_code), for the generic event only
 * @snaplen: how much data of reads and writes a record carries, at most 65000
 * @resolves_paths: whether records of opens carry the opened file's own path
 * @sees_identity: whether no thread gets other credentials without wh_tracee_changes_identity(), and all are in the
 *	tracer's pid namespace with their children: what the record of a fork has read of them is good for the next
 */
struct wh_stop {
	struct wh_tracee *tracee;
	uint64_t timestamp_ns;
	uint32_t architecture;
	uint32_t number;
	uint64_t arguments[6];
	int64_t result;
	bool has_result;
	int signal, signal_code;
	int64_t sender;
	int exit_status;
	int64_t reaper;
	uint16_t code;
	uint32_t snaplen;
	bool resolves_paths;
	bool sees_identity;
};

/*
 * Where tables by call have the call of a stop: its number for calls of the machine's own ABI, WH_SLOT_IA32 and above
 * (event_schema.h) for 32-bit calls of x86; WH_TRACE_NO_CALL for all others. No system call.
 */
uint32_t wh_trace_slot(uint32_t architecture, uint32_t number, const uint64_t arguments[6]);

/*
 * Appends the records that the stop makes for one event to a packed buffer: records back to back, no frame.
 *
 * Which stop makes which event: a finished call its exit event; a starting one its _enter event; a successful execve or
 * execveat makes `execve` with result 0 at PTRACE_EVENT_EXEC, and nothing at the exit stop after that; procexit is made
 * of a death that waitpid reports, before wh_tracee_release().
 *
 * Returns the bytes appended, 0 if this stop makes no event, WH_TRACE_ if it was lost. `size` of WH_TRACE_ROOM
 * always suffices; with less, a stop that does not fit is lost as a whole.
 */
int64_t wh_trace_record(const struct wh_stop *stop, uint16_t event_type, uint8_t *room, size_t size);

/* Frees what the records of the calling thread have made so far. */
void wh_trace_forget(void);

/* Whether a descriptor of a stopped thread is open: 1, 0, or -1 if that cannot be told. */
int wh_trace_is_open(struct wh_tracee *tracee, uint32_t descriptor);
/* Whose child a process is now, or -1. */
int64_t wh_trace_parent(pid_t process);
/* Another thread of a process that is not ending, or 0; -1 if none of the first 16 is. */
int64_t wh_trace_living_thread(pid_t process, pid_t leaving);

#endif
