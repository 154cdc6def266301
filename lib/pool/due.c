/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/due.h"
#include "lib/pool/block.h"
#include "lib/pool/peak.h"
#include "lib/pool/sample.h"

static void set_due(struct pool_thread *thread, struct pool_slot *slot)
{
	slot->due = base_min(pool_look_due(pool_slot_site(slot), slot->cell),
			     *pool_sample_at(thread, slot));
}

void pool_due_start(struct pool_thread *thread, struct pool_slot *slot)
{
	pool_sample_draw(thread, slot);
	if (slot->cell->alloc_charge == 0)
		slot->due = 0; /* the first allocation is looked at */
	else
		set_due(thread, slot);
}

/* 1 when the last allocation of a slot's site is to be sampled. */
static int is_sampled(struct pool_thread *thread, struct pool_slot *slot)
{
	int sampled = slot->cell->alloc_charge >= *pool_sample_at(thread, slot);

	if (sampled)
		pool_sample_draw(thread, slot);
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
	if (is_sampled(thread, slot))
		pool_sample(thread, frame, pool_slot_site(slot),
			    (struct pool_sampled){amount.requested, amount.charge});
}

void pool_due_counted(struct pool_thread *thread, struct pool_slot *slot, struct pool_frame frame,
		      const void *block, size_t size)
{
	struct pool_sampled sampled = {.size = size, .distance = size};
	struct pool_found found;

	if (slot == NULL ? thread == &pool_orphan || !pool_sample_due(thread, size)
			 : slot->cell->alloc_charge < slot->due || !is_sampled(thread, slot))
		return;
	if (pool_block_find(block, &found) != 0)
		return;
	if (slot != NULL)
		sampled.distance = found.charge;
	pool_sample(thread, frame, found.site, sampled);
}
