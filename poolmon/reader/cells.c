/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/cells.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_PIECE_BYTES (64u * 1024)
#define CELLS_IMPLAUSIBLE (1ull << 60) /* no counter gets here in a machine's life */

/* Which counters belong to which half: all ones or zero, to be and-ed without a branch. */
static const reader_vector cells_masks[] = {
	[CELLS_FREES] = {0, 0, 0, ~0ull, ~0ull, ~0ull, 0, ~0ull},
	[CELLS_ALLOCS] = {~0ull, ~0ull, ~0ull, 0, 0, 0, ~0ull, 0},
};

/* What is read at once; aligned, so that the kernel's copy moves whole counters. */
static char cells_piece[CELLS_PIECE_BYTES] __attribute__((aligned(4096)));

#define CELLS_AT(field, index) \
	_Static_assert(offsetof(struct pooltag_cell, field) == (index) * sizeof(uint64_t), #field)
CELLS_AT(frees, 3);
CELLS_AT(free_bytes, 4);
CELLS_AT(free_charge, 5);
CELLS_AT(big_frees, 7);

void cells_resize(struct cells *cells, size_t site_count)
{
	size_t old = cells->site_count;

	if (cells->sums && site_count <= old)
		return;
	if (!cells->sums) {
		/* What the first half does not fill, it makes zero: most of it, it fills. */
		cells->sums = memory_resized(NULL, site_count, sizeof(*cells->sums));
		cells->filled = memory_zeroed(site_count / POOLTAG_CHUNK_CELLS + 1, 1);
		cells->site_count = site_count;
		return;
	}
	cells->sums = memory_resized(cells->sums, site_count, sizeof(*cells->sums));
	memset(cells->sums + old, 0, (site_count - old) * sizeof(*cells->sums));
	if (cells->inherited) {
		cells->inherited =
			memory_resized(cells->inherited, site_count, sizeof(*cells->inherited));
		memset(cells->inherited + old, 0, (site_count - old) * sizeof(*cells->sums));
	}
	cells->site_count = site_count;
}

/*
 * Adds `count` cells of `stride` bytes at `from` to `to`, or with `first` makes them those; returns
 * the union of all bits seen.
 */
static inline uint64_t cells_add_run(struct pooltag_cell *to, const char *from, size_t stride,
				     size_t count, const reader_vector *mask, bool first)
{
	reader_vector seen = {0};
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++) {
		reader_vector cell;
		reader_vector sum = {0};

		memcpy(&cell, from + i * stride, sizeof(cell));
		if (!first)
			memcpy(&sum, to + i, sizeof(sum));
		sum += cell & *mask;
		seen |= cell;
		memcpy(to + i, &sum, sizeof(sum));
	}
	for (size_t k = 0; k < sizeof(seen) / sizeof(all); k++)
		all |= seen[k];
	return all;
}

/* Makes those of the sites zero that nothing has been added to. */
static void cells_fill(struct cells *cells, size_t first, size_t count)
{
	size_t end = first + count < cells->site_count ? first + count : cells->site_count;

	for (size_t i = first / POOLTAG_CHUNK_CELLS * POOLTAG_CHUNK_CELLS; i < end;
	     i += POOLTAG_CHUNK_CELLS) {
		uint8_t *filled = &cells->filled[i / POOLTAG_CHUNK_CELLS];
		size_t left = cells->site_count - i;

		if (!*filled)
			memset(cells->sums + i, 0,
			       (left < POOLTAG_CHUNK_CELLS ? left : POOLTAG_CHUNK_CELLS) *
				       sizeof(*cells->sums));
		*filled = 1;
	}
}

static uint64_t cells_add_chunk(struct cells *cells, const char *from, size_t stride,
				const struct pooltag_chunk *chunk, bool inherited,
				enum cells_half half)
{
	size_t first = chunk->first_site;
	size_t count = POOLTAG_CHUNK_CELLS;
	uint8_t *filled;

	if (first >= cells->site_count)
		return 0;
	if (count > cells->site_count - first)
		count = cells->site_count - first;
	if (inherited) {
		if (!cells->inherited)
			cells->inherited =
				memory_zeroed(cells->site_count, sizeof(*cells->inherited));
		cells_add_run(cells->inherited + first, from, stride, count, &cells_masks[half],
			      false);
	}
	if (half == CELLS_ALLOCS)
		return cells_add_run(cells->sums + first, from, stride, count, &cells_masks[half],
				     false);
	filled = &cells->filled[first / POOLTAG_CHUNK_CELLS];
	if (first % POOLTAG_CHUNK_CELLS == 0 && !*filled) {
		*filled = 1;
		return cells_add_run(cells->sums + first, from, stride, count, &cells_masks[half],
				     true);
	}
	cells_fill(cells, first, count);
	return cells_add_run(cells->sums + first, from, stride, count, &cells_masks[half], false);
}

