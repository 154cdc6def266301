/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/sample.h"
#include "lib/base/atomic.h"
#include "lib/base/chance.h"
#include "lib/base/options.h"
#include "lib/heap/header.h"
#include "lib/pool/describe.h"
#include "lib/pool/site.h"
#include "lib/pool/state.h"
#include "lib/sites/table.h"
#include "lib/stats/segment.h"

/* Hash of site and stack -> number of the sample record. */
static struct sites_table samples;

static int64_t draw(struct pool_thread *thread)
{
	return base_options.sample == 0 ? INT64_MAX
					: base_exponential(&thread->random, base_options.sample);
}

void pool_sample_start(struct pool_thread *thread)
{
	if (thread->random == 0)
		thread->random = (heap_header_secret ^ (uintptr_t)thread) | 1;
	thread->sample_left = draw(thread);
}

void pool_sample_prepare(void)
{
	sites_table_prepare(&samples);
}

void pool_sample_draw(struct pool_thread *thread, const struct pool_slot *slot, uint64_t from)
{
	*pool_sample_at(thread, slot) = from + (uint64_t)draw(thread);
}

int pool_sample_due(struct pool_thread *thread, size_t charge)
{
	thread->sample_left -= (int64_t)charge;
	if (thread->sample_left >= 0)
		return 0;
	thread->sample_left = draw(thread);
	return 1;
}

static uint32_t make_record(uint32_t site, const uintptr_t *stack, uint32_t depth)
{
	struct pooltag_sample record = {.site = site, .frame_count = depth};

	record.first_frame = pool_describe_frames(stack, depth);
	return record.first_frame != STATS_NONE ? stats_sample(&record) : STATS_NONE;
}

static uint32_t find_or_make(uint32_t site, const uintptr_t *stack, uint32_t depth)
{
	uint64_t key = pool_hash_addresses(stack, depth, site);
	uint64_t number = sites_table_find(&samples, key);

	if (BASE_LIKELY(number != SITES_UNKNOWN))
		return (uint32_t)number;
	base_lock_take(&pool_state.lock);
	number = sites_table_find(&samples, key);
	if (number == SITES_UNKNOWN) {
		number = make_record(site, stack, depth);
		if (number != STATS_NONE)
			sites_table_insert(&samples, key, number);
	}
	base_lock_drop(&pool_state.lock);
	return (uint32_t)number;
}

/* A whole number that is `value` on average. */
static uint64_t rounded(struct pool_thread *thread, double value)
{
	uint64_t whole = (uint64_t)value;
	double chance = (double)(base_random(&thread->random) >> 11) * 0x1p-53;

	return whole + (chance < value - (double)whole);
}

void pool_sample(struct pool_thread *thread, struct pool_frame frame, uint32_t site,
		 struct pool_sampled what)
{
	uintptr_t stack[POOL_STACK_MAX];
	uint64_t hash;
	uint32_t depth = pool_stack(thread, frame, stack, POOL_STACK_MAX, &hash);
	uint32_t number = find_or_make(site, stack, depth);
	double likely = base_one_minus_exp((double)what.charge / (double)base_options.sample);
	struct pooltag_sample *record;

	pool_request_look();
	if (number == STATS_NONE)
		return;
	record = stats_sample_record(number);
	base_add_atomic(&record->samples, 1);
	base_add_atomic(&record->blocks, rounded(thread, 1 / likely));
	base_add_atomic(&record->bytes, rounded(thread, (double)what.size / likely));
}
