/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/mark.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/leaks/index.h"
#include "lib/leaks/lost.h"
#include "lib/leaks/team.h"
#include "lib/leaks/worklist.h"
#include "lib/pool/site.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <sys/mman.h>

/* Accesses under way at once, and pages whose marks are. */
#define RING  32u
#define AHEAD 16u

/* An address and the entry of its page. */
struct item {
	uintptr_t address;
	uint64_t entry;
};

/* The last few put into it, the oldest first. */
struct ring {
	struct item items[RING];
	uint32_t put, taken; /* how many, ever */
};

/* What all threads of a scan share. */
static struct {
	struct leaks_worklist gray; /* pages with gray blocks; behind them gray blocks of pages */
	int any_pointer;            /* 1: pointers into the middle count as pointers to the start */
	enum pooltag_leak_class class; /* of what is read now */
	uintptr_t leader; /* lost block whose chain is followed: pointers to it say nothing */
	const struct leaks_tally *tally;
	uint8_t *kinds; /* of the sites: enum site_kind */
	int ignores;    /* 1: there are sites of KIND_IGNORED */
	uint32_t busy;  /* threads that read */
	void (*do_chunk)(uint32_t from, uint32_t end);
	uint32_t next_chunk; /* of pages */
	const struct leaks_ranges *mappings;
} mark;

/* What one of them has for itself. Memory that is to be looked at waits here while it is fetched. */
struct worker {
	struct ring found;  /* words that look like pointers */
	struct ring words;  /* those that are */
	struct ring blocks; /* to be read */
	/* Pages to be read next, and the number of the last one. */
	uint32_t ahead[AHEAD], ahead_first, ahead_count, at;
	struct pooltag_leak *leaks; /* by site */
	uint64_t blocks_seen, bytes_seen;
};

static struct worker workers[LEAKS_TEAM_MAX];
static uint32_t team_size;

/* Sites whose blocks are what they are whoever points to them. */
enum site_kind {
	KIND_ANY,
	KIND_LOADER,  /* the loader's own: reachable, but only live threads' storage is read */
	KIND_IGNORED, /* the program does not want to be told */
};

/* --- counting ------------------------------------------------------------------------------- */

/* Blocks after which there is a sign of life. */
#define PULSE 256u

/* Of several threads at once one may be lost, but never all. */
static void show_pulse(void)
{
	base_store_relaxed(mark.tally->pulse, base_load_relaxed(mark.tally->pulse) + 1);
}

static void tally_block(struct worker *worker, struct leaks_block block,
			enum pooltag_leak_class class)
{
	uint32_t site = block.site < mark.tally->sites ? block.site : POOLTAG_SITE_LOST;
	struct pooltag_leak *leak = &worker->leaks[site];

	leak->site = site;
	leak->blocks[class]++;
	leak->bytes[class] += block.requested;
	if (leak->example == 0 || (class == POOLTAG_LEAK_DEFINITE && leak->blocks[class] == 1))
		if (class == POOLTAG_LEAK_DEFINITE || class == POOLTAG_LEAK_INDIRECT)
			leak->example = block.start;
	worker->bytes_seen += block.requested;
	if (++worker->blocks_seen % PULSE == 0)
		show_pulse();
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

		if (pool_site_uses[site] & POOL_USE_IGNORED) {
			mark.kinds[site] = KIND_IGNORED;
			mark.ignores = 1;
		} else if (address - roots->loader[0] < roots->loader[1] - roots->loader[0]) {
			mark.kinds[site] = KIND_LOADER;
		}
	}
	return 0;
}

/* --- following pointers --------------------------------------------------------------------- */

BASE_INLINE uint32_t waiting(const struct ring *ring)
{
	return ring->put - ring->taken;
}

BASE_INLINE struct item take_oldest(struct ring *ring)
{
	return ring->items[ring->taken++ % RING];
}

BASE_INLINE void put_newest(struct ring *ring, struct item item)
{
	ring->items[ring->put++ % RING] = item;
}

/* Has a block read, a little later. There must be room for it. */
static void read_soon(struct worker *worker, struct item block)
{
	__builtin_prefetch((const void *)block.address);
	if (leaks_is_small(block.entry))
		__builtin_prefetch((const char *)block.address + leaks_class(block.entry) - 1);
	put_newest(&worker->blocks, block);
}

