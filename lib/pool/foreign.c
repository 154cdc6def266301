/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/foreign.h"
#include "lib/base/atomic.h"
#include "lib/pool/badfree.h"
#include "lib/stats/segment.h"
#include <dlfcn.h>

/* Glibc's allocator under the names that nobody interposes. */
extern void __libc_free(void *block);
extern void *__libc_realloc(void *block, size_t size);

void pool_foreign_free(void *block)
{
	pool_check_foreign(block);
	base_add_atomic(&stats_process()->foreign_frees, 1);
	__libc_free(block);
}

void *pool_foreign_realloc(void *block, size_t size)
{
	pool_check_foreign(block);
	return __libc_realloc(block, size);
}

size_t pool_foreign_usable_size(const void *block)
{
	static size_t (*libc_usable_size)(const void *);

	/* The one function of libc's allocator without a second name. */
	if (base_load_relaxed(&libc_usable_size) == NULL)
		base_store_relaxed(&libc_usable_size, (size_t(*)(const void *))(uintptr_t)dlsym(
							      RTLD_NEXT, "malloc_usable_size"));
	return libc_usable_size != NULL ? libc_usable_size(block) : 0;
}
