/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/lookaside_list.h"
#include "lib/base/arena.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/lookaside.h"
#include "lib/kernel/seh.h"
#include "lib/pool/alloc.h"
#include "lib/pool/check.h"
#include "lib/pool/describe.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include <pthread.h>

#define SCAN_NS         1000000000u
#define USES_PER_LOOK   64u /* a clock is asked for at every so many uses */
#define FREED_WORD      0xddddddddddddddddu
#define ENTRY_KEPT_SIZE sizeof(SLIST_ENTRY) /* of a kept block, the link's */

/* The books of a list, in memory of ours. */
struct record {
	uint32_t number; /* in the table */
	struct base_lock lock;
	kernel_list *list; /* NULL: deleted, for the next of its kind */
	struct kernel_list_plan plan;
	const void *maker;               /* return address of the initialisation */
	struct pooltag_lookaside *shown; /* in the segment */
	struct pooltag_lookaside unshown;
	uint64_t allocates, allocate_misses, frees, free_misses;
	uint64_t outstanding;                 /* blocks in the driver's hands */
	uint64_t last_allocates, last_misses; /* at the last scan */
	uint64_t scanned_ns;
	uint32_t uses;
};

/* Places in the code that make lists, times the lists each has at once. */
#define RECORDS_MAX 65536u

static struct {
	struct base_lock lock; /* of the table, and of who has which record */
	uint32_t count;
	struct record *table[RECORDS_MAX];
} records;

BASE_INLINE uint32_t record_count(void)
{
	return base_load_acquire(&records.count);
}

/* --- records -------------------------------------------------------------------------------- */

static struct record *find_active(const kernel_list *list)
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

/* What the list's structure says its record is, if it is. */
static struct record *record_of(const kernel_list *list)
{
	uint32_t number = list->Future[0];
	struct record *record;

	if (number >= record_count())
		return NULL;
	record = records.table[number];
	return base_load_relaxed(&record->list) == list ? record : NULL;
}

static BASE_COLD __attribute__((noreturn)) void not_a_list(const kernel_list *list,
							   const char *what,
							   const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xcb, (uintptr_t)list, 0, 0);
	base_text_add(&bug.text, what);
	base_text_add(&bug.text, " lookaside list ");
	base_text_hex(&bug.text, (uintptr_t)list);
	base_text_add(&bug.text, ", which is not initialised, or deleted");
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

static struct record *active(const kernel_list *list, const char *what, const void *return_address)
{
	struct record *record = record_of(list);

	if (BASE_UNLIKELY(record == NULL))
		not_a_list(list, what, return_address);
	return record;
}

/* A deleted list's record of the same kind, or a new one. Under records.lock. */
static struct record *free_record(const struct kernel_list_plan *plan, const void *maker)
{
	struct record *record;

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
	record->shown = &record->unshown;
	record->number = records.count;
	records.table[records.count] = record;
	base_store_release(&records.count, records.count + 1);
	return record;
}

/* Lets readers see a new list's record. */
static void show(struct record *record)
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
	uint32_t number;

	base_lock_take(&pool_state.lock);
	pool_describe_site((uintptr_t)record->maker, &place);
	base_lock_drop(&pool_state.lock);
	shown.module = place.module;
	shown.function = place.function;
	shown.function_offset = place.function_offset;
	number = stats_lookaside(&shown);
	if (number != STATS_NONE)
		record->shown = stats_lookaside_record(number);
}

static void show_state(struct record *record)
{
	struct pooltag_lookaside *shown = record->shown;
	const kernel_list *list = record->list;

	base_store_relaxed(&shown->allocates, record->allocates);
	base_store_relaxed(&shown->allocate_misses, record->allocate_misses);
	base_store_relaxed(&shown->frees, record->frees);
	base_store_relaxed(&shown->free_misses, record->free_misses);
	base_store_relaxed(&shown->depth, list != NULL ? list->Depth : 0);
	base_store_relaxed(&shown->maximum_depth, list != NULL ? list->MaximumDepth : 0);
	base_store_relaxed(&shown->kept,
			   list != NULL ? (uint32_t)list->ListHead.HeaderX64.Depth : 0);
}

/* --- fork ----------------------------------------------------------------------------------- */

static void before_fork(void)
{
	base_lock_take(&records.lock);
	for (uint32_t i = 0; i < records.count; i++)
		base_lock_take(&records.table[i]->lock);
}

