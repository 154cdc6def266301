/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * early.h - allocations made by libc on behalf of the library's own start
 *
 * Purpose: while the tables are being built, the calls the library itself makes
 * (pthread_key_create, pthread_atfork, jemalloc's start) may allocate. Such blocks are whole pages
 * with a record in the page map, charged to POOLTAG_SITE_EARLY, and freed like any other later.
 * Callers: pool/alloc.c, pool/state.c. Locking: only the initialising thread comes here. Context:
 * during init.
 */
#ifndef LIB_POOL_EARLY_H
#define LIB_POOL_EARLY_H

#include "lib/pool/alloc.h"
#include <pooltag/segment.h>

void *pool_early_alloc(const struct pool_want *want);
void pool_early_free(void *block);

/* What was counted here so far. */
const struct pooltag_cell *pool_early_cell(void);

#endif
