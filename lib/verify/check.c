/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/check.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include "lib/verify/block.h"
#include "lib/verify/fault.h"
#include "lib/verify/ledger.h"
#include "lib/verify/lock.h"
#include "lib/verify/quarantine.h"
#include "lib/verify/report.h"
#include "lib/verify/special.h"
#include "lib/verify/stack.h"

/* Room behind every block, so that the first byte too many is not the header's. */
#define ROOM 8

struct base_lock verify_lock;

/* --- start ------------------------------------------------------------------------------------ */

static void start_blocks(void)
{
	int special = verify_special_wanted() && verify_special_start() == 0;

	if (special && base_options.verify == 0)
		base_options.verify = 1;
	if (base_options.verify == 0)
		return;
	verify_block_start();
	if (verify_stack_start() != 0 || verify_ledger_start() != 0)
		base_note("verify=: no memory to remember who allocated and who freed blocks");
	if (base_options.verify >= 2 && verify_quarantine_start() != 0)
		base_note("verify=2: no memory for the quarantine; freed blocks are used at once");
	pool_block_room = ROOM;
	pool_checks.blocks = 1;
	/* What a program writes to must be what it asked for. */
	base_options.usable_requested = 1;
}

void pool_check_start(void)
{
	pool_checks.faults = verify_fault_start() != 0;
	start_blocks();
	pool_checks.active = pool_checks.faults || pool_checks.blocks;
	/* Without front lists every operation takes the slow path, where the checks are. */
	if (pool_checks.active)
		base_options.front_bytes = 0;
}

/* --- allocate --------------------------------------------------------------------------------- */

static void note_entry(const void *block, struct verify_entry entry)
{
	if (verify_special_owns(block))
		verify_special_note(block, entry);
	else
		verify_ledger_set(block, entry);
}

static void note_alloc(struct pool_thread *thread, const void *block, const struct pool_want *want,
		       uint32_t site)
{
	note_entry(block, (struct verify_entry){
				  .allocated = verify_stack_note(thread, want->frame, site),
				  .size = (uint32_t)base_min(want->size, VERIFY_SIZE_MORE),
				  .family = want->family,
			  });
}

static void *alloc_checked(struct pool_thread *thread, const struct pool_want *want, uint32_t site)
{
	void *block = verify_special_take(thread, want, site);
	struct pool_found found;

	if (block == NULL) {
		block = pool_block_take(thread, want, site);
		if (block == NULL)
			return NULL;
		pool_block_find(block, &found);
		verify_block_begin(block, &found, want->zero);
	}
	note_alloc(thread, block, want, site);
	return block;
}

void *pool_check_alloc(struct pool_thread *thread, const struct pool_want *want, uint32_t site)
{
	/* The room must not make a small block of an impossible one. */
	if (want->size > HEAP_MAP_SIZE_MAX - BASE_PAGE_SIZE || pool_check_fault(site, want->size))
		return NULL;
	if (pool_checks.blocks)
		return alloc_checked(thread, want, site);
	return pool_block_take(thread, want, site);
}

/* --- free ------------------------------------------------------------------------------------- */

/* A block that comes back, and how. */
struct coming {
	const void *block;
	const struct pool_found *found;
	struct pool_freeing how;
	uint32_t stack; /* of this free */
};

