/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/follow.h"
#include "lib/base/sys.h"
#include "lib/leaks/marks.h"
#include "lib/leaks/tally.h"
#include "lib/leaks/team.h"
#include "lib/leaks/worklist.h"
#include <errno.h>

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
	struct leaks_worklist gray; /* pages with gray blocks; behind them big gray blocks */
	int any_pointer;            /* 1: pointers into the middle count as pointers to the start */
	enum pooltag_leak_class class; /* of what is read now */
	uintptr_t leader; /* lost block whose chain is followed: pointers to it say nothing */
	uint32_t busy;    /* threads that read */
} common;

/* What one of them has for itself. What is to be looked at waits here while it is fetched. */
struct worker {
	struct ring found;  /* words that look like pointers */
	struct ring words;  /* those that are */
	struct ring blocks; /* to be read */
	/* Pages to be read next, and the number of the last one. */
	uint32_t ahead[AHEAD], ahead_first, ahead_count, at;
	struct leaks_count *count;
};

static struct worker workers[LEAKS_TEAM_MAX];

/* --- one thread ----------------------------------------------------------------------------- */

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

/* A block that may be new. While there is nothing else to do it is read at once. */
static void make_small_gray(struct worker *worker, struct item block, struct leaks_place place)
{
	if (waiting(&worker->blocks) > 0) {
		if (leaks_reach(place, LEAKS_GRAY))
			leaks_worklist_add(&common.gray, leaks_ordinal(block.entry));
	} else if (leaks_reach(place, LEAKS_DEAD)) {
		read_soon(worker, block);
	}
}

static uint32_t number_of_big(const struct leaks_big *big)
{
	return leaks_index.page_count + (uint32_t)(big - leaks_index.bigs);
}

/* What a pointer makes of a block that is not gray nor dead. */
static enum leaks_mark found_mark(uintptr_t start, uintptr_t pointer)
{
	if (pointer == start || common.any_pointer)
		return LEAKS_GRAY;
	return LEAKS_HIT;
}

/*
 * C++'s new T[0] for a T with a destructor: there is only the count of the array's elements, and
 * the program's pointer stands behind it.
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
	struct leaks_block block;

	if (start == 0)
		return;
	place = leaks_place_of(start, small);
	if ((leaks_mark_at(place) & LEAKS_WHITE) == 0 || start == common.leader)
		return;
	if (pointer != start) {
		if (!leaks_small_live(start, small, &block))
			return;
		if (is_array_of_none(&block, pointer))
			pointer = start;
		else if (pointer - start >= block.requested)
			return;
	}
	if (found_mark(start, pointer) == LEAKS_GRAY)
		make_small_gray(worker, (struct item){start, small}, place);
	else
		leaks_reach(place, LEAKS_HIT);
}

static void see_big(uintptr_t pointer, struct leaks_big *big)
{
	if (big->start == common.leader ||
	    (pointer != big->start && pointer - big->start >= big->requested))
		return;
	if (found_mark(big->start, pointer) == LEAKS_HIT)
		leaks_reach_big(big, LEAKS_HIT);
	else if (leaks_reach_big(big, LEAKS_GRAY))
		leaks_worklist_add(&common.gray, number_of_big(big));
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
		__builtin_prefetch(&leaks_marks.pages[leaks_ordinal(word.entry)], 1);
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
	/* A chain of blocks has but one at a time: nothing else is to do while its mark comes. */
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

/* A program may have made pages inside of its blocks inaccessible. */
static void read_block(struct worker *worker, struct leaks_block block)
{
	uintptr_t end = block.start + block.requested;
	struct leaks_range part = {.end = block.start};

	while (leaks_ranges_readable(leaks_index.mappings, part.end, end, &part))
		read_words(worker, part.start, part.end);
}

/* Reads a block that was gray, if it is live. */
static void finish(struct worker *worker, struct item item)
{
	struct leaks_block block;

	if (!leaks_is_small(item.entry))
		block = leaks_big_block(leaks_big_of(item.entry));
	else if (!leaks_small_live(item.address, item.entry, &block))
		return;
	switch (leaks_kind_of(block.site)) {
	case LEAKS_KIND_LOADER:
		leaks_count_block(worker->count, block, POOLTAG_LEAK_REACHABLE);
		return;
	case LEAKS_KIND_IGNORED:
		leaks_count_block(worker->count, block, POOLTAG_LEAK_IGNORED);
		break;
	case LEAKS_KIND_ANY:
		leaks_count_block(worker->count, block, common.class);
		break;
	}
	/* Of a small block that touches two pages at most it is known that they can be read. */
	if (leaks_is_small(item.entry) && block.requested <= BASE_PAGE_SIZE)
		read_words(worker, block.start, block.start + block.requested);
	else
		read_block(worker, block);
}

