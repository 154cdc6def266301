/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/badfree.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/heap/header.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/pool/describe.h"
#include "lib/sites/cfi.h"
#include "lib/sites/modules.h"
#include "lib/stats/segment.h"
#include <pooltag/tag.h>
#include <sys/auxv.h>

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

static void add_not_a_block(struct base_text *text, const void *address)
{
	base_text_add(text, "BAD_POOL_CALLER (0xC2, 0x46): free of ");
	base_text_hex(text, (uintptr_t)address);
	base_text_add(text, ", which is not the start of a block");
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
		add_not_a_block(text, block);
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

/* --- addresses outside our pages ------------------------------------------------------------ */

/* How far back the start of a large block is searched: 1 GB. */
#define SEARCH_PAGES ((uintptr_t)1 << 18)

/* The start of the large block that covers an address, given a page at or before it; or NULL. */
static const void *large_block_at(uintptr_t page, uintptr_t address)
{
	uint64_t entry = heap_map_get((const void *)page);
	uint64_t tail = heap_map_get((const void *)(page + BASE_PAGE_SIZE));
	uintptr_t start = page + (tail & (BASE_PAGE_SIZE - 1));

	if (!heap_map_is_record(entry) || !(entry & HEAP_MAP_LARGE) ||
	    address - start >= base_max(heap_map_requested(entry), 1))
		return NULL;
	return (const void *)start;
}

static const void *large_block_around(uintptr_t address)
{
	uintptr_t page = base_round_down(address, BASE_PAGE_SIZE);

	for (uintptr_t back = 0; back < SEARCH_PAGES && page > back * BASE_PAGE_SIZE; back++) {
		uintptr_t at = page - back * BASE_PAGE_SIZE;

		/* The nearest record decides; entries left over from earlier uses of a page do not. */
		if (heap_map_is_record(heap_map_get_near((const void *)at)))
			return large_block_at(at, address);
	}
	return NULL;
}

static int is_mapped(uintptr_t address)
{
	unsigned char present;

	return BASE_SYSCALL3(SYS_mincore, base_round_down(address, BASE_PAGE_SIZE), BASE_PAGE_SIZE,
			     &present) == 0;
}

static int on_stack(uintptr_t address)
{
	uintptr_t here = (uintptr_t)&address;

	return address >= here && address < sites_stack_limit(here);
}

/* libc's own heap ends at the program break: the usual place of a foreign block. */
static int in_break(uintptr_t address, const struct sites_module *program)
{
	return program != NULL && address > program->end &&
	       address < (uintptr_t)BASE_SYSCALL1(SYS_brk, 0);
}

void pool_check_foreign(const void *block)
{
	uintptr_t address = (uintptr_t)block;
	const struct sites_module *module;
	const void *large;
	char buffer[512];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	if ((address & 15) == 0 && in_break(address, sites_module_of(getauxval(AT_ENTRY))))
		return;
	base_text_add(&text, "BAD_POOL_CALLER (0xC2, 0x46): free of ");
	base_text_hex(&text, address);
	large = large_block_around(address);
	module = sites_module_of(address);
	if (large != NULL) {
		uint64_t entry = heap_map_get(large);

		text = base_text_in(buffer, sizeof(buffer));
		interior(&text, block, large, heap_map_requested(entry), heap_map_site(entry));
	} else if (on_stack(address)) {
		base_text_add(&text, ", which is on the stack");
	} else if (module != NULL) {
		base_text_add(&text, ", which lies in ");
		base_text_add(&text, base_path_tail(module->path));
		base_text_char(&text, '+');
		base_text_hex(&text, address - module->load_address);
		base_text_add(&text, ": a variable, not a block");
	} else if (!is_mapped(address)) {
		base_text_add(&text, ", where no memory is mapped");
	} else if ((address & 15) != 0) {
		base_text_add(&text, ", which is not the start of a block");
	} else {
		return;
	}
	base_fatal(buffer);
}

void pool_bad_free(void *block, uint64_t entry)
{
	char buffer[512];
	struct base_text text = base_text_in(buffer, sizeof(buffer));
	const void *large = large_block_around((uintptr_t)block);

	if (large != NULL) {
		entry = heap_map_get(large);
		interior(&text, block, large, heap_map_requested(entry), heap_map_site(entry));
	} else if (heap_map_is_small(entry)) {
		explain_small(&text, block, entry);
	} else if (entry & HEAP_MAP_FREED) {
		double_free(&text, block, heap_map_requested(entry), heap_map_site(entry));
	} else {
		add_not_a_block(&text, block);
	}
	base_fatal(buffer);
}
