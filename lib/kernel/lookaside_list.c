/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/lookaside_list.h"
#include "lib/base/options.h"
#include "lib/base/sys.h"
#include "lib/kernel/lock.h"
#include "lib/kernel/lookaside.h"
#include "lib/kernel/lookaside_record.h"
#include "lib/kernel/lookaside_report.h"
#include "lib/kernel/seh.h"
#include "lib/pool/alloc.h"
#include "lib/pool/check.h"
#include "lib/pool/state.h"

#define SCAN_NS         1000000000u
#define USES_PER_LOOK   64u /* a clock is asked for at every so many uses */
#define FREED_WORD      0xddddddddddddddddu
#define ENTRY_KEPT_SIZE sizeof(SLIST_ENTRY) /* of a kept block, the link's */

static struct kernel_list_record *active(const kernel_list *list, const char *what,
					 const void *return_address)
{
	struct kernel_list_record *record = kernel_list_record_of(list);

	if (BASE_UNLIKELY(record == NULL))
		kernel_list_not_made(list, what, return_address);
	return record;
}

/* --- life ----------------------------------------------------------------------------------- */

static void fill_list(kernel_list *list, const struct kernel_list_plan *plan,
		      struct kernel_list_record *record)
{
	memset(list, 0, sizeof(*list));
	InitializeSListHead(&list->ListHead);
	list->Depth = KERNEL_LOOKASIDE_DEPTH_MIN;
	list->MaximumDepth =
		plan->depth > EX_MAXIMUM_LOOKASIDE_DEPTH_BASE
			? (USHORT)base_min(plan->depth, EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT)
			: EX_MAXIMUM_LOOKASIDE_DEPTH_BASE;
	list->Type = (POOL_TYPE)plan->type;
	list->Tag = plan->tag;
	list->Size = (ULONG)plan->size;
	list->AllocateEx = plan->allocate;
	list->FreeEx = plan->free;
	if (plan->allocate == NULL && !plan->ex)
		list->Allocate = ExAllocatePoolWithTag;
	if (plan->free == NULL && !plan->ex)
		list->Free = ExFreePool;
	InitializeListHead(&list->ListEntry);
	list->Future[0] = record->number;
}

void kernel_list_init(kernel_list *list, const struct kernel_list_plan *plan,
		      const void *return_address)
{
	struct kernel_list_record *record;
	int fresh;

	kernel_start();
	if (base_options.driver_verifier && plan->size < LOOKASIDE_MINIMUM_BLOCK_SIZE)
		kernel_list_too_small(list, plan->size, return_address);
	kernel_lock_take(KERNEL_LOCK_LISTS);
	if (kernel_list_record_at(list) != NULL)
		kernel_list_made_twice(list, return_address);
	record = kernel_list_record_take(plan, return_address);
	fresh = record->plan.size == 0;
	record->plan = *plan;
	record->outstanding = 0;
	record->uses = 0;
	record->scanned_ns = base_now_ns(CLOCK_MONOTONIC);
	record->last_allocates = record->allocates;
	record->last_misses = record->allocate_misses;
	fill_list(list, plan, record);
	base_store_release(&record->list, list);
	kernel_lock_drop(KERNEL_LOCK_LISTS);
	if (fresh)
		kernel_list_show_new(record);
	kernel_list_show_made(record);
}

/* Blocks of lists without callbacks are the list's alone; a callback's are as it likes. */
static unsigned use_of(const struct kernel_list_plan *plan)
{
	return plan->allocate == NULL && plan->free == NULL ? POOL_USE_LOOKASIDE : 0;
}

static void give_back(const struct kernel_list_record *record, void *entry,
		      const void *return_address)
{
	kernel_list *list = record->list;

	if (record->plan.free == NULL)
		kernel_pool_free(entry, KERNEL_FREE_ANY, 0, use_of(&record->plan), return_address);
	else if (record->plan.ex)
		record->plan.free(entry, (PLOOKASIDE_LIST_EX)list);
	else
		record->plan.free_plain(entry);
}

void kernel_list_flush(kernel_list *list, const void *return_address)
{
	struct kernel_list_record *record = active(list, "flush of", return_address);
	PSLIST_ENTRY entry;

	base_lock_take(&record->lock);
	entry = InterlockedFlushSList(&list->ListHead);
	kernel_list_show(record);
	base_lock_drop(&record->lock);
	while (entry != NULL) {
		PSLIST_ENTRY next = entry->Next;

		give_back(record, entry, return_address);
		entry = next;
	}
}

