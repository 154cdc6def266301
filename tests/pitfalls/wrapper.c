// SPDX-License-Identifier: BSD-2-Clause
/*
 * wrapper.c - another preloaded library: it stands before the allocator and asks dlsym for it
 *
 * dlsym itself allocates for its error text, and so calls this library while it does not know yet
 * whom to pass the call to; what it hands out then is its own, and comes back to free.
 */
#include <dlfcn.h>
#include <stdlib.h>

static char early[4096];
static size_t early_used;
static volatile int looking; /* dlsym is declared as one that never calls back */
static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

static int known(void)
{
	if (next_free != NULL)
		return 1;
	if (looking)
		return 0;
	looking = 1;
	dlsym(RTLD_NEXT, "there_is_no_such_function");
	*(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next_free = dlsym(RTLD_NEXT, "free");
	looking = 0;
	return 1;
}

static void *take_early(size_t size)
{
	void *block = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	return early_used <= sizeof early ? block : NULL;
}

void *malloc(size_t size)
{
	return known() ? next_malloc(size) : take_early(size);
}

void *calloc(size_t count, size_t size)
{
	return known() ? next_calloc(count, size) : take_early(count * size);
}

void *realloc(void *block, size_t size)
{
	return known() ? next_realloc(block, size) : NULL;
}

void free(void *block)
{
	if ((char *)block >= early && (char *)block < early + sizeof early)
		return;
	if (known())
		next_free(block);
}
