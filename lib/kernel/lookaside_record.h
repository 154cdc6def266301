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
	const void *maker;               /* return address of the initialisation */
	struct pooltag_lookaside *shown; /* in the segment */
	struct pooltag_lookaside unshown;
	uint64_t allocates, allocate_misses, frees, free_misses;
	uint64_t outstanding;                 /* blocks in the driver's hands */
	uint64_t last_allocates, last_misses; /* at the last scan */
	uint64_t scanned_ns;
	uint32_t uses;
};

/* Of who has which record. */
struct base_lock *kernel_list_records_lock(void);

/* The record of the active list at this address, whatever stands there; NULL without one. */
struct kernel_list_record *kernel_list_record_at(const kernel_list *list);

/* The same as the list's structure says it, which is quick; NULL when it is no active list. */
struct kernel_list_record *kernel_list_record_of(const kernel_list *list);

/* A deleted list's record of the same kind, or a new one, under the records' lock. */
struct kernel_list_record *kernel_list_record_take(const struct kernel_list_plan *plan,
						   const void *maker);

/* Lets readers see a new record; and what an old one has now, under its lock. */
void kernel_list_show_new(struct kernel_list_record *record);
void kernel_list_show(struct kernel_list_record *record);

/* Takes the locks around fork from now on. */
void kernel_list_fork_init(void);

#endif