void kernel_list_delete(kernel_list *list, const void *return_address)
{
	struct kernel_list_record *record = active(list, "deletion of", return_address);

	kernel_list_flush(list, return_address);
	if (record->outstanding > 0 && base_options.driver_verifier)
		kernel_list_note_outstanding(record, return_address);
	kernel_lock_take(KERNEL_LOCK_LISTS);
	base_store_release(&record->list, NULL);
	list->Future[0] = UINT32_MAX;
	kernel_lock_drop(KERNEL_LOCK_LISTS);
	kernel_list_show_deleted(record);
}

/* --- depth ---------------------------------------------------------------------------------- */

/* The scans that the seconds since the last one would have made. Under the list's lock. */
static void adapt(struct kernel_list_record *record, kernel_list *list)
{
	uint64_t now = base_now_ns(CLOCK_MONOTONIC);
	uint64_t scans = (now - record->scanned_ns) / SCAN_NS;
	uint64_t allocates = record->allocates - record->last_allocates;
	uint64_t misses = record->allocate_misses - record->last_misses;

	if (scans == 0)
		return;
	list->Depth = (USHORT)kernel_lookaside_next_depth(list->Depth, list->MaximumDepth,
							  allocates, misses);
	/* In the others nothing happened; from the deepest list 102 of them lead to the minimum. */
	for (scans = base_min(scans - 1, EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT); scans > 0; scans--)
		list->Depth =
			(USHORT)kernel_lookaside_next_depth(list->Depth, list->MaximumDepth, 0, 0);
	record->scanned_ns = now;
	record->last_allocates = record->allocates;
	record->last_misses = record->allocate_misses;
	list->LastTotalAllocates = list->TotalAllocates;
	list->LastAllocateMisses = list->AllocateMisses;
}

static void count_use(struct kernel_list_record *record, kernel_list *list)
{
	if (++record->uses % USES_PER_LOOK == 0)
		adapt(record, list);
	kernel_list_show(record);
}

/* --- allocate ------------------------------------------------------------------------------- */

/* Kept blocks hold the pattern of freed memory behind their link. */
static void check_kept(const struct kernel_list_record *record, const void *entry)
{
	const uint8_t *bytes = entry;

	for (size_t i = ENTRY_KEPT_SIZE; i < record->plan.size; i++)
		if (BASE_UNLIKELY(bytes[i] != KERNEL_FILL_FREED))
			kernel_list_written(entry, bytes + i);
}

static void *pop(struct kernel_list_record *record, kernel_list *list)
{
	void *entry;

	base_lock_take(&record->lock);
	list->TotalAllocates++;
	record->allocates++;
	entry = InterlockedPopEntrySList(&list->ListHead);
	if (entry == NULL) {
		list->AllocateMisses++;
		record->allocate_misses++;
	}
	record->outstanding++;
	count_use(record, list);
	base_lock_drop(&record->lock);
	return entry;
}

static void take_back_outstanding(struct kernel_list_record *record)
{
	base_lock_take(&record->lock);
	record->outstanding--;
	base_lock_drop(&record->lock);
}

static void *ask(struct kernel_list_record *record, kernel_list *list, unsigned zero,
		 struct pool_frame frame)
{
	const struct kernel_list_plan *plan = &record->plan;
	struct kernel_request request = {
		.bytes = plan->size,
		.tag = plan->tag,
		.pool = plan->pool,
		.use = use_of(plan),
		.zero = zero != 0,
		.frame = frame,
	};

	if (plan->allocate == NULL)
		return kernel_pool_allocate(&request);
	if (plan->ex)
		return plan->allocate(list->Type, plan->size, plan->tag, (PLOOKASIDE_LIST_EX)list);
	return plan->allocate_plain(list->Type, plan->size, plan->tag);
}

/* A kept block, as new. */
static void renew(const struct kernel_list_record *record, void *entry, unsigned zero)
{
	if (base_options.driver_verifier && record->plan.free == NULL)
		check_kept(record, entry);
	if (zero)
		memset(entry, 0, record->plan.size);
	else if (base_options.driver_verifier)
		memset(entry, KERNEL_FILL_FRESH, record->plan.size);
}

