/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/mark.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/leaks/index.h"
#include "lib/pool/site.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <sys/mman.h>

/* Blocks to be read, at most; 1 for each so many pages of heap, within these bounds. */
#define STACK_MIN 4096u
#define STACK_MAX (1u << 20)

/* Accesses under way at once. */
#define RING 16u

/* The last few addresses put into it, the oldest first. */
struct ring {
	uintptr_t items[RING];
	uint32_t first, count;
};

static struct {
	uintptr_t *stack; /* starts of gray blocks */
	uint32_t depth, capacity;
	int overflowed;  /* some gray block is not on the stack */
	int any_pointer; /* 1: pointers into the middle count as pointers to the start */
	enum pooltag_leak_class class; /* of what is read now */
	uintptr_t leader; /* lost block whose chain is followed: pointers to it say nothing */
	const struct leaks_tally *tally;
	uint8_t *kinds; /* of the sites: enum site_kind */
	/*
	 * Memory that is to be looked at waits here while it is fetched: words that may be pointers,
	 * and blocks to be read. 0: nothing.
	 */
	struct ring words, blocks;
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
		mark.overflowed = 1;
		return LEAKS_GRAY;
	case KIND_ANY:
		break;
	}
	return LEAKS_WHITE;
}

/* --- following pointers --------------------------------------------------------------------- */

static void push(uintptr_t start)
{
	if (mark.depth == mark.capacity) {
		mark.overflowed = 1;
		return;
	}
	mark.stack[mark.depth++] = start;
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
	uint32_t class_size = leaks_class(small);
	uint32_t phase = leaks_phase(small);
	uint32_t offset = (uint32_t)(pointer & (BASE_PAGE_SIZE - 1));
	uintptr_t start = pointer - offset + phase;
	struct leaks_place place;
	struct leaks_block block = {0};

	if (offset < phase) {
		start -= class_size;
		small = leaks_entry(start);
		if (!leaks_is_small(small) || leaks_class(small) != class_size)
			return;
	} else {
		start += (uint32_t)((uint64_t)(offset - phase) *
					    leaks_index.reciprocals[class_size / HEAP_GRANULE] >>
				    32) *
			 class_size;
	}
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
	leaks_set_mark(place, found_mark(&block, pointer));
	if (leaks_mark_at(place) == LEAKS_GRAY)
		push(start);
}

static void see_big(uintptr_t pointer, struct leaks_big *big)
{
	struct leaks_block block = {.start = big->start};

	if ((big->mark & LEAKS_WHITE) == 0 || big->start == mark.leader ||
	    (pointer != big->start && pointer - big->start >= big->requested))
		return;
	big->mark = found_mark(&block, pointer);
	if (big->mark == LEAKS_GRAY)
		push(big->start);
}

static void follow(uintptr_t word)
{
	uint64_t entry = leaks_entry(word);

	if (leaks_is_small(entry))
		see_small(word, entry);
	else
		see_big(word, leaks_big_of(entry));
}

static uintptr_t take_oldest(struct ring *ring)
{
	ring->count--;
	return ring->items[ring->first++ % RING];
}

static void put_newest(struct ring *ring, uintptr_t item)
{
	ring->items[(ring->first + ring->count++) % RING] = item;
}

/* Follows a word that points into the heap, a little later. */
static void see(uintptr_t word)
{
	uint64_t entry = leaks_entry(word);

	if (BASE_LIKELY(entry == 0))
		return;
	if (leaks_is_small(entry))
		__builtin_prefetch(&leaks_index.pages[leaks_ordinal(entry)]);
	if (mark.words.count == RING)
		follow(take_oldest(&mark.words));
	put_newest(&mark.words, word);
}

static void read_words(uintptr_t start, uintptr_t end)
{
	const uintptr_t *word = (const uintptr_t *)base_round_up(start, sizeof(uintptr_t));

	for (; (uintptr_t)(word + 1) <= end; word++)
		see(*word);
}

static void read_block(struct leaks_block block)
{
	read_words(block.start, block.start + block.requested);
}

static struct leaks_block block_at(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);
	const struct leaks_big *big;

	if (leaks_is_small(entry))
		return leaks_small_block(start, entry);
	big = leaks_big_of(entry);
	return (struct leaks_block){start, big->requested, big->site};
}

static enum leaks_mark mark_at(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);

	if (leaks_is_small(entry))
		return leaks_mark_at(leaks_place_of(start, entry));
	return (enum leaks_mark)leaks_big_of(entry)->mark;
}

static void set_mark(uintptr_t start, enum leaks_mark fresh)
{
	uint64_t entry = leaks_entry(start);

	if (leaks_is_small(entry))
		leaks_set_mark(leaks_place_of(start, entry), fresh);
	else
		leaks_big_of(entry)->mark = fresh;
}

