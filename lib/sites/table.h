/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - call-site key -> site number
 *
 * Purpose: one lock-free look-up for all threads behind the threads' own caches. A key is a return
 * address, or a hash of several; it is never 0.
 * Callers: pool/charge.c. Locking: look-ups need none; inserts are serialised by the caller's lock.
 * Context: look-ups anywhere; inserts take memory from the arena.
 */
#ifndef LIB_SITES_TABLE_H
#define LIB_SITES_TABLE_H

#include "lib/base/compiler.h"

#define SITES_UNKNOWN UINT32_MAX

/* The site of `key`, or SITES_UNKNOWN. */
uint32_t sites_table_find(uint64_t key);

/* Adds a key that is not there yet. 0 or -ENOMEM. */
int sites_table_insert(uint64_t key, uint32_t site);

#endif
