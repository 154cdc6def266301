/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc.c - the malloc family, with glibc's rules for sizes, alignments and errno
 *
 * Each function passes its own return address on: that is the call that is charged.
 */
#include "lib/base/report.h"
#include "lib/pool/alloc.h"
#include "lib/pool/warm.h"
#include <errno.h>
#include <stdlib.h>

BASE_EXPORT void *malloc(size_t size)
{
	return pool_alloc(size, POOL_FRAME());
}

BASE_EXPORT void free(void *block)
{
	pool_free(block);
}

/* Removed from glibc in 2.26; old binaries still call it. */
BASE_EXPORT void cfree(void *block);

BASE_EXPORT void cfree(void *block)
{
	pool_free(block);
}

BASE_EXPORT void *calloc(size_t count, size_t size)
{
	size_t bytes;

	if (BASE_UNLIKELY(__builtin_mul_overflow(count, size, &bytes))) {
		errno = ENOMEM;
		return NULL;
	}
	return pool_alloc_zeroed(bytes, POOL_FRAME());
}

BASE_INLINE void *resize(void *block, size_t size, struct pool_frame frame)
{
	if (block == NULL)
		return pool_alloc(size, frame);
	if (size == 0) {
		pool_free(block);
		return NULL;
	}
	return pool_realloc(block, size, frame);
}

BASE_EXPORT void *realloc(void *block, size_t size)
{
	return resize(block, size, POOL_FRAME());
}

BASE_EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;

	if (BASE_UNLIKELY(__builtin_mul_overflow(count, size, &bytes))) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(block, bytes, POOL_FRAME());
}

/* Glibc's memalign takes any alignment and uses the next power of two; past PTRDIFF_MAX: EINVAL. */
static void *allocate_aligned(size_t alignment, size_t size, struct pool_frame frame)
{
	size_t power = HEAP_GRANULE;

	if (alignment > SIZE_MAX / 2 + 1) {
		errno = EINVAL;
		return NULL;
	}
	while (power < alignment)
		power *= 2;
	if (power == HEAP_GRANULE)
		return pool_alloc(size, frame);
	return pool_warm_aligned(size, power, frame);
}

BASE_EXPORT void *memalign(size_t alignment, size_t size);

BASE_EXPORT void *memalign(size_t alignment, size_t size)
{
	return allocate_aligned(alignment, size, POOL_FRAME());
}

BASE_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return allocate_aligned(alignment, size, POOL_FRAME());
}

BASE_EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
	int saved_errno = errno;
	void *block;

	if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
		return EINVAL;
	block = allocate_aligned(alignment, size, POOL_FRAME());
	/* The one function of the family that reports by its result and leaves errno alone. */
	errno = saved_errno;
	if (block == NULL)
		return ENOMEM;
	*ret_block = block;
	return 0;
}

BASE_EXPORT void *valloc(size_t size)
{
	return allocate_aligned(BASE_PAGE_SIZE, size, POOL_FRAME());
}

BASE_EXPORT void *pvalloc(size_t size);

BASE_EXPORT void *pvalloc(size_t size)
{
	if (size > PTRDIFF_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	return allocate_aligned(BASE_PAGE_SIZE, base_round_up(size, BASE_PAGE_SIZE), POOL_FRAME());
}

/* C23: the size must be that of the request. */
BASE_EXPORT void free_sized(void *block, size_t size);

BASE_EXPORT void free_sized(void *block, size_t size)
{
	pool_free_or(block, size, pool_free_sized_slow);
}

BASE_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size);

BASE_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
	(void)alignment;
	free_sized(block, size);
}