/* Low-resources simulation: a hit fails as well, for a driver cannot tell. A miss asks the pool. */
static int fails(const struct kernel_list_record *record, struct pool_frame frame)
{
	const struct kernel_list_plan *plan = &record->plan;

	if (!pool_checks.faults || record->list->ListHead.HeaderX64.Depth == 0)
		return 0;
	return pool_check_fault(pool_site_for_driver(pool_enter(), frame, plan->tag,
						     use_of(plan) | plan->pool, KERNEL_STACK_DEPTH),
				plan->size);
}

static void *not_allocated(const struct kernel_list_record *record, const void *caller)
{
	if (record->plan.raise)
		kernel_raise_status(STATUS_INSUFFICIENT_RESOURCES, caller);
	return NULL;
}

void *kernel_list_allocate(kernel_list *list, unsigned zero, struct pool_frame frame)
{
	const void *caller = (const void *)pool_frame_caller(frame);
	struct kernel_list_record *record = active(list, "allocation from", caller);
	void *entry;

	kernel_check_allocate_irql(record->plan.pool, record->plan.size, caller);
	if (BASE_UNLIKELY(fails(record, frame)))
		return not_allocated(record, caller);
	entry = pop(record, list);
	if (entry != NULL) {
		renew(record, entry, zero);
		return entry;
	}
	entry = ask(record, list, zero, frame);
	if (entry != NULL)
		return entry;
	take_back_outstanding(record);
	return not_allocated(record, caller);
}

/* --- free ----------------------------------------------------------------------------------- */

/* Under the list's lock. A block that looks like a kept one is looked for. */
static int is_kept(const struct kernel_list_record *record, const kernel_list *list,
		   const void *entry)
{
	uint64_t word = 0;

	if (record->plan.size >= ENTRY_KEPT_SIZE + sizeof(word)) {
		memcpy(&word, (const char *)entry + ENTRY_KEPT_SIZE, sizeof(word));
		if (BASE_LIKELY(word != FREED_WORD))
			return 0;
	}
	for (PSLIST_ENTRY kept = RtlFirstEntrySList(&list->ListHead); kept != NULL;
	     kept = kept->Next)
		if (kept == entry)
			return 1;
	return 0;
}

/*
 * Blocks of the pool are checked as by a free: a block of another list, tag or size is none of this
 * list's. What a callback allocated is the driver's to know.
 */
static void check_entry(const struct kernel_list_record *record, void *entry,
			const void *return_address)
{
	struct pool_identified what;

	kernel_check_free_irql(record->plan.pool, entry, return_address);
	if (use_of(&record->plan) == 0)
		return;
	what = pool_identify(entry);
	if (BASE_LIKELY(what.identity == POOL_IS_LIVE && what.requested == record->plan.size &&
			(pool_site_uses[what.site] & POOL_USE_LOOKASIDE) &&
			pool_site_tags[what.site] == record->plan.tag))
		return;
	/* Says what is wrong: the tag, or the routine. */
	if (what.identity == POOL_IS_LIVE && what.requested != record->plan.size &&
	    pool_site_tags[what.site] == record->plan.tag)
		kernel_pool_free(entry, KERNEL_FREE_ANY, 0, POOL_USE_OBJECT, return_address);
	kernel_pool_free(entry, KERNEL_FREE_TAGGED, record->plan.tag, POOL_USE_LOOKASIDE,
			 return_address);
}

void kernel_list_free(kernel_list *list, void *entry, const void *return_address)
{
	struct kernel_list_record *record = active(list, "free to", return_address);
	int kept;

	check_entry(record, entry, return_address);
	base_lock_take(&record->lock);
	if (base_options.driver_verifier && record->plan.free == NULL &&
	    is_kept(record, list, entry))
		kernel_list_freed_twice(entry, return_address);
	if (base_options.driver_verifier && record->plan.free == NULL)
		memset(entry, KERNEL_FILL_FREED, record->plan.size);
	list->TotalFrees++;
	record->frees++;
	record->outstanding--;
	kept = list->ListHead.HeaderX64.Depth < list->Depth;
	if (kept) {
		InterlockedPushEntrySList(&list->ListHead, entry);
	} else {
		list->FreeMisses++;
		record->free_misses++;
	}
	count_use(record, list);
	base_lock_drop(&record->lock);
	if (!kept)
		give_back(record, entry, return_address);
}
