/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/lookaside_record.h"
#include "lib/base/arena.h"
#include "lib/base/report.h"
#include "lib/kernel/lookaside.h"
#include "lib/pool/describe.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"

/* Places in the code that make lists, times the lists each has at once. */
#define RECORDS_MAX 65536u

static struct {
	uint32_t count;
	struct kernel_list_record *table[RECORDS_MAX];
} records;

BASE_INLINE uint32_t record_count(void)
{
	return base_load_acquire(&records.count);
}

/* --- records -------------------------------------------------------------------------------- */

struct kernel_list_record *kernel_list_record_at(const kernel_list *list)
{
	for (uint32_t i = 0; i < record_count(); i++)
		if (base_load_relaxed(&records.table[i]->list) == list)
			return records.table[i];
	return NULL;
}

const void *kernel_lookaside_within(const void *start, size_t size)
{
	for (uint32_t i = 0; i < record_count(); i++) {
		const kernel_list *list = base_load_relaxed(&records.table[i]->list);

		if (list != NULL && (uintptr_t)list - (uintptr_t)start < size)
			return list;
	}
	return NULL;
}

uint32_t kernel_list_count(const void **ret_first)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < record_count(); i++) {
		const kernel_list *list = base_load_relaxed(&records.table[i]->list);

		if (list != NULL && count++ == 0)
			*ret_first = list;
	}
	return count;
}

struct kernel_list_record *kernel_list_record_of(const kernel_list *list)
{
	uint32_t number = list->Future[0];
	struct kernel_list_record *record;

	if (number >= record_count())
		return NULL;
	record = records.table[number];
	return base_load_relaxed(&record->list) == list ? record : NULL;
}

struct kernel_list_record *kernel_list_record_take(const struct kernel_list_plan *plan,
						   const void *maker)
{
	struct kernel_list_record *record;

	for (uint32_t i = 0; i < records.count; i++) {
		record = records.table[i];
		if (record->list == NULL && record->maker == maker &&
		    record->plan.tag == plan->tag && record->plan.size == plan->size &&
		    record->plan.pool == plan->pool && record->plan.kind == plan->kind)
			return record;
	}
	record = records.count < RECORDS_MAX ? base_arena_take(sizeof(*record)) : NULL;
	if (record == NULL)
		base_fatal("no memory for one more lookaside list of the driver kit");
	record->maker = maker;
	record->shown = STATS_NONE;
	record->number = records.count;
	records.table[records.count] = record;
	base_store_release(&records.count, records.count + 1);
	return record;
}

void kernel_list_show_new(struct kernel_list_record *record)
{
	struct pooltag_lookaside shown = {
		.tag = record->plan.tag,
		.pool = record->plan.pool == HEAP_POOL_PAGED ? POOLTAG_POOL_PAGED
							     : POOLTAG_POOL_NONPAGED,
		.kind = record->plan.kind,
		.size = (uint32_t)record->plan.size,
		.address = (uintptr_t)record->maker,
	};
	struct pooltag_site place;

	base_lock_take(&pool_state.lock);
	pool_describe_site((uintptr_t)record->maker, &place);
	base_lock_drop(&pool_state.lock);
	shown.module = place.module;
	shown.function = place.function;
	shown.function_offset = place.function_offset;
	record->shown = stats_lookaside(&shown);
}

/*
 * Where the figures go; NULL when nobody is to see them. A fork child gets its own segment first,
 * or none: what it has until then is its parent's.
 */
static struct pooltag_lookaside *shown_of(const struct kernel_list_record *record)
{
	pool_current();
	return record->shown != STATS_NONE ? stats_lookaside_record(record->shown) : NULL;
}

void kernel_list_show(const struct kernel_list_record *record)
{
	struct pooltag_lookaside *shown = shown_of(record);
	const kernel_list *list = record->list;

	if (shown == NULL)
		return;
	base_store_relaxed(&shown->allocates, record->allocates);
	base_store_relaxed(&shown->allocate_misses, record->allocate_misses);
	base_store_relaxed(&shown->frees, record->frees);
	base_store_relaxed(&shown->free_misses, record->free_misses);
	base_store_relaxed(&shown->depth, list != NULL ? list->Depth : 0);
	base_store_relaxed(&shown->maximum_depth, list != NULL ? list->MaximumDepth : 0);
	base_store_relaxed(&shown->kept,
			   list != NULL ? (uint32_t)list->ListHead.HeaderX64.Depth : 0);
}

void kernel_list_show_made(const struct kernel_list_record *record)
{
	struct pooltag_lookaside *shown = shown_of(record);

	if (shown != NULL) {
		base_add_atomic(&shown->lists, 1);
		base_add_atomic(&shown->active, 1);
	}
	kernel_list_show(record);
}

void kernel_list_show_deleted(const struct kernel_list_record *record)
{
	struct pooltag_lookaside *shown = shown_of(record);

	if (shown != NULL)
		base_add_atomic(&shown->active, -1);
	kernel_list_show(record);
}

void kernel_list_each_lock(void (*use)(struct base_lock *lock))
{
	for (uint32_t i = 0; i < records.count; i++)
		use(&records.table[i]->lock);
}
