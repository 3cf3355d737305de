// SPDX-License-Identifier: Apache-2.0
/*
 * A unary gRPC call: nghttp2 does frames, headers and flow control, this file the socket and the five bytes in front of
 * each message. One connection per call: a container is asked about once.
 */
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

struct call {
	struct wh_answer *answer;
	const uint8_t *request;
	size_t request_length;
	size_t request_sent;
	size_t limit;
	int32_t stream;
	int error;
	int is_done;
};

static ssize_t read_request(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room, uint32_t *flags,
			    nghttp2_data_source *source, void *user)
{
	struct call *call = source->ptr;
	size_t left = call->request_length - call->request_sent;
	size_t part = left < room ? left : room;

	(void)session, (void)stream, (void)user;
	memcpy(buffer, call->request + call->request_sent, part);
	call->request_sent += part;
	if (call->request_sent == call->request_length)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)part;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t length,
		   void *user)
{
	struct call *call = user;

	(void)session, (void)flags;
	if (stream != call->stream)
		return 0;
	/* The message and what stands in front of it. */
	call->error = wh_answer_append(call->answer, data, length, call->limit + 5);
	return call->error ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* A number of at most three digits; -1 for anything else. */
static int small_number(const uint8_t *text, size_t length)
{
	int value = 0;

	if (length == 0 || length > 3)
		return -1;
	for (size_t at = 0; at < length; at++) {
		if (text[at] < '0' || text[at] > '9')
			return -1;
		value = value * 10 + (text[at] - '0');
	}
	return value;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
		     const uint8_t *value, size_t length, uint8_t flags, void *user)
{
	struct call *call = user;
	struct wh_answer *answer = call->answer;

	(void)session, (void)flags;
	if (frame->hd.stream_id != call->stream)
		return 0;
	if (name_length == 7 && !memcmp(name, ":status", 7)) {
		answer->http_status = small_number(value, length);
	} else if (name_length == 11 && !memcmp(name, "grpc-status", 11)) {
		answer->grpc_status = small_number(value, length);
	} else if (name_length == 12 && !memcmp(name, "grpc-message", 12)) {
		size_t kept = length < sizeof(answer->message) - 1 ? length : sizeof(answer->message) - 1;

		memcpy(answer->message, value, kept);
		answer->message[kept] = 0;
	}
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
	struct call *call = user;

	(void)session;
	if (stream != call->stream)
		return 0;
	call->is_done = 1;
	if (error != NGHTTP2_NO_ERROR && call->answer->grpc_status < 0)
		call->error = -EPROTO;
	return 0;
}

static nghttp2_session *open_session(struct call *call)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	nghttp2_session *session = NULL;
	/* Room for the whole answer at once, and nothing that the server may start on its own. */
	nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 4 << 20 },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16384 },
	};

	if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option))
		goto out;
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_option_set_max_outbound_ack(option, 100);
	if (nghttp2_session_client_new2(&session, callbacks, call, option)) {
		session = NULL;
		goto out;
	}
	if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(settings[0])) ||
	    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 4 << 20)) {
		nghttp2_session_del(session);
		session = NULL;
	}
out:
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(option);
	return session;
}

