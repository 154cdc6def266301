// SPDX-License-Identifier: BSD-2-Clause
/*
 * pool.c - the pool routines, each as its page of Microsoft's documentation says. Compiled as C and as
 * C++. Pages: wdm/nf-wdm-exallocatepool2 and its neighbours, kernel/pool_flags,
 * debugger/bug-check-0x19, -0xc2, -0xc4.
 */
#include <ntddk.h>

#include "../../include/pooltag/pooltag.h"
#include "bugcheck.h"

#define TAG 'looP' /* shown as Pool */

static int all_bytes(const void *block, size_t size, int value)
{
	const unsigned char *bytes = (const unsigned char *)block;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return 0;
	return 1;
}

/* The tag and pool of a block as poolmon counts it. */
static int charged_to(const void *block, const char *tag, unsigned pool, size_t size)
{
	struct pooltag_block info;

	return pooltag_block_info(block, &info) == 0 && info.tag == pooltag_tag_from_text(tag) &&
	       info.pool == pool && info.requested == size;
}

/* The line of /proc/self/maps that an address lies in has `flag` among its permissions. */
static int mapped_with(const void *address, char flag)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512], permissions[8];
	int found = 0;

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx %7s", &start, &end, permissions) == 3 &&
		    (ULONG_PTR)address >= start && (ULONG_PTR)address < end)
			found = strchr(permissions, flag) != NULL;
	if (maps != NULL)
		fclose(maps);
	return found;
}

/* Kilobytes of this process that are locked in memory. */
static long locked_kb(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmLck: %ld", &kb) == 1)
			break;
	if (status != NULL)
		fclose(status);
	return kb;
}

/* --- what every routine promises -------------------------------------------------------------- */

/* "If NumberOfBytes is PAGE_SIZE or greater, a page-aligned buffer is allocated." */
static void placement(void)
{
	static const POOL_FLAGS pools[] = {POOL_FLAG_PAGED, POOL_FLAG_NON_PAGED,
					   POOL_FLAG_NON_PAGED_EXECUTE,
					   POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED};
	int starts = 0, crosses = 0, crooked = 0, unaligned = 0;

	for (size_t p = 0; p < RTL_NUMBER_OF(pools); p++)
		for (size_t size = 1; size < 20000; size += size < 4200 ? 13 : 997) {
			void *blocks[3];

			for (int i = 0; i < 3; i++) {
				ULONG_PTR at;

				blocks[i] = ExAllocatePool2(pools[p], size, TAG);
				at = (ULONG_PTR)blocks[i];
				unaligned += size >= PAGE_SIZE && at % PAGE_SIZE != 0;
				starts += size < PAGE_SIZE && at % PAGE_SIZE == 0;
				crosses += size <= 4024 && at % PAGE_SIZE + size > PAGE_SIZE;
				crooked += at % (p == 3 ? 64 : 16) != 0;
			}
			for (int i = 0; i < 3; i++)
				ExFreePoolWithTag(blocks[i], TAG);
		}
	ok(unaligned == 0, "blocks of a page and more are page-aligned: %d are not", unaligned);
	ok(starts == 0, "smaller ones never start a page: %d do", starts);
	ok(crosses == 0, "nor cross into another: %d do", crosses);
	ok(crooked == 0, "all are aligned to 16, or to a cache line when asked: %d are not",
	   crooked);
}

