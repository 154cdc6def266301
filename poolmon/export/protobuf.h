/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protobuf.h - the wire format of protocol buffers, as much as a profile needs
 *
 * Messages are built inside out: a nested one in a buffer of its own, then added as bytes. A
 * varint of value 0 is the default and left out. Callers: pprof.c. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_PROTOBUF_H
#define POOLMON_EXPORT_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

/* A message in the making. Zero-initialise; release with protobuf_fini(). */
struct protobuf {
	unsigned char *bytes;
	size_t size;
	size_t allocated;
};

void protobuf_fini(struct protobuf *message);

/* Empties a message so that it can be used again. */
void protobuf_clear(struct protobuf *message);

void protobuf_put_number(struct protobuf *message, unsigned field, uint64_t value);
void protobuf_put_bytes(struct protobuf *message, unsigned field, const void *bytes, size_t size);
void protobuf_put_message(struct protobuf *message, unsigned field, const struct protobuf *nested);

/* A repeated number, packed: its zeros are kept. */
void protobuf_put_numbers(struct protobuf *message, unsigned field, const uint64_t *values,
			  size_t count);

#endif
