/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * changes.h - which cells of a segment are not what they were when they were read
 *
 * Counters only grow. So a chunk of cells is what it was if its counters add up to what they did,
 * and one number per chunk is all there is to compare with. A writer who takes back from one
 * counter what it gives to another deceives us about its own figures, and about nothing else.
 *
 * Callers: segment.c. Allocates; no locks.
 */
#ifndef POOLMON_READER_CHANGES_H
#define POOLMON_READER_CHANGES_H

#include "reader/cells.h"
#include "reader/mapping.h"

/*
 * Makes cells->changed: for `site_count` sites, of which the first `last_count` were read before,
 * and with them the totals. `mapping` is of the file's cells, or becomes it. *ret_any says whether
 * there are such groups. Returns 0 or -1 with *fault.
 */
int changes_find(struct cells *cells, const struct file *file, const struct pooltag_chunk *chunks,
		 size_t chunk_count, size_t last_count, size_t site_count, bool *ret_any,
		 struct segment_fault *fault);

#endif
