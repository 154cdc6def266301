/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/survey.h"
#include "lib/base/sys.h"
#include "lib/pool/heap_walk.h"

/* Pages asked about at once, whether they are there. */
#define ASK_PAGES 512

/* The addresses known to be mapped: first and one past the last. */
struct mapped {
	uintptr_t from, end;
};

static int is_mapped(uintptr_t start, size_t pages)
{
	unsigned char resident[ASK_PAGES];

	return BASE_SYSCALL3(SYS_mincore, start, pages << BASE_PAGE_SHIFT, resident) == 0;
}

static int is_there(void *argument, uintptr_t address)
{
	struct mapped *mapped = argument;
	uintptr_t start = base_round_down(address, BASE_PAGE_SIZE);
	size_t pages = ASK_PAGES;

	if (address - mapped->from < mapped->end - mapped->from)
		return 1;
	if (!is_mapped(start, pages))
		pages = 1;
	if (pages == 1 && !is_mapped(start, pages))
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
