/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/tally.h"
#include "lib/leaks/tables.h"
#include "lib/pool/site.h"
#include "lib/stats/segment.h"
#include <errno.h>

struct leaks_tally leaks_tally;

static enum leaks_kind find_kind(uint32_t site, const uintptr_t loader[2])
{
	if (pool_site_uses[site] & POOL_USE_IGNORED)
		return LEAKS_KIND_IGNORED;
	if (stats_site_record(site)->address - loader[0] < loader[1] - loader[0])
		return LEAKS_KIND_LOADER;
	return LEAKS_KIND_ANY;
}

int leaks_tally_start(struct leaks_result *result, const uintptr_t loader[2])
{
	leaks_tally = (struct leaks_tally){.result = result};
	leaks_tally.counts[0].leaks = result->leaks;
	leaks_tally.kinds = leaks_map_table(result->sites);
	if (leaks_tally.kinds == NULL)
		return -ENOMEM;
	for (uint32_t site = 0; site < result->sites; site++) {
		leaks_tally.kinds[site] = (uint8_t)find_kind(site, loader);
		leaks_tally.ignores |= leaks_tally.kinds[site] == LEAKS_KIND_IGNORED;
	}
	return 0;
}

uint32_t leaks_tally_make_room(uint32_t threads)
{
	size_t bytes = leaks_tally.result->sites * sizeof(struct pooltag_leak);

	for (uint32_t number = 1; number < threads; number++) {
		leaks_tally.counts[number].leaks = leaks_map_table(bytes);
		if (leaks_tally.counts[number].leaks == NULL)
			return number;
	}
	return threads;
}

static void add_leak(const struct pooltag_leak *from)
{
	struct pooltag_leak *to = &leaks_tally.result->leaks[from->site];

	to->site = from->site;
	for (int class = 0; class < POOLTAG_LEAK_CLASSES; class ++) {
		to->blocks[class] += from->blocks[class];
		to->bytes[class] += from->bytes[class];
	}
}

void leaks_tally_add_up(uint32_t threads)
{
	for (uint32_t number = 1; number < threads; number++) {
		const struct leaks_count *other = &leaks_tally.counts[number];

		leaks_tally.counts[0].blocks += other->blocks;
		leaks_tally.counts[0].bytes += other->bytes;
		for (uint32_t site = 0; other->blocks > 0 && site < leaks_tally.result->sites;
		     site++)
			if (other->leaks[site].site == site)
				add_leak(&other->leaks[site]);
	}
}
