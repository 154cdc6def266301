/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/survey.h"
#include "lib/base/sys.h"
#include "lib/heap/map.h"

/* Pages asked about at once, whether they are there. */
#define ASK_PAGES 512

struct survey {
	pool_survey_use *use;
	void *argument;
	uintptr_t there[2];   /* page numbers known to be mapped, first and one past the last */
	uintptr_t covered[2]; /* page numbers of the large block found last */
};

static int is_mapped(uintptr_t page, size_t pages)
{
	unsigned char resident[ASK_PAGES];

	return BASE_SYSCALL3(SYS_mincore, page << BASE_PAGE_SHIFT, pages << BASE_PAGE_SHIFT,
			     resident) == 0;
}

/* The map remembers pages that jemalloc has given back. */
static int is_there(struct survey *survey, uintptr_t page)
{
	size_t pages = ASK_PAGES;

	if (page - survey->there[0] < survey->there[1] - survey->there[0])
		return 1;
	if (!is_mapped(page, pages))
		pages = 1;
	if (pages == 1 && !is_mapped(page, pages))
		return 0;
	survey->there[0] = page;
	survey->there[1] = page + pages;
	return 1;
}

static void tell(struct survey *survey, uintptr_t address)
{
	struct pool_identified block = pool_identify((const void *)address);

	if (block.identity == POOL_IS_LIVE)
		survey->use(&block, survey->argument);
}

static void survey_small(struct survey *survey, uintptr_t page, uint64_t entry)
{
	uintptr_t start = page << BASE_PAGE_SHIFT;
	uint32_t class_size = heap_map_class(entry);

	for (uintptr_t block = start + heap_map_phase((const void *)start, entry);
	     block < start + BASE_PAGE_SIZE; block += class_size) {
		uintptr_t last = (block + class_size - 1) >> BASE_PAGE_SHIFT;

		/* A block that runs into pages of another kind was never handed out. */
		if (last != page) {
			uint64_t other = heap_map_get((const void *)(last << BASE_PAGE_SHIFT));

			if (!heap_map_is_small(other) || heap_map_class(other) != class_size ||
			    !is_there(survey, last))
				return;
		}
		tell(survey, block);
	}
}

static void survey_record(struct survey *survey, uintptr_t page, uint64_t entry)
{
	uintptr_t start = page << BASE_PAGE_SHIFT;

	if (entry & HEAP_MAP_LARGE) {
		uint64_t tail = heap_map_tail_of((const void *)start);

		start += tail & (BASE_PAGE_SIZE - 1);
		/* What the map remembers of a large block's inner pages is history. */
		survey->covered[0] = page + 1;
		survey->covered[1] = (start + heap_map_tail_usable(tail) + BASE_PAGE_SIZE - 1) >>
				     BASE_PAGE_SHIFT;
	}
	tell(survey, start);
}

void pool_survey(pool_survey_use *use, void *argument)
{
	struct survey survey = {.use = use, .argument = argument};
	struct heap_map_run run;
	uint32_t cursor = 0;

	while (heap_map_next_run(&cursor, &run))
		for (uintptr_t i = 0; i < run.pages; i++) {
			uintptr_t page = run.first_page + i;
			uint64_t entry = run.entries[i];

			if (entry == 0 ||
			    page - survey.covered[0] < survey.covered[1] - survey.covered[0] ||
			    !is_there(&survey, page))
				continue;
			if (heap_map_is_small(entry))
				survey_small(&survey, page, entry);
			else if (heap_map_is_record(entry))
				survey_record(&survey, page, entry);
		}
}
