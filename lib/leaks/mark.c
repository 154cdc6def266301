/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/mark.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/leaks/index.h"
#include "lib/leaks/lost.h"
#include "lib/leaks/worklist.h"
#include "lib/pool/site.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <sys/mman.h>

/* Accesses under way at once, and pages whose marks are. */
#define RING  16u
#define AHEAD 4u

/* An address and the entry of its page. */
struct item {
	uintptr_t address;
	uint64_t entry;
};

/* The last few put into it, the oldest first. */
struct ring {
	struct item items[RING];
	uint32_t first, count;
};

static struct {
	struct leaks_worklist gray; /* pages with gray blocks; behind them gray blocks of pages */
	int any_pointer;            /* 1: pointers into the middle count as pointers to the start */
	enum pooltag_leak_class class; /* of what is read now */
	uintptr_t leader; /* lost block whose chain is followed: pointers to it say nothing */
	const struct leaks_tally *tally;
	uint8_t *kinds; /* of the sites: enum site_kind */
	/*
	 * Memory that is to be looked at waits here while it is fetched: words that look like pointers,
	 * those that are, and blocks to be read.
	 */
	struct ring found, words, blocks;
	/* Pages to be read next, whose marks are being fetched, and the number of the last one. */
	uint32_t ahead[AHEAD], ahead_first, ahead_count, at;
} mark;

/* Sites whose blocks are what they are whoever points to them. */
enum site_kind {
	KIND_ANY,
	KIND_LOADER,  /* the loader's own: reachable, but only live threads' storage is read */
	KIND_IGNORED, /* the program does not want to be told */
};

/* --- counting ------------------------------------------------------------------------------- */

static void tally_block(struct leaks_block block, enum pooltag_leak_class class)
{
	uint32_t site = block.site < mark.tally->sites ? block.site : POOLTAG_SITE_LOST;
	struct pooltag_leak *leak = &mark.tally->leaks[site];

	leak->site = site;
	leak->blocks[class]++;
	leak->bytes[class] += block.requested;
	if (leak->example == 0 || (class == POOLTAG_LEAK_DEFINITE && leak->blocks[class] == 1))
		if (class == POOLTAG_LEAK_DEFINITE || class == POOLTAG_LEAK_INDIRECT)
			leak->example = block.start;
	mark.tally->scan->blocks++;
	mark.tally->scan->heap_bytes += block.requested;
}

static enum site_kind kind_of(uint32_t site)
{
	return site < mark.tally->sites ? (enum site_kind)mark.kinds[site] : KIND_ANY;
}

static int find_kinds(const struct leaks_roots *roots)
{
	mark.kinds = base_map_memory(mark.tally->sites, PROT_READ | PROT_WRITE, MAP_NORESERVE);
	if (base_is_error(mark.kinds))
		return -ENOMEM;
	for (uint32_t site = 0; site < mark.tally->sites; site++) {
		uintptr_t address = stats_site_record(site)->address;

		if (pool_site_uses[site] & POOL_USE_IGNORED)
			mark.kinds[site] = KIND_IGNORED;
		else if (address - roots->loader[0] < roots->loader[1] - roots->loader[0])
			mark.kinds[site] = KIND_LOADER;
	}
	return 0;
}

/* The mark a live block starts with. Gray ones are found by a walk. */
static enum leaks_mark first_mark(struct leaks_block block)
{
	switch (kind_of(block.site)) {
	case KIND_LOADER:
		tally_block(block, POOLTAG_LEAK_REACHABLE);
		return LEAKS_DEAD;
	case KIND_IGNORED:
		return LEAKS_GRAY;
	case KIND_ANY:
		break;
	}
	return LEAKS_WHITE;
}

/* --- following pointers --------------------------------------------------------------------- */

static struct item take_oldest(struct ring *ring)
{
	ring->count--;
	return ring->items[ring->first++ % RING];
}

static void put_newest(struct ring *ring, struct item item)
{
	ring->items[(ring->first + ring->count++) % RING] = item;
}

/* Has a block read, a little later. There must be room for it. */
static void read_soon(struct item block)
{
	__builtin_prefetch((const void *)block.address);
	if (leaks_is_small(block.entry))
		__builtin_prefetch((const char *)block.address + leaks_class(block.entry) - 1);
	put_newest(&mark.blocks, block);
}

/* A block that was not seen before. While there is nothing else to do it is read at once. */
static void make_small_gray(struct item block, struct leaks_place place)
{
	if (mark.blocks.count == 0) {
		leaks_set_mark(place, LEAKS_DEAD);
		read_soon(block);
		return;
	}
	leaks_set_mark(place, LEAKS_GRAY);
	leaks_worklist_add(&mark.gray, leaks_ordinal(block.entry));
}

static void make_big_gray(struct leaks_big *big)
{
	big->mark = LEAKS_GRAY;
	leaks_worklist_add(&mark.gray, leaks_index.page_count + (uint32_t)(big - leaks_index.bigs));
}

