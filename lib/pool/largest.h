/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * largest.h - the largest live blocks, for another process that asks
 *
 * Purpose: answers the question in the record of scans (struct pooltag_listing). The process is
 * forked, and the child looks at every block of its frozen copy, as the fork children do that
 * nobody told of their parent's figures; nobody else waits, and no other path knows of it.
 *
 * Callers: lib/interpose, where requests from outside are served. Locking: one answer at a time.
 * Context: not while holding a lock of the library; signal handlers included. errno is unchanged.
 */
#ifndef LIB_POOL_LARGEST_H
#define LIB_POOL_LARGEST_H

#include "lib/base/compiler.h"

/* Answers what has been asked and not answered yet. Returns how many questions that were. */
uint32_t pool_largest_answer(void);

#endif
