/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger.h - what processes take of the machine, beside what their pools account for
 *
 * From /proc/<pid>/smaps_rollup, for which the kernel walks a process's page tables: taken only
 * when asked for. Swapped pages count, since pools do not know where their pages are. What pools do
 * not account for is always said: `unattributed` is Pss and swap minus pools. It consists of files
 * (code), shared memory (segments, too) and anonymous memory: stacks, the allocator's reserves,
 * what the program maps itself. It is less than nothing where blocks have not been touched yet.
 *
 * Callers: model/, view/, export/. Does not allocate; no locks.
 */
#ifndef POOLMON_MODEL_LEDGER_H
#define POOLMON_MODEL_LEDGER_H

#include "reader/reader.h"

/* Bytes. */
struct ledger {
	uint64_t pools;     /* charge of the blocks in use */
	uint64_t rss;       /* resident, shared pages counted in full */
	uint64_t pss;       /* resident, shared pages divided among those who share them */
	uint64_t anonymous; /* of pss */
	uint64_t file;      /* of pss */
	uint64_t shared;    /* of pss: shared memory */
	uint64_t swap;      /* not resident: divided likewise */
	size_t processes;   /* that are in here */
	size_t unreadable;  /* processes that run and are not */
};

/* The ledger of a process that runs. */
void ledger_take(struct ledger *ret_ledger, const struct reader_process *process);

/* Adds `more` to `ledger`. */
void ledger_add(struct ledger *ledger, const struct ledger *more);

/* What pools do not account for, and the part of it that is anonymous. */
static inline int64_t ledger_unattributed(const struct ledger *ledger)
{
	return (int64_t)(ledger->pss + ledger->swap - ledger->pools);
}

static inline int64_t ledger_anonymous(const struct ledger *ledger)
{
	return (int64_t)(ledger->anonymous + ledger->swap - ledger->pools);
}

#endif
