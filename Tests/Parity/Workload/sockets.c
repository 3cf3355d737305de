/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets over IPv4 and IPv6. Ports are fixed: the workload has a network of its own. */
#define _GNU_SOURCE
#include "step.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

static char data[200] = "some text that goes over a socket, longer than what a record carries of it unless asked to: "
			"more, more, more";
static char room[300];

union address {
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static socklen_t make(union address *address, int family, int port)
{
	*address = (union address){ 0 };
	if (family == AF_INET) {
		address->four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
						      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		return sizeof(address->four);
	}
	address->six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port),
					      .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	return sizeof(address->six);
}

static long bound(int family, int type, int port)
{
	union address address;
	socklen_t size = make(&address, family, port);
	int on = 1;
	long d = call(socket, family, type, 0);

	call(setsockopt, d, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	call(bind, d, &address, size);
	return d;
}

static void options(long d)
{
	struct timeval time = { 1, 500000 };
	int number = 1;
	socklen_t size = sizeof(number);

	call(setsockopt, d, IPPROTO_TCP, TCP_NODELAY, &number, 4);
	call(setsockopt, d, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	call(setsockopt, d, SOL_SOCKET, SO_PRIORITY, &number, 4);
	call(setsockopt, d, SOL_SOCKET, 9999, data, 100);
	call(setsockopt, d, SOL_SOCKET, SO_PRIORITY, NOWHERE, 4);
	call(getsockopt, d, SOL_SOCKET, SO_TYPE, &number, &size);
	call(getsockopt, d, SOL_SOCKET, SO_ERROR, &number, &size);
	size = sizeof(time);
	call(getsockopt, d, SOL_SOCKET, SO_RCVTIMEO, &time, &size);
	call(getsockopt, d, SOL_SOCKET, 9999, &number, &size);
	call(getsockopt, 99, SOL_SOCKET, SO_TYPE, &number, &size);
}

static void stream(int family)
{
	union address address, peer;
	socklen_t size = make(&address, family, 7001), length = sizeof(peer);
	struct iovec parts[2] = { { data, 20 }, { data + 20, 100 } }, into[2] = { { room, 50 }, { room + 50, 100 } };
	struct msghdr out = { .msg_iov = parts, .msg_iovlen = 2 }, in = { .msg_iov = into, .msg_iovlen = 2 };
	long server = bound(family, SOCK_STREAM, 7001), client = bound(family, SOCK_STREAM, 7002), one, two;

	call(listen, server, 5);
	call(connect, client, &address, size);
	one = call(accept4, server, &peer, &length, SOCK_CLOEXEC);
	options(client);
	call(getsockname, client, &peer, &length);
	call(getpeername, client, &peer, &length);
	call(sendto, client, data, 100, MSG_NOSIGNAL, NULL, 0);
	call(recvfrom, one, room, 300, 0, NULL, NULL);
	call(write, one, data, 90);
	call(read, client, room, 300);
	call(sendmsg, client, &out, 0);
	call(recvmsg, one, &in, 0);
	call(recvfrom, one, room, 10, MSG_DONTWAIT, NULL, NULL);
	call(sendmsg, client, NOWHERE, 0);
	call(recvmsg, one, NOWHERE, 0);
	call(shutdown, client, SHUT_WR);
	call(recvfrom, one, room, 10, 0, NULL, NULL);
	call(shutdown, one, 77);
	call(close, one);
	call(close, client);
	/* A second one by accept, with the kernel naming nobody. */
	client = bound(family, SOCK_STREAM | SOCK_NONBLOCK, 7003);
	call(connect, client, &address, size);
	two = call(accept, server, NULL, NULL);
	call(close, two);
	call(close, client);
	call(close, server);
	/* Nobody listens any more. */
	client = bound(family, SOCK_STREAM, 7004);
	call(connect, client, &address, size);
	call(connect, client, NOWHERE, size);
	call(connect, client, &address, 3);
	call(accept, client, NULL, NULL);
	call(close, client);
}

static void datagram(int family)
{
	union address first, second, from;
	socklen_t size = make(&first, family, 7011), length = sizeof(from);
	struct iovec part = { data, 60 }, into[2] = { { room, 40 }, { room + 40, 40 } };
	struct mmsghdr out[2] = { { .msg_hdr = { .msg_name = &first, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1 } },
				  { .msg_hdr = { .msg_name = &first, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1 } } };
	struct mmsghdr in[2] = { { .msg_hdr = { .msg_name = &from, .msg_namelen = size, .msg_iov = &into[0], .msg_iovlen = 1 } },
				 { .msg_hdr = { .msg_name = &from, .msg_namelen = size, .msg_iov = &into[1], .msg_iovlen = 1 } } };
	long one = bound(family, SOCK_DGRAM, 7011), two = bound(family, SOCK_DGRAM, 7012);

	make(&second, family, 7012);
	call(sendto, one, data, 30, 0, &second, size);
	call(recvfrom, two, room, 300, 0, &from, &length);
	call(sendto, one, data, 130, 0, &second, size);
	call(recvfrom, two, room, 300, 0, NULL, NULL);
	call(sendmmsg, two, out, 2, 0);
	call(recvmmsg, one, in, 2, 0, NULL);
	call(recvmmsg, one, in, 2, MSG_DONTWAIT, NULL);
	call(sendmmsg, two, NOWHERE, 2, 0);
	call(connect, two, &first, size);
	call(sendto, two, data, 10, 0, NULL, 0);
	call(recvfrom, one, room, 300, 0, NULL, NULL);
	call(sendto, 99, data, 10, 0, &first, size);
	call(sendto, one, NOWHERE, 10, 0, &second, size);
	call(close, one);
	call(close, two);
}

void sockets_inet(void)
{
	stream(AF_INET);
	stream(AF_INET6);
	datagram(AF_INET);
	datagram(AF_INET6);
}
