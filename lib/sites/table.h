/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - a map from addresses or hashes to what is known of them
 *
 * Purpose: lock-free look-ups for all threads, behind the threads' own caches. A key is never 0.
 * Callers: lib/pool. Locking: look-ups need none; inserts are serialised by the caller's lock.
 * Context: look-ups anywhere; inserts take memory from the arena.
 */
#ifndef LIB_SITES_TABLE_H
#define LIB_SITES_TABLE_H

#include "lib/base/compiler.h"

#define SITES_UNKNOWN UINT64_MAX

struct sites_table_data;

/* Zero-initialised is empty. */
struct sites_table {
	struct sites_table_data *current;
};

/* The value of `key`, or SITES_UNKNOWN. */
uint64_t sites_table_find(const struct sites_table *table, uint64_t key);

/* Adds a key that is not there yet. 0 or -ENOMEM. */
int sites_table_insert(struct sites_table *table, uint64_t key, uint64_t value);

/* Takes memory for a first entry ahead. The caller's lock, as for inserts. */
void sites_table_prepare(struct sites_table *table);

/*
 * Takes out every key for which `is_stale` is true. Look-ups going on meanwhile see it or not. The
 * caller's lock, as for inserts.
 */
void sites_table_forget(struct sites_table *table, int (*is_stale)(uint64_t key));

#endif
