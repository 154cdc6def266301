// SPDX-License-Identifier: BSD-2-Clause
/*
 * pool_forms.c - what is documented of all forms of one routine, for each of them: ExAllocatePool with
 * its many names, ExFreePool with its three
 */
#include "ddk.h"
#include <ntifs.h>

#include "../../include/pooltag/pooltag.h"

#define TAG      'mroF'
#define TOO_MUCH ((SIZE_T)1 << 45)

/* --- allocate --------------------------------------------------------------------------------- */

typedef PVOID allocate_form(ULONG type, SIZE_T bytes, ULONG tag);

static PVOID pool(ULONG type, SIZE_T bytes, ULONG tag)
{
	UNREFERENCED_PARAMETER(tag);
	return ExAllocatePool((POOL_TYPE)type, bytes);
}

static PVOID with_tag(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolWithTag((POOL_TYPE)type, bytes, tag);
}

static PVOID zero(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolZero((POOL_TYPE)type, bytes, tag);
}

static PVOID uninitialized(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolUninitialized((POOL_TYPE)type, bytes, tag);
}

static PVOID with_tag_priority(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolWithTagPriority((POOL_TYPE)type, bytes, tag, NormalPoolPriority);
}

static PVOID priority_zero(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolPriorityZero((POOL_TYPE)type, bytes, tag, HighPoolPriority);
}

static PVOID priority_uninitialized(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolPriorityUninitialized((POOL_TYPE)type, bytes, tag, LowPoolPriority);
}

static PVOID with_quota(ULONG type, SIZE_T bytes, ULONG tag)
{
	UNREFERENCED_PARAMETER(tag);
	return ExAllocatePoolWithQuota((POOL_TYPE)type, bytes);
}

static PVOID with_quota_tag(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolWithQuotaTag((POOL_TYPE)type, bytes, tag);
}

static PVOID quota_zero(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolQuotaZero((POOL_TYPE)type, bytes, tag);
}

static PVOID quota_uninitialized(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePoolQuotaUninitialized((POOL_TYPE)type, bytes, tag);
}

static PVOID raising(ULONG type, SIZE_T bytes, ULONG tag)
{
	return FsRtlAllocatePoolWithTag((POOL_TYPE)type, bytes, tag);
}

static POOL_FLAGS flags_of(ULONG type)
{
	return (type & PagedPool ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED) |
	       (type & POOL_RAISE_IF_ALLOCATION_FAILURE ? POOL_FLAG_RAISE_ON_FAILURE : 0);
}

static PVOID pool2(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePool2(flags_of(type), bytes, tag);
}

static PVOID pool3(ULONG type, SIZE_T bytes, ULONG tag)
{
	return ExAllocatePool3(flags_of(type), bytes, tag, NULL, 0);
}

#define TYPED  1u /* told a POOL_TYPE and a tag, both of which are checked */
#define RAISES 2u /* unless it is told not to */
#define ALWAYS 4u /* raises, whatever it is told */
#define NO_TAG 8u

static const struct {
	allocate_form *allocate;
	const char *name;
	unsigned traits;
} forms[] = {
	{with_tag, "ExAllocatePoolWithTag", TYPED},
	{zero, "ExAllocatePoolZero", TYPED},
	{uninitialized, "ExAllocatePoolUninitialized", TYPED},
	{with_tag_priority, "ExAllocatePoolWithTagPriority", TYPED},
	{priority_zero, "ExAllocatePoolPriorityZero", TYPED},
	{priority_uninitialized, "ExAllocatePoolPriorityUninitialized", TYPED},
	{with_quota_tag, "ExAllocatePoolWithQuotaTag", TYPED | RAISES},
	{quota_zero, "ExAllocatePoolQuotaZero", TYPED | RAISES},
	{quota_uninitialized, "ExAllocatePoolQuotaUninitialized", TYPED | RAISES},
	{raising, "FsRtlAllocatePoolWithTag", TYPED | ALWAYS},
	{pool2, "ExAllocatePool2", 0},
	{pool3, "ExAllocatePool3", 0},
	{pool, "ExAllocatePool", NO_TAG},
	{with_quota, "ExAllocatePoolWithQuota", RAISES | NO_TAG},
};

static size_t form; /* the one whose turn it is */

/* Tag, pool, size and place of a block are as asked for. */
static int is_block(PVOID block, int tagged, ULONG type, SIZE_T bytes)
{
	struct pooltag_block info;

	return block != NULL && pooltag_block_info(block, &info) == 0 && info.requested == bytes &&
	       info.pool == (type == PagedPool ? 0u : 1u) &&
	       info.tag == pooltag_tag_from_text(tagged ? "Form" : "None") &&
	       (ULONG_PTR)block % (bytes >= PAGE_SIZE ? PAGE_SIZE : 16) == 0;
}

