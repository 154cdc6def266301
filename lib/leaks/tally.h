/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tally.h - what becomes of the blocks, counted by site
 *
 * Purpose: each thread of a scan counts for itself, the first one in the result, which in the end
 * has them all. Sites whose blocks are what they are, whoever points to them, are known here.
 *
 * Callers: leaks/mark.c, leaks/follow.c. Locking: none, a count is its thread's. Context: raw
 * mappings only.
 */
#ifndef LIB_LEAKS_TALLY_H
#define LIB_LEAKS_TALLY_H

#include "lib/base/atomic.h"
#include "lib/leaks/index.h"
#include "lib/leaks/result.h"
#include "lib/leaks/team.h"

enum leaks_kind {
	LEAKS_KIND_ANY,
	LEAKS_KIND_LOADER, /* the loader's own: reachable, but only live threads' storage is read */
	LEAKS_KIND_IGNORED, /* the program does not want to be told */
};

/* What one thread has counted; in a cache line of its own. */
struct leaks_count {
	struct pooltag_leak *leaks; /* by site */
	uint64_t blocks, bytes;
} __attribute__((aligned(64)));

struct leaks_tally {
	struct leaks_result *result;
	uint8_t *kinds; /* of the sites: enum leaks_kind */
	int ignores;    /* 1: there are sites of LEAKS_KIND_IGNORED */
	struct leaks_count counts[LEAKS_TEAM_MAX];
};

extern BASE_HIDDEN struct leaks_tally leaks_tally;

/* The loader's code lies between the two addresses. 0 or -ENOMEM. */
int leaks_tally_start(struct leaks_result *result, const uintptr_t loader[2]);

/* Makes room for the counts of `threads`. Returns for how many there is some, at least 1. */
uint32_t leaks_tally_make_room(uint32_t threads);

/* What the other ones of `threads` counted comes to the first one's. */
void leaks_tally_add_up(uint32_t threads);

/* Of several threads at once one sign of life may be lost, but never all. */
BASE_INLINE void leaks_show_pulse(void)
{
	uint32_t *pulse = &leaks_tally.result->pulse;

	base_store_relaxed(pulse, base_load_relaxed(pulse) + 1);
}

BASE_INLINE enum leaks_kind leaks_kind_of(uint32_t site)
{
	return site < leaks_tally.result->sites ? (enum leaks_kind)leaks_tally.kinds[site]
						: LEAKS_KIND_ANY;
}

/* From one sign of life to the next. */
#define LEAKS_PULSE_BLOCKS 256u

BASE_INLINE void leaks_count_block(struct leaks_count *count, struct leaks_block block,
				   enum pooltag_leak_class class)
{
	uint32_t sites = leaks_tally.result->sites;
	uint32_t site = block.site < sites ? block.site : POOLTAG_SITE_LOST;
	struct pooltag_leak *leak = &count->leaks[site];

	leak->site = site;
	leak->blocks[class]++;
	leak->bytes[class] += block.requested;
	if (leak->example == 0 || (class == POOLTAG_LEAK_DEFINITE && leak->blocks[class] == 1))
		if (class == POOLTAG_LEAK_DEFINITE || class == POOLTAG_LEAK_INDIRECT)
			leak->example = block.start;
	count->bytes += block.requested;
	if (++count->blocks % LEAKS_PULSE_BLOCKS == 0)
		leaks_show_pulse();
}

#endif
