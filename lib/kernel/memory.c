/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - noncached and contiguous memory, pages for MDLs, physical addresses, I/O space
 *
 * Callers: drivers. Locking: that of ranges and mappings. Context: IRQL <= DISPATCH_LEVEL.
 */
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/kernel/account.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/mapping.h"
#include "lib/kernel/mdl.h"
#include "lib/kernel/pages.h"
#include "lib/kernel/probe.h"
#include "lib/kernel/violation.h"
#include <fcntl.h>
#include <sys/mman.h>

/* Microsoft's tags for these, as pooltag.txt describes them. */
#define CONTIGUOUS_TAG POOLTAG_TAG('M', 'm', 'C', 'm')
#define NONCACHED_TAG  POOLTAG_TAG('M', 'm', 'N', 'c')
#define MDL_PAGES_TAG  POOLTAG_TAG('M', 'm', 'P', 'g')
#define IO_SPACE_TAG   POOLTAG_TAG('M', 'm', 'I', 'o')

static BASE_COLD __attribute__((noreturn)) void bad_free(uint64_t code, const void *address,
							 const char *what, const void *caller)
{
	kernel_bug_check(BAD_POOL_CALLER, code, (uintptr_t)address, 0, 0, what, caller);
}

/* --- noncached ------------------------------------------------------------------------------ */

BASE_EXPORT PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
	struct kernel_mapping wanted = {.bytes = NumberOfBytes,
					.highest = UINT64_MAX,
					.kind = KERNEL_RANGE_NONCACHED,
					.tag = NONCACHED_TAG,
					.frame = POOL_FRAME_KEPT()};

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmAllocateNonCachedMemory");
	return kernel_map(&wanted);
}

BASE_EXPORT void MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
	struct kernel_range range;
	const void *caller = __builtin_return_address(0);

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmFreeNonCachedMemory");
	if (!kernel_range_find((uintptr_t)BaseAddress, KERNEL_RANGE_NONCACHED, &range) ||
	    range.start != (uintptr_t)BaseAddress)
		bad_free(0x46, BaseAddress, "MmFreeNonCachedMemory of an address it did not give",
			 caller);
	if (ROUND_TO_PAGES(NumberOfBytes) != ROUND_TO_PAGES(range.length))
		bad_free(0x46, BaseAddress, "MmFreeNonCachedMemory of another size than allocated",
			 caller);
	kernel_unmap(BaseAddress, KERNEL_RANGE_NONCACHED);
}

/* --- contiguous ----------------------------------------------------------------------------- */

static PVOID contiguous(SIZE_T bytes, PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
			PHYSICAL_ADDRESS boundary, struct pool_frame frame)
{
	struct kernel_mapping wanted = {.bytes = bytes,
					.lowest = (uint64_t)low.QuadPart,
					.highest = (uint64_t)high.QuadPart,
					.boundary = (uint64_t)boundary.QuadPart,
					.kind = KERNEL_RANGE_CONTIGUOUS,
					.tag = CONTIGUOUS_TAG,
					.frame = frame};

	return kernel_map(&wanted);
}

static const PHYSICAL_ADDRESS none = {.QuadPart = 0};

BASE_EXPORT PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes,
					     PHYSICAL_ADDRESS HighestAcceptableAddress)
{
	return contiguous(NumberOfBytes, none, HighestAcceptableAddress, none, POOL_FRAME_KEPT());
}

BASE_EXPORT PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
							 PHYSICAL_ADDRESS LowestAcceptableAddress,
							 PHYSICAL_ADDRESS HighestAcceptableAddress,
							 PHYSICAL_ADDRESS BoundaryAddressMultiple,
							 MEMORY_CACHING_TYPE CacheType)
{
	(void)CacheType;
	return contiguous(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
			  BoundaryAddressMultiple, POOL_FRAME_KEPT());
}

BASE_EXPORT PVOID MmAllocateContiguousMemorySpecifyCacheNode(
	SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
	PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
	MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT PreferredNode)
{
	(void)CacheType;
	(void)PreferredNode;
	return contiguous(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
			  BoundaryAddressMultiple, POOL_FRAME_KEPT());
}

