/* SPDX-License-Identifier: Apache-2.0 */
/* One question and its answer over the unix socket of a container runtime, within a time and a size. */
#ifndef WH_RUNTIME_SOCKETS_H
#define WH_RUNTIME_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

/* What came back. Owns `bytes` until wh_answer_free(). */
struct wh_answer {
	uint8_t *bytes;
	size_t length;
	size_t room;
	/* gRPC only: HTTP's status, gRPC's status or -1 if none came, and the start of its message. */
	int http_status;
	int grpc_status;
	char message[160];
};

void wh_answer_free(struct wh_answer *answer);

/*
 * Sends `request` and reads until the other end closes. Returns 0 or a negative errno: -ETIMEDOUT after
 * `timeout_ms`, -EMSGSIZE beyond `limit` bytes.
 */
int wh_socket_exchange(const char *socket, const void *request, size_t length, size_t limit, int timeout_ms,
		       struct wh_answer *answer);

/*
 * A gRPC call with one request and one reply: HTTP/2 with prior knowledge. `header` and `value` may name one more
 * header, or be NULL. On success the answer's bytes are the reply's message. Returns 0 if the exchange took place, what
 * it says being in http_status and grpc_status; or a negative errno, -EPROTO for what is no HTTP/2 or no gRPC.
 */
int wh_grpc_call(const char *socket, const char *method, const char *header, const char *value, const void *request,
		 size_t length, size_t limit, int timeout_ms, struct wh_answer *answer);

/* The same over a stream of bytes that is there already, for tests and the fuzzer: what the server would have sent. */
int wh_grpc_replay(const void *stream, size_t length, size_t limit, struct wh_answer *answer);

/*
 * Opens a file below a process's root as the process itself would find it: no link leads out of that root, and no mount
 * is crossed on the way but one on the file itself, and none to a file system where a read could wait for whoever serves
 * it. Returns the descriptor of a regular file, or a negative errno: -ESRCH if the process has ended, -ENOENT if its root
 * has no such file, -EXDEV for a mount that is not crossed or a link that is not followed, -ELOOP if the process still
 * has our own root, -ENOSYS before Linux 5.6.
 */
int wh_open_in_root_of(int pid, const char *path);

#endif
