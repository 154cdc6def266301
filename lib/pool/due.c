/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/due.h"
#include "lib/pool/block.h"
#include "lib/pool/peak.h"
#include "lib/pool/sample.h"

/*
 * A slot that was just filled may be given up before it is used again, where a thread has more call
 * sites than slots: so its first allocation is the thread's to sample, and a distance of its own is
 * drawn at the second.
 */
enum { SAMPLE_FRESH = 0, SAMPLE_USED = 1 }; /* instead of a slot's sample_at */

static void set_due(struct pool_thread *thread, struct pool_slot *slot)
{
	slot->due = base_min(pool_look_due(pool_slot_site(slot), slot->cell),
			     *pool_sample_at(thread, slot));
}

void pool_due_start(struct pool_thread *thread, struct pool_slot *slot)
{
	*pool_sample_at(thread, slot) = SAMPLE_FRESH;
	slot->due = 0;
}

/* 1 when the last allocation of a slot's site, of `charge` bytes, is to be sampled. */
static int is_sampled(struct pool_thread *thread, struct pool_slot *slot, size_t charge)
{
	uint64_t *at = pool_sample_at(thread, slot);
	int sampled;

	if (*at == SAMPLE_FRESH) {
		*at = SAMPLE_USED;
		return pool_sample_due(thread, charge);
	}
	if (*at == SAMPLE_USED)
		pool_sample_draw(thread, slot, slot->cell->alloc_charge - charge);
	sampled = slot->cell->alloc_charge >= *at;
	if (sampled)
		pool_sample_draw(thread, slot, slot->cell->alloc_charge);
	set_due(thread, slot);
	return sampled;
}

void pool_due_count_now(struct pool_thread *thread, struct pool_slot *slot, struct pool_frame frame,
			struct pool_amount amount)
{
	struct pool_look look = pool_look_begin(pool_slot_site(slot), slot->cell, amount.charge);

	pool_count_in(slot->cell, amount);
	if (look.wanted)
		pool_look_end(&look);
	if (is_sampled(thread, slot, amount.charge))
		pool_sample(thread, frame, pool_slot_site(slot),
			    (struct pool_sampled){amount.requested, amount.charge});
}

void pool_due_counted(struct pool_thread *thread, struct pool_slot *slot, struct pool_frame frame,
		      const void *block, size_t size)
{
	struct pool_found found;

	if (slot != NULL ? slot->cell->alloc_charge < slot->due : thread == &pool_orphan)
		return;
	/* Blocks that a check put elsewhere are not found, and never sampled. */
	if (pool_block_find(block, &found) != 0)
		return;
	if (slot != NULL ? is_sampled(thread, slot, found.charge)
			 : pool_sample_due(thread, found.charge))
		pool_sample(thread, frame, found.site, (struct pool_sampled){size, found.charge});
}