static void allocates(void)
{
	static const ULONG types[] = {PagedPool, NonPagedPoolNx};
	static const SIZE_T sizes[] = {1, 500, PAGE_SIZE, 70000};

	for (form = 0; form < ARRAYSIZE(forms); form++) {
		int tagged = !(forms[form].traits & NO_TAG), good = 0;

		for (size_t t = 0; t < ARRAYSIZE(types); t++)
			for (size_t s = 0; s < ARRAYSIZE(sizes); s++) {
				PVOID block = forms[form].allocate(types[t], sizes[s], TAG);

				good += is_block(block, tagged, types[t], sizes[s]);
				ExFreePool(block);
			}
		ok(good == 8, "%s: blocks as asked for", forms[form].name);
	}
}

static void exhausted(void)
{
	for (form = 0; form < ARRAYSIZE(forms); form++) {
		ULONG type = forms[form].traits & RAISES ? POOL_QUOTA_FAIL_INSTEAD_OF_RAISE : 0;

		if (!(forms[form].traits & ALWAYS))
			ok(forms[form].allocate(type | PagedPool, TOO_MUCH, TAG) == NULL &&
				   forms[form].allocate(type | NonPagedPoolNx, TOO_MUCH, TAG) ==
					   NULL,
			   "%s: NULL", forms[form].name);
	}
}

static void exhausted_raises(void)
{
	for (form = 0; form < ARRAYSIZE(forms); form++) {
		ULONG type = PagedPool;

		if (!(forms[form].traits & (RAISES | ALWAYS)))
			type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
		is_status(RAISED(forms[form].allocate(type, TOO_MUCH, TAG)),
			  STATUS_INSUFFICIENT_RESOURCES, forms[form].name);
	}
}

/* --- bug checks of allocations: of one form at a time ------------------------------------------- */

static void at_dispatch(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	forms[form].allocate(PagedPool, 100, TAG);
}

static void above_dispatch(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
	forms[form].allocate(NonPagedPoolNx, 100, TAG);
}

static void nothing(void)
{
	forms[form].allocate(PagedPool, 0, TAG);
}

static void tag_of_zero(void)
{
	forms[form].allocate(PagedPool, 100, 0);
}

static void tag_big(void)
{
	forms[form].allocate(PagedPool, 100, ' GIB');
}

static void tag_of_signs(void)
{
	forms[form].allocate(PagedPool, 100, '-+-+');
}

static void must_succeed(void)
{
	forms[form].allocate(NonPagedPoolMustSucceed, 100, TAG);
}

static void any_bugs(void)
{
	for (form = 0; form < ARRAYSIZE(forms); form++) {
		bugcheck_like(at_dispatch,
			      "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x1, 0x2, 0x1, 0x64): "
			      "allocation of 100 bytes of paged pool at IRQL 2 (DISPATCH_LEVEL), "
			      "called by ~",
			      forms[form].name);
		bugcheck_like(above_dispatch,
			      "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x2, 0x3, 0x200, 0x64): "
			      "allocation of 100 bytes of nonpaged pool at IRQL 3 (a device's), "
			      "called by ~",
			      forms[form].name);
		bugcheck_like(nothing,
			      "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x0, 0x0, 0x1, 0x0): "
			      "allocation of 0 bytes, called by ~",
			      forms[form].name);
	}
}

static void typed_bugs(void)
{
	for (form = 0; form < ARRAYSIZE(forms); form++) {
		if (!(forms[form].traits & TYPED))
			continue;
		bugcheck_like(tag_of_zero,
			      "BAD_POOL_CALLER (0xC2, 0x9B, @, 0x64, @): allocation of 100 bytes "
			      "with tag 0, called by ~",
			      forms[form].name);
		bugcheck_like(tag_big,
			      "BAD_POOL_CALLER (0xC2, 0x9C, @, 0x64, @): allocation of 100 bytes "
			      "with the tag BIG, which is the system's, called by ~",
			      forms[form].name);
		bugcheck_like(tag_of_signs,
			      "BAD_POOL_CALLER (0xC2, 0x9D, 0x2D2B2D2B, @, @): allocation of 100 "
			      "bytes with a tag without letter or digit, called by ~",
			      forms[form].name);
		bugcheck_like(must_succeed,
			      "BAD_POOL_CALLER (0xC2, 0x9A, @, 0x64, @): allocation from the "
			      "must-succeed pool, which is gone, called by ~",
			      forms[form].name);
	}
}

/* --- free --------------------------------------------------------------------------------------- */

typedef void free_form(PVOID block, ULONG tag);

static void free_any(PVOID block, ULONG tag)
{
	UNREFERENCED_PARAMETER(tag);
	ExFreePool(block);
}

static void free_tagged(PVOID block, ULONG tag)
{
	ExFreePoolWithTag(block, tag);
}

static void free_2(PVOID block, ULONG tag)
{
	ExFreePool2(block, tag, NULL, 0);
}

/* The first is told no tag. */
static const struct {
	free_form *free;
	const char *name;
} frees[] = {
	{free_any, "ExFreePool"},
	{free_tagged, "ExFreePoolWithTag"},
	{free_2, "ExFreePool2"},
};

static PVOID block_of(POOL_FLAGS flags, SIZE_T bytes)
{
	return ExAllocatePool2(flags, bytes, TAG);
}

