/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "clinux.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

int64_t wh_utc_offset(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm local;

	return localtime_r(&t, &local) ? (int64_t)local.tm_gmtoff : 0;
}

static size_t bounded(int length, size_t size)
{
	if (length < 0)
		return 0;
	return (size_t)length < size ? (size_t)length : size - 1;
}

size_t wh_print_general(double value, char *buffer, size_t size)
{
	return bounded(snprintf(buffer, size, "%g", value), size);
}

size_t wh_print_fixed(double value, int decimals, char *buffer, size_t size)
{
	return bounded(snprintf(buffer, size, "%.*f", decimals, value), size);
}

int wh_open_append(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}
