/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets with a deadline: times are milliseconds of CLOCK_MONOTONIC, errors negative errnos. */
#ifndef WH_EXCHANGE_H
#define WH_EXCHANGE_H

#include <stdint.h>
#include <sys/types.h>

#include "runtime_sockets.h"

int64_t wh_now_ms(void);
int wh_await(int socket, short events, int64_t deadline);
/* A connected, non-blocking socket that is closed on exec. */
int wh_connect(const char *path, int64_t deadline);
int wh_send_all(int socket, const void *bytes, size_t length, int64_t deadline);
/* Waits for bytes; 0 at the end. */
ssize_t wh_receive(int socket, void *buffer, size_t size, int64_t deadline);
int wh_answer_append(struct wh_answer *answer, const void *bytes, size_t length, size_t limit);

#endif
