/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * large.h - a thread's few free large blocks
 *
 * Purpose: what the front lists are for small blocks: a large block freed and soon asked for again
 * does not go through jemalloc, which takes a lock and may map and unmap. The newest come first; when
 * there are too many, or too many bytes, the oldest goes back.
 * Callers: lib/pool. Locking: the thread's own. Context: as malloc.
 */
#ifndef LIB_POOL_LARGE_H
#define LIB_POOL_LARGE_H

#include "lib/pool/thread.h"

/* A free block of `charge` usable bytes, taken out; NULL when there is none. */
void *pool_large_take(struct pool_thread *thread, size_t charge);

/* Keeps a free block; 0, or -1 when it is too large to be kept. */
int pool_large_keep(struct pool_thread *thread, void *block, size_t charge);

/* Gives all back to jemalloc. */
void pool_large_flush(struct pool_thread *thread);

#endif
