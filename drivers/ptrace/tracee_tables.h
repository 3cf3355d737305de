/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Sockets by inode number from /proc/TID/net: for tracers that may not take a copy of the tracee's socket. Slow, and
 * blind for sockets of another network namespace than the thread is in.
 */
#ifndef WH_TRACEE_TABLES_H
#define WH_TRACEE_TABLES_H

#include "tracee_proc.h"

enum { WH_TABLE_MAX = 4 << 20, WH_TCP_LISTENING = 10 };

/* "0100007F:1F90" or 32 digits: words as they lie in memory. */
WH_INLINE void wh_parse_endpoint(const char *text, uint8_t *address, uint16_t *port)
{
	uint32_t i;

	for (i = 0; i < 4 && *text && *text != ':'; i++, text += 8) {
		char digits[9] = {};
		uint32_t word;

		memcpy(digits, text, strnlen(text, 8));
		word = strtoul(digits, NULL, 16);
		memcpy(address + 4 * i, &word, 4);
	}
	*port = *text == ':' ? strtoul(text + 1, NULL, 16) : 0;
}

/* Fills an address of the family as getsockname does. */
WH_INLINE void wh_table_address(uint32_t family, const char *text, uint8_t *out)
{
	uint8_t address[16] = {};
	uint16_t port;

	wh_parse_endpoint(text, address, &port);
	*(uint16_t *)out = family;
	*(uint16_t *)(out + 2) = wh_host_order(port);
	memcpy(out + (family == WH_AF_INET ? 4 : 8), address, family == WH_AF_INET ? 4 : 16);
}

WH_INLINE void wh_table_inet(char **fields, uint32_t family, struct wh_socket_facts *out)
{
	char *queue = strchr(fields[4], ':');

	out->family = family;
	wh_table_address(family, fields[1], out->own);
	wh_table_address(family, fields[2], out->peer);
	out->has_peer = *(uint16_t *)(out->peer + 2) != 0;
	if (strtoul(fields[3], NULL, 16) == WH_TCP_LISTENING && queue)
		out->queue_length = strtoul(queue + 1, NULL, 16);
}

WH_INLINE void wh_table_unix(char **fields, struct wh_socket_facts *out)
{
	char *path = fields[7];

	out->family = WH_AF_UNIX;
	out->type = strtoul(fields[4], NULL, 16);
	if (path) {
		out->is_named = true;
		snprintf((char *)out->own + 2, 109, "%s", *path == '@' ? path + 1 : path);
	}
}

/* Looks through one table; true once the inode is found. */
static __attribute__((noinline, unused)) bool wh_search_table(const char *name, uint32_t family,
								struct wh_socket_facts *out)
{
	char text[WH_PROC_TEXT];
	uint32_t inode_field = family == WH_AF_UNIX ? 6 : 9;
	size_t held = 0, total = 0;
	int file = wh_proc_open(name);
	bool found = false;

	while (file >= 0 && !found && total < WH_TABLE_MAX) {
		ssize_t got = read(file, text + held, sizeof(text) - 1 - held);
		char *line = text, *end;

		if (got <= 0)
			break;
		total += got;
		held += got;
		text[held] = 0;
		while (!found && (end = memchr(line, '\n', text + held - line))) {
			char *fields[10] = {}, *at = line;
			uint32_t count = 0;

			*end = 0;
			while (count < 10 && *(at += strspn(at, " \t"))) {
				fields[count++] = at;
				/* The last field of a unix socket is its path, blanks and all. */
				if (family == WH_AF_UNIX && count == 8)
					break;
				at += strcspn(at, " \t");
				if (*at)
					*at++ = 0;
			}
			if (count > inode_field && strtoull(fields[inode_field], NULL, 10) == out->inode) {
				found = true;
				if (family == WH_AF_UNIX)
					wh_table_unix(fields, out);
				else
					wh_table_inet(fields, family, out);
			}
			line = end + 1;
		}
		held -= line - text;
		memmove(text, line, held);
		if (held == sizeof(text) - 1)
			break;
	}
	if (file >= 0)
		close(file);
	return found;
}

WH_INLINE bool wh_search_tables(struct wh_socket_facts *out)
{
	return wh_search_table("net/tcp", WH_AF_INET, out) || wh_search_table("net/unix", WH_AF_UNIX, out) ||
	       wh_search_table("net/udp", WH_AF_INET, out) || wh_search_table("net/tcp6", WH_AF_INET6, out) ||
	       wh_search_table("net/udp6", WH_AF_INET6, out) || wh_search_table("net/raw", WH_AF_INET, out) ||
	       wh_search_table("net/raw6", WH_AF_INET6, out);
}

#endif