/* What a pointer makes of a block that is not gray nor dead. */
static enum leaks_mark found_mark(const struct leaks_block *block, uintptr_t pointer)
{
	if (pointer == block->start || mark.any_pointer)
		return LEAKS_GRAY;
	return LEAKS_HIT;
}

/*
 * C++'s new T[0] for a T with a destructor: there is only the count of the array's elements, and the
 * program's pointer stands behind it.
 */
static int is_array_of_none(const struct leaks_block *block, uintptr_t pointer)
{
	return block->requested == sizeof(uint64_t) && pointer == block->start + sizeof(uint64_t) &&
	       *(const uint64_t *)block->start == 0;
}

static void see_small(uintptr_t pointer, uint64_t small)
{
	uintptr_t start = leaks_small_start(pointer, &small);
	struct leaks_place place;
	struct leaks_block block = {0};

	if (start == 0)
		return;
	place = leaks_place_of(start, small);
	if ((place.page->low[place.word] & place.bit) == 0 || start == mark.leader)
		return;
	block.start = start;
	if (pointer != start) {
		block = leaks_small_block(start, small);
		if (is_array_of_none(&block, pointer))
			pointer = start;
		else if (pointer - start >= block.requested)
			return;
	}
	if (found_mark(&block, pointer) == LEAKS_GRAY)
		make_small_gray((struct item){start, small}, place);
	else
		leaks_set_mark(place, LEAKS_HIT);
}

static void see_big(uintptr_t pointer, struct leaks_big *big)
{
	struct leaks_block block = {.start = big->start};

	if ((big->mark & LEAKS_WHITE) == 0 || big->start == mark.leader ||
	    (pointer != big->start && pointer - big->start >= big->requested))
		return;
	if (found_mark(&block, pointer) == LEAKS_GRAY)
		make_big_gray(big);
	else
		big->mark = LEAKS_HIT;
}

static void follow(struct item word)
{
	if (leaks_is_small(word.entry))
		see_small(word.address, word.entry);
	else
		see_big(word.address, leaks_big_of(word.entry));
}

/* Follows a word that points into the heap, a little later. */
static void see(struct item word)
{
	if (leaks_is_small(word.entry))
		__builtin_prefetch(&leaks_index.pages[leaks_ordinal(word.entry)]);
	if (mark.words.count == RING)
		follow(take_oldest(&mark.words));
	put_newest(&mark.words, word);
}

/* Looks up the oldest word that looked like a pointer. */
static void look_up(void)
{
	struct item word = take_oldest(&mark.found);

	word.entry = leaks_entry(word.address);
	if (word.entry != 0)
		see(word);
}

/* A word that points to where blocks lie near, or into one far away. */
static void find(uintptr_t word)
{
	uintptr_t at = (word >> BASE_PAGE_SHIFT) - leaks_index.near.first_page;

	if (at < leaks_index.near.pages)
		__builtin_prefetch(&leaks_index.near.entries[at]);
	else if (leaks_entry_far(word >> BASE_PAGE_SHIFT) == 0)
		return;
	if (mark.found.count == RING)
		look_up();
	put_newest(&mark.found, (struct item){word, 0});
}

static void read_words(uintptr_t start, uintptr_t end)
{
	const uintptr_t *word = (const uintptr_t *)base_round_up(start, sizeof(uintptr_t));
	/* Nearly every word points nowhere and costs only the look at it. */
	uintptr_t low = leaks_index.near.first_page << BASE_PAGE_SHIFT;
	uintptr_t bytes = leaks_index.near.pages << BASE_PAGE_SHIFT;

	if (BASE_UNLIKELY(leaks_index.far_count != 0)) {
		low = 0;
		bytes = UINTPTR_MAX;
	}
	for (; (uintptr_t)(word + 1) <= end; word++)
		if (BASE_UNLIKELY(*word - low < bytes))
			find(*word);
}

static void read_block(struct leaks_block block)
{
	read_words(block.start, block.start + block.requested);
}

static struct leaks_block block_of(struct item item)
{
	const struct leaks_big *big;

	if (leaks_is_small(item.entry))
		return leaks_small_block(item.address, item.entry);
	big = leaks_big_of(item.entry);
	return (struct leaks_block){item.address, big->requested, big->site};
}

/* Reads a block that was gray. */
static void finish(struct item item)
{
	struct leaks_block block = block_of(item);

	tally_block(block, kind_of(block.site) == KIND_IGNORED ? POOLTAG_LEAK_IGNORED : mark.class);
	read_block(block);
}

/* Takes the gray blocks of a page of small blocks: all of them before the first is read. */
static void read_page(uint32_t ordinal)
{
	struct leaks_page *page = &leaks_index.pages[ordinal];
	uintptr_t address = leaks_index.addresses[ordinal];
	uint64_t entry = leaks_entry(address);
	uint64_t gray[LEAKS_PLANE_WORDS];

	for (uint32_t word = 0; word < LEAKS_PLANE_WORDS; word++) {
		gray[word] = page->high[word] & ~page->low[word];
		page->high[word] &= page->low[word];
	}
	for (uint32_t word = 0; word < LEAKS_PLANE_WORDS; word++)
		for (uint64_t left = gray[word]; left != 0; left &= left - 1) {
			uint32_t granule = word * 64 + (uint32_t)__builtin_ctzl(left);

			if (mark.blocks.count == RING)
				finish(take_oldest(&mark.blocks));
			read_soon((struct item){address + granule * 16, entry});
		}
}

