/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quarantine.h - freed blocks that wait before they are used again
 *
 * Purpose: a write to a freed block is only seen while nobody else has it. The oldest leave when
 * there are more bytes than quarantine= allows, and are looked at then; so are all when the process
 * ends.
 * Callers: verify/check.c. Locking: verify_lock, not while a block is looked at or given back.
 * Context: as malloc.
 */
#ifndef LIB_VERIFY_QUARANTINE_H
#define LIB_VERIFY_QUARANTINE_H

#include "lib/pool/block.h"

/* 0, or -1: no block waits. */
int verify_quarantine_start(void);

/* Takes a retired block, filled; gives back those that have waited long enough. */
void verify_quarantine_add(struct pool_thread *thread, void *block, const struct pool_found *found);

/* Looks at all that wait. */
void verify_quarantine_check(void);

size_t verify_quarantine_held(void);

#endif