/* Whether a chunk is to be read. */
static bool cells_wants(const struct cells *cells, const struct pooltag_chunk *chunk)
{
	return !cells->changed ||
	       (chunk->first_site < cells->site_count && cells->changed[cells_group(chunk)]);
}

/* How many chunks from `first` on are read at once, at most `most`; 0: the first is not wanted. */
static size_t cells_run_length(const struct cells *cells, const struct pooltag_chunk *chunks,
			       size_t first, size_t end, size_t most)
{
	size_t count = 0;

	while (count < most && first + count < end && cells_wants(cells, &chunks[first + count]))
		count++;
	return count;
}

/* Makes room for the cells of all chunks, the new ones zero. */
static void cells_grow_all(struct cells *cells, size_t chunk_count)
{
	size_t old = cells->all_chunks * POOLTAG_CHUNK_CELLS;
	size_t now = chunk_count * POOLTAG_CHUNK_CELLS;

	if (!cells->keep_all || now <= old)
		return;
	cells->all = memory_resized(cells->all, now, sizeof(*cells->all));
	memset(cells->all + old, 0, (now - old) * sizeof(*cells->all));
	cells->all_chunks = chunk_count;
}

int cells_add(struct cells *cells, const struct file *file, enum cells_half half,
	      const struct pooltag_chunk *chunks, size_t chunk_count, const bool *inherited,
	      struct segment_fault *fault)
{
	const struct pooltag_section *section = &file->sections[POOLTAG_SECTION_CELLS];
	size_t chunk_bytes = section->stride;
	size_t stride = chunk_bytes / POOLTAG_CHUNK_CELLS;
	size_t per_piece =
		chunk_bytes <= sizeof(cells_piece) ? sizeof(cells_piece) / chunk_bytes : 0;
	uint64_t seen = 0;

	if (per_piece == 0)
		return file_fault(fault, READER_SECTION, "CELLS: stride %u", section->stride);
	cells_grow_all(cells, chunk_count);
	for (size_t i = 0, count; i < chunk_count; i += count ? count : 1) {
		count = cells_run_length(cells, chunks, i, chunk_count, per_piece);
		if (count && file_pread(file, section->offset + (uint64_t)i * chunk_bytes,
					cells_piece, count * chunk_bytes, fault))
			return -1;
		for (size_t k = 0; k < count; k++) {
			seen |= cells_add_chunk(cells, cells_piece + k * chunk_bytes, stride,
						&chunks[i + k], inherited[chunks[i + k].shard],
						half);
			cells->totals[i + k].half[half] =
				cells_add_up(cells_piece + k * chunk_bytes, stride,
					     (const void *)&cells_masks[half]);
			if (cells->keep_all)
				cells_add_run(cells->all + (i + k) * POOLTAG_CHUNK_CELLS,
					      cells_piece + k * chunk_bytes, stride,
					      POOLTAG_CHUNK_CELLS, &cells_masks[half], false);
		}
	}
	if (half != CELLS_ALLOCS) {
		cells_fill(cells, 0, cells->site_count);
		free(cells->filled);
		cells->filled = NULL;
	}
	if (seen >= CELLS_IMPLAUSIBLE)
		return file_fault(fault, READER_IMPLAUSIBLE, "a cell's counter exceeds 2^60");
	return 0;
}

static void cells_keep(struct pooltag_cell *cell, const reader_vector *kept)
{
	reader_vector sum;

	memcpy(&sum, cell, sizeof(sum));
	sum &= *kept;
	memcpy(cell, &sum, sizeof(sum));
}

/* Makes the figures of a group zero, but for those that `kept` has. */
static void cells_clear_group(struct cells *cells, size_t group, const reader_vector *kept)
{
	size_t first = group * POOLTAG_CHUNK_CELLS;

	for (size_t i = first; i < first + POOLTAG_CHUNK_CELLS && i < cells->site_count; i++) {
		cells_keep(&cells->sums[i], kept);
		if (cells->inherited)
			cells_keep(&cells->inherited[i], kept);
	}
}

void cells_begin_changed(struct cells *cells, struct pooltag_cell *sums,
			 const struct reader_sums *last, size_t site_count)
{
	static const reader_vector nothing;
	size_t groups = cells_group_count(site_count);

	cells->site_count = site_count;
	cells->sums = memory_resized(sums, site_count, sizeof(*cells->sums));
	memset(cells->sums + last->count, 0, (site_count - last->count) * sizeof(*cells->sums));
	if (last->inherited) {
		cells->inherited = memory_zeroed(site_count, sizeof(*cells->inherited));
		memcpy(cells->inherited, last->inherited, last->count * sizeof(*cells->inherited));
	}
	for (size_t group = 0; group < groups; group++) {
		if (cells->changed[group])
			cells_clear_group(cells, group, &nothing);
	}
	cells->filled = memory_resized(NULL, groups, 1);
	memset(cells->filled, 1, groups);
}