static void pools(void)
{
	long before = locked_kb();
	void *paged = ExAllocatePool2(POOL_FLAG_PAGED, 40000, TAG);
	void *nonpaged = ExAllocatePool2(POOL_FLAG_NON_PAGED, 40000, TAG);
	void *executable = ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE, 40000, TAG);
	void *old = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
	static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
	int (*function)(void);

	ok(locked_kb() >= before + 80, "nonpaged pool is locked: %ld kB, then %ld", before,
	   locked_kb());
	ok(!mapped_with(paged, 'x') && !mapped_with(nonpaged, 'x'), "two pools are no-execute");
	ok(mapped_with(executable, 'x') && mapped_with(old, 'x'),
	   "the executable one is not, by flag and as plain NonPagedPool");
	memcpy(old, code, sizeof(code));
	memcpy(&function, &old, sizeof(function));
	ok(function() == 42, "code in it runs");
	ok(charged_to(paged, "Pool", 0, 40000) && charged_to(nonpaged, "Pool", 1, 40000),
	   "and each block counts in its pool");
	ExFreePool(paged);
	ExFreePool(nonpaged);
	ExFreePool(executable);
	ExFreePool(old);
}

static void contents(void)
{
	static const size_t sizes[] = {1, 8, 100, 2000, 4090, 5000, 100000};
	int zeroed = 0, filled = 0;

	for (size_t i = 0; i < RTL_NUMBER_OF(sizes); i++)
		for (int turn = 0; turn < 3; turn++) {
			void *zero = ExAllocatePool2(POOL_FLAG_PAGED, sizes[i], TAG);
			void *fresh = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED,
						      sizes[i], TAG);
			void *old = ExAllocatePoolWithTag(NonPagedPoolNx, sizes[i], TAG);
			void *old_zero = ExAllocatePoolZero(PagedPool, sizes[i], TAG);
			void *old_fresh = ExAllocatePoolUninitialized(PagedPool, sizes[i], TAG);
			void *priority = ExAllocatePoolPriorityZero(NonPagedPoolNx, sizes[i], TAG,
								    LowPoolPriority);
			void *quota = ExAllocatePoolQuotaZero(
				(POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), sizes[i],
				TAG);

			zeroed += all_bytes(zero, sizes[i], 0) &&
				  all_bytes(old_zero, sizes[i], 0) &&
				  all_bytes(priority, sizes[i], 0) && all_bytes(quota, sizes[i], 0);
			filled += all_bytes(fresh, sizes[i], 0xcd) &&
				  all_bytes(old, sizes[i], 0xcd) &&
				  all_bytes(old_fresh, sizes[i], 0xcd);
			memset(zero, 1, sizes[i]);
			memset(old_zero, 1, sizes[i]);
			ExFreePool(zero);
			ExFreePool(fresh);
			ExFreePool(old);
			ExFreePool(old_zero);
			ExFreePool(old_fresh);
			ExFreePool(priority);
			ExFreePool(quota);
		}
	ok(zeroed == 21, "the zeroing routines zero: %d of 21", zeroed);
	ok(filled == 21, "the others do not: their blocks hold 0xCD: %d of 21", filled);
}

static void tags(void)
{
	void *none = ExAllocatePool(PagedPool, 10);
	void *quota = ExAllocatePoolWithQuota(PagedPool, 10);
	void *kept = ExAllocatePoolWithTag(PagedPool, 10, (ULONG)'torP' | PROTECTED_POOL);
	void *named = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 10, 'sf_V', HighPoolPriority);

	ok(charged_to(none, "None", 0, 10) && charged_to(quota, "None", 0, 10),
	   "ExAllocatePool and ExAllocatePoolWithQuota: tag None");
	ok(charged_to(kept, "Prot", 0, 10), "PROTECTED_POOL is not part of the tag");
	ok(charged_to(named, "V_fs", 1, 10), "a literal is shown from right to left");
	ExFreePoolWithTag(none, 0);
	ExFreePool(quota);
	ExFreePoolWithTag(kept, 'torP');
	ExFreePool2(named, 'sf_V', NULL, 0);
	ok(1, "tag 0 and the tag with and without PROTECTED_POOL free");
}

/* --- failures --------------------------------------------------------------------------------- */

#define TOO_MUCH ((SIZE_T)1 << 45)

