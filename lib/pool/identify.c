/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/identify.h"
#include "lib/base/sys.h"
#include "lib/heap/header.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/pool/block.h"
#include "lib/pool/describe.h"
#include "lib/stats/segment.h"
#include <pooltag/tag.h>

/* How far back the start of a large block is searched: 1 GB. */
#define SEARCH_PAGES ((uintptr_t)1 << 18)

static struct pool_identified identify_small(const void *address, uint64_t entry)
{
	uint32_t class_size = heap_map_class(entry);
	void *start = heap_map_block_of(address, entry);
	uint64_t header = *heap_header_of(start, class_size);
	struct pool_identified found = {
		.identity = POOL_IS_NO_BLOCK,
		.block = start,
		.requested = heap_header_requested(header),
		.charge = class_size,
		.site = heap_header_site(header),
	};

	/* Zeros, where nothing was ever handed out, are a valid header for one address in 2^26. */
	if (header != 0 && heap_header_valid(start, header))
		found.identity = start == address ? POOL_IS_LIVE : POOL_IS_INSIDE;
	else if (start == address)
		found.identity = heap_header_valid(start, heap_header_flip(header))
					 ? POOL_IS_FREED
					 : POOL_IS_OVERWRITTEN;
	return found;
}

/* The block, if any, whose record `page` has; `address` lies in it or behind it. */
static struct pool_identified identify_record(uintptr_t page, uint64_t entry, uintptr_t address)
{
	struct pool_identified found = {
		.identity = POOL_IS_NO_BLOCK,
		.block = (const void *)page,
		.requested = heap_map_requested(entry),
		.site = heap_map_site(entry),
	};

	found.charge = pool_block_pages(found.requested);
	if (entry & HEAP_MAP_LARGE) {
		uint64_t tail = heap_map_tail_of((const void *)page);

		found.block = (const void *)(page + (tail & (BASE_PAGE_SIZE - 1)));
		found.charge = heap_map_tail_usable(tail);
	}
	if ((uintptr_t)found.block == address)
		found.identity = heap_map_is_record(entry) ? POOL_IS_LIVE : POOL_IS_FREED;
	else if (heap_map_is_record(entry) &&
		 address - (uintptr_t)found.block < base_max(found.requested, 1))
		found.identity = POOL_IS_INSIDE;
	return found;
}

/* The nearest record decides; entries left over from earlier uses of a page do not. */
static struct pool_identified identify_behind(uintptr_t address)
{
	uintptr_t page = base_round_down(address, BASE_PAGE_SIZE);

	for (uintptr_t back = 0; back < SEARCH_PAGES && page > back * BASE_PAGE_SIZE; back++) {
		uintptr_t at = page - back * BASE_PAGE_SIZE;
		uint64_t entry = heap_map_get((const void *)at);

		if (heap_map_is_record(entry))
			return identify_record(at, entry, address);
	}
	return (struct pool_identified){.identity = POOL_IS_NO_BLOCK};
}

struct pool_identified pool_identify(const void *address)
{
	uint64_t entry = heap_map_get(address);
	struct pool_identified found;

	if (heap_map_is_small(entry))
		return identify_small(address, entry);
	if (entry & HEAP_MAP_RECORD) {
		found = identify_record(base_round_down((uintptr_t)address, BASE_PAGE_SIZE), entry,
					(uintptr_t)address);
		if (found.identity != POOL_IS_NO_BLOCK)
			return found;
	}
	found = identify_behind((uintptr_t)address);
	if (found.identity != POOL_IS_INSIDE)
		found.identity = entry == 0 ? POOL_IS_FOREIGN : POOL_IS_NO_BLOCK;
	return found;
}

/* ", tag redi, allocated by redis-server+0x1234" */
static void add_site(struct base_text *text, uint32_t site)
{
	const struct pooltag_site *record;
	char tag[5];

	if (site >= stats_site_count())
		return;
	record = stats_site_record(site);
	pooltag_tag_to_text(record->tag, tag);
	base_text_add(text, ", tag ");
	base_text_add(text, tag);
	if (record->address == 0)
		return;
	base_text_add(text, ", allocated by ");
	pool_describe_text(text, record->address);
}

void pool_identified_text(struct base_text *text, const struct pool_identified *what)
{
	base_text_add(text, "block ");
	base_text_hex(text, (uintptr_t)what->block);
	base_text_add(text, " of ");
	base_text_unsigned(text, what->requested);
	base_text_add(text, what->requested == 1 ? " byte" : " bytes");
	add_site(text, what->site);
}
