/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/lost.h"
#include "lib/leaks/marks.h"
#include "lib/leaks/tables.h"

static struct {
	uintptr_t *starts; /* in order of address */
	uint32_t count;    /* may be more than there is room for */
} lost;

static void note(uintptr_t start)
{
	if (lost.count++ < POOLTAG_LOST_MAX)
		lost.starts[lost.count - 1] = start;
}

/* Pages come in order of address, blocks of whole pages behind them. */
static void sort(void)
{
	for (uint32_t gap = lost.count / 2; gap > 0; gap /= 2)
		for (uint32_t i = gap; i < lost.count; i++) {
			uintptr_t moved = lost.starts[i];
			uint32_t to = i;

			for (; to >= gap && moved < lost.starts[to - gap]; to -= gap)
				lost.starts[to] = lost.starts[to - gap];
			lost.starts[to] = moved;
		}
}

void leaks_lost_gather(void)
{
	lost.count = 0;
	lost.starts = leaks_map_table(POOLTAG_LOST_MAX * sizeof(*lost.starts));
	if (lost.starts == NULL)
		return;
	leaks_marks_each(LEAKS_WHITE, note);
	if (lost.count > POOLTAG_LOST_MAX)
		lost.count = 0;
	sort();
}

/* The number of the lost block that starts at `start`, or the count of all. */
static uint32_t number_of(uintptr_t start)
{
	uint32_t low = 0, high = lost.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (lost.starts[middle] < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < lost.count && lost.starts[low] == start ? low : lost.count;
}

/* The same for a pointer to or into one. */
static uint32_t pointed_to(uintptr_t pointer)
{
	uint64_t entry = leaks_entry(pointer);
	uint32_t number;
	uintptr_t start;

	if (entry == 0)
		return lost.count;
	start = leaks_is_small(entry) ? leaks_small_start(pointer, &entry)
				      : leaks_big_of(entry)->start;
	number = number_of(start);
	if (number == lost.count || pointer == start ||
	    pointer - start < leaks_block_at(start).requested)
		return number;
	return lost.count;
}

static void add(struct pooltag_lost *records, uint32_t *n, struct pooltag_lost record)
{
	if (*n < POOLTAG_LOST_MAX)
		records[*n] = record;
	*n += *n <= POOLTAG_LOST_MAX;
}

/* Adds the pointers in a block to `records`, of which there are *n. */
static void tell_pointers(uint32_t from, struct pooltag_lost *records, uint32_t *n)
{
	struct leaks_block block = leaks_block_at(lost.starts[from]);
	uintptr_t end = block.start + block.requested;
	struct leaks_range part = {.end = block.start};
	uint32_t last = from;

	while (leaks_ranges_readable(leaks_index.mappings, part.end, end, &part))
		for (const uintptr_t *word = (const uintptr_t *)part.start;
		     (uintptr_t)(word + 1) <= part.end; word++) {
			uint32_t to = pointed_to(*word);

			if (to == lost.count || to == from || to == last)
				continue;
			add(records, n, (struct pooltag_lost){POOLTAG_LOST_POINTER, from, to});
			last = to;
		}
}

uint32_t leaks_lost_tell(struct pooltag_lost *records, uint32_t sites)
{
	uint32_t n = lost.count;

	for (uint32_t i = 0; i < lost.count; i++) {
		struct leaks_block block = leaks_block_at(lost.starts[i]);

		records[i] = (struct pooltag_lost){
			.site = block.site < sites ? block.site : POOLTAG_SITE_LOST,
			.from = leaks_mark_of(block.start) == LEAKS_WHITE ? POOLTAG_LEAK_DEFINITE
									  : POOLTAG_LEAK_INDIRECT,
			.bytes = block.requested,
		};
	}
	for (uint32_t i = 0; i < lost.count && n <= POOLTAG_LOST_MAX; i++)
		tell_pointers(i, records, &n);
	return n <= POOLTAG_LOST_MAX ? n : 0;
}
