/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets within the host, of families without a tuple, and of families that do not exist. */
#define _GNU_SOURCE
#include "step.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static char data[120] = "between processes of one host";
static char room[200];

static socklen_t name(struct sockaddr_un *address, const char *path, int is_abstract)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(address->sun_path + is_abstract, path);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract + strlen(path) + !is_abstract);
}

static void stream(const char *path, int is_abstract)
{
	struct sockaddr_un address;
	socklen_t size = name(&address, path, is_abstract);
	long server = need(call(socket, AF_UNIX, SOCK_STREAM, 0)), client = need(call(socket, AF_UNIX, SOCK_STREAM, 0)), one;

	call(connect, client, &address, size);
	call(bind, server, &address, size);
	call(listen, server, 1);
	call(connect, client, &address, size);
	one = need(call(accept4, server, NULL, NULL, SOCK_NONBLOCK));
	call(sendto, client, data, 100, 0, NULL, 0);
	call(recvfrom, one, room, 200, 0, NULL, NULL);
	call(write, one, data, 30);
	call(read, client, room, 200);
	call(getsockname, client, room, &size);
	call(close, one);
	call(sendto, client, data, 10, MSG_NOSIGNAL, NULL, 0);
	call(close, client);
	call(close, server);
}

static void passing_descriptors(void)
{
	union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct iovec part = { data, 20 }, into = { room, 100 };
	struct msghdr out = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct msghdr in = { .msg_iov = &into, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int pair[2], passed = 1;

	need(call(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
	call(sendmsg, pair[0], &out, 0);
	memset(&control, 0, sizeof(control));
	call(recvmsg, pair[1], &in, 0);
	call(close, pair[1] + 1);
	call(shutdown, pair[0], 2);
	call(close, pair[0]);
	call(close, pair[1]);
	call(socketpair, AF_INET, SOCK_STREAM, 0, pair);
	call(socketpair, AF_UNIX, SOCK_STREAM, 0, NOWHERE);
}

static void datagrams(void)
{
	struct sockaddr_un first, second, from;
	socklen_t size = name(&first, "first", 0), length = sizeof(from);
	long one = need(call(socket, AF_UNIX, SOCK_DGRAM, 0)), two = need(call(socket, AF_UNIX, SOCK_DGRAM, 0));

	name(&second, "other", 0);
	call(bind, one, &first, size);
	call(bind, two, &second, size);
	call(sendto, one, data, 25, 0, &second, size);
	call(recvfrom, two, room, 200, 0, &from, &length);
	call(connect, one, &second, size);
	call(sendto, one, data, 25, 0, NULL, 0);
	call(recvfrom, two, room, 200, 0, NULL, NULL);
	call(close, one);
	call(close, two);
}

void sockets_unix(void)
{
	stream("socket", 0);
	stream("abstract", 1);
	passing_descriptors();
	datagrams();
}

void sockets_other(void)
{
	struct sockaddr_nl netlink = { .nl_family = AF_NETLINK, .nl_pid = 4242 };
	struct sockaddr unspecified = { .sa_family = AF_UNSPEC };
	long d = need(call(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));

	call(bind, d, &netlink, sizeof(netlink));
	call(sendto, d, data, 20, 0, &netlink, sizeof(netlink));
	call(recvfrom, d, room, 100, MSG_DONTWAIT, NULL, NULL);
	call(close, d);
	d = need(call(socket, AF_PACKET, SOCK_DGRAM, 0));
	call(close, d);
	d = need(call(socket, AF_INET, SOCK_RAW, 1));
	call(connect, d, &unspecified, sizeof(unspecified));
	call(close, d);
	call(socket, 77, SOCK_STREAM, 0);
	call(socket, AF_UNIX, 99, 0);
	call(socket, AF_INET, SOCK_STREAM, 999);
}