static void after_fork_parent(void)
{
	for (uint32_t i = 0; i < records.count; i++)
		base_lock_drop(&records.table[i]->lock);
	base_lock_drop(&records.lock);
}

static void after_fork_child(void)
{
	for (uint32_t i = 0; i < records.count; i++)
		base_lock_reset(&records.table[i]->lock);
	base_lock_reset(&records.lock);
}

/* Registered after the pool's handlers, so that these locks are taken before the pool's. */
static void take_part_in_forks(void)
{
	static uint32_t done;

	kernel_start();
	if (__atomic_exchange_n(&done, 1, __ATOMIC_RELAXED) == 0)
		pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

/* --- life ----------------------------------------------------------------------------------- */

static BASE_COLD __attribute__((noreturn)) void initialised_twice(const kernel_list *list,
								  const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xca, (uintptr_t)list, 0, 0);
	base_text_add(&bug.text, "initialisation of lookaside list ");
	base_text_hex(&bug.text, (uintptr_t)list);
	base_text_add(&bug.text, ", which is active");
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

static BASE_COLD __attribute__((noreturn)) void too_small(const kernel_list *list, size_t size,
							  const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xcd, (uintptr_t)list, size,
			LOOKASIDE_MINIMUM_BLOCK_SIZE);
	base_text_add(&bug.text, "lookaside list of blocks of ");
	base_text_unsigned(&bug.text, size);
	base_text_add(&bug.text, " bytes; the least is 8");
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

static void fill_list(kernel_list *list, const struct kernel_list_plan *plan, struct record *record)
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
	struct record *record;
	int fresh;

	take_part_in_forks();
	if (base_options.driver_verifier && plan->size < LOOKASIDE_MINIMUM_BLOCK_SIZE)
		too_small(list, plan->size, return_address);
	base_lock_take(&records.lock);
	if (find_active(list) != NULL)
		initialised_twice(list, return_address);
	record = free_record(plan, return_address);
	fresh = record->plan.size == 0;
	record->plan = *plan;
	record->outstanding = 0;
	record->uses = 0;
	record->scanned_ns = base_now_ns(CLOCK_MONOTONIC);
	record->last_allocates = record->allocates;
	record->last_misses = record->allocate_misses;
	fill_list(list, plan, record);
	base_store_release(&record->list, list);
	base_lock_drop(&records.lock);
	if (fresh)
		show(record);
	base_add_atomic(&record->shown->lists, 1);
	base_add_atomic(&record->shown->active, 1);
	show_state(record);
}

/* Blocks of lists without callbacks are the list's alone; a callback's are as it likes. */
static unsigned use_of(const struct kernel_list_plan *plan)
{
	return plan->allocate == NULL && plan->free == NULL ? POOL_USE_LOOKASIDE : 0;
}

static void give_back(const struct record *record, void *entry, const void *return_address)
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
	struct record *record = active(list, "flush of", return_address);
	PSLIST_ENTRY entry;

	base_lock_take(&record->lock);
	entry = InterlockedFlushSList(&list->ListHead);
	show_state(record);
	base_lock_drop(&record->lock);
	while (entry != NULL) {
		PSLIST_ENTRY next = entry->Next;

		give_back(record, entry, return_address);
		entry = next;
	}
}

/* Blocks that can no longer be given back to their list: a leak, or a mistake in the making. */
static BASE_COLD void note_outstanding(const struct record *record, const void *return_address)
{
	char buffer[300];
	char tag[5];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	pooltag_tag_to_text(record->plan.tag, tag);
	base_text_add(&text, "lookaside list of tag ");
	base_text_add(&text, tag);
	base_text_add(&text, " deleted with ");
	base_text_unsigned(&text, record->outstanding);
	base_text_add(&text, record->outstanding == 1 ? " block" : " blocks");
	base_text_add(&text, " not given back, by ");
	pool_describe_text(&text, (uintptr_t)return_address);
	base_note(buffer);
}

void kernel_list_delete(kernel_list *list, const void *return_address)
{
	struct record *record = active(list, "deletion of", return_address);

	kernel_list_flush(list, return_address);
	if (record->outstanding > 0 && base_options.driver_verifier)
		note_outstanding(record, return_address);
	base_lock_take(&records.lock);
	base_store_release(&record->list, NULL);
	list->Future[0] = UINT32_MAX;
	base_lock_drop(&records.lock);
	base_add_atomic(&record->shown->active, -1);
	show_state(record);
}

