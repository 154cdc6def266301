/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/heap/nonpaged.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/heap/je.h"
#include <stdbool.h>
#include <sys/mman.h>

/* jemalloc asks for memory in steps that double up to this; locked memory is too dear for more. */
#define GROW_LIMIT    ((size_t)64 * 1024)

#define EXTENTS_FIRST 256

static struct base_lock creation_lock;
static int flags[HEAP_POOLS];
static uint64_t *unlocked_bytes;

struct extent {
	uintptr_t start, end;
};

/* All that is mapped, since what locks it can be undone: by munlock, and by fork in the child. */
static struct {
	struct base_lock lock; /* taken below jemalloc's, so nothing is taken below this one */
	struct extent *at;
	uint32_t count, capacity;
} extents;

void heap_nonpaged_best_effort(uint64_t *unlocked)
{
	unlocked_bytes = unlocked;
}

/* --- what is mapped --------------------------------------------------------------------------- */

static int grow_locked(void)
{
	uint32_t capacity = extents.capacity != 0 ? 2 * extents.capacity : EXTENTS_FIRST;
	struct extent *at = base_map_memory(capacity * sizeof(*at), PROT_READ | PROT_WRITE, 0);

	if (base_is_error(at))
		return -1;
	for (uint32_t i = 0; i < extents.count; i++)
		at[i] = extents.at[i];
	if (extents.at != NULL)
		base_munmap(extents.at, extents.capacity * sizeof(*at));
	extents.at = at;
	extents.capacity = capacity;
	return 0;
}

static int add_locked(uintptr_t start, uintptr_t end)
{
	for (uint32_t i = 0; i < extents.count; i++) {
		struct extent *extent = &extents.at[i];

		if (extent->end != start && extent->start != end)
			continue;
		extent->start = base_min(extent->start, start);
		extent->end = base_max(extent->end, end);
		return 0;
	}
	if (extents.count == extents.capacity && grow_locked() != 0)
		return -1;
	extents.at[extents.count++] = (struct extent){start, end};
	return 0;
}

static int extent_add(const void *start, size_t size)
{
	int result;

	base_lock_take(&extents.lock);
	result = add_locked((uintptr_t)start, (uintptr_t)start + size);
	base_lock_drop(&extents.lock);
	return result;
}

/* jemalloc splits and merges what it gives back. */
static void remove_locked(uintptr_t start, uintptr_t end)
{
	for (uint32_t i = extents.count; i-- > 0;) {
		struct extent old = extents.at[i];

		if (old.end <= start || old.start >= end)
			continue;
		extents.at[i] = extents.at[--extents.count];
		if (old.start < start)
			add_locked(old.start, start);
		if (old.end > end)
			add_locked(end, old.end);
	}
}

size_t heap_nonpaged_lock_again(uintptr_t start, uintptr_t end)
{
	size_t failed = 0;

	base_lock_take(&extents.lock);
	for (uint32_t i = 0; i < extents.count; i++) {
		uintptr_t from = base_max(extents.at[i].start, start);
		uintptr_t to = base_min(extents.at[i].end, end);

		if (from < to && BASE_SYSCALL2(SYS_mlock, from, to - from) != 0)
			failed += to - from;
	}
	base_lock_drop(&extents.lock);
	return failed;
}

struct base_lock *heap_nonpaged_extents_lock(void)
{
	return &extents.lock;
}

/* --- hooks ------------------------------------------------------------------------------------ */

static void *map_locked(void *address, size_t size, size_t alignment, int protection, bool *zero,
			bool *commit)
{
	char *start;

	if (address != NULL)
		return NULL;
	start = base_map_aligned(size, base_max(alignment, BASE_PAGE_SIZE), protection);
	if (start == NULL)
		return NULL;
	if (BASE_SYSCALL2(SYS_mlock, start, size) != 0) {
		if (unlocked_bytes == NULL) {
			base_munmap(start, size);
			return NULL;
		}
		base_add_atomic(unlocked_bytes, size);
	}
	if (extent_add(start, size) != 0) {
		base_munmap(start, size);
		return NULL;
	}
	*zero = true;
	*commit = true;
	return start;
}