static void failures(void)
{
	ok(ExAllocatePool2(POOL_FLAG_PAGED, TOO_MUCH, TAG) == NULL, "ExAllocatePool2: NULL");
	ok(ExAllocatePoolWithTag(PagedPool, TOO_MUCH, TAG) == NULL, "ExAllocatePoolWithTag: NULL");
	ok(ExAllocatePoolZero(NonPagedPoolNx, TOO_MUCH, TAG) == NULL, "ExAllocatePoolZero: NULL");
	ok(ExAllocatePool(PagedPool, TOO_MUCH) == NULL, "ExAllocatePool: NULL");
	ok(ExAllocatePoolWithTagPriority(PagedPool, TOO_MUCH, TAG, LowPoolPriority) == NULL,
	   "ExAllocatePoolWithTagPriority: NULL");
	ok(ExAllocatePoolQuotaUninitialized(
		   (POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), TOO_MUCH, TAG) ==
		   NULL,
	   "ExAllocatePoolQuotaUninitialized, told not to raise: NULL");
}

static NTSTATUS raised_by(int which)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		switch (which) {
		case 0:
			ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, TOO_MUCH,
					TAG);
			break;
		case 1:
			ExAllocatePoolWithTag(
				(POOL_TYPE)(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), TOO_MUCH,
				TAG);
			break;
		case 2:
			ExAllocatePoolWithQuotaTag(PagedPool, TOO_MUCH, TAG);
			break;
		case 3:
			ExAllocatePool2(POOL_FLAG_RAISE_ON_FAILURE, 10, TAG);
			break;
		case 4:
			ExAllocatePoolWithQuotaTag(PagedPool, 3000, TAG);
			break;
		case 5:
			ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA |
						POOL_FLAG_RAISE_ON_FAILURE,
					3000, TAG);
			break;
		}
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		status = GetExceptionCode();
	}
	return status;
}

static void raises(void)
{
	ok(raised_by(0) == STATUS_INSUFFICIENT_RESOURCES, "POOL_FLAG_RAISE_ON_FAILURE raises");
	ok(raised_by(1) == STATUS_INSUFFICIENT_RESOURCES,
	   "POOL_RAISE_IF_ALLOCATION_FAILURE raises");
	ok(raised_by(2) == STATUS_INSUFFICIENT_RESOURCES, "ExAllocatePoolWithQuotaTag raises");
}

static void say(int passed)
{
	fputs(passed ? "as documented\n" : "not as documented\n", stderr);
}

static void flags_without_pool(void)
{
	/* PagedPool is 1, which is POOL_FLAG_USE_QUOTA. */
	say(ExAllocatePool2(PagedPool, 10, TAG) == NULL);
}

static void flags_of_two_pools(void)
{
	say(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 10, TAG) == NULL);
}

static void flags_unknown(void)
{
	say(ExAllocatePool2(POOL_FLAG_PAGED | 0x8000, 10, TAG) == NULL);
}

static void flags_session(void)
{
	say(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_SESSION, 10, TAG) == NULL);
}

static void flags_tag_zero(void)
{
	say(ExAllocatePool2(POOL_FLAG_PAGED, 10, 0) == NULL);
}

static void flags_raise(void)
{
	say(raised_by(3) == STATUS_INVALID_PARAMETER);
}

static void flags_optional(void)
{
	PVOID block =
		ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_SPECIAL_POOL | (1UL << 50), 10, TAG);

	say(block != NULL);
	ExFreePool(block);
}

static PVOID extended(ULONG type, ULONG64 optional, POOL_FLAGS flags, ULONG node)
{
	POOL_EXTENDED_PARAMETER parameter = {};

	parameter.Type = type & 0xff;
	parameter.Optional = optional & 1;
	parameter.PreferredNode = node;
	return ExAllocatePool3(flags, 10, TAG, &parameter, 1);
}