/* Reads a gray block and is done with it. */
static void finish(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);
	struct leaks_block block;

	if (leaks_is_small(entry)) {
		struct leaks_place place = leaks_place_of(start, entry);

		if (leaks_mark_at(place) != LEAKS_GRAY)
			return;
		leaks_set_mark(place, LEAKS_DEAD);
		block = leaks_small_block(start, entry);
	} else {
		struct leaks_big *big = leaks_big_of(entry);

		if (big->mark != LEAKS_GRAY)
			return;
		big->mark = LEAKS_DEAD;
		block = (struct leaks_block){start, big->requested, big->site};
	}
	tally_block(block, kind_of(block.site) == KIND_IGNORED ? POOLTAG_LEAK_IGNORED : mark.class);
	read_block(block);
}

static void fetch_block(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);

	__builtin_prefetch((const void *)start);
	if (leaks_is_small(entry))
		__builtin_prefetch((const char *)start + leaks_class(entry) - 1);
}

/* Reads all blocks that are on the stack or come to it. */
static void empty_stack(void)
{
	for (;;) {
		while (mark.depth > 0 && mark.blocks.count < RING) {
			uintptr_t start = mark.stack[--mark.depth];

			fetch_block(start);
			put_newest(&mark.blocks, start);
		}
		if (mark.blocks.count > 0)
			finish(take_oldest(&mark.blocks));
		else if (mark.words.count > 0)
			follow(take_oldest(&mark.words));
		else
			return;
	}
}

/* --- walks over the index ------------------------------------------------------------------- */

/* Calls `work` for each block that has the mark `wanted` when its page is come to. */
static void for_marks(enum leaks_mark wanted, void (*work)(uintptr_t start))
{
	struct leaks_walk walk = {0};
	uintptr_t address;
	uint64_t entry;

	while ((address = leaks_next_page(&walk, &entry)) != 0) {
		struct leaks_page *page = &leaks_index.pages[leaks_ordinal(entry)];

		for (uint32_t word = 0; word < LEAKS_PLANE_WORDS; word++) {
			uint64_t low = wanted & 1 ? page->low[word] : ~page->low[word];
			uint64_t high = wanted & 2 ? page->high[word] : ~page->high[word];

			for (uint64_t left = low & high; left != 0; left &= left - 1)
				work(address + ((word * 64 + (uint32_t)__builtin_ctzl(left)) * 16));
		}
	}
	for (uint32_t i = 0; i < leaks_index.big_count; i++)
		if (leaks_index.bigs[i].mark == wanted)
			work(leaks_index.bigs[i].start);
}

static void finish_in_order(uintptr_t start)
{
	finish(start);
	if (mark.depth > mark.capacity / 2)
		empty_stack();
}

/* Reads all gray blocks, and what that makes gray. */
static void drain(void)
{
	empty_stack();
	while (mark.overflowed) {
		mark.overflowed = 0;
		for_marks(LEAKS_GRAY, finish_in_order);
		empty_stack();
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
	block = block_at(address);
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

static void take_for_possible(uintptr_t start)
{
	set_mark(start, LEAKS_GRAY);
	push(start);
}

/* A lost block, unless another one before it led here. */
static void follow_lost(uintptr_t start)
{
	if (mark_at(start) != LEAKS_WHITE)
		return;
	mark.leader = start;
	read_block(block_at(start));
	drain();
}

static void take_for_definite(uintptr_t start)
{
	tally_block(block_at(start), POOLTAG_LEAK_DEFINITE);
}

static int make_stack(void)
{
	size_t wanted = base_max((size_t)leaks_index.page_count, STACK_MIN);

	mark.capacity = (uint32_t)base_min(wanted, STACK_MAX);
	mark.stack = base_map_memory(mark.capacity * sizeof(*mark.stack), PROT_READ | PROT_WRITE,
				     MAP_NORESERVE);
	return base_is_error(mark.stack) ? -ENOMEM : 0;
}

int leaks_mark(const struct leaks_roots *roots, const struct leaks_threads *threads,
	       const struct leaks_tally *tally)
{
	mark.tally = tally;
	if (find_kinds(roots) != 0 ||
	    leaks_index_build(&roots->mappings, first_mark, mark.kinds, tally->sites) != 0 ||
	    make_stack() != 0)
		return -ENOMEM;
	mark.class = POOLTAG_LEAK_REACHABLE;
	leaks_roots_visit(roots, threads, read_root);
	drain();
	mark.class = POOLTAG_LEAK_POSSIBLE;
	mark.any_pointer = 1;
	for_marks(LEAKS_HIT, take_for_possible);
	drain();
	mark.class = POOLTAG_LEAK_INDIRECT;
	for_marks(LEAKS_WHITE, follow_lost);
	for_marks(LEAKS_WHITE, take_for_definite);
	return 0;
}
