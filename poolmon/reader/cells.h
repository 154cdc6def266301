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

/* What counts blocks that come back, and what counts those that go out. */
enum cells_half { CELLS_FREES, CELLS_ALLOCS, CELLS_HALVES };

/* What the counters of one chunk added up to, half by half, when they were read. */
struct cells_total {
	uint64_t half[CELLS_HALVES];
};

/*
 * Sums in the making. Zero-initialise; free `changed`, and `sums`, `inherited` and `all` unless
 * they are handed on.
 */
struct cells {
	size_t site_count; /* length of the arrays */
	struct pooltag_cell *sums;
	/* By group of POOLTAG_CHUNK_CELLS sites: the only ones that are read; NULL: all. */
	uint8_t *changed;
	uint8_t *filled; /* per chunk of sites, during the first half: its sums are initialised */
	struct pooltag_cell *inherited; /* NULL until an inherited chunk is met */
	struct cells_total *totals;     /* by chunk; the caller's, from one refresh to the next */
	bool keep_all;                  /* keep the cells themselves, too */
	size_t all_chunks;
	struct pooltag_cell *all; /* POOLTAG_CHUNK_CELLS per chunk */
};

static inline size_t cells_group(const struct pooltag_chunk *chunk)
{
	return chunk->first_site / POOLTAG_CHUNK_CELLS;
}

/* Honest chunks begin with a group; others belong to two. */
static inline bool cells_is_aligned(const struct pooltag_chunk *chunk)
{
	return chunk->first_site % POOLTAG_CHUNK_CELLS == 0;
}

/* How many groups `site_count` sites have, and one more for chunks that are not aligned. */
static inline size_t cells_group_count(size_t site_count)
{
	return site_count / POOLTAG_CHUNK_CELLS + 2;
}

/* Adds up those counters of the chunk at `from` that `mask` has all bits of. */
static inline uint64_t cells_add_up(const char *from, size_t stride, const mapping_pair mask[4])
{
	mapping_pair sums[4] = {0};
	mapping_pair sum;

	for (size_t i = 0; i < POOLTAG_CHUNK_CELLS; i++, from += stride) {
		const mapping_pair *cell = (const void *)from;

		sums[0] += cell[0];
		sums[1] += cell[1];
		sums[2] += cell[2];
		sums[3] += cell[3];
	}
	sum = (sums[0] & mask[0]) + (sums[1] & mask[1]) + (sums[2] & mask[2]) + (sums[3] & mask[3]);
	return sum[0] + sum[1];
}

/*
 * Adds one half of the cells of chunks [0, chunk_count), and notes the totals. `chunks` are their
 * owners, checked against the tables; `inherited` says for each shard whether it is the inherited
 * one. Sites at or above cells->site_count are left out: they are younger than the snapshot.
 * Returns
 * 0 or -1 with *fault.
 */
int cells_add(struct cells *cells, const struct file *file, enum cells_half half,
	      const struct pooltag_chunk *chunks, size_t chunk_count, const bool *inherited,
	      struct segment_fault *fault);

/*
 * The sums become `sums`, which are taken over and are those of `last`, and what was inherited that
 * of `last`; but those of groups that have changed are zero.
 */
void cells_begin_changed(struct cells *cells, struct pooltag_cell *sums,
			 const struct reader_sums *last, size_t site_count);

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
 * the bytes in use to their pools. `pools` are as many as the sums. `last` are the sums of the
 * refresh before, of which groups that have not changed are; none of them was lowered. Returns the
 * sites lowered.
 */
uint64_t cells_finish(struct cells *cells, const struct reader_sums *last, const uint8_t *pools,
		      uint64_t bytes[POOLTAG_POOL_MAX]);

#endif
