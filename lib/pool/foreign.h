/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * foreign.h - blocks that another allocator made
 *
 * Purpose: a library loaded with RTLD_DEEPBIND, or libc itself, may hand the host a block of libc's
 * malloc which then comes back here. Such blocks go to the libc that made them; they are counted
 * (foreign_frees) and never touched.
 * Callers: lib/pool. Locking: none. Context: as malloc.
 */
#ifndef LIB_POOL_FOREIGN_H
#define LIB_POOL_FOREIGN_H

#include "lib/base/compiler.h"

BASE_COLD void pool_foreign_free(void *block);
BASE_COLD void *pool_foreign_realloc(void *block, size_t size);
BASE_COLD size_t pool_foreign_usable_size(const void *block);

#endif