static void frees_it(void)
{
	for (form = 0; form < ARRAYSIZE(frees); form++) {
		PVOID small = block_of(POOL_FLAG_PAGED, 10);
		PVOID pages = block_of(POOL_FLAG_NON_PAGED, 3 * PAGE_SIZE);
		struct pooltag_block info;

		frees[form].free(small, TAG);
		frees[form].free(pages, TAG);
		ok(pooltag_block_info(small, &info) != 0 && pooltag_block_info(pages, &info) != 0,
		   "%s: the blocks are gone", frees[form].name);
	}
}

static void free_at_dispatch(void)
{
	PVOID block = block_of(POOL_FLAG_PAGED, 100);
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	frees[form].free(block, TAG);
}

static void free_above_dispatch(void)
{
	PVOID block = block_of(POOL_FLAG_NON_PAGED, 100);
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
	frees[form].free(block, TAG);
}

static void free_null(void)
{
	frees[form].free(NULL, TAG);
}

static void free_twice(void)
{
	PVOID block = block_of(POOL_FLAG_PAGED, 100);

	frees[form].free(block, TAG);
	frees[form].free(block, TAG);
}

static void free_inside(void)
{
	frees[form].free((char *)block_of(POOL_FLAG_PAGED, 100) + 16, TAG);
}

static void free_variable(void)
{
	static int variable;

	frees[form].free(&variable, TAG);
}

static void free_overrun(void)
{
	PVOID block = block_of(POOL_FLAG_PAGED, 104);

	memset(block, 1, 112);
	frees[form].free(block, TAG);
}

static void free_of_malloc(void)
{
	frees[form].free(malloc(100), TAG);
}

static void free_with_list(void)
{
	PLOOKASIDE_LIST_EX list = (PLOOKASIDE_LIST_EX)block_of(POOL_FLAG_NON_PAGED, 400);

	ExInitializeLookasideListEx(list, NULL, NULL, PagedPool, 0, 50, TAG, 0);
	frees[form].free(list, TAG);
}

static void free_with_resource(void)
{
	PERESOURCE resource = (PERESOURCE)block_of(POOL_FLAG_NON_PAGED, 400);

	ExInitializeResourceLite(resource);
	frees[form].free(resource, TAG);
}

static void free_wrong_tag(void)
{
	frees[form].free(block_of(POOL_FLAG_PAGED, 100), 'gnrW');
}

#define BLOCK(bytes) "block @ of " bytes " bytes, tag Form, allocated by ~; freed, called by ~"

static void free_bugs(void)
{
	static const struct {
		void (*bug)(void);
		const char *line;
	} bugs[] = {
		{free_at_dispatch,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x11, 0x2, 0x1, @): free of paged pool "
		 "at IRQL 2 (DISPATCH_LEVEL): " BLOCK("100")},
		{free_above_dispatch,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x12, 0x3, 0x200, @): free of nonpaged "
		 "pool at IRQL 3 (a device's): " BLOCK("100")},
		{free_null, "BAD_POOL_CALLER (0xC2, 0x46, 0x0, 0x0, 0x0): free of 0x0: free of "
			    "NULL, called by ~"},
		{free_twice,
		 "BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, @): double free of " BLOCK("100")},
		{free_inside, "BAD_POOL_CALLER (0xC2, 0x41286, @, @, 0x0): free of @, which is 16 "
			      "bytes into " BLOCK("100")},
		{free_variable, "BAD_POOL_CALLER (0xC2, 0x43, @, 0x0, 0x0): free of @, which was "
				"never in a pool, or whose page was given back, called by ~"},
		{free_overrun,
		 "BAD_POOL_HEADER (0x19, 0x20, @, @, 0x0): the header of block @ is overwritten: "
		 "more than 104 bytes were written to it, or it was never allocated; freed, "
		 "called by ~"},
		{free_of_malloc,
		 "BAD_POOL_CALLER (0xC2, 0x99, @, 0x0, 0x0): a pool routine frees, but malloc or "
		 "its like made block @ of 100 bytes, ~; freed, called by ~"},
		{free_with_list,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xCC, @, @, 0x190): free of memory "
		 "that holds the active lookaside list @: " BLOCK("400")},
		{free_with_resource,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xD2, @, @, 0x190): free of memory "
		 "that holds the active ERESOURCE @: " BLOCK("400")},
		{free_wrong_tag,
		 "BAD_POOL_CALLER (0xC2, 0xA, @, @, @): free with tag Wrng of " BLOCK("100")},
	};

	for (form = 0; form < ARRAYSIZE(frees); form++)
		for (size_t i = 0; i < ARRAYSIZE(bugs); i++)
			if (form > 0 || bugs[i].bug != free_wrong_tag)
				bugcheck_like(bugs[i].bug, bugs[i].line, frees[form].name);
}

int main(void)
{
	allocates();
	exhausted();
	exhausted_raises();
	any_bugs();
	typed_bugs();
	frees_it();
	free_bugs();
	return done();
}