static void parameter_known(void)
{
	PVOID priority = extended(PoolExtendedParameterPriority, 0, POOL_FLAG_PAGED, 0);
	PVOID node = extended(PoolExtendedParameterNumaNode, 0, POOL_FLAG_NON_PAGED, 0);
	PVOID any =
		extended(PoolExtendedParameterNumaNode, 0, POOL_FLAG_NON_PAGED, 7 | MM_ANY_NODE_OK);
	PVOID skipped = extended(77, 1, POOL_FLAG_PAGED, 0);
	PVOID none = ExAllocatePool3(POOL_FLAG_PAGED, 10, TAG, NULL, 0);

	say(priority != NULL && node != NULL && any != NULL && skipped != NULL && none != NULL);
}

static void parameter_unknown(void)
{
	say(extended(77, 0, POOL_FLAG_PAGED, 0) == NULL);
}

static void parameter_secure(void)
{
	say(extended(PoolExtendedParameterSecurePool, 0, POOL_FLAG_PAGED, 0) == NULL);
}

static void parameter_node(void)
{
	say(extended(PoolExtendedParameterNumaNode, 0, POOL_FLAG_NON_PAGED, 3) == NULL);
}

static void refusals(void)
{
	static const struct {
		void (*use)(void);
		const char *said;
	} cases[] = {
		{flags_without_pool, "the flags 0x1 name no pool (a POOL_TYPE instead of "
				     "POOL_FLAGS?), called by program!flags_without_pool"},
		{flags_of_two_pools,
		 "the flags 0x140 name more than one pool, called by program!flags_of_two_pools"},
		{flags_unknown, "the flags 0x8100 have a required bit that is not known, called by "
				"program!flags_unknown"},
		{flags_session, "the flags 0x104 ask for session pool, which is the system's, "
				"called by program!flags_session"},
		{flags_tag_zero, "the flags 0x100 go with tag 0, called by program!flags_tag_zero"},
		{flags_raise, "the flags 0x20 name no pool (a POOL_TYPE instead of POOL_FLAGS?), "
			      "called by program!raised_by"},
		{parameter_unknown, "the flags 0x100 go with an extended parameter of no known "
				    "type, called by program!extended"},
		{parameter_secure, "the flags 0x100 ask for a secure pool, which pooltag lacks, "
				   "called by program!extended"},
		{parameter_node, "the flags 0x40 ask for a node that is not there, called by "
				 "program!extended"},
	};

	char expected[BUGCHECK_LINE];

	for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
		snprintf(expected, sizeof(expected),
			 "pooltag: an allocation fails: %s+<address>\nas documented\n",
			 cases[i].said);
		no_bugcheck(cases[i].use, expected, cases[i].said);
	}
	no_bugcheck(flags_optional, "as documented\n", "unknown bits of the high half are ignored");
	no_bugcheck(parameter_known, "as documented\n",
		    "ExAllocatePool3: known and optional parameters");
}

static void quota_raises(void)
{
	ok(raised_by(4) == STATUS_QUOTA_EXCEEDED, "and ExAllocatePoolWithQuotaTag raises");
	ok(raised_by(5) == STATUS_QUOTA_EXCEEDED, "and POOL_FLAG_RAISE_ON_FAILURE");
}

/* With driver_quota=4096: one block of 3000 bytes fits, two do not. */
static void quota(void)
{
	PVOID first = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 3000, TAG);
	PVOID pages = ExAllocatePoolWithQuotaTag(PagedPool, 100000, TAG);

	ok(first != NULL, "quota: within the limit");
	ok(pages != NULL, "blocks of a page and more are not charged");
	ok(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 3000, TAG) == NULL,
	   "over it ExAllocatePool2 returns NULL");
	quota_raises();
	ok(ExAllocatePoolQuotaZero((POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), 3000,
				   TAG) == NULL,
	   "POOL_QUOTA_FAIL_INSTEAD_OF_RAISE does not");
	ExFreePool(first);
	first = ExAllocatePoolWithQuotaTag(PagedPool, 3000, TAG);
	ok(first != NULL, "a free gives the quota back");
	ExFreePool(first);
	ExFreePool(pages);
}

