/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/violation.h"
#include "lib/kernel/bugcheck.h"
#include "lib/pool/alloc.h"
#include "lib/pool/identify.h"
#include "lib/stats/segment.h"

void kernel_violation(struct kernel_violation violation)
{
	kernel_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, violation.code, violation.p2,
			 violation.p3, violation.p4, violation.what, violation.return_address);
}

void kernel_bad_irql(struct kernel_violation violation)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, violation.code, kernel_irql,
			violation.p3, violation.p4);
	base_text_add(&bug.text, violation.what);
	base_text_add(&bug.text, " at ");
	kernel_add_irql(&bug.text, kernel_irql);
	kernel_bug_caller(&bug, violation.return_address);
	kernel_bug_close(&bug);
}

void kernel_bad_service(const char *name, const void *return_address)
{
	uint32_t regions = kernel_thread()->guarded_regions;
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xE6, (uintptr_t)return_address,
			kernel_irql, regions);
	base_text_add(&bug.text, name);
	if (kernel_irql != PASSIVE_LEVEL) {
		base_text_add(&bug.text, " at ");
		kernel_add_irql(&bug.text, kernel_irql);
	} else {
		base_text_add(&bug.text, " in a guarded region");
	}
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

void kernel_check_resident(const void *object, const char *what, const void *return_address)
{
	struct pool_identified known = pool_identify(object);

	if ((known.identity == POOL_IS_LIVE || known.identity == POOL_IS_INSIDE) &&
	    (pool_site_uses[known.site] & POOL_USE_DRIVER) != 0 &&
	    stats_site_record(known.site)->pool == POOLTAG_POOL_PAGED)
		kernel_violation((struct kernel_violation){.code = 0xE1,
							   .p2 = (uintptr_t)object,
							   .what = what,
							   .return_address = return_address});
}
