/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/survey.h"
#include "lib/base/mappings.h"
#include "lib/pool/heap_walk.h"

/* The addresses known to be mapped: first and one past the last. */
struct mapped {
	uintptr_t from, end;
};

static int is_there(void *argument, uintptr_t address)
{
	struct mapped *mapped = argument;
	uintptr_t start = base_round_down(address, BASE_PAGE_SIZE);
	size_t pages = BASE_PAGES_ASKED;

	if (address - mapped->from < mapped->end - mapped->from)
		return 1;
	if (!base_is_mapped(start, pages))
		pages = 1;
	if (pages == 1 && !base_is_mapped(start, pages))
		return 0;
	*mapped = (struct mapped){start, start + pages * BASE_PAGE_SIZE};
	return 1;
}

static void tell(uintptr_t address, pool_survey_use *use, void *argument)
{
	struct pool_identified block = pool_identify((const void *)address);

	if (block.identity == POOL_IS_LIVE)
		use(&block, argument);
}

void pool_survey(pool_survey_use *use, void *argument)
{
	struct mapped mapped = {0};
	struct pool_heap_walk walk = {.is_readable = is_there, .argument = &mapped};
	struct pool_page_layout layout;
	struct pool_heap_found found;

	while (pool_heap_next(&walk, &found)) {
		if (!heap_map_is_small(found.entry))
			tell(found.start, use, argument);
		else if (pool_heap_layout(&walk, found.start, found.entry, &layout) == 0)
			for (uintptr_t block = layout.first; block < layout.end;
			     block += layout.class_size)
				tell(block, use, argument);
	}
}
