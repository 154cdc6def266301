/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/check.h"
#include "lib/base/options.h"
#include "lib/verify/fault.h"

void pool_check_start(void)
{
	pool_checks.faults = verify_fault_start() != 0;
	pool_checks.active = pool_checks.faults;
	/* Without front lists every operation takes the slow path, where the checks are. */
	if (pool_checks.active)
		base_options.front_bytes = 0;
}

void *pool_check_alloc(struct pool_thread *thread, const struct pool_want *want, uint32_t site)
{
	if (pool_check_fault(site, want->size))
		return NULL;
	return pool_block_take(thread, want, site);
}

void pool_check_free(struct pool_thread *thread, void *block, const struct pool_found *found,
		     struct pool_freeing how)
{
	(void)how;
	pool_block_retire(thread, block, found);
	pool_block_put_back(thread, block, found);
}

struct base_lock *pool_check_lock(void)
{
	return verify_fault_lock();
}