/* --- bug checks ------------------------------------------------------------------------------- */

static PVOID block_of(POOL_FLAGS flags)
{
	return ExAllocatePool2(flags, 100, TAG);
}

static void bug_null(void)
{
	ExFreePool(NULL);
}

static void bug_double(void)
{
	PVOID block = block_of(POOL_FLAG_PAGED);

	ExFreePoolWithTag(block, TAG);
	ExFreePoolWithTag(block, TAG);
}

static void bug_double_pages(void)
{
	PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8192, TAG);

	ExFreePool(block);
	ExFreePool(block);
}

static void bug_tag(void)
{
	ExFreePoolWithTag(block_of(POOL_FLAG_PAGED), 'gnrW');
}

static void bug_protected(void)
{
	ExFreePool(ExAllocatePoolWithTag(PagedPool, 100, TAG | PROTECTED_POOL));
}

static void bug_middle(void)
{
	ExFreePool((char *)block_of(POOL_FLAG_PAGED) + 32);
}

static void bug_middle_nonpaged(void)
{
	ExFreePool((char *)ExAllocatePool2(POOL_FLAG_NON_PAGED, 20000, TAG) + 4096);
}

static void bug_overrun(void)
{
	PVOID block = block_of(POOL_FLAG_PAGED);

	memset(block, 1, 112);
	ExFreePool(block);
}

static void bug_never(void)
{
	static int variable;

	ExFreePool(&variable);
}

static void bug_heap_block(void)
{
	ExFreePool(malloc(100));
}

static void bug_irql_paged(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	block_of(POOL_FLAG_PAGED);
}

static void bug_irql_nonpaged(void)
{
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
}

static void bug_irql_free(void)
{
	PVOID block = block_of(POOL_FLAG_PAGED);
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExFreePoolWithTag(block, TAG);
}

static void bug_irql_free_nonpaged(void)
{
	PVOID block = block_of(POOL_FLAG_NON_PAGED);
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	ExFreePoolWithTag(block, TAG);
}

static void bug_zero_bytes(void)
{
	ExAllocatePoolWithTag(PagedPool, 0, TAG);
}

static void bug_tag_zero(void)
{
	ExAllocatePoolWithTag(PagedPool, 100, 0);
}

static void bug_tag_big(void)
{
	ExAllocatePoolWithTag(PagedPool, 100, ' GIB');
}

static void bug_tag_signs(void)
{
	ExAllocatePoolWithTag(PagedPool, 100, '-+-+');
}

static void bug_resource(void)
{
	PERESOURCE resource = (PERESOURCE)ExAllocatePool2(POOL_FLAG_NON_PAGED, 400, TAG);

	ExInitializeResourceLite(resource);
	ExFreePoolWithTag(resource, TAG);
}

static void bug_must_succeed(void)
{
	ExAllocatePoolWithTag(NonPagedPoolMustSucceed, 100, TAG);
}

static void bug_unhandled(void)
{
	ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), TOO_MUCH,
			      TAG);
}

#define BLOCK_OF "block <address> of 100 bytes, tag Pool, allocated by program!block_of+<address>"

