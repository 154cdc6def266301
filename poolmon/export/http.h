/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http.h - libmicrohttpd, loaded when somebody serves
 *
 * With it come libraries for encryption that prepare themselves for 2 ms, which is three times as
 * long as poolmon needs to start without them; and nearly nobody who starts it serves.
 *
 * Callers: server.c, one thread. Allocates.
 */
#ifndef POOLMON_EXPORT_HTTP_H
#define POOLMON_EXPORT_HTTP_H

#include <microhttpd.h>

/* What is used of it, without the prefix. */
#define HTTP_FUNCTIONS(X)              \
	X(add_response_header)         \
	X(create_response_from_buffer) \
	X(destroy_response)            \
	X(lookup_connection_value)     \
	X(queue_response)              \
	X(start_daemon)                \
	X(stop_daemon)

struct http {
#define HTTP_POINTER(name) __typeof__(MHD_##name) *name;
	HTTP_FUNCTIONS(HTTP_POINTER)
#undef HTTP_POINTER
};

/* The functions, or NULL with one sentence in *ret_text, which the caller frees. */
const struct http *http_load(char **ret_text);

#endif
