/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/mdl.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/pages.h"
#include "lib/kernel/probe.h"
#include "lib/kernel/range.h"
#include "lib/kernel/seh.h"
#include "lib/kernel/touch.h"
#include "lib/kernel/violation.h"
#include "lib/pool/check.h"
#include "lib/pool/state.h"

/* A mapping takes no memory, but it can fail: as if it did. */
#define MAPPING_TAG POOLTAG_TAG('M', 'm', 'S', 't')

/* The longest buffer of one MDL. */
#define LENGTH_MAX ((ULONG)(0xffffffff - PAGE_SIZE + 1))

static uintptr_t start_of(const MDL *mdl)
{
	return (uintptr_t)mdl->StartVa + mdl->ByteOffset;
}

/* A violation that Microsoft numbers with the MDL and its flags. */
static BASE_COLD __attribute__((noreturn)) void wrong(const MDL *mdl, uint32_t code,
						      unsigned unexpected, const char *what,
						      const void *return_address)
{
	kernel_violation((struct kernel_violation){.code = code,
						   .p2 = (uintptr_t)mdl,
						   .p3 = (USHORT)mdl->MdlFlags,
						   .p4 = unexpected,
						   .what = what,
						   .return_address = return_address});
}

/* --- make and free -------------------------------------------------------------------------- */

BASE_EXPORT SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
	return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length);
}

PMDL kernel_mdl_make(const void *address, ULONG length, int with_quota, struct pool_frame frame)
{
	struct kernel_request request = {
		.bytes = MmSizeOfMdl((PVOID)(uintptr_t)address, length),
		.tag = KERNEL_MDL_TAG,
		.pool = HEAP_POOL_NONPAGED,
		.use = with_quota ? POOL_USE_QUOTA : 0,
		.frame = frame,
	};
	PMDL mdl = kernel_pool_allocate(&request);

	if (mdl != NULL) {
		memset(mdl, 0, sizeof(*mdl));
		MmInitializeMdl(mdl, address, length);
	}
	return mdl;
}

BASE_EXPORT PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer,
			       BOOLEAN ChargeQuota, PIRP Irp)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	PMDL *at;
	PMDL mdl;

	if (Length > LENGTH_MAX)
		return NULL;
	mdl = kernel_mdl_make(VirtualAddress, Length, ChargeQuota, frame);
	if (mdl == NULL || Irp == NULL)
		return mdl;
	at = &Irp->MdlAddress;
	/* A secondary buffer goes to the end of the chain, another becomes the chain. */
	while (SecondaryBuffer && *at != NULL)
		at = &(*at)->Next;
	*at = mdl;
	return mdl;
}

void kernel_mdl_free(PMDL mdl, const void *return_address)
{
	if (mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
		mdl->MdlFlags &= (CSHORT) ~(MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_MAPPED_TO_SYSTEM_VA);
	if (mdl->MdlFlags & MDL_PAGES_LOCKED && !(mdl->MdlFlags & MDL_PARTIAL))
		wrong(mdl, 0xB8, MDL_PAGES_LOCKED, "IoFreeMdl of an MDL whose pages are locked",
		      return_address);
	if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
		wrong(mdl, 0xB8, MDL_MAPPED_TO_SYSTEM_VA,
		      "IoFreeMdl of an MDL whose pages are mapped", return_address);
	kernel_pool_free(mdl, KERNEL_FREE_TAGGED, KERNEL_MDL_TAG, 0, return_address);
}

BASE_EXPORT void IoFreeMdl(PMDL Mdl)
{
	kernel_mdl_free(Mdl, __builtin_return_address(0));
}

/* --- pages ---------------------------------------------------------------------------------- */

void kernel_mdl_number(PMDL mdl)
{
	kernel_page_numbers((uintptr_t)mdl->StartVa,
			    ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount),
			    MmGetMdlPfnArray(mdl));
}

/* Whether memory is paged pool; what is not of the pool's is the driver's to know. */
static int is_paged_pool(uintptr_t address)
{
	struct pool_identified block = pool_identify((const void *)address);

	return (block.identity == POOL_IS_LIVE || block.identity == POOL_IS_INSIDE) &&
	       (pool_site_uses[block.site] & POOL_USE_DRIVER) &&
	       pool_site_pool(block.site) == HEAP_POOL_PAGED;
}

