/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/pool.h"
#include "lib/base/options.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/lookaside.h"
#include "lib/kernel/resource.h"
#include "lib/kernel/seh.h"
#include "lib/kernel/thread.h"
#include "lib/pool/alloc.h"
#include "lib/pool/describe.h"
#include <errno.h>

int kernel_pool_nx;

/* Charged to the process's quota now; paged and nonpaged together. */
static uint64_t quota_used;

enum heap_pool kernel_pool_of_type(uint32_t type)
{
	if (type & PagedPool)
		return HEAP_POOL_PAGED;
	return (type & POOL_NX_ALLOCATION) || kernel_pool_nx ? HEAP_POOL_NONPAGED
							     : HEAP_POOL_EXECUTABLE;
}

uint32_t kernel_pool_type(enum heap_pool pool)
{
	switch (pool) {
	case HEAP_POOL_PAGED:
		return PagedPool;
	case HEAP_POOL_NONPAGED:
		return NonPagedPoolNx;
	case HEAP_POOL_EXECUTABLE:
	case HEAP_POOLS:
		break;
	}
	return NonPagedPoolExecute;
}

static const char *name_of(enum heap_pool pool)
{
	return pool == HEAP_POOL_PAGED ? "paged" : "nonpaged";
}

static KIRQL highest_irql(enum heap_pool pool)
{
	return pool == HEAP_POOL_PAGED ? APC_LEVEL : DISPATCH_LEVEL;
}

/* --- allocate ------------------------------------------------------------------------------- */

static BASE_COLD __attribute__((noreturn)) void irql_too_high(enum heap_pool pool, size_t bytes,
							      const void *return_address)
{
	uint32_t type = kernel_pool_type(pool);
	struct kernel_bug bug;

	if (base_options.driver_verifier)
		kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION,
				pool == HEAP_POOL_PAGED ? 0x1 : 0x2, kernel_irql, type, bytes);
	else
		kernel_bug_open(&bug, BAD_POOL_CALLER, 0x8, kernel_irql, type, bytes);
	base_text_add(&bug.text, "allocation of ");
	base_text_unsigned(&bug.text, bytes);
	base_text_add(&bug.text, " bytes of ");
	base_text_add(&bug.text, name_of(pool));
	base_text_add(&bug.text, " pool at ");
	kernel_add_irql(&bug.text, kernel_irql);
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

void kernel_check_allocate_irql(enum heap_pool pool, size_t bytes, const void *return_address)
{
	if (BASE_UNLIKELY(kernel_irql > highest_irql(pool)))
		irql_too_high(pool, bytes, return_address);
}

static void *out_of_memory(const struct kernel_request *request)
{
	if (request->raise)
		kernel_raise_status(STATUS_INSUFFICIENT_RESOURCES,
				    (const void *)pool_frame_caller(request->frame));
	return NULL;
}

/* Takes the block's charge from the quota; -1 when there is not that much. */
static int charge_quota(size_t charge)
{
	uint64_t limit = base_options.driver_quota;
	uint64_t used = base_load_relaxed(&quota_used);

	do {
		if (limit != 0 && used + charge > limit)
			return -1;
	} while (!__atomic_compare_exchange_n(&quota_used, &used, used + charge, 1,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return 0;
}

static void return_quota(size_t charge)
{
	__atomic_fetch_sub(&quota_used, charge, __ATOMIC_RELAXED);
}

static void *quota_exceeded(const struct kernel_request *request, void *block)
{
	pool_free(block);
	if (request->quota_raise)
		kernel_raise_status(STATUS_QUOTA_EXCEEDED,
				    (const void *)pool_frame_caller(request->frame));
	return NULL;
}

void *kernel_pool_allocate(const struct kernel_request *request)
{
	/* Windows charges nothing for blocks of a page and more. */
	unsigned quota = request->use & POOL_USE_QUOTA && request->bytes < PAGE_SIZE;
	int saved_errno = errno;
	void *block;

	kernel_check_allocate_irql(request->pool, request->bytes,
				   (const void *)pool_frame_caller(request->frame));
	block = pool_alloc_want((struct pool_want){
		.size = request->bytes,
		.alignment = request->cache_aligned ? SYSTEM_CACHE_ALIGNMENT_SIZE : 1,
		.zero = request->zero,
		.use = (uint8_t)(POOL_USE_DRIVER | (request->use & ~(unsigned)POOL_USE_QUOTA) |
				 (quota ? POOL_USE_QUOTA : 0) |
				 (request->tag & PROTECTED_POOL ? POOL_USE_PROTECTED : 0) |
				 request->pool),
		.depth = base_options.driver_verifier ? KERNEL_STACK_DEPTH : 1,
		.tag = request->tag & ~PROTECTED_POOL,
		.frame = request->frame,
	});
	errno = saved_errno;
	if (block == NULL)
		return out_of_memory(request);
	if (quota && charge_quota(pool_identify(block).charge) != 0)
		return quota_exceeded(request, block);
	if (!request->zero && base_options.driver_verifier)
		memset(block, KERNEL_FILL_FRESH, request->bytes);
	return block;
}

/* --- free ----------------------------------------------------------------------------------- */

/* A free that cannot be, as far as it is known. */
struct bad_free {
	const void *block;
	const void *return_address;
	struct pool_identified what;
};

static BASE_COLD __attribute__((noreturn)) void close_bad_free(struct kernel_bug *bug,
							       const struct bad_free *bad)
{
	pool_identified_text(&bug->text, &bad->what);
	base_text_add(&bug->text, "; freed");
	kernel_bug_caller(bug, bad->return_address);
	kernel_bug_close(bug);
}

static BASE_COLD __attribute__((noreturn)) void free_of_no_block(const struct bad_free *bad,
								 uint64_t code, const char *why)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, BAD_POOL_CALLER, code, (uintptr_t)bad->block, 0, 0);
	base_text_add(&bug.text, "free of ");
	base_text_hex(&bug.text, (uintptr_t)bad->block);
	base_text_add(&bug.text, why);
	kernel_bug_caller(&bug, bad->return_address);
	kernel_bug_close(&bug);
}

