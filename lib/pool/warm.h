/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm.h - what is unusual but still quick
 *
 * Purpose: the paths between the fast ones and those that can do everything: sites for which
 * something is due, blocks of whole pages, large blocks that the thread keeps, aligned ones.
 * Callers: pool/alloc.c, lib/interpose. Locking: the thread's own. Context: as malloc; errno is not
 * changed.
 */
#ifndef LIB_POOL_WARM_H
#define LIB_POOL_WARM_H

#include "lib/pool/caller.h"

/* As pool_alloc_want for a plain request, but quick when all it takes is at hand. */
void *pool_warm_alloc(size_t size, struct pool_frame frame);

/* The same for a request with an alignment, a power of two. */
void *pool_warm_aligned(size_t size, size_t alignment, struct pool_frame frame);

/* 1 when the block was one without a header and is freed now. */
int pool_warm_free(void *block);

#endif