BASE_EXPORT void MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
	PMDL mdl = MemoryDescriptorList;

	uintptr_t bad;

	if (is_paged_pool(start_of(mdl)))
		kernel_violation(
			(struct kernel_violation){.code = 0x7F,
						  .p2 = kernel_irql,
						  .p3 = (uintptr_t)mdl,
						  .p4 = (USHORT)mdl->MdlFlags,
						  .what = "MmBuildMdlForNonPagedPool of paged pool",
						  .return_address = __builtin_return_address(0)});
	if (mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA))
		wrong(mdl, 0xB0, (unsigned)mdl->MdlFlags,
		      "MmBuildMdlForNonPagedPool of an MDL that is in use",
		      __builtin_return_address(0));
	bad = kernel_touch(start_of(mdl), mdl->ByteCount, 0);
	if (bad != 0)
		kernel_bug_check(MEMORY_MANAGEMENT, 0x1240, (uintptr_t)mdl, bad, 0,
				 "MmBuildMdlForNonPagedPool of memory that is not there",
				 __builtin_return_address(0));
	mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
	mdl->MappedSystemVa = (PVOID)start_of(mdl);
	kernel_mdl_number(mdl);
}

BASE_EXPORT void MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
				     LOCK_OPERATION Operation)
{
	const unsigned in_use = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL |
				MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_SPACE;
	const void *caller = __builtin_return_address(0);
	PMDL mdl = MemoryDescriptorList;
	uintptr_t start = start_of(mdl), bad;
	struct kernel_range io;

	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x70, mdl, AccessMode, "MmProbeAndLockPages");
	if (mdl->MdlFlags & in_use)
		wrong(mdl, 0xB0, (unsigned)mdl->MdlFlags & in_use,
		      "MmProbeAndLockPages of an MDL that is locked, partial or of nonpaged pool",
		      caller);
	if (kernel_range_find(start, KERNEL_RANGE_IO, &io))
		kernel_violation((struct kernel_violation){
			.code = 0x6F,
			.p2 = (uintptr_t)mdl,
			.p3 = start >> PAGE_SHIFT,
			.what = "MmProbeAndLockPages of I/O space, which is no memory",
			.return_address = caller});
	if (mdl->ByteCount == 0)
		kernel_raise_status(STATUS_INVALID_PARAMETER, caller);
	if (AccessMode != KernelMode && !kernel_is_user_range(start, mdl->ByteCount))
		kernel_raise_access(start, Operation != IoReadAccess, caller);
	bad = kernel_touch(start, mdl->ByteCount, Operation != IoReadAccess);
	if (bad != 0)
		kernel_raise_access(bad, Operation != IoReadAccess, caller);
	if (kernel_pages_lock(start, mdl->ByteCount) != 0)
		kernel_raise_status(STATUS_WORKING_SET_QUOTA, caller);
	mdl->MdlFlags |= MDL_PAGES_LOCKED | (Operation != IoReadAccess ? MDL_WRITE_OPERATION : 0);
	mdl->Process = PsGetCurrentProcess();
	kernel_mdl_number(mdl);
}

BASE_EXPORT void MmUnlockPages(PMDL MemoryDescriptorList)
{
	const void *caller = __builtin_return_address(0);
	PMDL mdl = MemoryDescriptorList;

	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x78, mdl, 0, "MmUnlockPages");
	if (mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
		wrong(mdl, 0x7D, 0, "MmUnlockPages of an MDL of nonpaged pool", caller);
	if (mdl->MdlFlags & MDL_PARTIAL)
		wrong(mdl, 0xB4, MDL_PARTIAL, "MmUnlockPages of a partial MDL", caller);
	if (!(mdl->MdlFlags & MDL_PAGES_LOCKED))
		wrong(mdl, 0x7C, 0, "MmUnlockPages of an MDL whose pages are not locked", caller);
	/* The mapping goes first. */
	if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
		MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
	kernel_pages_unlock(start_of(mdl), mdl->ByteCount);
	mdl->MdlFlags &= (CSHORT) ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
	mdl->Process = NULL;
}

