/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/arena.h"
#include "lib/base/sys.h"
#include <sys/mman.h>

/* One mapping serves many small tables; large ones get their own. */
#define ARENA_STEP  ((size_t)256 * 1024)
#define ARENA_ALIGN ((size_t)64)

static struct {
	struct base_lock lock;
	char *next;
	size_t left;
} arena;

static void *take_locked(size_t bytes)
{
	void *taken;

	if (bytes > arena.left) {
		size_t step =
			bytes > ARENA_STEP / 4 ? base_round_up(bytes, BASE_PAGE_SIZE) : ARENA_STEP;
		void *fresh = base_map_memory(step, PROT_READ | PROT_WRITE, MAP_NORESERVE);

		if (base_is_error(fresh))
			return NULL;
		if (step != ARENA_STEP)
			return fresh;
		arena.next = fresh;
		arena.left = step;
	}
	taken = arena.next;
	arena.next += bytes;
	arena.left -= bytes;
	return taken;
}

void *base_arena_take(size_t bytes)
{
	void *taken;

	base_lock_take(&arena.lock);
	taken = take_locked(base_round_up(bytes, ARENA_ALIGN));
	base_lock_drop(&arena.lock);
	return taken;
}

void base_arena_prepare(size_t bytes)
{
	base_lock_take(&arena.lock);
	if (arena.left < bytes) {
		void *fresh = base_map_memory(bytes, PROT_READ | PROT_WRITE, MAP_NORESERVE);

		if (!base_is_error(fresh)) {
			arena.next = fresh;
			arena.left = bytes;
		}
	}
	base_lock_drop(&arena.lock);
}

struct base_lock *base_arena_lock(void)
{
	return &arena.lock;
}
