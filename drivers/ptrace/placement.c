/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "placement.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum wh_placement_call wh_placement_call(uint32_t number)
{
	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
	case SYS_vfork:
#endif
	case SYS_clone:
	case SYS_clone3:
		return WH_PLACES_CHILD;
	case SYS_sched_getaffinity:
	case SYS_sched_setaffinity:
		return WH_SHOWS_PLACEMENT;
	default:
		return WH_PLACES_NOTHING;
	}
}

enum {
	IA32_fork = 2,
	IA32_clone = 120,
	IA32_vfork = 190,
	IA32_sched_setaffinity = 241,
	IA32_sched_getaffinity = 242,
	IA32_clone3 = 435,
};

enum wh_placement_call wh_placement_call_ia32(uint32_t number)
{
	switch (number) {
	case IA32_fork:
	case IA32_vfork:
	case IA32_clone:
	case IA32_clone3:
		return WH_PLACES_CHILD;
	case IA32_sched_getaffinity:
	case IA32_sched_setaffinity:
		return WH_SHOWS_PLACEMENT;
	default:
		return WH_PLACES_NOTHING;
	}
}

/* The bare calls: they tell how many bytes the kernel's set has. */
static int get_cpus(pid_t tid, cpu_set_t *set, size_t size)
{
	return (int)syscall(SYS_sched_getaffinity, tid, size, set);
}

static bool set_cpus(pid_t tid, const cpu_set_t *set, int size)
{
	return syscall(SYS_sched_setaffinity, tid, size, set) == 0;
}

static bool hold(pid_t tid, int cpu, int size)
{
	cpu_set_t only[4];

	memset(only, 0, (size_t)size);
	CPU_SET_S((size_t)cpu, (size_t)size, only);
	return set_cpus(tid, only, size);
}

static struct wh_pin *free_pin(struct wh_pins *pins)
{
	if (pins->count < WH_PINS)
		for (int i = 0; i < WH_PINS; i++)
			if (!pins->pin[i].tid)
				return &pins->pin[i];
	return NULL;
}

static void leave(struct wh_pins *pins)
{
	if (pins->stays)
		set_cpus(0, pins->own, pins->own_size);
	pins->stays = false;
}

/* Holds the calling thread where it is, or lets the scheduler decide until its next stop. */
static void stay(struct wh_pins *pins, int here, uint64_t now_ns)
{
	if (!pins->holds_tracer || here < 0)
		return;
	if (pins->stays) {
		if (now_ns - pins->stays_since_ns > WH_STAY_NS)
			leave(pins);
		return;
	}
	pins->own_size = get_cpus(0, pins->own, sizeof(pins->own));
	if (pins->own_size <= 0 || here >= 8 * pins->own_size || !hold(0, here, pins->own_size))
		return;
	pins->stays = true;
	pins->stays_since_ns = now_ns;
}

static void occupy(struct wh_pins *pins, struct wh_pin *pin, uint8_t *place, pid_t tid, int cpu, uint64_t now_ns)
{
	pin->tid = tid;
	pin->cpu = cpu;
	pin->since_ns = now_ns;
	*place = (uint8_t)(pin - pins->pin + 1);
	pins->count++;
}

void wh_pin(struct wh_pins *pins, uint8_t *place, pid_t tid, uint64_t now_ns)
{
	const int here = sched_getcpu();
	struct wh_pin *pin;

	stay(pins, here, now_ns);
	if (*place) {
		pin = &pins->pin[*place - 1];
		pin->since_ns = now_ns;
		if (pin->cpu == here)
			return;
		/* The tracer has moved, and its tracees move with it. */
		if (here < 8 * pin->size && CPU_ISSET_S((size_t)here, (size_t)pin->size, pin->original) &&
		    hold(tid, here, pin->size))
			pin->cpu = here;
		else
			wh_unpin(pins, place);
		return;
	}
	pin = free_pin(pins);
	if (!pin)
		return;
	pin->size = get_cpus(tid, pin->original, sizeof(pin->original));
	/* There has to be a choice at all. */
	if (pin->size <= 0 || here < 0 || here >= 8 * pin->size ||
	    !CPU_ISSET_S((size_t)here, (size_t)pin->size, pin->original) ||
	    CPU_COUNT_S((size_t)pin->size, pin->original) < 2 || !hold(tid, here, pin->size))
		return;
	occupy(pins, pin, place, tid, here, now_ns);
}

void wh_pin_child(struct wh_pins *pins, uint8_t parent, uint8_t *place, pid_t child, uint64_t now_ns)
{
	struct wh_pin *pin = free_pin(pins);

	if (!parent || *place)
		return;
	if (!pin) {
		wh_unpin_child(pins, parent, child);
		return;
	}
	pin->size = pins->pin[parent - 1].size;
	memcpy(pin->original, pins->pin[parent - 1].original, (size_t)pin->size);
	occupy(pins, pin, place, child, pins->pin[parent - 1].cpu, now_ns);
}

void wh_unpin(struct wh_pins *pins, uint8_t *place)
{
	struct wh_pin *pin;
	cpu_set_t now[4];

	if (!*place)
		return;
	pin = &pins->pin[*place - 1];
	if (get_cpus(pin->tid, now, sizeof(now)) == pin->size && CPU_COUNT_S((size_t)pin->size, now) == 1 &&
	    CPU_ISSET_S((size_t)pin->cpu, (size_t)pin->size, now))
		set_cpus(pin->tid, pin->original, pin->size);
	wh_forget_pin(pins, place);
}

void wh_unpin_child(const struct wh_pins *pins, uint8_t parent, pid_t child)
{
	if (parent)
		set_cpus(child, pins->pin[parent - 1].original, pins->pin[parent - 1].size);
}

void wh_forget_pin(struct wh_pins *pins, uint8_t *place)
{
	if (!*place)
		return;
	pins->pin[*place - 1].tid = 0;
	pins->count--;
	*place = 0;
	if (!pins->count)
		leave(pins);
}
