/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/account.h"
#include "lib/pool/charge.h"
#include "lib/pool/check.h"
#include "lib/pool/front.h"
#include "lib/pool/state.h"

int kernel_account(const struct kernel_charge *charge, struct pool_frame frame, uint32_t *ret_site)
{
	struct pool_thread *thread = pool_enter();

	*ret_site = 0;
	if (thread == NULL)
		return 0;
	*ret_site =
		pool_site_for_driver(thread, frame, charge->tag,
				     POOL_USE_DRIVER | (unsigned)charge->pool, KERNEL_STACK_DEPTH);
	if (pool_check_fault(*ret_site, charge->bytes))
		return -1;
	/* It comes from the system, not from jemalloc, but it is taken and returned as well. */
	pool_count_taken(thread, charge->pages);
	pool_count_alloc(thread, *ret_site,
			 (struct pool_amount){
				 .requested = charge->bytes, .charge = charge->pages, .big = 1});
	return 0;
}

void kernel_unaccount(uint32_t site, size_t bytes, size_t pages)
{
	struct pool_thread *thread = pool_enter();

	if (thread == NULL)
		return;
	pool_count_free(thread, site,
			(struct pool_amount){.requested = bytes, .charge = pages, .big = 1});
	pool_count_returned(thread, pages);
}