BASE_EXPORT PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes,
						 PHYSICAL_ADDRESS LowestAcceptableAddress,
						 PHYSICAL_ADDRESS HighestAcceptableAddress,
						 PHYSICAL_ADDRESS BoundaryAddressMultiple,
						 ULONG Protect, NODE_REQUIREMENT PreferredNode)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	PVOID memory;

	(void)PreferredNode;
	if (!kernel_protection_known(Protect))
		return NULL;
	memory = contiguous(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
			    BoundaryAddressMultiple, frame);
	if (memory != NULL)
		kernel_protect((uintptr_t)memory, ROUND_TO_PAGES(NumberOfBytes), Protect);
	return memory;
}

BASE_EXPORT void MmFreeContiguousMemory(PVOID BaseAddress)
{
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x2001A, BaseAddress, 0, "MmFreeContiguousMemory");
	if (kernel_unmap(BaseAddress, KERNEL_RANGE_CONTIGUOUS) != 0)
		bad_free(0x60, BaseAddress,
			 "MmFreeContiguousMemory of an address that is not the start of any",
			 __builtin_return_address(0));
}

BASE_EXPORT void MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
						    MEMORY_CACHING_TYPE CacheType)
{
	const void *caller = __builtin_return_address(0);
	struct kernel_range range;

	(void)CacheType;
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x2001A, BaseAddress, NumberOfBytes,
			  "MmFreeContiguousMemorySpecifyCache");
	if (kernel_range_find((uintptr_t)BaseAddress, KERNEL_RANGE_CONTIGUOUS, &range) &&
	    ROUND_TO_PAGES(NumberOfBytes) != ROUND_TO_PAGES(range.length))
		bad_free(0x60, BaseAddress,
			 "MmFreeContiguousMemorySpecifyCache of another size than allocated",
			 caller);
	if (kernel_unmap(BaseAddress, KERNEL_RANGE_CONTIGUOUS) != 0)
		bad_free(0x60, BaseAddress,
			 "MmFreeContiguousMemorySpecifyCache of an address that is not the start "
			 "of any",
			 caller);
}

/* --- pages without an address --------------------------------------------------------------- */

static PMDL pages_for_mdl(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, SIZE_T bytes,
			  struct pool_frame frame)
{
	struct kernel_mapping wanted = {.bytes = bytes,
					.lowest = (uint64_t)low.QuadPart,
					.highest = (uint64_t)high.QuadPart,
					.kind = KERNEL_RANGE_MDL_PAGES,
					.tag = MDL_PAGES_TAG,
					.frame = frame};
	void *pages;
	PMDL mdl;

	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x7E, DISPATCH_LEVEL, 0, "MmAllocatePagesForMdl");
	bytes = ROUND_TO_PAGES(bytes);
	if (bytes == 0 || bytes > MAXULONG - PAGE_SIZE + 1)
		return NULL;
	wanted.bytes = bytes;
	pages = kernel_map(&wanted);
	if (pages == NULL)
		return NULL;
	mdl = kernel_mdl_make(pages, (ULONG)bytes, 0, frame);
	if (mdl == NULL) {
		kernel_unmap(pages, KERNEL_RANGE_MDL_PAGES);
		return NULL;
	}
	mdl->MdlFlags |= MDL_PAGES_LOCKED;
	mdl->Process = PsGetCurrentProcess();
	kernel_mdl_number(mdl);
	return mdl;
}

BASE_EXPORT PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
					 PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
					 MEMORY_CACHING_TYPE CacheType, ULONG Flags)
{
	struct pool_frame frame = POOL_FRAME_KEPT();

	(void)SkipBytes;
	(void)CacheType;
	/*
	 * All of the pages or none: a caller has to take
	 * less than it asked for, but need not get it.
	 */
	(void)Flags;
	return pages_for_mdl(LowAddress, HighAddress, TotalBytes, frame);
}

BASE_EXPORT PMDL MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
				       PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes)
{
	(void)SkipBytes;
	return pages_for_mdl(LowAddress, HighAddress, TotalBytes, POOL_FRAME_KEPT());
}