/* Takes the gray blocks of a page of small blocks: all of them before the first is read. */
static void read_page(struct worker *worker, uint32_t ordinal)
{
	struct leaks_page *page = &leaks_marks.pages[ordinal];
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
	while (worker->ahead_count < AHEAD && !leaks_worklist_is_empty(&common.gray)) {
		uint32_t next = leaks_worklist_next(&common.gray, worker->at + 1);

		if (next == LEAKS_WORK_NONE)
			next = leaks_worklist_next(&common.gray, 0);
		if (next == LEAKS_WORK_NONE)
			return;
		leaks_worklist_remove(&common.gray, next);
		worker->at = next;
		worker->ahead[(worker->ahead_first + worker->ahead_count++) % AHEAD] = next;
		if (next < leaks_index.page_count) {
			__builtin_prefetch(&leaks_marks.pages[next], 1);
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
 * Pages with gray blocks in so many places that more threads find work. A list has them in one or
 * two at a time, and marks that threads share take longer to change.
 */
#define PLACES_SHARED 8

static int is_to_be_shared(void)
{
	return !leaks_marks.shared && leaks_team_size > 1 &&
	       leaks_worklist_places(&common.gray) >= PLACES_SHARED;
}

/*
 * Reads gray blocks, and what that makes gray, until there are none left; or while one thread is at
 * it, until there is work for more.
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

/* --- several threads ------------------------------------------------------------------------ */

/* What a thread with nothing to read waits for, in turns. */
#define SPINS    200
#define PAUSE_NS 50000L

/* With less, a thread is not worth its making. */
#define PAGES_SHARED 4096u

/* Waits until there are gray blocks, or nobody is left who could find some: 0. */
static int is_more_coming(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	__atomic_sub_fetch(&common.busy, 1, __ATOMIC_ACQ_REL);
	for (uint32_t i = 1;; i++) {
		if (!leaks_worklist_is_empty(&common.gray)) {
			__atomic_add_fetch(&common.busy, 1, __ATOMIC_ACQ_REL);
			return 1;
		}
		if (base_load_acquire(&common.busy) == 0)
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

	__atomic_add_fetch(&common.busy, 1, __ATOMIC_ACQ_REL);
	if (number > 0)
		worker->at =
			(uint32_t)((uint64_t)leaks_index.page_count * number / leaks_team_size);
	do
		drain(worker);
	while (is_more_coming());
}

/* --- what the phases of a scan ask for ------------------------------------------------------ */

int leaks_follow_start(void)
{
	size_t pages = leaks_index.page_count + leaks_index.big_pages;

	if (leaks_worklist_make(&common.gray, leaks_index.page_count + leaks_index.big_count) != 0)
		return -ENOMEM;
	if (pages >= PAGES_SHARED)
		leaks_team_size = leaks_tally_make_room(leaks_team_wanted());
	for (uint32_t number = 0; number < leaks_team_size; number++)
		workers[number].count = &leaks_tally.counts[number];
	return 0;
}

void leaks_follow_as(enum pooltag_leak_class class, int any_pointer)
{
	common.class = class;
	common.any_pointer = any_pointer;
}

void leaks_follow_range(uintptr_t start, uintptr_t end)
{
	read_words(&workers[0], start, end);
}

void leaks_follow_page(uint32_t ordinal)
{
	leaks_worklist_add(&common.gray, ordinal);
}

void leaks_follow_big(struct leaks_big *big)
{
	if (leaks_reach_big(big, LEAKS_GRAY))
		leaks_worklist_add(&common.gray, number_of_big(big));
}

void leaks_follow_all(void)
{
	drain(&workers[0]);
	if (!is_to_be_shared())
		return;
	leaks_marks.shared = 1;
	leaks_team_run(drain_together);
	leaks_marks.shared = 0;
}

void leaks_follow_lost(struct leaks_block block)
{
	common.leader = block.start;
	read_block(&workers[0], block);
	drain(&workers[0]);
}