static void read_big(uint32_t number)
{
	struct leaks_big *big = &leaks_index.bigs[number];

	big->mark = LEAKS_DEAD;
	if (mark.blocks.count == RING)
		finish(take_oldest(&mark.blocks));
	read_soon((struct item){big->start, number + 1});
}

/* Has the marks of pages with gray blocks fetched, which are taken round and round. */
static void look_ahead(void)
{
	while (mark.ahead_count < AHEAD && !leaks_worklist_is_empty(&mark.gray)) {
		uint32_t next = leaks_worklist_next(&mark.gray, mark.at + 1);

		if (next == LEAKS_WORK_NONE)
			next = leaks_worklist_next(&mark.gray, 0);
		leaks_worklist_remove(&mark.gray, next);
		mark.at = next;
		mark.ahead[(mark.ahead_first + mark.ahead_count++) % AHEAD] = next;
		if (next < leaks_index.page_count) {
			__builtin_prefetch(&leaks_index.pages[next]);
			__builtin_prefetch(&leaks_index.addresses[next]);
		}
	}
}

static void read_next(void)
{
	uint32_t next = mark.ahead[mark.ahead_first++ % AHEAD];

	mark.ahead_count--;
	if (next < leaks_index.page_count)
		read_page(next);
	else
		read_big(next - leaks_index.page_count);
}

/* Reads all gray blocks, and what that makes gray. */
static void drain(void)
{
	for (;;) {
		look_ahead();
		if (mark.ahead_count > 0)
			read_next();
		else if (mark.blocks.count > 0)
			finish(take_oldest(&mark.blocks));
		else if (mark.words.count > 0)
			follow(take_oldest(&mark.words));
		else if (mark.found.count > 0)
			look_up();
		else
			return;
	}
}

/* --- roots ---------------------------------------------------------------------------------- */

/* The end of the block an address lies in, or the address. */
static uintptr_t end_of_block(uintptr_t address)
{
	uint64_t entry = leaks_entry(address);
	struct leaks_block block;

	if (entry == 0)
		return address;
	if (leaks_is_small(entry))
		address = (uintptr_t)heap_map_block_of((const void *)address,
						       heap_map_get((const void *)address));
	else
		address = leaks_big_of(entry)->start;
	block = leaks_block_at(address);
	return address + block.requested;
}

static void read_root(uintptr_t start, uintptr_t end, int in_block)
{
	if (end == 0)
		end = end_of_block(start);
	while (start < end) {
		uintptr_t next =
			base_min(base_round_down(start, BASE_PAGE_SIZE) + BASE_PAGE_SIZE, end);

		if (in_block || leaks_entry(start) == 0) {
			read_words(start, next);
			mark.tally->scan->root_bytes += next - start;
		}
		start = next;
	}
}

/* --- classes -------------------------------------------------------------------------------- */

static void make_gray(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);

	if (leaks_is_small(entry))
		make_small_gray((struct item){start, entry}, leaks_place_of(start, entry));
	else
		make_big_gray(leaks_big_of(entry));
}

/* A lost block, unless another one before it led here. */
static void follow_lost(uintptr_t start)
{
	if (leaks_mark_of(start) != LEAKS_WHITE)
		return;
	mark.leader = start;
	read_block(leaks_block_at(start));
	drain();
}

static void take_for_definite(uintptr_t start)
{
	tally_block(leaks_block_at(start), POOLTAG_LEAK_DEFINITE);
}

int leaks_mark(const struct leaks_roots *roots, const struct leaks_threads *threads,
	       const struct leaks_tally *tally)
{
	mark.tally = tally;
	if (find_kinds(roots) != 0 ||
	    leaks_index_build(&roots->mappings, first_mark, mark.kinds, tally->sites) != 0 ||
	    leaks_worklist_make(&mark.gray, leaks_index.page_count + leaks_index.big_count) != 0)
		return -ENOMEM;
	leaks_for_marks(LEAKS_GRAY, make_gray);
	mark.class = POOLTAG_LEAK_REACHABLE;
	leaks_roots_visit(roots, threads, read_root);
	drain();
	mark.class = POOLTAG_LEAK_POSSIBLE;
	mark.any_pointer = 1;
	leaks_for_marks(LEAKS_HIT, make_gray);
	drain();
	mark.class = POOLTAG_LEAK_INDIRECT;
	leaks_lost_gather();
	leaks_for_marks(LEAKS_WHITE, follow_lost);
	leaks_for_marks(LEAKS_WHITE, take_for_definite);
	*tally->lost_count = leaks_lost_tell(tally->lost, tally->sites);
	return 0;
}
