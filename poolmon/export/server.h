/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server.h - metrics over HTTP
 *
 * /metrics and a one-line index at /; GET and HEAD. One thread of libmicrohttpd's serves all
 * connections without blocking on any: a client that reads or writes slowly keeps nobody waiting,
 * and is cut off when nothing moves for a while. The thread calls `render`, one call at a time.
 *
 * Callers: cmd/export.c. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_SERVER_H
#define POOLMON_EXPORT_SERVER_H

#include "export/openmetrics.h"

struct server;

/*
 * Fills in *ret_text, malloc'ed, of *ret_size bytes: the metrics now. Returns 0 or a negative
 * errno, which the client is told.
 */
typedef int server_render(void *context, enum openmetrics_form form, char **ret_text,
			  size_t *ret_size);

/*
 * Listens on ADDR:PORT: an IPv4 address, or an IPv6 address in brackets; without ADDR, on the
 * loopback; port 0 is any. Returns 0, or -1 with one sentence in *ret_text, which the caller frees.
 * End it with server_stop().
 */
int server_start(const char *listen, server_render *render, void *context,
		 struct server **ret_server, char **ret_text);
void server_stop(struct server *server);

/* Where it listens, as ADDR:PORT with the port it got. */
const char *server_address(const struct server *server);

#endif
