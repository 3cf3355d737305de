/* SPDX-License-Identifier: Apache-2.0 */
/* Each case exits with 0 if everything went as it does without a tracer, else names the first thing that did not. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: %s (errno %s)\n", __FILE__, __LINE__, #condition, strerror(errno)); \
			exit(99);							\
		}									\
	} while (0)

int signals_case(const char *name);
int processes_case(const char *name);
int terminal_case(const char *name);
int without_ptrace(char **words);
int calls(const char *folder);
int keep(void);
int storm(unsigned seed, int seconds);
int load(int count, char **words);
int wander(unsigned seed, int steps, int depth);

#endif
