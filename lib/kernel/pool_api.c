/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool_api.c - ExAllocatePool2 and its older relatives, ExFreePool
 *
 * Purpose: what drivers ask in POOL_TYPE or POOL_FLAGS becomes a kernel_request.
 * Callers: drivers. Locking, context: as pool.h.
 */
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/pool.h"
#include "lib/kernel/seh.h"
#include "lib/pool/describe.h"

/* The tag of ExAllocatePool, as PoolMon shows it. */
#define TAG_NONE POOLTAG_TAG('N', 'o', 'n', 'e')

/* Bits of a POOL_TYPE that say which pool. */
#define TYPE_PAGED         0x1u
#define TYPE_MUST_SUCCEED  0x2u
#define TYPE_CACHE_ALIGNED 0x4u
#define TYPE_SESSION       0x20u
#define TYPE_KNOWN                                                             \
	(TYPE_PAGED | TYPE_MUST_SUCCEED | TYPE_CACHE_ALIGNED | TYPE_SESSION |  \
	 POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE | \
	 POOL_COLD_ALLOCATION | POOL_NX_ALLOCATION | POOL_ZERO_ALLOCATION)

static int is_letter_or_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* 0, or Windows' number for what is wrong with a tag. */
static uint32_t tag_fault(uint32_t tag)
{
	tag &= ~PROTECTED_POOL;
	if (tag == 0)
		return 0x9b;
	if (tag == POOLTAG_TAG('B', 'I', 'G', 0) || tag == POOLTAG_TAG('B', 'I', 'G', ' '))
		return 0x9c;
	for (int i = 0; i < 4; i++)
		if (is_letter_or_digit((uint8_t)(tag >> (8 * i))))
			return 0;
	return 0x9d;
}

static BASE_COLD __attribute__((noreturn)) void bad_tag(uint32_t tag, uint32_t type, size_t bytes,
							uintptr_t caller)
{
	uint32_t fault = tag_fault(tag);
	struct kernel_bug bug;

	if (fault == 0x9d)
		kernel_bug_open(&bug, BAD_POOL_CALLER, fault, tag, type, caller);
	else
		kernel_bug_open(&bug, BAD_POOL_CALLER, fault, type, bytes, caller);
	base_text_add(&bug.text, "allocation of ");
	base_text_unsigned(&bug.text, bytes);
	base_text_add(&bug.text, fault == 0x9b   ? " bytes with tag 0"
				 : fault == 0x9c ? " bytes with the tag BIG, which is the system's"
						 : " bytes with a tag without letter or digit");
	kernel_bug_caller(&bug, (const void *)caller);
	kernel_bug_close(&bug);
}

static BASE_COLD __attribute__((noreturn)) void must_succeed(uint32_t type, size_t bytes,
							     uint32_t tag, uintptr_t caller)
{
	kernel_bug_check(BAD_POOL_CALLER, 0x9a, type, bytes, tag,
			 "allocation from the must-succeed pool, which is gone",
			 (const void *)caller);
}

static BASE_COLD __attribute__((noreturn)) void zero_bytes(enum heap_pool pool, uintptr_t caller)
{
	kernel_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, 0, kernel_irql, kernel_pool_type(pool),
			 0, "allocation of 0 bytes", (const void *)caller);
}

/* The older routines. `quota`: one of the quota routines, which raise by themselves. */
static void *allocate_by_type(uint32_t type, size_t bytes, uint32_t tag, unsigned quota,
			      struct pool_frame frame)
{
	uintptr_t caller = pool_frame_caller(frame);
	unsigned raise = (type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0;
	unsigned quota_raise = quota && !(type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
	struct kernel_request request = {
		.bytes = bytes,
		.tag = tag,
		.pool = kernel_pool_of_type(type),
		.use = quota ? POOL_USE_QUOTA : 0,
		.zero = (type & POOL_ZERO_ALLOCATION) != 0,
		.cache_aligned = (type & TYPE_CACHE_ALIGNED) != 0,
		.raise = raise | quota_raise,
		.quota_raise = raise | quota_raise,
		.frame = frame,
	};

	kernel_start();
	if (tag_fault(tag) != 0)
		bad_tag(tag, type, bytes, caller);
	if ((type & TYPE_MUST_SUCCEED) || (type & ~TYPE_KNOWN))
		must_succeed(type, bytes, tag, caller);
	if (bytes == 0 && base_options.driver_verifier)
		zero_bytes(request.pool, caller);
	return kernel_pool_allocate(&request);
}

void *kernel_pool_by_type(uint32_t type, size_t bytes, uint32_t tag, struct pool_frame frame)
{
	return allocate_by_type(type, bytes, tag, 0, frame);
}

BASE_EXPORT PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return allocate_by_type(PoolType, NumberOfBytes, Tag, 0, POOL_FRAME_KEPT());
}

BASE_EXPORT PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return allocate_by_type(PoolType, NumberOfBytes, TAG_NONE, 0, POOL_FRAME_KEPT());
}

BASE_EXPORT PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return allocate_by_type(PoolType, NumberOfBytes, Tag, 1, POOL_FRAME_KEPT());
}

BASE_EXPORT PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return allocate_by_type(PoolType, NumberOfBytes, TAG_NONE, 1, POOL_FRAME_KEPT());
}

/* Memory here is scarce or not, never nearly: a priority changes nothing. */
BASE_EXPORT PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
						EX_POOL_PRIORITY Priority)
{
	(void)Priority;
	return allocate_by_type(PoolType, NumberOfBytes, Tag, 0, POOL_FRAME_KEPT());
}

