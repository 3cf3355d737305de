// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Finds the kernel's tracepoints by name and registers our probes, each only while somebody wants what it makes.
 */
#include <linux/lockdep.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "consumer.h"
#include "probes.h"
#include "tracepoints.h"

/*
 * struct point - one tracepoint
 * @found: NULL where the kernel was built without it
 * @needed_for: the WH_KMOD_POINT_ bit that wants it; 0 for system calls
 */
struct point {
	const char *name;
	void *probe;
	u32 needed_for;
	struct tracepoint *found;
	bool is_attached;
};

enum { SYS_EXIT, SYS_ENTER };

static struct point points[] = {
	[SYS_EXIT] = { .name = "sys_exit", .probe = wh_probe_sys_exit },
	[SYS_ENTER] = { .name = "sys_enter", .probe = wh_probe_sys_enter },
	{ .name = "sched_process_exec", .probe = wh_probe_exec, .needed_for = WH_KMOD_POINT_EXEC },
	{ .name = "sched_process_exit", .probe = wh_probe_exit, .needed_for = WH_KMOD_POINT_EXIT },
	{ .name = "signal_deliver", .probe = wh_probe_signal, .needed_for = WH_KMOD_POINT_SIGNAL },
	{ .name = "sched_switch", .probe = wh_probe_switch, .needed_for = WH_KMOD_POINT_SWITCH },
#ifdef CONFIG_X86
	{ .name = "page_fault_user", .probe = wh_probe_page_fault, .needed_for = WH_KMOD_POINT_FAULT },
	{ .name = "page_fault_kernel", .probe = wh_probe_page_fault, .needed_for = WH_KMOD_POINT_FAULT },
#endif
};

static void note(struct tracepoint *tracepoint, void *unused)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!strcmp(points[i].name, tracepoint->name))
			points[i].found = tracepoint;
}

/* Return: 0, or -ENODEV if this kernel was built without tracepoints of system calls. */
int wh_tracepoints_find(void)
{
	for_each_kernel_tracepoint(note, NULL);
	return points[SYS_EXIT].found && points[SYS_ENTER].found ? 0 : -ENODEV;
}

/* WH_KMOD_POINT_ bits for which this kernel has the tracepoints. */
u32 wh_points_available(void)
{
	u32 i, available = 0;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].found)
			available |= points[i].needed_for;
	return available;
}

static int set_attached(struct point *point, bool is_wanted)
{
	int error = 0;

	if (!point->found || point->is_attached == is_wanted)
		return 0;
	if (is_wanted)
		error = tracepoint_probe_register(point->found, point->probe, NULL);
	else
		tracepoint_probe_unregister(point->found, point->probe, NULL);
	if (!error)
		point->is_attached = is_wanted;
	return error;
}

/**
 * wh_attach() - registers exactly the probes that are wanted
 * @exits: some consumer wants finished calls
 * @entries: some consumer wants starting calls
 * @wanted: WH_KMOD_POINT_ bits
 *
 * Return: 0, or the first error of a registration; detaching cannot fail.
 */
int wh_attach(bool exits, bool entries, u32 wanted)
{
	int error, first = 0;
	u32 i;

	lockdep_assert_held(&wh_attach_lock);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		bool is_wanted = i == SYS_EXIT ? exits : i == SYS_ENTER ? entries : wanted & points[i].needed_for;

		error = set_attached(&points[i], is_wanted);
		if (error && !first)
			first = error;
	}
	return first;
}

/* After this no probe runs, and none will. */
void wh_detach_all(void)
{
	mutex_lock(&wh_attach_lock);
	wh_attach(false, false, 0);
	mutex_unlock(&wh_attach_lock);
	tracepoint_synchronize_unregister();
}
