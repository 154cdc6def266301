// SPDX-License-Identifier: BSD-2-Clause
/*
 * memory.c - base/arena.h and the mappings of base/sys.h, from malloc
 *
 * The library keeps what it takes for ever; a fuzz target must not, and the sanitizers shall see
 * where each piece ends. Only for targets that link parts of lib/.
 */
#include "lib/base/arena.h"
#include "lib/base/sys.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_MAX ((size_t)64 << 20) /* more than any input can justify */

uint32_t base_confined;

static void **pieces;
static size_t count, capacity;
static size_t before; /* of those, taken before the last reset */

static void *take(size_t bytes)
{
	void *piece = bytes <= PIECE_MAX ? calloc(1, bytes) : NULL;

	if (piece == NULL)
		return NULL;
	if (count == capacity) {
		capacity = capacity != 0 ? 2 * capacity : 64;
		pieces = realloc(pieces, capacity * sizeof(*pieces));
		if (pieces == NULL)
			abort();
	}
	pieces[count++] = piece;
	return piece;
}

void fuzz_reset(void)
{
	for (size_t i = 0; i < before; i++)
		free(pieces[i]);
	count -= before;
	memmove(pieces, pieces + before, count * sizeof(*pieces));
	before = count;
}

void *base_arena_take(size_t bytes)
{
	return take(bytes);
}

void *base_map_memory(size_t bytes, int protection, int extra_flags)
{
	void *piece = take(bytes);

	(void)protection;
	(void)extra_flags;
	return piece != NULL ? piece : (void *)(intptr_t)-ENOMEM;
}

/* Parts are given back, too: all of it is, with the next reset. */
long base_munmap(void *address, size_t bytes)
{
	(void)address;
	(void)bytes;
	return 0;
}
