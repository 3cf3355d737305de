/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "clinux.h"

#include <string.h>
#include <time.h>

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t wh_clock_boottime(void) { return now(CLOCK_BOOTTIME); }
uint64_t wh_clock_monotonic(void) { return now(CLOCK_MONOTONIC); }
uint64_t wh_clock_realtime(void) { return now(CLOCK_REALTIME); }

const char *wh_error_text(int error)
{
	const char *text = strerrordesc_np(error);

	return text ? text : "unknown error";
}
