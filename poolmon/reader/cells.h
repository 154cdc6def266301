/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cells.h - the cells of a segment, summed by site
 *
 * Callers: segment.c. Allocates; no locks. Reads all frees halves before the first allocs half
 * (segment.h, "How to read"), each time in pieces that stay in the processor's cache.
 */
#ifndef POOLMON_READER_CELLS_H
#define POOLMON_READER_CELLS_H

#include "reader/file.h"

/* Sums in the making. Zero-initialise; free `changed`, and `sums`, `inherited` and `all` unless they
 * are handed on. */
struct cells {
	size_t site_count; /* length of the arrays */
	struct pooltag_cell *sums;
	uint8_t *
		changed; /* by group of POOLTAG_CHUNK_CELLS sites: the only ones that are read; NULL: all */
	uint8_t *filled; /* per chunk of sites, during the first half: its sums are initialised */
	struct pooltag_cell *inherited; /* NULL until an inherited chunk is met */
	bool keep_all;                  /* keep the cells themselves, too */
	size_t all_chunks;
	struct pooltag_cell *all; /* POOLTAG_CHUNK_CELLS per chunk */
};

/*
 * Adds one half, or both, of the cells of chunks [0, chunk_count). `chunks` are their owners, checked against
 * the tables; `inherited` says for each shard whether it is the inherited one. Sites at or above
 * cells->site_count are left out: they are younger than the snapshot. Returns 0 or -1 with *fault.
 */
enum cells_half { CELLS_FREES, CELLS_ALLOCS };

int cells_add(struct cells *cells, const struct file *file, enum cells_half half,
	      const struct pooltag_chunk *chunks, size_t chunk_count, const bool *inherited,
	      struct segment_fault *fault);

/*
 * Counters only grow, so where the sums of a site are those of a refresh before, its cells have not
 * changed since. Makes `changed`: for `site_count` sites, of which `last` has the sums of the first
 * `last_count`. *ret_any says whether there are such groups. Returns 0 or -1 with *fault.
 */
int cells_compare(struct cells *cells, const struct file *file, const struct pooltag_chunk *chunks,
		  size_t chunk_count, const struct pooltag_cell *last, size_t last_count,
		  size_t site_count, bool *ret_any, struct segment_fault *fault);

/* The sums become those of `last`, but for groups that have changed: those are zero. */
void cells_begin_changed(struct cells *cells, const struct pooltag_cell *last, size_t last_count,
			 size_t site_count);

/* Sites from `first` on are new: their groups have changed. Before cells_begin_changed(). */
void cells_mark_new(struct cells *cells, size_t first);

/*
 * Between the halves: there are `site_count` sites now, and chunks from `old` on and sites from
 * `first_site` on are new. Their groups have changed, too.
 */
void cells_add_changed(struct cells *cells, const struct pooltag_chunk *chunks, size_t old,
		       size_t chunk_count, size_t first_site, size_t site_count);

/* Enlarges the arrays to `site_count` sites, the new ones zero. */
void cells_resize(struct cells *cells, size_t site_count);

/*
 * When both halves are in: lowers frees that exceed allocs, which only a damaged file has, and adds
 * the bytes in use to their pools. `pools` are as many as the sums. Returns the sites lowered.
 */
uint64_t cells_finish(struct cells *cells, const uint8_t *pools, uint64_t bytes[POOLTAG_POOL_MAX]);

#endif