static void bug_checks(void)
{
	bugcheck(
		bug_null,
		"BAD_POOL_CALLER (0xC2, 0x46, 0x0, 0x0, 0x0): free of 0x0: free of NULL, called by "
		"program!bug_null+<address>",
		"free of NULL");
	bugcheck(bug_double,
		 "BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, <address>): double free of " BLOCK_OF
		 "; freed, called by program!bug_double+<address>",
		 "double free");
	bugcheck(bug_double_pages,
		 "BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, <address>): double free of block <address> "
		 "of 8192 bytes, tag Pool, allocated by program!bug_double_pages+<address>; freed, "
		 "called by program!bug_double_pages+<address>",
		 "double free of pages");
	bugcheck(bug_tag,
		 "BAD_POOL_CALLER (0xC2, 0xA, <address>, <address>, <address>): free with tag Wrng "
		 "of " BLOCK_OF "; freed, called by program!bug_tag+<address>",
		 "free with the wrong tag");
	bugcheck(
		bug_protected,
		"BAD_POOL_CALLER (0xC2, 0xA, <address>, <address>, 0x0): free without a tag of "
		"protected block <address> of 100 bytes, tag Pool, allocated by "
		"program!bug_protected+<address>; freed, called by program!bug_protected+<address>",
		"free of a protected block without its tag");
	bugcheck(bug_middle,
		 "BAD_POOL_CALLER (0xC2, 0x41286, <address>, <address>, 0x0): free of <address>, "
		 "which is 32 bytes into " BLOCK_OF
		 "; freed, called by program!bug_middle+<address>",
		 "free in the middle of a paged block");
	bugcheck(bug_middle_nonpaged,
		 "BAD_POOL_CALLER (0xC2, 0x46, <address>, 0x0, 0x0): free of <address>, which is "
		 "4096 "
		 "bytes into block <address> of 20000 bytes, tag Pool, allocated by "
		 "program!bug_middle_nonpaged+<address>; freed, called by "
		 "program!bug_middle_nonpaged+<address>",
		 "free in the middle of a nonpaged block");
	bugcheck(
		bug_overrun,
		"BAD_POOL_HEADER (0x19, 0x20, <address>, <address>, 0x0): the header of block "
		"<address> is overwritten: more than 104 bytes were written to it, or it was never "
		"allocated; freed, called by program!bug_overrun+<address>",
		"an overrun");
	bugcheck(bug_never,
		 "BAD_POOL_CALLER (0xC2, 0x43, <address>, 0x0, 0x0): free of <address>, which was "
		 "never in a pool, or whose page was given back, called by "
		 "program!bug_never+<address>",
		 "free of a variable");
	bugcheck(bug_heap_block,
		 "BAD_POOL_CALLER (0xC2, 0x99, <address>, 0x0, 0x0): a pool routine frees, but "
		 "malloc "
		 "or its like made block <address> of 100 bytes, tag bugh, allocated by "
		 "program!bug_heap_block+<address>; freed, called by "
		 "program!bug_heap_block+<address>",
		 "free of a block of malloc's");
	bugcheck(
		bug_irql_paged,
		"DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x1, 0x2, 0x1, 0x64): allocation of 100 "
		"bytes of paged pool at IRQL 2 (DISPATCH_LEVEL), called by "
		"program!block_of+<address>",
		"paged allocation at DISPATCH_LEVEL");
	bugcheck(bug_irql_nonpaged,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x2, 0xF, 0x200, 0x64): allocation of "
		 "100 "
		 "bytes of nonpaged pool at IRQL 15 (a device's), called by "
		 "program!bug_irql_nonpaged+<address>",
		 "nonpaged allocation above DISPATCH_LEVEL");
	bugcheck(bug_irql_free,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x11, 0x2, 0x1, <address>): free of "
		 "paged "
		 "pool at IRQL 2 (DISPATCH_LEVEL): " BLOCK_OF
		 "; freed, called by program!bug_irql_free+<address>",
		 "paged free at DISPATCH_LEVEL");
	bugcheck(bug_irql_free_nonpaged,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x12, 0xF, 0x200, <address>): free of "
		 "nonpaged pool at IRQL 15 (a device's): " BLOCK_OF
		 "; freed, called by program!bug_irql_free_nonpaged+<address>",
		 "nonpaged free above DISPATCH_LEVEL");
	bugcheck(bug_zero_bytes,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x0, 0x0, 0x1, 0x0): allocation of 0 "
		 "bytes, called by program!bug_zero_bytes+<address>",
		 "allocation of 0 bytes");
	bugcheck(bug_tag_zero,
		 "BAD_POOL_CALLER (0xC2, 0x9B, 0x1, 0x64, <address>): allocation of 100 bytes with "
		 "tag "
		 "0, called by program!bug_tag_zero+<address>",
		 "tag 0");
	bugcheck(bug_tag_big,
		 "BAD_POOL_CALLER (0xC2, 0x9C, 0x1, 0x64, <address>): allocation of 100 bytes with "
		 "the "
		 "tag BIG, which is the system's, called by program!bug_tag_big+<address>",
		 "tag BIG");
	bugcheck(bug_tag_signs,
		 "BAD_POOL_CALLER (0xC2, 0x9D, <address>, 0x1, <address>): allocation of 100 bytes "
		 "with "
		 "a "
		 "tag without letter or digit, called by program!bug_tag_signs+<address>",
		 "a tag of signs");
	bugcheck(bug_resource,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xD2, <address>, <address>, 0x190): "
		 "free of "
		 "memory that holds the active ERESOURCE <address>: block <address> of 400 bytes, "
		 "tag "
		 "Pool, allocated by program!bug_resource+<address>; freed, called by "
		 "program!bug_resource+<address>",
		 "free of an active resource");
	bugcheck(bug_must_succeed,
		 "BAD_POOL_CALLER (0xC2, 0x9A, 0x2, 0x64, <address>): allocation from the "
		 "must-succeed "
		 "pool, which is gone, called by program!bug_must_succeed+<address>",
		 "must succeed");
}

