/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookaside_record.h - the books of lookaside lists
 *
 * Purpose: a list's counters, lock and place in the segment, in memory that drivers do not write. A
 * record outlives its list; the next list made at the same place with the same tag and size goes on
 * with it.
 * Callers: lookaside_list.c, lookaside_report.c. Locking: as said at each. Context: as pool.h.
 */
#ifndef LIB_KERNEL_LOOKASIDE_RECORD_H
#define LIB_KERNEL_LOOKASIDE_RECORD_H

#include "lib/base/lock.h"
#include "lib/kernel/lookaside_list.h"
#include <pooltag/segment.h>

struct kernel_list_record {
	uint32_t number; /* in the table */
	struct base_lock lock;
	kernel_list *list; /* NULL: deleted, for the next of its kind */
	struct kernel_list_plan plan;
	const void *maker; /* return address of the initialisation */
	uint32_t shown;    /* its number in the segment, or STATS_NONE */
	uint64_t allocates, allocate_misses, frees, free_misses;
	uint64_t outstanding;                 /* blocks in the driver's hands */
	uint64_t last_allocates, last_misses; /* at the last scan */
	uint64_t scanned_ns;
	uint32_t uses;
};

/* The record of the active list at this address, whatever stands there; NULL without one. */
struct kernel_list_record *kernel_list_record_at(const kernel_list *list);

/* The same as the list's structure says it, which is quick; NULL when it is no active list. */
struct kernel_list_record *kernel_list_record_of(const kernel_list *list);

/* A deleted list's record of the same kind, or a new one, under KERNEL_LOCK_LISTS. */
struct kernel_list_record *kernel_list_record_take(const struct kernel_list_plan *plan,
						   const void *maker);

/*
 * Lets readers see a new record; one more or less list of it; and what it has now, under its lock.
 */
void kernel_list_show_new(struct kernel_list_record *record);
void kernel_list_show_made(const struct kernel_list_record *record);
void kernel_list_show_deleted(const struct kernel_list_record *record);
void kernel_list_show(const struct kernel_list_record *record);

/* What `use` does, done to the lock of every record. */
void kernel_list_each_lock(void (*use)(struct base_lock *lock));

#endif