static BASE_COLD __attribute__((noreturn)) void free_inside(const struct bad_free *bad)
{
	enum heap_pool pool = pool_site_pool(bad->what.site);
	struct kernel_bug bug;

	if (pool == HEAP_POOL_PAGED)
		kernel_bug_open(&bug, BAD_POOL_CALLER, 0x41286, (uintptr_t)bad->block,
				(uintptr_t)bad->what.block, 0);
	else
		kernel_bug_open(&bug, BAD_POOL_CALLER, 0x46, (uintptr_t)bad->block, 0, 0);
	base_text_add(&bug.text, "free of ");
	base_text_hex(&bug.text, (uintptr_t)bad->block);
	base_text_add(&bug.text, ", which is ");
	base_text_unsigned(&bug.text, (uintptr_t)bad->block - (uintptr_t)bad->what.block);
	base_text_add(&bug.text, " bytes into ");
	close_bad_free(&bug, bad);
}

static BASE_COLD __attribute__((noreturn)) void free_twice(const struct bad_free *bad)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, BAD_POOL_CALLER, 0x7, 0, 0, (uintptr_t)bad->block);
	base_text_add(&bug.text, "double free of ");
	close_bad_free(&bug, bad);
}

static BASE_COLD __attribute__((noreturn)) void free_overwritten(const struct bad_free *bad)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, BAD_POOL_HEADER, 0x20, (uintptr_t)bad->block,
			(uintptr_t)bad->block + bad->what.charge, 0);
	base_text_add(&bug.text, "the header of block ");
	base_text_hex(&bug.text, (uintptr_t)bad->block);
	base_text_add(&bug.text, " is overwritten: more than ");
	base_text_unsigned(&bug.text, bad->what.charge - HEAP_HEADER_SIZE);
	base_text_add(&bug.text, " bytes were written to it, or it was never allocated; freed");
	kernel_bug_caller(&bug, bad->return_address);
	kernel_bug_close(&bug);
}

static BASE_COLD __attribute__((noreturn)) void not_live(const struct bad_free *bad)
{
	switch (bad->what.identity) {
	case POOL_IS_INSIDE:
		free_inside(bad);
	case POOL_IS_FREED:
		free_twice(bad);
	case POOL_IS_OVERWRITTEN:
		free_overwritten(bad);
	case POOL_IS_LIVE:
	case POOL_IS_NO_BLOCK:
	case POOL_IS_FOREIGN:
		break;
	}
	if (bad->block == NULL)
		free_of_no_block(bad, 0x46, ": free of NULL");
	free_of_no_block(bad, 0x43, ", which was never in a pool, or whose page was given back");
}

static BASE_COLD __attribute__((noreturn)) void wrong_tag(const struct bad_free *bad, uint32_t real,
							  uint32_t given)
{
	struct kernel_bug bug;
	char text[5];

	kernel_bug_open(&bug, BAD_POOL_CALLER, 0xa, (uintptr_t)bad->block, real, given);
	if (given == 0) {
		base_text_add(&bug.text, "free without a tag of protected ");
	} else {
		pooltag_tag_to_text(given, text);
		base_text_add(&bug.text, "free with tag ");
		base_text_add(&bug.text, text);
		base_text_add(&bug.text, " of ");
	}
	close_bad_free(&bug, bad);
}