/* --- depth ---------------------------------------------------------------------------------- */

/* The scans that the seconds since the last one would have made. Under the list's lock. */
static void adapt(struct record *record, kernel_list *list)
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

static void count_use(struct record *record, kernel_list *list)
{
	if (++record->uses % USES_PER_LOOK == 0)
		adapt(record, list);
	show_state(record);
}

/* --- allocate ------------------------------------------------------------------------------- */

static BASE_COLD __attribute__((noreturn)) void written_when_free(const struct record *record,
								  const void *entry, const void *at)
{
	struct pool_identified what = pool_identify(entry);
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_CAUGHT_MODIFYING_FREED_POOL, (uintptr_t)at, 1, 0, 0);
	base_text_add(&bug.text, "byte ");
	base_text_unsigned(&bug.text, (uintptr_t)at - (uintptr_t)entry);
	base_text_add(&bug.text, " was written after the free to its lookaside list: ");
	if (what.identity == POOL_IS_LIVE)
		pool_identified_text(&bug.text, &what);
	else
		base_text_hex(&bug.text, (uintptr_t)entry);
	(void)record;
	kernel_bug_close(&bug);
}

/* Kept blocks hold the pattern of freed memory behind their link. */
static void check_kept(const struct record *record, const void *entry)
{
	const uint8_t *bytes = entry;

	for (size_t i = ENTRY_KEPT_SIZE; i < record->plan.size; i++)
		if (BASE_UNLIKELY(bytes[i] != KERNEL_FILL_FREED))
			written_when_free(record, entry, bytes + i);
}

static void *pop(struct record *record, kernel_list *list)
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

static void take_back_outstanding(struct record *record)
{
	base_lock_take(&record->lock);
	record->outstanding--;
	base_lock_drop(&record->lock);
}

static void *ask(struct record *record, kernel_list *list, unsigned zero, struct pool_frame frame)
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
static void renew(const struct record *record, void *entry, unsigned zero)
{
	if (base_options.driver_verifier && record->plan.free == NULL)
		check_kept(record, entry);
	if (zero)
		memset(entry, 0, record->plan.size);
	else if (base_options.driver_verifier)
		memset(entry, KERNEL_FILL_FRESH, record->plan.size);
}

/* Low-resources simulation: a hit fails as well, for a driver cannot tell. A miss asks the pool. */
static int fails(const struct record *record, struct pool_frame frame)
{
	const struct kernel_list_plan *plan = &record->plan;

	if (!pool_checks.faults || record->list->ListHead.HeaderX64.Depth == 0)
		return 0;
	return pool_check_fault(pool_site_for_driver(pool_enter(), frame, plan->tag,
						     use_of(plan) | plan->pool, KERNEL_STACK_DEPTH),
				plan->size);
}

static void *not_allocated(const struct record *record, const void *caller)
{
	if (record->plan.raise)
		kernel_raise_status(STATUS_INSUFFICIENT_RESOURCES, caller);
	return NULL;
}

void *kernel_list_allocate(kernel_list *list, unsigned zero, struct pool_frame frame)
{
	const void *caller = (const void *)pool_frame_caller(frame);
	struct record *record = active(list, "allocation from", caller);
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

static BASE_COLD __attribute__((noreturn)) void freed_twice(const void *entry,
							    const void *return_address)
{
	struct pool_identified what = pool_identify(entry);
	struct kernel_bug bug;

	kernel_bug_open(&bug, BAD_POOL_CALLER, 0x7, 0, 0, (uintptr_t)entry);
	base_text_add(&bug.text, "double free to its lookaside list of ");
	if (what.identity == POOL_IS_LIVE)
		pool_identified_text(&bug.text, &what);
	else
		base_text_hex(&bug.text, (uintptr_t)entry);
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

/* Under the list's lock. A block that looks like a kept one is looked for. */
static int is_kept(const struct record *record, const kernel_list *list, const void *entry)
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
static void check_entry(const struct record *record, void *entry, const void *return_address)
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
	struct record *record = active(list, "free to", return_address);
	int kept;

	check_entry(record, entry, return_address);
	base_lock_take(&record->lock);
	if (base_options.driver_verifier && record->plan.free == NULL &&
	    is_kept(record, list, entry))
		freed_twice(entry, return_address);
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
