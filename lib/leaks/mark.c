/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/mark.h"
#include "lib/leaks/follow.h"
#include "lib/leaks/lost.h"
#include "lib/leaks/marks.h"
#include "lib/leaks/tally.h"
#include "lib/leaks/team.h"
#include <errno.h>

/* --- all pages of small blocks, by all threads ---------------------------------------------- */

/* Pages that a thread takes at once. */
#define CHUNK 256u

static struct {
	void (*work)(uint32_t from, uint32_t end);
	uint32_t next;
} chunks;

static void take_chunks(uint32_t number)
{
	uint32_t from;

	(void)number;
	while ((from = __atomic_fetch_add(&chunks.next, CHUNK, __ATOMIC_RELAXED)) <
	       leaks_index.page_count) {
		chunks.work(from, (uint32_t)base_min(from + CHUNK, leaks_index.page_count));
		leaks_show_pulse();
	}
}

static void for_all_pages(void (*work)(uint32_t from, uint32_t end))
{
	chunks.next = 0;
	chunks.work = work;
	leaks_team_run(take_chunks);
}

/* --- reachable ------------------------------------------------------------------------------ */

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
			leaks_follow_range(start, next);
			leaks_tally.result->scan.root_bytes += next - start;
			leaks_show_pulse();
		}
		start = next;
	}
}

static void follow_roots(const struct leaks_roots *roots, const struct leaks_threads *threads)
{
	leaks_follow_as(POOLTAG_LEAK_REACHABLE, 0);
	leaks_roots_visit(roots, threads, read_root);
	leaks_follow_all();
}

/* --- possibly lost -------------------------------------------------------------------------- */

static void turn_hits(uint32_t from, uint32_t end)
{
	leaks_marks_turn_hits(from, end, leaks_follow_page);
}

/* What pointers into the middle lead to. */
static void follow_hits(void)
{
	leaks_follow_as(POOLTAG_LEAK_POSSIBLE, 1);
	for_all_pages(turn_hits);
	for (uint32_t i = 0; i < leaks_index.big_count; i++)
		if (leaks_index.bigs[i].mark == LEAKS_HIT)
			leaks_follow_big(&leaks_index.bigs[i]);
	leaks_follow_all();
}

/* --- whatever led there --------------------------------------------------------------------- */

/* A small block that nothing led to: there are kinds that need nothing. */
static void settle_block(struct leaks_block block)
{
	uint64_t entry;

	if (leaks_kind_of(block.site) == LEAKS_KIND_ANY)
		return;
	entry = leaks_entry(block.start);
	leaks_reach(leaks_place_of(block.start, entry), LEAKS_GRAY);
	leaks_follow_page(leaks_ordinal(entry));
}

static void settle_chunk(uint32_t from, uint32_t end)
{
	leaks_marks_prove(from, end, settle_block);
}

/* What is white or hit afterwards is a live block. */
static void settle(void)
{
	for_all_pages(settle_chunk);
	for (uint32_t i = 0; i < leaks_index.big_count; i++)
		if (leaks_kind_of(leaks_index.bigs[i].site) != LEAKS_KIND_ANY)
			leaks_follow_big(&leaks_index.bigs[i]);
	leaks_follow_all();
}

/* --- lost ----------------------------------------------------------------------------------- */

/* Unless another lost block before it led here. */
static void follow_lost(uintptr_t start)
{
	if (leaks_mark_of(start) == LEAKS_WHITE)
		leaks_follow_lost(leaks_block_at(start));
}

static void take_for_definite(uintptr_t start)
{
	leaks_count_block(&leaks_tally.counts[0], leaks_block_at(start), POOLTAG_LEAK_DEFINITE);
}

/* By one thread, since the order decides which block of a ring is the definite one. */
static void tell_lost(struct leaks_result *result)
{
	leaks_tally_add_up(leaks_team_size);
	leaks_team_size = 1;
	leaks_follow_as(POOLTAG_LEAK_INDIRECT, 1);
	leaks_lost_gather();
	leaks_marks_each(LEAKS_WHITE, follow_lost);
	leaks_marks_each(LEAKS_WHITE, take_for_definite);
	result->lost_count = leaks_lost_tell(result->lost, result->sites);
}

int leaks_mark(const struct leaks_roots *roots, const struct leaks_threads *threads,
	       struct leaks_result *result)
{
	if (leaks_tally_start(result, roots->loader) != 0 ||
	    leaks_index_build(&roots->mappings) != 0 || leaks_marks_make() != 0 ||
	    leaks_follow_start() != 0)
		return -ENOMEM;
	for_all_pages(leaks_marks_fill);
	follow_roots(roots, threads);
	/* What the program ignores leads on like a root. Else few blocks are left to settle. */
	if (leaks_tally.ignores)
		settle();
	follow_hits();
	if (!leaks_tally.ignores)
		settle();
	tell_lost(result);
	result->scan.blocks += leaks_tally.counts[0].blocks;
	result->scan.heap_bytes += leaks_tally.counts[0].bytes;
	return 0;
}