/* --- by flags ------------------------------------------------------------------------------- */

#define FLAGS_POOL (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
#define FLAGS_KNOWN                                                                             \
	(FLAGS_POOL | POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_CACHE_ALIGNED | \
	 POOL_FLAG_RAISE_ON_FAILURE)
#define FLAGS_REQUIRED (POOL_FLAG_OPTIONAL_START - 1)

/* NULL, or what is wrong. Exactly one pool has to be named. */
static const char *flags_fault(POOL_FLAGS flags, uint32_t tag)
{
	uint64_t pools = flags & FLAGS_POOL;

	if (pools == 0)
		return "name no pool (a POOL_TYPE instead of POOL_FLAGS?)";
	if ((pools & (pools - 1)) != 0)
		return "name more than one pool";
	if (flags & POOL_FLAG_SESSION)
		return "ask for session pool, which is the system's";
	if ((flags & FLAGS_REQUIRED) & ~(uint64_t)FLAGS_KNOWN)
		return "have a required bit that is not known";
	if (tag == 0)
		return "go with tag 0";
	return NULL;
}

/* Fails as documented; but a call that always fails is worth a line. */
static BASE_COLD void *refuse(POOL_FLAGS flags, const char *why, uintptr_t caller)
{
	char buffer[300];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	base_text_add(&text, "an allocation fails: the flags ");
	base_text_hex(&text, flags);
	base_text_char(&text, ' ');
	base_text_add(&text, why);
	base_text_add(&text, ", called by ");
	pool_describe_text(&text, caller);
	base_note(buffer);
	if (flags & POOL_FLAG_RAISE_ON_FAILURE)
		kernel_raise_status(STATUS_INVALID_PARAMETER, (const void *)caller);
	return NULL;
}

static void *allocate_by_flags(POOL_FLAGS flags, size_t bytes, uint32_t tag,
			       struct pool_frame frame)
{
	const char *fault = flags_fault(flags, tag);
	unsigned raise = (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0;
	struct kernel_request request = {
		.bytes = bytes,
		.tag = tag,
		.pool = flags & POOL_FLAG_PAGED       ? HEAP_POOL_PAGED
			: flags & POOL_FLAG_NON_PAGED ? HEAP_POOL_NONPAGED
						      : HEAP_POOL_EXECUTABLE,
		.use = flags & POOL_FLAG_USE_QUOTA ? POOL_USE_QUOTA : 0,
		.zero = !(flags & POOL_FLAG_UNINITIALIZED),
		.cache_aligned = (flags & POOL_FLAG_CACHE_ALIGNED) != 0,
		.raise = raise,
		.quota_raise = raise,
		.frame = frame,
	};

	kernel_start();
	if (fault != NULL)
		return refuse(flags, fault, pool_frame_caller(frame));
	if (bytes == 0 && base_options.driver_verifier)
		zero_bytes(request.pool, pool_frame_caller(frame));
	return kernel_pool_allocate(&request);
}

BASE_EXPORT PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
	return allocate_by_flags(Flags, NumberOfBytes, Tag, POOL_FRAME_KEPT());
}

/* NULL, or what is wrong with a parameter that may not be passed over. */
static const char *parameter_fault(const POOL_EXTENDED_PARAMETER *parameter, POOL_FLAGS flags)
{
	switch (parameter->Type) {
	case PoolExtendedParameterPriority:
		return NULL;
	case PoolExtendedParameterNumaNode:
		/* There is one node here, and its number is 0. */
		if (flags & POOL_FLAG_PAGED)
			return "ask for a node, which paged pool does not have";
		if ((parameter->PreferredNode & ~MM_ANY_NODE_OK) != 0 &&
		    !(parameter->PreferredNode & MM_ANY_NODE_OK))
			return "ask for a node that is not there";
		return NULL;
	case PoolExtendedParameterSecurePool:
		return parameter->Optional ? NULL : "ask for a secure pool, which pooltag lacks";
	default:
		return parameter->Optional ? NULL
					   : "go with an extended parameter of no known type";
	}
}

BASE_EXPORT PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
				  PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
				  ULONG ExtendedParametersCount)
{
	struct pool_frame frame = POOL_FRAME_KEPT();

	for (ULONG i = 0; i < ExtendedParametersCount; i++) {
		const char *fault = parameter_fault(&ExtendedParameters[i], Flags);

		if (fault != NULL)
			return refuse(Flags, fault, pool_frame_caller(frame));
	}
	return allocate_by_flags(Flags, NumberOfBytes, Tag, frame);
}

/* --- free ----------------------------------------------------------------------------------- */

BASE_EXPORT void ExFreePool(PVOID P)
{
	kernel_pool_free(P, KERNEL_FREE_ANY, 0, 0, __builtin_return_address(0));
}

BASE_EXPORT void ExFreePoolWithTag(PVOID P, ULONG Tag)
{
	kernel_pool_free(P, KERNEL_FREE_TAGGED, Tag, 0, __builtin_return_address(0));
}

/* Its parameters say where a secure pool's block belongs, and there are none. */
BASE_EXPORT void ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
			     ULONG ExtendedParametersCount)
{
	(void)ExtendedParameters;
	(void)ExtendedParametersCount;
	kernel_pool_free(P, KERNEL_FREE_TAGGED, Tag, 0, __builtin_return_address(0));
}