static void check_behind(const struct coming *coming)
{
	struct verify_damage damage =
		verify_special_owns(coming->block)
			? verify_special_nearby(coming->block, coming->found->requested)
			: verify_block_behind(coming->block, coming->found);
	char buffer[VERIFY_LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	if (BASE_LIKELY(damage.count == 0))
		return;
	base_text_add(&text, verify_special_owns(coming->block)
				     ? "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION (0xC1, 0x23): "
				     : "BAD_POOL_HEADER (0x19, 0x21): ");
	verify_report_damage(&text, damage);
	base_text_add(&text, (ptrdiff_t)damage.offset < 0 ? " written before the start of "
							  : " written behind the end of ");
	verify_report_block(&text, coming->block, coming->found);
	verify_report_caller(&text, ", seen when freed by ", coming->stack);
	verify_report_fatal(&text, coming->block, coming->stack);
}

static const char *const families[] = {
	[POOL_FAMILY_MALLOC] = "malloc",
	[POOL_FAMILY_NEW] = "new",
	[POOL_FAMILY_NEW_ARRAY] = "new[]",
};

static const char *const freers[] = {
	[POOL_FAMILY_MALLOC] = "free or realloc",
	[POOL_FAMILY_NEW] = "delete",
	[POOL_FAMILY_NEW_ARRAY] = "delete[]",
};

static void report_mismatch(const struct coming *coming, uint32_t family)
{
	char buffer[VERIFY_LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	base_text_add(&text,
		      base_options.mismatch >= 2 ? "BAD_POOL_CALLER (0xC2, 0x99): " : "mismatch: ");
	verify_report_block(&text, coming->block, coming->found);
	verify_report_caller(&text, ", freed by ", coming->stack);
	base_text_add(&text, ": it is of ");
	base_text_add(&text, families[family]);
	base_text_add(&text, " and freed by ");
	base_text_add(&text, freers[coming->how.family]);
	if (coming->how.size != SIZE_MAX) {
		base_text_add(&text, ", which was told ");
		base_text_unsigned(&text, coming->how.size);
		base_text_add(&text, coming->how.size == 1 ? " byte" : " bytes");
	}
	if (base_options.mismatch >= 2)
		verify_report_fatal(&text, coming->block, coming->stack);
	verify_report_note(&text, coming->block, coming->stack);
}

static void check_family(const struct coming *coming, const struct verify_entry *entry)
{
	static uint32_t said;

	if (entry->allocated == VERIFY_NO_STACK)
		return;
	if (entry->family == coming->how.family &&
	    (coming->how.size == SIZE_MAX || coming->how.size == coming->found->requested))
		return;
	base_add_atomic(&stats_process()->mismatches, 1);
	if (base_options.mismatch >= 2 ||
	    (base_options.mismatch == 1 && __atomic_exchange_n(&said, 1, __ATOMIC_RELAXED) == 0))
		report_mismatch(coming, entry->family);
}

static void check_block(const struct coming *coming)
{
	struct verify_entry entry = verify_special_owns(coming->block)
					    ? verify_special_entry(coming->block)
					    : verify_ledger_get(coming->block);

	check_behind(coming);
	check_family(coming, &entry);
	entry.freed = coming->stack;
	note_entry(coming->block, entry);
}

void pool_check_free(struct pool_thread *thread, void *block, const struct pool_found *found,
		     struct pool_freeing how)
{
	struct coming coming = {.block = block, .found = found, .how = how};

	/* What was allocated while the library started has none of it. */
	if (!pool_checks.blocks || found->site == POOLTAG_SITE_EARLY) {
		pool_block_retire(thread, block, found);
		pool_block_put_back(thread, block, found);
		return;
	}
	coming.stack = verify_stack_note(thread, POOL_FRAME(), found->site);
	check_block(&coming);
	if (base_options.verify >= 2 && !verify_special_owns(block))
		verify_block_bury(block, found);
	pool_block_retire(thread, block, found);
	if (verify_special_owns(block))
		verify_special_give(thread, block, found);
	else if (base_options.verify >= 2)
		verify_quarantine_add(thread, block, found);
	else
		pool_block_put_back(thread, block, found);
}

void pool_check_exit(void)
{
	verify_quarantine_check();
}

size_t pool_check_held(void)
{
	return verify_quarantine_held();
}

size_t pool_check_lock_again(uintptr_t start, uintptr_t end)
{
	return verify_special_lock_again(start, end);
}

struct base_lock *pool_check_lock(void)
{
	return &verify_lock;
}
