/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/range.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include "lib/kernel/lock.h"
#include "lib/pool/identify.h"
#include "lib/pool/site.h"
#include "lib/verify/special.h"

/* As many at once as a driver test may want; 160 KB, made on first use. */
#define RANGES_MAX 4096

static struct kernel_range *ranges;
static uint32_t used; /* slots ever used */

static struct kernel_range *free_slot(void)
{
	if (ranges == NULL)
		base_store_release(&ranges, base_arena_take(RANGES_MAX * sizeof(*ranges)));
	if (ranges == NULL)
		return NULL;
	for (uint32_t i = 0; i < used; i++)
		if (ranges[i].kind == KERNEL_RANGE_FREE)
			return &ranges[i];
	return used < RANGES_MAX ? &ranges[used] : NULL;
}

int kernel_range_add(const struct kernel_range *range)
{
	struct kernel_range *slot;

	kernel_lock_take(KERNEL_LOCK_RANGES);
	slot = free_slot();
	if (slot != NULL) {
		slot->start = range->start;
		slot->length = range->length;
		slot->site = range->site;
		slot->detail = range->detail;
		base_store_release(&slot->kind, range->kind);
		if (slot == &ranges[used])
			base_store_release(&used, used + 1);
	}
	kernel_lock_drop(KERNEL_LOCK_RANGES);
	return slot != NULL ? 0 : -1;
}

int kernel_range_remove(uintptr_t start, enum kernel_range_kind kind,
			struct kernel_range *ret_range)
{
	int result = -1;

	kernel_lock_take(KERNEL_LOCK_RANGES);
	for (uint32_t i = 0; i < used && result != 0; i++)
		if (ranges[i].kind == kind && ranges[i].start == start) {
			*ret_range = ranges[i];
			base_store_release(&ranges[i].kind, KERNEL_RANGE_FREE);
			result = 0;
		}
	kernel_lock_drop(KERNEL_LOCK_RANGES);
	return result;
}

int kernel_range_find(uintptr_t address, enum kernel_range_kind kind,
		      struct kernel_range *ret_range)
{
	uint32_t count = base_load_acquire(&used);

	for (uint32_t i = 0; i < count; i++)
		if (base_load_acquire(&ranges[i].kind) == kind &&
		    address - ranges[i].start < ranges[i].length) {
			*ret_range = ranges[i];
			return 1;
		}
	return 0;
}

static int in_system_range(uintptr_t address)
{
	uint32_t count = base_load_acquire(&used);

	for (uint32_t i = 0; i < count; i++) {
		enum kernel_range_kind kind = base_load_acquire(&ranges[i].kind);

		if (kind != KERNEL_RANGE_FREE && kind != KERNEL_RANGE_USER_VIEW &&
		    kind != KERNEL_RANGE_USER_MAPPING &&
		    address - ranges[i].start < ranges[i].length)
			return 1;
	}
	return 0;
}

int kernel_is_system_address(uintptr_t address)
{
	struct pool_identified block;

	if (in_system_range(address) || verify_special_owns((const void *)address))
		return 1;
	block = pool_identify((const void *)address);
	return (block.identity == POOL_IS_LIVE || block.identity == POOL_IS_INSIDE) &&
	       (base_load_relaxed(&pool_site_uses[block.site]) & POOL_USE_DRIVER) != 0;
}