/* --- without the verifier ----------------------------------------------------------------------- */

static void unverified(void)
{
	PVOID empty = ExAllocatePoolWithTag(PagedPool, 0, TAG);

	ok(empty != NULL, "0 bytes are a block");
	ExFreePool(empty);
	bugcheck(bug_irql_paged,
		 "BAD_POOL_CALLER (0xC2, 0x8, 0x2, 0x1, 0x64): allocation of 100 bytes of paged "
		 "pool "
		 "at IRQL 2 (DISPATCH_LEVEL), called by program!block_of+<address>",
		 "paged allocation at DISPATCH_LEVEL");
	bugcheck(bug_irql_free,
		 "BAD_POOL_CALLER (0xC2, 0x9, 0x2, 0x1, <address>): free of paged pool at IRQL 2 "
		 "(DISPATCH_LEVEL): " BLOCK_OF "; freed, called by program!bug_irql_free+<address>",
		 "paged free at DISPATCH_LEVEL");
	bugcheck(bug_tag,
		 "BAD_POOL_CALLER (0xC2, 0xA, <address>, <address>, <address>): free with tag Wrng "
		 "of " BLOCK_OF "; freed, called by program!bug_tag+<address>",
		 "the wrong tag is checked by any Windows");
}

/* Runs this program again with one more option, which the library reads at its start. */
static int again_with(char **argv, const char *option, char *part)
{
	char options[600];
	char *arguments[] = {argv[0], part, NULL};
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		snprintf(options, sizeof(options), "%s:%s", getenv("POOLTAG_OPTIONS"), option);
		setenv("POOLTAG_OPTIONS", options, 1);
		dup2(2, 1);
		execv("/proc/self/exe", arguments);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	static char part_quota[] = "quota", part_plain[] = "plain";

	if (argc == 2) {
		if (strcmp(argv[1], part_quota) == 0)
			quota();
		else
			unverified();
		return done();
	}
	pools();
	placement();
	contents();
	tags();
	failures();
	raises();
	refusals();
	bug_checks();
	bugcheck(bug_unhandled,
		 "KMODE_EXCEPTION_NOT_HANDLED (0x1E, <address>, <address>, 0x0, 0x0): exception "
		 "<address> reached no __except block that takes it, called by "
		 "program!bug_unhandled+<address>",
		 "a raise that nobody handles");
	ok(again_with(argv, "driver_quota=4096", part_quota), "quota, with driver_quota=4096");
	ok(again_with(argv, "driver_verifier=0", part_plain), "checks that need no verifier");
	return done();
}
