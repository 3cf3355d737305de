// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Windhover's kernel module: system calls and a few tracepoints of this machine as records in rings that readers map.
 *
 *	main.c		loading, unloading, CPUs that come online
 *	device.c	/dev/windhover: open, ioctl, mmap; consumers
 *	ring.c		the memory of the rings
 *	tracepoints.c	which probes are registered
 *	probes.c	the probes: from a tracepoint to the consumers that want it
 *	events.c	the records, expanded from the event table with the fillers of drivers/shared
 *
 * While nobody has the device open, no probe is registered, and the module costs its memory and nothing else. It cannot
 * be unloaded while it is open: an open file holds the module.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/module.h>

#include "device.h"
#include "probes.h"
#include "tracepoints.h"

static int hotplug_state;

/* Runs for a CPU that comes online, before it runs anything; at loading once for each CPU. It does not undo: CPUs return. */
static int prepare_cpu(unsigned int cpu)
{
	int error = wh_probes_add_cpu(cpu);

	if (!error)
		wh_add_rings(cpu);
	return error;
}

/*
 * Returns the hot-plug state, or a negative errno. The CPUs that are online are gone through by hand: before 6.7 the
 * kernel did not call back for them in this state.
 */
static int __init prepare_all_cpus(void)
{
	unsigned int cpu;
	int error = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		error = prepare_cpu(cpu);
		if (error)
			goto out;
	}
	error = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_BP_PREPARE_DYN, "windhover:prepare", prepare_cpu, NULL);
out:
	cpus_read_unlock();
	return error;
}

static int __init windhover_init(void)
{
	int error = wh_tracepoints_find();

	if (error) {
		pr_err("windhover: this kernel has no tracepoints of system calls (CONFIG_FTRACE_SYSCALLS)\n");
		return error;
	}
	error = wh_probes_init();
	if (error)
		return error;
	error = prepare_all_cpus();
	if (error < 0)
		goto fail_probes;
	hotplug_state = error;
	error = wh_device_add();
	if (error)
		goto fail_hotplug;
	return 0;

fail_hotplug:
	cpuhp_remove_state_nocalls(hotplug_state);
fail_probes:
	wh_probes_free();
	return error;
}

static void __exit windhover_exit(void)
{
	wh_device_remove();
	wh_detach_all();
	cpuhp_remove_state_nocalls(hotplug_state);
	wh_probes_free();
}

module_init(windhover_init);
module_exit(windhover_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Windhover: system calls of this machine as a stream of events");
MODULE_VERSION("1");
