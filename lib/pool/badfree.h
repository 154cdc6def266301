/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * badfree.h - what is wrong with a block that cannot be freed
 *
 * Purpose: one line that names the mistake, the block, its tag and who allocated it, with Windows'
 * bug-check names and numbers; then SIGABRT.
 * Callers: lib/pool. Locking: none. Context: anywhere; reads only the page map, the block and
 * the segment's tables; allocates nothing.
 */
#ifndef LIB_POOL_BADFREE_H
#define LIB_POOL_BADFREE_H

#include "lib/base/compiler.h"

/* `block` is not a live block of ours, but lies in our pages. */
BASE_COLD __attribute__((noreturn)) void pool_bad_free(const void *block);

/*
 * Returns when `block`, of which the page map knows nothing, may be a block of another allocator;
 * else reports what it is instead.
 */
BASE_COLD void pool_check_foreign(const void *block);

#endif
