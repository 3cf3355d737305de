/* SPDX-License-Identifier: Apache-2.0 */
/* Services of the kernel beside files and processes: semaphores, keys, io_uring, BPF, modules. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <sys/ipc.h>
#include <sys/sem.h>

static void semaphores(void)
{
	struct sembuf two[2] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT } };
	long set = need(call(semget, 0x5eed, 3, IPC_CREAT | IPC_EXCL | 0600));

	call(semop, set, two, 1);
	call(semop, set, two, 2);
	call(semop, set, NOWHERE, 1);
	call(semctl, set, 1, SETVAL, 5);
	call(semctl, set, 1, GETVAL, 0);
	call(semctl, set, 0, 9999, 0);
	call(semget, 0x5eed, 3, IPC_CREAT | IPC_EXCL);
	call(semctl, set, 0, IPC_RMID, 0);
	call(semop, 12345, two, 1);
}

static void rings(void)
{
	static struct io_uring_params parameters;
	long d = call(io_uring_setup, 4, &parameters);

	if (d >= 0) {
		call(io_uring_enter, d, 0, 0, 1, NULL, 0);
		call(io_uring_register, d, 2, NULL, 0);
		call(io_uring_register, d, 999, shared->values, 4);
		call(close, d);
	}
	call(io_uring_setup, 4, NOWHERE);
	call(io_uring_enter, 99, 1, 2, 0, NULL, 0);
	call(io_uring_register, 99, 0, NOWHERE, 1);
}

void kernel_services(void)
{
	union bpf_attr attributes = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 };
	long d;

	semaphores();
	rings();
	d = call(bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes));
	if (d >= 0)
		call(close, d);
	call(bpf, 9999, NOWHERE, 5);
	call(keyctl, 11 /* read */, 0x7fffffff, shared->values, 64, 0);
	call(keyctl, 10 /* search */, -3, "user", "parity", 0);
	call(keyctl, 9999, 1, 2, 3, 4);
	call(init_module, shared->values, 64, "option=1");
	call(init_module, NOWHERE, 64, NOWHERE);
	call(finit_module, 99, "option=2", 1);
	call(delete_module, "no_such_module", O_NONBLOCK);
	call(uname, shared->values);
	call(sysinfo, shared->values);
	call(getcpu, NULL, NULL, NULL);
	call(membarrier, 0, 0, 0);
}
