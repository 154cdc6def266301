/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - the machine's figures for the two header lines
 *
 * PoolMon's names and what they are on Linux:
 *   Memory, Avail   MemTotal and MemAvailable
 *   PageFlts        page faults since the last sample (pgfault of /proc/vmstat)
 *   InRam Krnl      kernel memory that cannot be swapped: SUnreclaim + KernelStack + PageTables
 *   P               the paged pool's part that is in RAM: per process, at most its anonymous
 *                   resident memory
 *   Commit, Limit   Committed_AS and CommitLimit
 *   Peak            the highest Committed_AS this poolmon has seen
 *   Pool N, P       bytes in use in the two pools, over the shown processes
 *
 * Callers: cmd/, view/ and export/. Allocates nothing; no locks.
 */
#ifndef POOLMON_MODEL_HOST_H
#define POOLMON_MODEL_HOST_H

#include "model/model.h"

#include <stdint.h>

/* All in kilobytes but page_faults. */
struct host_figures {
	uint64_t memory;
	uint64_t available;
	uint64_t page_faults;
	uint64_t kernel;
	uint64_t paged_resident;
	uint64_t commit;
	uint64_t limit;
	uint64_t peak;
	uint64_t nonpaged;
	uint64_t paged;
};

/* What is remembered between samples; zero-initialise. */
struct host {
	uint64_t page_faults; /* since boot, 0: no sample yet */
	uint64_t peak;
};

#define HOST_LINES      2
#define HOST_FIELDS     5
#define HOST_FIELD_SIZE 48

/*
 * The fields of one of PoolMon's two lines, figure for figure, to be put one after the other;
 * figures that need more room push the rest to the right.
 */
void host_line(const struct host_figures *figures, int line,
	       char ret_fields[HOST_FIELDS][HOST_FIELD_SIZE]);

/* Takes a sample. Figures that cannot be read are 0. The first sample has no page faults. */
void host_sample(struct host *host, const struct model *model, struct host_figures *ret_figures);

#endif
