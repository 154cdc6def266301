/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/badfree.h"
#include "lib/base/report.h"
#include "lib/base/text.h"
#include "lib/heap/header.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/pool/describe.h"
#include "lib/stats/segment.h"
#include <pooltag/tag.h>

static void add_size(struct base_text *text, size_t size)
{
	base_text_unsigned(text, size);
	base_text_add(text, size == 1 ? " byte" : " bytes");
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

static void add_block(struct base_text *text, const void *block, size_t size, uint32_t site)
{
	base_text_add(text, "block ");
	base_text_hex(text, (uintptr_t)block);
	base_text_add(text, " of ");
	add_size(text, size);
	add_site(text, site);
}

static void double_free(struct base_text *text, const void *block, size_t size, uint32_t site)
{
	base_text_add(text, "BAD_POOL_CALLER (0xC2, 0x7): double free of ");
	add_block(text, block, size, site);
}

/* `inside` is not the start of `block`, whose header says it is live. */
static void interior(struct base_text *text, const void *inside, const void *block, size_t size,
		     uint32_t site)
{
	base_text_add(text, "BAD_POOL_CALLER (0xC2, 0x46): free of ");
	base_text_hex(text, (uintptr_t)inside);
	base_text_add(text, ", which is ");
	add_size(text, (size_t)((uintptr_t)inside - (uintptr_t)block));
	base_text_add(text, " into ");
	add_block(text, block, size, site);
}

static void explain_small(struct base_text *text, const void *block, uint64_t entry)
{
	uint32_t class_size = heap_map_class(entry);
	void *start = heap_map_block_of(block, entry);
	uint64_t header = *heap_header_of(start, class_size);
	size_t size = heap_header_requested(header);
	uint32_t site = heap_header_site(header);

	if (start != block && heap_header_valid(start, header)) {
		interior(text, block, start, size, site);
	} else if (start != block) {
		base_text_add(text, "BAD_POOL_CALLER (0xC2, 0x46): free of ");
		base_text_hex(text, (uintptr_t)block);
		base_text_add(text, ", which is not the start of a block");
	} else if (heap_header_valid(block, heap_header_flip(header))) {
		double_free(text, block, size, site);
	} else {
		base_text_add(text, "BAD_POOL_HEADER (0x19, 0x20): the header of block ");
		base_text_hex(text, (uintptr_t)block);
		base_text_add(text, " is overwritten: more than ");
		base_text_unsigned(text, class_size - HEAP_HEADER_SIZE);
		base_text_add(
			text,
			" bytes were written to it (a buffer overrun), or it was never allocated; "
			"header ");
		base_text_hex(text, header);
	}
}

void pool_bad_free(void *block, uint64_t entry)
{
	char buffer[512];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	if (heap_map_is_small(entry)) {
		explain_small(&text, block, entry);
	} else if (entry & HEAP_MAP_FREED) {
		double_free(&text, block, heap_map_requested(entry), heap_map_site(entry));
	} else {
		const void *start = (const void *)base_round_down((uintptr_t)block, BASE_PAGE_SIZE);

		interior(&text, block, start, heap_map_requested(entry), heap_map_site(entry));
	}
	base_fatal(buffer);
}
