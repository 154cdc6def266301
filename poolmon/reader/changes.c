/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/changes.h"

#include "common/memory.h"

#include <string.h>

#define CHANGES_PIECE_BYTES (32u * 1024) /* together with what it is copied from in the cache */

static const mapping_pair changes_mask[4] = {
	{~0ull, ~0ull}, {~0ull, ~0ull}, {~0ull, ~0ull}, {~0ull, ~0ull}};

/* A search among cells that stand one after the other. */
struct changes_search {
	uint8_t *changed;
	const struct cells_total *totals;
	const struct pooltag_chunk *chunks;
	size_t chunk_count;
	size_t chunk_bytes;
	size_t last_count; /* sites that were read before */
};

static void changes_look(void *context, const char *at)
{
	const struct changes_search *search = context;
	size_t stride = search->chunk_bytes / POOLTAG_CHUNK_CELLS;

	for (size_t i = 0; i < search->chunk_count; i++, at += search->chunk_bytes) {
		const struct cells_total *total = &search->totals[i];

		if (search->chunks[i].first_site < search->last_count &&
		    cells_add_up(at, stride, changes_mask) !=
			    total->half[CELLS_FREES] + total->half[CELLS_ALLOCS])
			search->changed[cells_group(&search->chunks[i])] = 1;
	}
}

static int changes_look_at_copy(struct changes_search search, const struct file *file,
				struct segment_fault *fault)
{
	static char piece[CHANGES_PIECE_BYTES] __attribute__((aligned(4096)));
	const struct pooltag_section *section = &file->sections[POOLTAG_SECTION_CELLS];
	size_t per_piece = sizeof(piece) / search.chunk_bytes;
	size_t left = search.chunk_count;
	uint64_t at = section->offset;

	if (per_piece == 0)
		return file_fault(fault, READER_SECTION, "CELLS: stride %u", section->stride);
	while (left) {
		search.chunk_count = left < per_piece ? left : per_piece;
		if (file_pread(file, at, piece, search.chunk_count * search.chunk_bytes, fault))
			return -1;
		changes_look(&search, piece);
		search.chunks += search.chunk_count;
		search.totals += search.chunk_count;
		at += search.chunk_count * search.chunk_bytes;
		left -= search.chunk_count;
	}
	return 0;
}

/* A group whose chunks are not its own, which no writer makes, has always changed. */
static void changes_mark_odd(struct cells *cells, const struct pooltag_chunk *chunks,
			     size_t chunk_count)
{
	for (size_t i = 0; i < chunk_count; i++) {
		size_t group = cells_group(&chunks[i]);

		if (chunks[i].first_site < cells->site_count && !cells_is_aligned(&chunks[i]))
			cells->changed[group] = cells->changed[group + 1] = 1;
	}
}

int changes_find(struct cells *cells, const struct file *file, const struct pooltag_chunk *chunks,
		 size_t chunk_count, size_t last_count, size_t site_count, bool *ret_any,
		 struct segment_fault *fault)
{
	const struct pooltag_section *section = &file->sections[POOLTAG_SECTION_CELLS];
	size_t groups = cells_group_count(site_count);
	struct changes_search search = {.totals = cells->totals,
					.chunks = chunks,
					.chunk_count = chunk_count,
					.chunk_bytes = section->stride,
					.last_count = last_count};

	cells->site_count = site_count;
	cells->changed = search.changed = memory_zeroed(groups, 1);
	changes_mark_odd(cells, chunks, chunk_count);
	if (!mapping_covers(&file->mapped[FILE_CELLS], &file->status, section->offset,
			    chunk_count * section->stride) ||
	    !mapping_look(&file->mapped[FILE_CELLS], section->offset, changes_look, &search)) {
		if (changes_look_at_copy(search, file, fault))
			return -1;
	}
	*ret_any = memchr(cells->changed, 1, groups) != NULL;
	return 0;
}