BASE_EXPORT void IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress,
				   ULONG Length)
{
	uintptr_t start = (uintptr_t)VirtualAddress, source = start_of(SourceMdl);
	ULONG left = SourceMdl->ByteCount - (ULONG)(start - source);
	size_t pages;

	if (Length == 0)
		Length = left;
	if (start < source || start - source > SourceMdl->ByteCount || Length > left)
		wrong(SourceMdl, 0xB3, Length,
		      "IoBuildPartialMdl of a buffer that is not in the source's",
		      __builtin_return_address(0));
	pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
	if (pages * sizeof(PFN_NUMBER) + sizeof(MDL) > (USHORT)TargetMdl->Size)
		kernel_bug_check(TARGET_MDL_TOO_SMALL, (uintptr_t)TargetMdl,
				 (USHORT)TargetMdl->Size, pages, 0,
				 "IoBuildPartialMdl: the target MDL has room for fewer pages",
				 __builtin_return_address(0));
	TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
	TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
	TargetMdl->ByteCount = Length;
	TargetMdl->Process = SourceMdl->Process;
	TargetMdl->MdlFlags =
		(CSHORT)(MDL_PARTIAL |
			 (SourceMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_IO_SPACE)));
	/* A mapping that the source has serves the part, too. */
	if (SourceMdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
		TargetMdl->MappedSystemVa = (PCHAR)SourceMdl->MappedSystemVa + (start - source);
		TargetMdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED;
	}
	memcpy(MmGetMdlPfnArray(TargetMdl),
	       MmGetMdlPfnArray(SourceMdl) +
		       (((uintptr_t)TargetMdl->StartVa - (uintptr_t)SourceMdl->StartVa) >>
			PAGE_SHIFT),
	       pages * sizeof(PFN_NUMBER));
}

BASE_EXPORT NTSTATUS MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes)
{
	uintptr_t fresh = start_of(Mdl) + NumberOfBytes;

	if (NumberOfBytes >= Mdl->ByteCount)
		return STATUS_INVALID_PARAMETER_2;
	if (PAGE_ALIGN(fresh) != Mdl->StartVa) {
		size_t skipped = (fresh - (uintptr_t)Mdl->StartVa) >> PAGE_SHIFT;
		size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Mdl->ByteOffset, Mdl->ByteCount);

		if (Mdl->MdlFlags & MDL_PAGES_LOCKED)
			kernel_pages_unlock((uintptr_t)Mdl->StartVa, skipped << PAGE_SHIFT);
		memmove(MmGetMdlPfnArray(Mdl), MmGetMdlPfnArray(Mdl) + skipped,
			(pages - skipped) * sizeof(PFN_NUMBER));
	}
	Mdl->StartVa = PAGE_ALIGN(fresh);
	Mdl->ByteOffset = BYTE_OFFSET(fresh);
	Mdl->ByteCount -= NumberOfBytes;
	if (Mdl->MappedSystemVa != NULL)
		Mdl->MappedSystemVa = (PCHAR)Mdl->MappedSystemVa + NumberOfBytes;
	return STATUS_SUCCESS;
}

/* --- mappings ------------------------------------------------------------------------------- */

/* Low-resources simulation: whether this mapping is to fail. */
static int mapping_fails(const MDL *mdl, struct pool_frame frame)
{
	struct pool_thread *thread;

	if (!pool_checks.faults || (thread = pool_enter()) == NULL)
		return 0;
	return pool_check_fault(pool_site_for_driver(thread, frame, MAPPING_TAG, POOL_USE_DRIVER,
						     KERNEL_STACK_DEPTH),
				mdl->ByteCount);
}

/* A user's mapping has no mark in the MDL. */
static PVOID map_for_user(const MDL *mdl)
{
	struct kernel_range range = {.start = start_of(mdl),
				     .length = mdl->ByteCount,
				     .kind = KERNEL_RANGE_USER_MAPPING};

	return kernel_range_add(&range) == 0 ? (PVOID)range.start : NULL;
}

static PVOID map(PMDL mdl, KPROCESSOR_MODE mode, ULONG priority, struct pool_frame frame)
{
	if (mapping_fails(mdl, frame))
		return NULL;
	if (mode != KernelMode)
		return map_for_user(mdl);
	mdl->MappedSystemVa = (PVOID)start_of(mdl);
	mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
	if (mdl->MdlFlags & MDL_PARTIAL)
		mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
	/* Where pages are shared with other memory they stay writable. */
	if (priority & MdlMappingNoWrite)
		MmProtectMdlSystemAddress(mdl, PAGE_READONLY);
	return mdl->MappedSystemVa;
}

