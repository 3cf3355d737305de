/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include <errno.h>
#include <stdlib.h>

enum { SMALLEST = 256 };

int wh_threads_init(struct wh_threads *threads)
{
	*threads = (struct wh_threads){ .capacity = SMALLEST };
	threads->places = calloc(threads->capacity, sizeof(*threads->places));
	return threads->places ? 0 : -ENOMEM;
}

void wh_threads_release(struct wh_threads *threads)
{
	for (size_t i = 0; threads->places && i < threads->capacity; i++)
		if (threads->places[i].tid)
			wh_tracee_release(&threads->places[i].tracee);
	free(threads->places);
	*threads = (struct wh_threads){ 0 };
}

/* Thread ids count up: a multiplication spreads neighbours (Knuth's constant, 2^32 divided by the golden ratio). */
static size_t home(const struct wh_threads *threads, pid_t tid)
{
	return (size_t)((uint32_t)tid * 2654435769u) & (threads->capacity - 1);
}

/* The place of `tid`, or the free one where it would go. */
static struct wh_thread *place_of(const struct wh_threads *threads, pid_t tid)
{
	size_t at = home(threads, tid);

	while (threads->places[at].tid && threads->places[at].tid != tid)
		at = (at + 1) & (threads->capacity - 1);
	return &threads->places[at];
}

struct wh_thread *wh_threads_find(const struct wh_threads *threads, pid_t tid)
{
	struct wh_thread *place = place_of(threads, tid);

	return place->tid ? place : NULL;
}

static int grow(struct wh_threads *threads)
{
	struct wh_threads larger = *threads;

	larger.capacity *= 2;
	larger.places = calloc(larger.capacity, sizeof(*larger.places));
	if (!larger.places)
		return -ENOMEM;
	for (size_t i = 0; i < threads->capacity; i++)
		if (threads->places[i].tid)
			*place_of(&larger, threads->places[i].tid) = threads->places[i];
	free(threads->places);
	*threads = larger;
	return 0;
}

struct wh_thread *wh_threads_add(struct wh_threads *threads, pid_t tid, pid_t tgid)
{
	struct wh_thread *place;

	if (2 * (threads->count + 1) > threads->capacity && grow(threads) < 0)
		return NULL;
	place = place_of(threads, tid);
	*place = (struct wh_thread){ .tid = tid };
	wh_tracee_init(&place->tracee, tid, tgid);
	threads->count++;
	return place;
}

void wh_threads_remove(struct wh_threads *threads, pid_t tid)
{
	struct wh_thread *place = place_of(threads, tid);
	size_t hole, at;

	if (!place->tid)
		return;
	wh_tracee_release(&place->tracee);
	threads->count--;
	threads->expected -= place->is_expected;
	/* Whoever follows in the same run moves up if its search would stop at the hole. */
	hole = at = (size_t)(place - threads->places);
	for (;;) {
		size_t wanted;

		at = (at + 1) & (threads->capacity - 1);
		if (!threads->places[at].tid)
			break;
		wanted = home(threads, threads->places[at].tid);
		if (((at - wanted) & (threads->capacity - 1)) < ((at - hole) & (threads->capacity - 1)))
			continue;
		threads->places[hole] = threads->places[at];
		hole = at;
	}
	threads->places[hole].tid = 0;
}
