/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jemalloc.c - jemalloc's own API, for hosts written for it
 *
 * mallocx and its kin allocate from the same pool as malloc, so their blocks are counted like all
 * others and may be mixed with free and realloc. Of the flags, alignment and zeroing are honoured;
 * a choice of arena or thread cache is not, because the blocks pass through our front lists.
 * mallctl speaks to the private jemalloc.
 */
#include "lib/heap/je.h"
#include "lib/pool/alloc.h"
#include <errno.h>

static size_t alignment_of(int flags)
{
	return (size_t)1 << (flags & HEAP_JE_LG_ALIGN_MASK);
}

BASE_EXPORT void *mallocx(size_t size, int flags);

BASE_EXPORT void *mallocx(size_t size, int flags)
{
	return pool_alloc_want((struct pool_want){
		.size = size,
		.alignment = alignment_of(flags),
		.zero = (flags & HEAP_JE_ZERO) != 0,
		.frame = POOL_FRAME(),
	});
}

/* Bytes past the old size are zeroed on request, as far as they can be told from usable ones. */
static void zero_tail(void *block, size_t old_usable, size_t size, int flags)
{
	if ((flags & HEAP_JE_ZERO) && size > old_usable)
		memset((char *)block + old_usable, 0, size - old_usable);
}

BASE_EXPORT void *rallocx(void *block, size_t size, int flags);

BASE_EXPORT void *rallocx(void *block, size_t size, int flags)
{
	size_t old_usable = pool_usable_size(block);
	void *fresh;

	if (alignment_of(flags) <= HEAP_GRANULE) {
		fresh = pool_realloc(block, size, POOL_FRAME());
	} else {
		fresh = pool_alloc_want((struct pool_want){
			.size = size, .alignment = alignment_of(flags), .frame = POOL_FRAME()});
		if (fresh != NULL) {
			memcpy(fresh, block, base_min(size, old_usable));
			pool_free(block);
		}
	}
	if (fresh != NULL)
		zero_tail(fresh, old_usable, size, flags);
	return fresh;
}

BASE_EXPORT size_t xallocx(void *block, size_t size, size_t extra, int flags);

BASE_EXPORT size_t xallocx(void *block, size_t size, size_t extra, int flags)
{
	size_t old_usable = pool_usable_size(block);
	size_t most;

	if (!__builtin_add_overflow(size, extra, &most) &&
	    pool_resize_in_place(block, most, POOL_FRAME()) == 0)
		pool_resize_in_place(block, size, POOL_FRAME());
	zero_tail(block, old_usable, pool_usable_size(block), flags);
	return pool_usable_size(block);
}

BASE_EXPORT size_t sallocx(const void *block, int flags);

BASE_EXPORT size_t sallocx(const void *block, int flags)
{
	(void)flags;
	return pool_usable_size(block);
}

BASE_EXPORT void dallocx(void *block, int flags);

BASE_EXPORT void dallocx(void *block, int flags)
{
	(void)flags;
	pool_free(block);
}

BASE_EXPORT void sdallocx(void *block, size_t size, int flags);

BASE_EXPORT void sdallocx(void *block, size_t size, int flags)
{
	(void)size;
	(void)flags;
	pool_free(block);
}

BASE_EXPORT size_t nallocx(size_t size, int flags);

BASE_EXPORT size_t nallocx(size_t size, int flags)
{
	return pool_usable_size_for(size, alignment_of(flags));
}

BASE_EXPORT int mallctl(const char *name, void *old, size_t *old_size, void *fresh,
			size_t fresh_size);

BASE_EXPORT int mallctl(const char *name, void *old, size_t *old_size, void *fresh,
			size_t fresh_size)
{
	return pooltag_je_mallctl(name, old, old_size, fresh, fresh_size);
}

BASE_EXPORT int mallctlnametomib(const char *name, size_t *mib, size_t *mib_length);

BASE_EXPORT int mallctlnametomib(const char *name, size_t *mib, size_t *mib_length)
{
	return pooltag_je_mallctlnametomib(name, mib, mib_length);
}

BASE_EXPORT int mallctlbymib(const size_t *mib, size_t mib_length, void *old, size_t *old_size,
			     void *fresh, size_t fresh_size);

BASE_EXPORT int mallctlbymib(const size_t *mib, size_t mib_length, void *old, size_t *old_size,
			     void *fresh, size_t fresh_size)
{
	return pooltag_je_mallctlbymib(mib, mib_length, old, old_size, fresh, fresh_size);
}

BASE_EXPORT void malloc_stats_print(void (*write)(void *, const char *), void *argument,
				    const char *options);

BASE_EXPORT void malloc_stats_print(void (*write)(void *, const char *), void *argument,
				    const char *options)
{
	pooltag_je_malloc_stats_print(write, argument, options);
}