/* A block that may not have been seen before. While there is nothing else to do it is read at once. */
static void make_small_gray(struct worker *worker, struct item block, struct leaks_place place)
{
	if (waiting(&worker->blocks) > 0) {
		if (leaks_reach(place, LEAKS_GRAY))
			leaks_worklist_add(&mark.gray, leaks_ordinal(block.entry));
	} else if (leaks_reach(place, LEAKS_DEAD)) {
		read_soon(worker, block);
	}
}

/* The same as leaks_reach for a big block. */
static int reach_big(struct leaks_big *big, enum leaks_mark to)
{
	uint32_t before = base_load_relaxed(&big->mark);

	while ((before & LEAKS_WHITE) != 0 && before != (uint32_t)to)
		if (__atomic_compare_exchange_n(&big->mark, &before, (uint32_t)to, 0,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return 1;
	return 0;
}

static uint32_t number_of_big(const struct leaks_big *big)
{
	return leaks_index.page_count + (uint32_t)(big - leaks_index.bigs);
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

static void see_small(struct worker *worker, uintptr_t pointer, uint64_t small)
{
	uintptr_t start = leaks_small_start(pointer, &small);
	struct leaks_place place;
	struct leaks_block block = {0};

	if (start == 0)
		return;
	place = leaks_place_of(start, small);
	if ((leaks_mark_at(place) & LEAKS_WHITE) == 0 || start == mark.leader)
		return;
	block.start = start;
	if (pointer != start) {
		if (!leaks_small_live(start, small, &block))
			return;
		if (is_array_of_none(&block, pointer))
			pointer = start;
		else if (pointer - start >= block.requested)
			return;
	}
	if (found_mark(&block, pointer) == LEAKS_GRAY)
		make_small_gray(worker, (struct item){start, small}, place);
	else
		leaks_reach(place, LEAKS_HIT);
}

static void see_big(uintptr_t pointer, struct leaks_big *big)
{
	struct leaks_block block = {.start = big->start};

	if (big->start == mark.leader ||
	    (pointer != big->start && pointer - big->start >= big->requested))
		return;
	if (found_mark(&block, pointer) == LEAKS_HIT)
		reach_big(big, LEAKS_HIT);
	else if (reach_big(big, LEAKS_GRAY))
		leaks_worklist_add(&mark.gray, number_of_big(big));
}

static void follow(struct worker *worker, struct item word)
{
	if (leaks_is_small(word.entry))
		see_small(worker, word.address, word.entry);
	else
		see_big(word.address, leaks_big_of(word.entry));
}

/* Follows a word that points into the heap, a little later. */
static void see(struct worker *worker, struct item word)
{
	if (leaks_is_small(word.entry))
		__builtin_prefetch(&leaks_index.pages[leaks_ordinal(word.entry)], 1);
	if (waiting(&worker->words) == RING)
		follow(worker, take_oldest(&worker->words));
	put_newest(&worker->words, word);
}

/* Nothing is under way, or was not before what the caller does now. */
BASE_INLINE int is_idle(const struct worker *worker)
{
	return waiting(&worker->found) + waiting(&worker->words) + waiting(&worker->blocks) == 0;
}

/* Looks up the oldest word that looked like a pointer. */
static void look_up(struct worker *worker)
{
	struct item word = take_oldest(&worker->found);

	word.entry = leaks_entry(word.address);
	if (word.entry == 0)
		return;
	/* A chain of blocks has but one at a time: there is nothing to do while its mark is fetched. */
	if (is_idle(worker))
		follow(worker, word);
	else
		see(worker, word);
}

/* A word that points to where blocks lie near, or into one far away. */
static void find(struct worker *worker, uintptr_t word)
{
	uintptr_t at = (word >> BASE_PAGE_SHIFT) - leaks_index.near.first_page;

	if (at < leaks_index.near.pages)
		__builtin_prefetch(&leaks_index.near.entries[at]);
	else if (leaks_entry_far(word >> BASE_PAGE_SHIFT) == 0)
		return;
	if (waiting(&worker->found) == RING)
		look_up(worker);
	put_newest(&worker->found, (struct item){word, 0});
}

static void read_words(struct worker *worker, uintptr_t start, uintptr_t end)
{
	const uintptr_t *word = (const uintptr_t *)base_round_up(start, sizeof(uintptr_t));
	/* Nearly every word points nowhere and costs only the look at it. */
	uintptr_t low = leaks_index.near.first_page << BASE_PAGE_SHIFT;
	uintptr_t bytes = leaks_index.near.pages << BASE_PAGE_SHIFT;

	if (BASE_UNLIKELY(leaks_index.far != NULL)) {
		low = 0;
		bytes = UINTPTR_MAX;
	}
	for (; (uintptr_t)(word + 1) <= end; word++)
		if (BASE_UNLIKELY(*word - low < bytes))
			find(worker, *word);
}

static void read_block(struct worker *worker, struct leaks_block block)
{
	read_words(worker, block.start, block.start + block.requested);
}

/* Reads a block that was gray, if it is live. */
static void finish(struct worker *worker, struct item item)
{
	struct leaks_block block;

	if (!leaks_is_small(item.entry))
		block = leaks_big_block(leaks_big_of(item.entry));
	else if (!leaks_small_live(item.address, item.entry, &block))
		return;
	switch (kind_of(block.site)) {
	case KIND_LOADER:
		tally_block(worker, block, POOLTAG_LEAK_REACHABLE);
		return;
	case KIND_IGNORED:
		tally_block(worker, block, POOLTAG_LEAK_IGNORED);
		break;
	case KIND_ANY:
		tally_block(worker, block, mark.class);
		break;
	}
	read_block(worker, block);
}

/* Takes the gray blocks of a page of small blocks: all of them before the first is read. */
static void read_page(struct worker *worker, uint32_t ordinal)
{
	struct leaks_page *page = &leaks_index.pages[ordinal];
	uintptr_t address = leaks_index.addresses[ordinal];
	uint64_t entry = leaks_entry(address);
	uint64_t gray[LEAKS_PAGE_WORDS];

	for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++)
		gray[word] = leaks_take_gray(&page->words[word]);
	for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++)
		for (uint64_t left = gray[word]; left != 0; left &= left - 1) {
			if (waiting(&worker->blocks) == RING)
				finish(worker, take_oldest(&worker->blocks));
			read_soon(worker,
				  (struct item){leaks_start_of(address, word, left), entry});
		}
}

static void read_big(struct worker *worker, uint32_t number)
{
	struct leaks_big *big = &leaks_index.bigs[number];

	if (__atomic_exchange_n(&big->mark, LEAKS_DEAD, __ATOMIC_ACQ_REL) != LEAKS_GRAY)
		return;
	if (waiting(&worker->blocks) == RING)
		finish(worker, take_oldest(&worker->blocks));
	read_soon(worker, (struct item){big->start, number + 1});
}

/* Has the marks of pages with gray blocks fetched, which are taken round and round. */
static void look_ahead(struct worker *worker)
{
	while (worker->ahead_count < AHEAD && !leaks_worklist_is_empty(&mark.gray)) {
		uint32_t next = leaks_worklist_next(&mark.gray, worker->at + 1);

		if (next == LEAKS_WORK_NONE)
			next = leaks_worklist_next(&mark.gray, 0);
		if (next == LEAKS_WORK_NONE)
			return;
		leaks_worklist_remove(&mark.gray, next);
		worker->at = next;
		worker->ahead[(worker->ahead_first + worker->ahead_count++) % AHEAD] = next;
		if (next < leaks_index.page_count) {
			__builtin_prefetch(&leaks_index.pages[next], 1);
			__builtin_prefetch(&leaks_index.addresses[next]);
		}
	}
}

static void read_next(struct worker *worker)
{
	uint32_t next = worker->ahead[worker->ahead_first++ % AHEAD];

	worker->ahead_count--;
	if (next < leaks_index.page_count)
		read_page(worker, next);
	else
		read_big(worker, next - leaks_index.page_count);
}

/*
 * Pages with gray blocks in so many places that more threads find work. A list has them in one or two at
 * a time, and marks that threads share take longer to change.
 */
#define PLACES_SHARED 8

static int is_to_be_shared(void)
{
	return !leaks_index.shared && team_size > 1 &&
	       leaks_worklist_places(&mark.gray) >= PLACES_SHARED;
}

/*
 * Reads gray blocks, and what that makes gray, until there are none left; or while one thread is at it,
 * until there is work for more.
 */
static void drain(struct worker *worker)
{
	for (uint32_t turn = 1; turn % 64 != 0 || !is_to_be_shared(); turn++) {
		look_ahead(worker);
		if (worker->ahead_count > 0)
			read_next(worker);
		else if (waiting(&worker->blocks) > 0)
			finish(worker, take_oldest(&worker->blocks));
		else if (waiting(&worker->words) > 0)
			follow(worker, take_oldest(&worker->words));
		else if (waiting(&worker->found) > 0)
			look_up(worker);
		else
			return;
	}
}

/* --- threads -------------------------------------------------------------------------------- */

/* What a thread with nothing to read waits for, in turns. */
#define SPINS    200
#define PAUSE_NS 50000L

/* With less, a thread is not worth its making. */
#define PAGES_SHARED 4096u

/* Pages that a thread takes at once. */
#define CHUNK 256u

/* Waits until there are gray blocks, or nobody is left who could find some: 0. */
static int is_more_coming(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	__atomic_sub_fetch(&mark.busy, 1, __ATOMIC_ACQ_REL);
	for (uint32_t i = 1;; i++) {
		if (!leaks_worklist_is_empty(&mark.gray)) {
			__atomic_add_fetch(&mark.busy, 1, __ATOMIC_ACQ_REL);
			return 1;
		}
		if (base_load_acquire(&mark.busy) == 0)
			return 0;
		if (i % SPINS != 0)
			__builtin_ia32_pause();
		else
			BASE_SYSCALL2(SYS_nanosleep, &pause, NULL);
	}
}

static void drain_together(uint32_t number)
{
	struct worker *worker = &workers[number];

	__atomic_add_fetch(&mark.busy, 1, __ATOMIC_ACQ_REL);
	if (number > 0)
		worker->at = (uint32_t)((uint64_t)leaks_index.page_count * number / team_size);
	do
		drain(worker);
	while (is_more_coming());
}

static void drain_all(void)
{
	drain(&workers[0]);
	if (!is_to_be_shared())
		return;
	leaks_index.shared = 1;
	leaks_team_run(drain_together, team_size);
	leaks_index.shared = 0;
}

/* Each thread counts for itself; the first one in the result. */
static void make_team(void)
{
	size_t pages = leaks_index.page_count + leaks_index.big_pages;
	uint32_t wanted = pages < PAGES_SHARED ? 1 : leaks_team_size();
	size_t bytes = base_max(mark.tally->sites, 1) * sizeof(struct pooltag_leak);

	for (team_size = 1; team_size < wanted; team_size++) {
		void *leaks = base_map_memory(bytes, PROT_READ | PROT_WRITE, MAP_NORESERVE);

		if (base_is_error(leaks))
			break;
		workers[team_size].leaks = leaks;
	}
}

/* What the other threads counted comes to the first one's. */
static void add_up(void)
{
	for (uint32_t number = 1; number < team_size; number++) {
		const struct worker *other = &workers[number];

		workers[0].blocks_seen += other->blocks_seen;
		workers[0].bytes_seen += other->bytes_seen;
		for (uint32_t site = 0; other->blocks_seen > 0 && site < mark.tally->sites; site++)
			for (int class = 0; class < POOLTAG_LEAK_CLASSES; class ++) {
				if (other->leaks[site].blocks[class] == 0)
					continue;
				mark.tally->leaks[site].site = site;
				mark.tally->leaks[site].blocks[class] +=
					other->leaks[site].blocks[class];
				mark.tally->leaks[site].bytes[class] +=
					other->leaks[site].bytes[class];
			}
	}
	team_size = 1;
}

/* --- roots ---------------------------------------------------------------------------------- */

/* The end of the block an address lies in, or the address. */
static uintptr_t end_of_block(uintptr_t address)
{
	uint64_t entry = leaks_entry(address);
	struct leaks_block block;

	if (entry == 0)
		return address;
	if (!leaks_is_small(entry))
		block = leaks_big_block(leaks_big_of(entry));
	else if (!leaks_small_live(leaks_small_start(address, &entry), entry, &block))
		return address;
	return block.start + block.requested;
}

static void read_root(uintptr_t start, uintptr_t end, int in_block)
{
	if (end == 0)
		end = end_of_block(start);
	while (start < end) {
		uintptr_t next =
			base_min(base_round_down(start, BASE_PAGE_SIZE) + BASE_PAGE_SIZE, end);

		if (in_block || leaks_entry(start) == 0) {
			read_words(&workers[0], start, next);
			mark.tally->scan->root_bytes += next - start;
			show_pulse();
		}
		start = next;
	}
}

/* --- classes -------------------------------------------------------------------------------- */

/* What each thread of the team does: chunks, until there are none left. */
static void take_chunks(uint32_t number)
{
	uint32_t from;

	(void)number;
	while ((from = __atomic_fetch_add(&mark.next_chunk, CHUNK, __ATOMIC_RELAXED)) <
	       leaks_index.page_count) {
		mark.do_chunk(from, (uint32_t)base_min(from + CHUNK, leaks_index.page_count));
		show_pulse();
	}
}

static void for_all_pages(void (*do_chunk)(uint32_t from, uint32_t end))
{
	mark.next_chunk = 0;
	mark.do_chunk = do_chunk;
	leaks_team_run(take_chunks, team_size);
}

static void fill(uint32_t from, uint32_t end)
{
	leaks_index_fill(mark.mappings, from, end);
}

static void have_page_read(uint32_t ordinal)
{
	leaks_worklist_add(&mark.gray, ordinal);
}

static void have_big_read(struct leaks_big *big)
{
	if (reach_big(big, LEAKS_GRAY))
		leaks_worklist_add(&mark.gray, number_of_big(big));
}

static void turn_hits(uint32_t from, uint32_t end)
{
	leaks_index_turn_hits(from, end, have_page_read);
}

/* What pointers into the middle lead to is possibly lost. */
static void follow_hits(void)
{
	mark.class = POOLTAG_LEAK_POSSIBLE;
	mark.any_pointer = 1;
	for_all_pages(turn_hits);
	for (uint32_t i = 0; i < leaks_index.big_count; i++)
		if (leaks_index.bigs[i].mark == LEAKS_HIT)
			have_big_read(&leaks_index.bigs[i]);
	drain_all();
}

/* A small block that nothing led to: there are kinds that need nothing. */
static void settle_block(struct leaks_block block)
{
	uint64_t entry;

	if (kind_of(block.site) == KIND_ANY)
		return;
	entry = leaks_entry(block.start);
	leaks_reach(leaks_place_of(block.start, entry), LEAKS_GRAY);
	have_page_read(leaks_ordinal(entry));
}

static void settle_chunk(uint32_t from, uint32_t end)
{
	leaks_index_prove(from, end, settle_block);
}

/* What is white or hit afterwards is a live block. */
static void settle(void)
{
	for_all_pages(settle_chunk);
	for (uint32_t i = 0; i < leaks_index.big_count; i++)
		if (kind_of(leaks_index.bigs[i].site) != KIND_ANY)
			have_big_read(&leaks_index.bigs[i]);
	drain_all();
}

/* A lost block, unless another one before it led here. */
static void follow_lost(uintptr_t start)
{
	if (leaks_mark_of(start) != LEAKS_WHITE)
		return;
	mark.leader = start;
	read_block(&workers[0], leaks_block_at(start));
	drain(&workers[0]);
}

static void take_for_definite(uintptr_t start)
{
	tally_block(&workers[0], leaks_block_at(start), POOLTAG_LEAK_DEFINITE);
}

int leaks_mark(const struct leaks_roots *roots, const struct leaks_threads *threads,
	       const struct leaks_tally *tally)
{
	mark.tally = tally;
	mark.mappings = &roots->mappings;
	workers[0].leaks = tally->leaks;
	if (find_kinds(roots) != 0)
		return -ENOMEM;
	if (leaks_index_build(mark.mappings) != 0 ||
	    leaks_worklist_make(&mark.gray, leaks_index.page_count + leaks_index.big_count) != 0)
		return -ENOMEM;
	make_team();
	for_all_pages(fill);
	mark.class = POOLTAG_LEAK_REACHABLE;
	leaks_roots_visit(roots, threads, read_root);
	drain_all();
	/* What the program ignores leads on like a root; what it does not is few blocks when all is done. */
	if (mark.ignores)
		settle();
	follow_hits();
	if (!mark.ignores)
		settle();
	add_up();
	mark.class = POOLTAG_LEAK_INDIRECT;
	leaks_lost_gather();
	leaks_for_marks(LEAKS_WHITE, follow_lost);
	leaks_for_marks(LEAKS_WHITE, take_for_definite);
	tally->scan->blocks += workers[0].blocks_seen;
	tally->scan->heap_bytes += workers[0].bytes_seen;
	*tally->lost_count = leaks_lost_tell(tally->lost, tally->sites);
	return 0;
}