/* The hooks have the signatures of jemalloc's extent_hooks_t. */
static void *hook_alloc(struct heap_je_hooks *hooks, void *address, size_t size, size_t alignment,
			bool *zero, bool *commit, unsigned arena)
{
	(void)hooks;
	(void)arena;
	return map_locked(address, size, alignment, PROT_READ | PROT_WRITE, zero, commit);
}

static void *hook_alloc_executable(struct heap_je_hooks *hooks, void *address, size_t size,
				   size_t alignment, bool *zero, bool *commit, unsigned arena)
{
	(void)hooks;
	(void)arena;
	return map_locked(address, size, alignment, PROT_READ | PROT_WRITE | PROT_EXEC, zero,
			  commit);
}

static bool hook_dalloc(struct heap_je_hooks *hooks, void *address, size_t size, bool committed,
			unsigned arena)
{
	(void)hooks;
	(void)committed;
	(void)arena;
	base_lock_take(&extents.lock);
	remove_locked((uintptr_t)address, (uintptr_t)address + size);
	base_lock_drop(&extents.lock);
	return base_munmap(address, size) != 0;
}

static void hook_destroy(struct heap_je_hooks *hooks, void *address, size_t size, bool committed,
			 unsigned arena)
{
	hook_dalloc(hooks, address, size, committed, arena);
}

static bool hook_split(struct heap_je_hooks *hooks, void *address, size_t size, size_t size_a,
		       size_t size_b, bool committed, unsigned arena)
{
	(void)hooks;
	(void)address;
	(void)size;
	(void)size_a;
	(void)size_b;
	(void)committed;
	(void)arena;
	return false;
}

static bool hook_merge(struct heap_je_hooks *hooks, void *a, size_t size_a, void *b, size_t size_b,
		       bool committed, unsigned arena)
{
	(void)hooks;
	(void)a;
	(void)size_a;
	(void)b;
	(void)size_b;
	(void)committed;
	(void)arena;
	return false;
}

static const struct heap_je_hooks hooks_of[HEAP_POOLS] = {
	[HEAP_POOL_NONPAGED] =
		{
			.alloc = hook_alloc,
			.dalloc = hook_dalloc,
			.destroy = hook_destroy,
			.split = hook_split,
			.merge = hook_merge,
		},
	[HEAP_POOL_EXECUTABLE] =
		{
			.alloc = hook_alloc_executable,
			.dalloc = hook_dalloc,
			.destroy = hook_destroy,
			.split = hook_split,
			.merge = hook_merge,
		},
};

static int set_of_arena(unsigned arena, const char *what, void *value, size_t size)
{
	char name[64];
	struct base_text text = base_text_in(name, sizeof(name));

	base_text_add(&text, "arena.");
	base_text_unsigned(&text, arena);
	base_text_char(&text, '.');
	base_text_add(&text, what);
	return pooltag_je_mallctl(name, NULL, NULL, value, size);
}

/*
 * The hooks are set after the arena exists: jemalloc's own records of it stay in ordinary memory,
 * 2 MB that would otherwise be locked for nothing.
 */
static int create(enum heap_pool pool)
{
	const struct heap_je_hooks *hooks = &hooks_of[pool];
	size_t grow_limit = GROW_LIMIT;
	unsigned arena = 0;
	size_t size = sizeof(arena);

	if (pooltag_je_mallctl("arenas.create", &arena, &size, NULL, 0) != 0 ||
	    set_of_arena(arena, "extent_hooks", &hooks, sizeof(hooks)) != 0 ||
	    set_of_arena(arena, "retain_grow_limit", &grow_limit, sizeof(grow_limit)) != 0)
		return 0;
	return heap_je_arena_flags(arena);
}

int heap_pool_flags(enum heap_pool pool)
{
	int known = base_load_acquire(&flags[pool]);

	if (BASE_LIKELY(known != 0 || pool == HEAP_POOL_PAGED))
		return known;
	base_lock_take(&creation_lock);
	if (flags[pool] == 0)
		base_store_release(&flags[pool], create(pool));
	known = flags[pool];
	base_lock_drop(&creation_lock);
	return known != 0 ? known : HEAP_NO_POOL;
}

struct base_lock *heap_nonpaged_lock(void)
{
	return &creation_lock;
}