static nghttp2_nv pair(const char *name, const char *value)
{
	nghttp2_nv nv = { (uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE };

	return nv;
}

static int submit(nghttp2_session *session, struct call *call, const char *method, const char *header, const char *value)
{
	nghttp2_data_provider body = { .source.ptr = call, .read_callback = read_request };
	nghttp2_nv headers[8] = {
		pair(":method", "POST"),
		pair(":scheme", "http"),
		pair(":path", method),
		pair(":authority", "localhost"),
		pair("te", "trailers"),
		pair("content-type", "application/grpc"),
		pair("user-agent", "windhover"),
	};
	size_t count = 7;

	if (header)
		headers[count++] = pair(header, value);
	call->stream = nghttp2_submit_request(session, NULL, headers, count, &body, NULL);
	return call->stream < 0 ? -ENOMEM : 0;
}

/* Takes the five bytes off the front: a flag that must be 0, uncompressed, and the length, big-endian. */
static int unwrap(struct call *call)
{
	struct wh_answer *answer = call->answer;
	uint8_t *bytes = answer->bytes;
	size_t length;

	if (answer->grpc_status != 0) {
		answer->length = 0;
		return answer->grpc_status < 0 && answer->http_status == 200 ? -EPROTO : 0;
	}
	if (answer->length < 5 || bytes[0] != 0)
		return -EPROTO;
	length = (size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 | bytes[4];
	if (length != answer->length - 5)
		return -EPROTO;
	memmove(bytes, bytes + 5, length);
	answer->length = length;
	return 0;
}

static int flush(nghttp2_session *session, int socket, int64_t deadline)
{
	for (;;) {
		const uint8_t *bytes;
		ssize_t length = nghttp2_session_mem_send(session, &bytes);
		int error;

		if (length < 0)
			return -EPROTO;
		if (length == 0)
			return 0;
		error = socket < 0 ? 0 : wh_send_all(socket, bytes, (size_t)length, deadline);
		if (error)
			return error;
	}
}

static int feed(nghttp2_session *session, struct call *call, const uint8_t *bytes, size_t length)
{
	ssize_t used = nghttp2_session_mem_recv(session, bytes, length);

	if (call->error)
		return call->error;
	return used == (ssize_t)length ? 0 : -EPROTO;
}

static int finish(nghttp2_session *session, struct call *call, int error)
{
	nghttp2_session_del(session);
	free((void *)call->request);
	if (!error)
		error = call->error ? call->error : unwrap(call);
	if (error)
		wh_answer_free(call->answer);
	return error;
}

static int prepare(struct call *call, const void *request, size_t length, size_t limit, struct wh_answer *answer)
{
	uint8_t *message = malloc(length + 5);

	memset(answer, 0, sizeof(*answer));
	memset(call, 0, sizeof(*call));
	answer->grpc_status = -1;
	if (!message || length > UINT32_MAX) {
		free(message);
		return -ENOMEM;
	}
	message[0] = 0;
	message[1] = (uint8_t)(length >> 24);
	message[2] = (uint8_t)(length >> 16);
	message[3] = (uint8_t)(length >> 8);
	message[4] = (uint8_t)length;
	if (length)
		memcpy(message + 5, request, length);
	call->answer = answer;
	call->request = message;
	call->request_length = length + 5;
	call->limit = limit;
	return 0;
}

int wh_grpc_call(const char *path, const char *method, const char *header, const char *value, const void *request,
		 size_t length, size_t limit, int timeout_ms, struct wh_answer *answer)
{
	int64_t deadline = wh_now_ms() + timeout_ms;
	uint8_t buffer[16384];
	nghttp2_session *session;
	struct call call;
	int error = prepare(&call, request, length, limit, answer);
	int s;

	if (error)
		return error;
	session = open_session(&call);
	if (!session)
		return finish(session, &call, -ENOMEM);
	error = submit(session, &call, method, header, value);
	s = error ? -1 : wh_connect(path, deadline);
	if (s < 0)
		return finish(session, &call, error ? error : s);
	while (!error && !call.is_done) {
		ssize_t got;

		error = flush(session, s, deadline);
		if (error)
			break;
		got = wh_receive(s, buffer, sizeof(buffer), deadline);
		if (got == 0)
			error = -EPROTO;
		else
			error = got < 0 ? (int)got : feed(session, &call, buffer, (size_t)got);
	}
	close(s);
	return finish(session, &call, error);
}

int wh_grpc_replay(const void *stream, size_t length, size_t limit, struct wh_answer *answer)
{
	nghttp2_session *session;
	struct call call;
	int error = prepare(&call, NULL, 0, limit, answer);

	if (error)
		return error;
	session = open_session(&call);
	if (!session)
		return finish(session, &call, -ENOMEM);
	error = submit(session, &call, "/", NULL, NULL);
	if (!error)
		error = flush(session, -1, 0);
	if (!error)
		error = feed(session, &call, stream, length);
	if (!error)
		error = flush(session, -1, 0);
	if (!error && !call.is_done)
		error = -EPROTO;
	return finish(session, &call, error);
}