/* Blocks that a list, an object or malloc's callers have to give back themselves. */
static BASE_COLD __attribute__((noreturn)) void wrong_routine(const struct bad_free *bad,
							      unsigned real, unsigned wanted)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, BAD_POOL_CALLER, 0x99, (uintptr_t)bad->block, 0, 0);
	if (!(real & POOL_USE_DRIVER))
		base_text_add(&bug.text, "a pool routine frees, but malloc or its like made ");
	else if (real & POOL_USE_LOOKASIDE)
		base_text_add(&bug.text, "not given back to its lookaside list: ");
	else if (real & POOL_USE_OBJECT)
		base_text_add(&bug.text, "a pool routine frees memory of a framework object: ");
	else if (wanted & POOL_USE_LOOKASIDE)
		base_text_add(&bug.text, "given to a lookaside list that did not allocate it: ");
	else
		base_text_add(&bug.text, "freed by the wrong routine: ");
	close_bad_free(&bug, bad);
}

static BASE_COLD __attribute__((noreturn)) void free_irql_too_high(const struct bad_free *bad,
								   enum heap_pool pool)
{
	uint32_t type = kernel_pool_type(pool);
	struct kernel_bug bug;

	if (base_options.driver_verifier)
		kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION,
				pool == HEAP_POOL_PAGED ? 0x11 : 0x12, kernel_irql, type,
				(uintptr_t)bad->block);
	else
		kernel_bug_open(&bug, BAD_POOL_CALLER, 0x9, kernel_irql, type,
				(uintptr_t)bad->block);
	base_text_add(&bug.text, "free of ");
	base_text_add(&bug.text, name_of(pool));
	base_text_add(&bug.text, " pool at ");
	kernel_add_irql(&bug.text, kernel_irql);
	base_text_add(&bug.text, ": ");
	close_bad_free(&bug, bad);
}

void kernel_check_free_irql(enum heap_pool pool, const void *block, const void *return_address)
{
	if (BASE_LIKELY(kernel_irql <= highest_irql(pool)))
		return;
	free_irql_too_high(&(struct bad_free){.block = block,
					      .return_address = return_address,
					      .what = pool_identify(block)},
			   pool);
}

static BASE_COLD __attribute__((noreturn)) void holds(const struct bad_free *bad, uint32_t code,
						      const char *what, const void *object)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, code, (uintptr_t)object,
			(uintptr_t)bad->block, bad->what.requested);
	base_text_add(&bug.text, "free of memory that holds the active ");
	base_text_add(&bug.text, what);
	base_text_hex(&bug.text, (uintptr_t)object);
	base_text_add(&bug.text, ": ");
	close_bad_free(&bug, bad);
}

static void check_tag(const struct bad_free *bad, unsigned use, enum kernel_free how, uint32_t tag)
{
	uint32_t real = pool_site_tags[bad->what.site];

	if (how == KERNEL_FREE_ANY)
		tag = 0;
	if (tag == 0 && (use & POOL_USE_PROTECTED))
		wrong_tag(bad, real, 0);
	if (tag != 0 && (tag & ~PROTECTED_POOL) != real)
		wrong_tag(bad, real, tag & ~PROTECTED_POOL);
}

/* What the kit has a list of and is still in use must not lie in the block. */
static void check_held(const struct bad_free *bad)
{
	const void *object = kernel_lookaside_within(bad->block, bad->what.requested);

	if (BASE_UNLIKELY(object != NULL))
		holds(bad, 0xcc, "lookaside list ", object);
	object = kernel_resource_within(bad->block, bad->what.requested);
	if (BASE_UNLIKELY(object != NULL))
		holds(bad, 0xd2, "ERESOURCE ", object);
}

void kernel_pool_free(void *block, enum kernel_free how, uint32_t tag, unsigned use,
		      const void *return_address)
{
	struct bad_free bad = {
		.block = block,
		.return_address = return_address,
	};
	enum heap_pool pool;
	unsigned real;

	kernel_start();
	bad.what = pool_identify(block);
	if (BASE_UNLIKELY(bad.what.identity != POOL_IS_LIVE))
		not_live(&bad);
	real = pool_site_uses[bad.what.site];
	pool = (enum heap_pool)(real & POOL_USE_POOL);
	if (BASE_UNLIKELY(!(real & POOL_USE_DRIVER) ||
			  (real & (POOL_USE_LOOKASIDE | POOL_USE_OBJECT)) != use))
		wrong_routine(&bad, real, use);
	check_tag(&bad, real, how, tag);
	kernel_check_free_irql(pool, block, return_address);
	if (base_options.driver_verifier) {
		check_held(&bad);
		memset(block, KERNEL_FILL_FREED, bad.what.requested);
	}
	if (real & POOL_USE_QUOTA)
		return_quota(bad.what.charge);
	pool_free(block);
}
