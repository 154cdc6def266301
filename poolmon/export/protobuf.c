/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/protobuf.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

#define PROTOBUF_VARINT 0u /* wire types */
#define PROTOBUF_LENGTH 2u

void protobuf_fini(struct protobuf *message)
{
	free(message->bytes);
	memset(message, 0, sizeof(*message));
}

void protobuf_clear(struct protobuf *message)
{
	message->size = 0;
}

static void protobuf_append(struct protobuf *message, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	while (message->allocated - message->size < size) {
		message->allocated = message->allocated ? 2 * message->allocated : 64;
		message->bytes = memory_resized(message->bytes, message->allocated, 1);
	}
	memcpy(message->bytes + message->size, bytes, size);
	message->size += size;
}

static void protobuf_varint(struct protobuf *message, uint64_t value)
{
	unsigned char bytes[10];
	size_t count = 0;

	do {
		bytes[count] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
		count++;
	} while (value);
	protobuf_append(message, bytes, count);
}

static void protobuf_key(struct protobuf *message, unsigned field, unsigned wire_type)
{
	protobuf_varint(message, (uint64_t)field << 3 | wire_type);
}

void protobuf_put_number(struct protobuf *message, unsigned field, uint64_t value)
{
	if (value == 0)
		return;
	protobuf_key(message, field, PROTOBUF_VARINT);
	protobuf_varint(message, value);
}

void protobuf_put_bytes(struct protobuf *message, unsigned field, const void *bytes, size_t size)
{
	protobuf_key(message, field, PROTOBUF_LENGTH);
	protobuf_varint(message, size);
	protobuf_append(message, bytes, size);
}

void protobuf_put_message(struct protobuf *message, unsigned field, const struct protobuf *nested)
{
	protobuf_put_bytes(message, field, nested->bytes, nested->size);
}

void protobuf_put_numbers(struct protobuf *message, unsigned field, const uint64_t *values,
			  size_t count)
{
	struct protobuf packed = {0};

	for (size_t i = 0; i < count; i++)
		protobuf_varint(&packed, values[i]);
	protobuf_put_message(message, field, &packed);
	protobuf_fini(&packed);
}