BASE_EXPORT void MmFreePagesFromMdl(PMDL MemoryDescriptorList)
{
	const void *caller = __builtin_return_address(0);
	PMDL mdl = MemoryDescriptorList;

	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x7E, DISPATCH_LEVEL, 0, "MmFreePagesFromMdl");
	/* Since Windows 7 a mapping that is left goes with the pages. */
	if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
		MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
	if (kernel_unmap(mdl->StartVa, KERNEL_RANGE_MDL_PAGES) != 0)
		kernel_violation(
			(struct kernel_violation){.code = 0x7C,
						  .p2 = (uintptr_t)mdl,
						  .p3 = (USHORT)mdl->MdlFlags,
						  .what = "MmFreePagesFromMdl of an MDL whose "
							  "pages MmAllocatePagesForMdl did "
							  "not give",
						  .return_address = caller});
	mdl->MdlFlags &= (CSHORT)~MDL_PAGES_LOCKED;
}

/* --- physical addresses and I/O space ------------------------------------------------------- */

BASE_EXPORT PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress)
{
	uint64_t number;

	kernel_page_numbers((uintptr_t)BaseAddress, 1, &number);
	return (PHYSICAL_ADDRESS){
		.QuadPart = (LONGLONG)(number << PAGE_SHIFT | BYTE_OFFSET(BaseAddress))};
}

/* A view of the file that option driver_io_space names, at the physical address. */
static PVOID map_io(PHYSICAL_ADDRESS physical, SIZE_T bytes, int protection,
		    struct pool_frame frame)
{
	uint64_t offset = (uint64_t)physical.QuadPart & ~(uint64_t)(PAGE_SIZE - 1);
	struct kernel_charge charge = {.tag = IO_SPACE_TAG, .pool = HEAP_POOL_NONPAGED};
	struct kernel_range range = {.kind = KERNEL_RANGE_IO};
	char *start;
	long fd;

	kernel_start();
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x73, physical.QuadPart, bytes, "MmMapIoSpace");
	if (bytes == 0)
		return NULL;
	charge.pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(physical.QuadPart, bytes) << PAGE_SHIFT;
	charge.bytes = bytes;
	if (base_options.driver_io_space[0] == '\0') {
		base_note("MmMapIoSpace fails: option driver_io_space names no file or device "
			  "that stands for it");
		return NULL;
	}
	fd = BASE_SYSCALL3(SYS_open, base_options.driver_io_space,
			   (protection & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC, 0);
	if (fd < 0 || kernel_account(&charge, frame, &range.site) != 0) {
		if (fd >= 0)
			BASE_SYSCALL1(SYS_close, fd);
		return NULL;
	}
	start = base_mmap(NULL, charge.pages, protection, MAP_SHARED, (int)fd, (long)offset);
	BASE_SYSCALL1(SYS_close, fd);
	range.start = (uintptr_t)start + BYTE_OFFSET(physical.QuadPart);
	range.length = bytes;
	if (base_is_error(start) || kernel_range_add(&range) != 0) {
		if (!base_is_error(start))
			base_munmap(start, charge.pages);
		kernel_unaccount(range.site, charge.bytes, charge.pages);
		return NULL;
	}
	return (PVOID)range.start;
}

BASE_EXPORT PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
			       MEMORY_CACHING_TYPE CacheType)
{
	(void)CacheType;
	return map_io(PhysicalAddress, NumberOfBytes, PROT_READ | PROT_WRITE, POOL_FRAME_KEPT());
}

BASE_EXPORT PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
				 ULONG Protect)
{
	struct pool_frame frame = POOL_FRAME_KEPT();

	if (!kernel_protection_known(Protect))
		return NULL;
	return map_io(PhysicalAddress, NumberOfBytes, kernel_protection_bits(Protect), frame);
}

BASE_EXPORT void MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
	const void *caller = __builtin_return_address(0);
	struct kernel_range range;
	size_t pages;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0x7B, BaseAddress, NumberOfBytes, "MmUnmapIoSpace");
	if (kernel_range_remove((uintptr_t)BaseAddress, KERNEL_RANGE_IO, &range) != 0 ||
	    range.length != NumberOfBytes)
		kernel_bug_check(DRIVER_UNMAPPING_INVALID_VIEW, (uintptr_t)BaseAddress,
				 NumberOfBytes, 0, 0,
				 "MmUnmapIoSpace of what MmMapIoSpace did not map so", caller);
	pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(BaseAddress, NumberOfBytes) << PAGE_SHIFT;
	base_munmap(PAGE_ALIGN(BaseAddress), pages);
	kernel_unaccount(range.site, range.length, pages);
}