BASE_EXPORT PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList,
					       KPROCESSOR_MODE AccessMode,
					       MEMORY_CACHING_TYPE CacheType,
					       PVOID RequestedAddress, ULONG BugCheckOnFailure,
					       ULONG Priority)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	const void *caller = __builtin_return_address(0);
	PMDL mdl = MemoryDescriptorList;
	PVOID address;

	(void)CacheType;
	(void)RequestedAddress;
	if (AccessMode == KernelMode)
		KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x76, mdl, AccessMode,
				  "MmMapLockedPagesSpecifyCache for the kernel");
	else
		KERNEL_CHECK_IRQL(APC_LEVEL, 0x77, mdl, AccessMode,
				  "MmMapLockedPagesSpecifyCache for a user");
	if (BugCheckOnFailure && AccessMode == KernelMode)
		wrong(mdl, 0x82, 0, "MmMapLockedPagesSpecifyCache with BugCheckOnFailure TRUE",
		      caller);
	if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL)))
		wrong(mdl, 0xB3, MDL_PAGES_LOCKED | MDL_PARTIAL,
		      "mapping of an MDL whose pages are not locked", caller);
	if (AccessMode == KernelMode &&
	    (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)))
		wrong(mdl, 0xB2,
		      (unsigned)mdl->MdlFlags &
			      (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL),
		      "mapping of an MDL that is mapped already", caller);
	address = map(mdl, AccessMode, Priority, frame);
	if (address == NULL && AccessMode != KernelMode)
		kernel_raise_status(STATUS_INSUFFICIENT_RESOURCES, caller);
	return address;
}

BASE_EXPORT PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
	(void)AccessMode;
	wrong(MemoryDescriptorList, 0x81, 0,
	      "MmMapLockedPages: MmMapLockedPagesSpecifyCache is to be used",
	      __builtin_return_address(0));
}

/* The whole pages of a mapping; protection has no finer grain. */
static uintptr_t whole_pages(const MDL *mdl, size_t *ret_length)
{
	uintptr_t start = ROUND_TO_PAGES(start_of(mdl));
	uintptr_t end = (uintptr_t)PAGE_ALIGN(start_of(mdl) + mdl->ByteCount);

	*ret_length = end > start ? end - start : 0;
	return start;
}

static void make_writable(const MDL *mdl)
{
	struct kernel_range range;
	size_t length;
	uintptr_t start = whole_pages(mdl, &length);

	if (length > 0 && kernel_range_remove(start, KERNEL_RANGE_READONLY, &range) == 0)
		kernel_protect(start, range.length, PAGE_READWRITE);
}

BASE_EXPORT NTSTATUS MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect)
{
	PMDL mdl = MemoryDescriptorList;
	size_t length;
	uintptr_t start = whole_pages(mdl, &length);

	if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
		return STATUS_NOT_MAPPED_VIEW;
	if (!kernel_protection_known(NewProtect))
		return STATUS_INVALID_PAGE_PROTECTION;
	if (length == 0)
		return STATUS_SUCCESS;
	make_writable(mdl);
	return kernel_protect_system(start, length, NewProtect);
}

BASE_EXPORT void MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
	const void *caller = __builtin_return_address(0);
	PMDL mdl = MemoryDescriptorList;
	struct kernel_range range;

	if (BaseAddress == (PVOID)start_of(mdl) && !(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) &&
	    kernel_range_remove((uintptr_t)BaseAddress, KERNEL_RANGE_USER_MAPPING, &range) == 0) {
		KERNEL_CHECK_IRQL(APC_LEVEL, 0x7A, BaseAddress, mdl,
				  "MmUnmapLockedPages of a user's mapping");
		return;
	}
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x79, BaseAddress, mdl, "MmUnmapLockedPages");
	if ((mdl->MdlFlags & MDL_PARTIAL) && !(mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED))
		wrong(mdl, 0xB5, MDL_PARTIAL, "MmUnmapLockedPages of a partial MDL", caller);
	if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
		wrong(mdl, 0xB6, MDL_MAPPED_TO_SYSTEM_VA,
		      "MmUnmapLockedPages of an MDL that is not mapped", caller);
	if (BaseAddress != mdl->MappedSystemVa)
		kernel_bug_check(DRIVER_UNMAPPING_INVALID_VIEW, (uintptr_t)BaseAddress,
				 (uintptr_t)mdl, (USHORT)mdl->MdlFlags, 0,
				 "MmUnmapLockedPages of an address that is not the MDL's mapping",
				 caller);
	make_writable(mdl);
	mdl->MdlFlags &= (CSHORT) ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
	mdl->MappedSystemVa = NULL;
}
