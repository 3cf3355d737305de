// SPDX-License-Identifier: Apache-2.0
#include "exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t wh_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int wh_await(int socket, short events, int64_t deadline)
{
	struct pollfd wait = { .fd = socket, .events = events };

	for (;;) {
		int64_t left = deadline - wh_now_ms();
		int ready;

		if (left <= 0)
			return -ETIMEDOUT;
		ready = poll(&wait, 1, (int)left);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

int wh_connect(const char *path, int64_t deadline)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int s;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return -errno;
	for (;;) {
		struct timespec pause = { .tv_nsec = 5000000 };
		int error;

		if (connect(s, (struct sockaddr *)&address, sizeof(address)) == 0)
			return s;
		error = errno;
		/* A full backlog cannot be waited for by poll(). */
		if (error == EAGAIN && wh_now_ms() < deadline) {
			nanosleep(&pause, NULL);
			continue;
		}
		close(s);
		return error == EAGAIN ? -ETIMEDOUT : -error;
	}
}

int wh_send_all(int socket, const void *bytes, size_t length, int64_t deadline)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t sent = send(socket, at, length, MSG_NOSIGNAL);
		int error;

		if (sent >= 0) {
			at += sent;
			length -= (size_t)sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		error = wh_await(socket, POLLOUT, deadline);
		if (error)
			return error;
	}
	return 0;
}

ssize_t wh_receive(int socket, void *buffer, size_t size, int64_t deadline)
{
	for (;;) {
		ssize_t got;
		int error;

		/* Also where data is there: a server that trickles must not keep us for ever. */
		error = wh_await(socket, POLLIN, deadline);
		if (error)
			return error;
		got = recv(socket, buffer, size, 0);
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

int wh_answer_append(struct wh_answer *answer, const void *bytes, size_t length, size_t limit)
{
	if (length == 0)
		return 0;
	if (length > limit || answer->length > limit - length)
		return -EMSGSIZE;
	if (answer->length + length > answer->room) {
		size_t room = answer->room ? answer->room * 2 : 16384;
		uint8_t *grown;

		while (room < answer->length + length)
			room *= 2;
		grown = realloc(answer->bytes, room);
		if (!grown)
			return -ENOMEM;
		answer->bytes = grown;
		answer->room = room;
	}
	memcpy(answer->bytes + answer->length, bytes, length);
	answer->length += length;
	return 0;
}

void wh_answer_free(struct wh_answer *answer)
{
	free(answer->bytes);
	memset(answer, 0, sizeof(*answer));
}

int wh_socket_exchange(const char *path, const void *request, size_t length, size_t limit, int timeout_ms,
		       struct wh_answer *answer)
{
	int64_t deadline = wh_now_ms() + timeout_ms;
	char buffer[8192];
	int s = wh_connect(path, deadline);
	int error;

	memset(answer, 0, sizeof(*answer));
	if (s < 0)
		return s;
	error = wh_send_all(s, request, length, deadline);
	while (!error) {
		ssize_t got = wh_receive(s, buffer, sizeof(buffer), deadline);

		if (got == 0)
			break;
		error = got < 0 ? (int)got : wh_answer_append(answer, buffer, (size_t)got, limit);
	}
	close(s);
	if (error)
		wh_answer_free(answer);
	return error;
}