void cells_mark_new(struct cells *cells, size_t first)
{
	size_t group = first / POOLTAG_CHUNK_CELLS;

	memset(cells->changed + group, 1, cells_group_count(cells->site_count) - group);
}

/* Frees that were seen stay: they are older than the allocs to come. */
static void cells_mark_changed(struct cells *cells, size_t group)
{
	if (!cells->changed[group])
		cells_clear_group(cells, group, &cells_masks[CELLS_FREES]);
	cells->changed[group] = 1;
}

void cells_add_changed(struct cells *cells, const struct pooltag_chunk *chunks, size_t old,
		       size_t chunk_count, size_t first_site, size_t site_count)
{
	size_t before = cells_group_count(cells->site_count);
	size_t groups = cells_group_count(site_count);

	if (groups > before) {
		cells->changed = memory_resized(cells->changed, groups, 1);
		memset(cells->changed + before, 0, groups - before);
	}
	cells_resize(cells, site_count);
	for (size_t group = first_site / POOLTAG_CHUNK_CELLS; group < groups; group++)
		cells_mark_changed(cells, group);
	for (size_t i = old; i < chunk_count; i++) {
		if (chunks[i].first_site >= cells->site_count)
			continue;
		cells_mark_changed(cells, cells_group(&chunks[i]));
		if (!cells_is_aligned(&chunks[i]))
			cells_mark_changed(cells, cells_group(&chunks[i]) + 1);
	}
}

/* Lowers frees that exceed allocs; returns whether there were such. */
static bool cells_lower(struct pooltag_cell *sum)
{
	bool low = false;

#define CELLS_LOWER(alloc, free)                \
	do {                                    \
		if (sum->free > sum->alloc) {   \
			sum->free = sum->alloc; \
			low = true;             \
		}                               \
	} while (0)
	CELLS_LOWER(allocs, frees);
	CELLS_LOWER(alloc_bytes, free_bytes);
	CELLS_LOWER(alloc_charge, free_charge);
	CELLS_LOWER(big_allocs, big_frees);
#undef CELLS_LOWER
	return low;
}

/* The sums of sites [first, end), as cells_finish() says. */
static uint64_t cells_finish_range(struct cells *cells, size_t first, size_t end,
				   const uint8_t *pools, uint64_t bytes[POOLTAG_POOL_MAX])
{
	uint64_t nonpaged = 0;
	uint64_t clamped = 0;
	uint64_t all = 0;

	for (size_t i = first; i < end; i++) {
		struct pooltag_cell *sum = &cells->sums[i];
		uint64_t in_use;

		if ((sum->frees > sum->allocs) | (sum->free_bytes > sum->alloc_bytes) |
		    (sum->free_charge > sum->alloc_charge) | (sum->big_frees > sum->big_allocs))
			clamped += cells_lower(sum);
		in_use = sum->alloc_charge - sum->free_charge;
		all += in_use;
		/* All ones for the nonpaged pool: no branch, of which there would be many. */
		nonpaged += in_use & -(uint64_t)(pools[i] == POOLTAG_POOL_NONPAGED);
	}
	bytes[POOLTAG_POOL_NONPAGED] += nonpaged;
	bytes[POOLTAG_POOL_PAGED] += all - nonpaged;
	return clamped;
}

uint64_t cells_finish(struct cells *cells, const struct reader_sums *last, const uint8_t *pools,
		      uint64_t bytes[POOLTAG_POOL_MAX])
{
	uint64_t clamped = 0;

	if (!cells->changed)
		return cells_finish_range(cells, 0, cells->site_count, pools, bytes);
	memcpy(bytes, last->bytes, sizeof(last->bytes));
	for (size_t first = 0; first < cells->site_count; first += POOLTAG_CHUNK_CELLS) {
		size_t left = cells->site_count - first;

		if (!cells->changed[first / POOLTAG_CHUNK_CELLS])
			continue;
		for (size_t i = first; i < first + POOLTAG_CHUNK_CELLS && i < last->count; i++)
			bytes[pools[i]] -= last->cells[i].alloc_charge - last->cells[i].free_charge;
		clamped += cells_finish_range(
			cells, first,
			first + (left < POOLTAG_CHUNK_CELLS ? left : POOLTAG_CHUNK_CELLS), pools,
			bytes);
	}
	return clamped;
}
