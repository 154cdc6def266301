// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm_rules.c - the memory manager's rules that are documented in one line each: levels, MDLs in the
 * wrong state, pages and sections that are not there
 */
#include "ddk.h"
#include <sys/mman.h>

#define TAG 'luRM'

static UCHAR buffer[3 * PAGE_SIZE];
static PHYSICAL_ADDRESS zero, any;

static void raise_to(KIRQL level)
{
	KIRQL old;

	KeRaiseIrql(level, &old);
}

static PMDL of_buffer(void)
{
	return IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL);
}

static PMDL locked(void)
{
	PMDL mdl = of_buffer();

	MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
	return mdl;
}

/* --- MDLs --------------------------------------------------------------------------------------- */

static void users_mapping(void)
{
	PMDL mdl = locked();
	PUCHAR one = (PUCHAR)MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE,
							  NormalPagePriority);
	PUCHAR two = (PUCHAR)MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE,
							  NormalPagePriority);

	buffer[5] = 17;
	ok(one != NULL && one[5] == 17 && two != NULL && two[5] == 17,
	   "MmMapLockedPagesSpecifyCache, UserMode: as often as wanted");
	is_status(RAISED(ProbeForRead(one, sizeof(buffer), 1)), STATUS_SUCCESS,
		  "the user's to read");
	ok(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA), "the MDL says nothing of it");
	MmUnmapLockedPages(one, mdl);
	MmUnmapLockedPages(two, mdl);
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
}

static void parts(void)
{
	PMDL mdl = locked(), part = of_buffer();

	IoBuildPartialMdl(mdl, part, buffer + 100, 0);
	ok(MmGetMdlByteCount(part) == sizeof(buffer) - 100 &&
		   MmGetMdlByteOffset(part) == BYTE_OFFSET(buffer + 100),
	   "IoBuildPartialMdl, Length 0: all the rest");
	ok(MmGetSystemAddressForMdlSafe(part, NormalPagePriority) == buffer + 100 &&
		   !(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA),
	   "a part is mapped by itself");
	MmPrepareMdlForReuse(part);
	ok(!(part->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA), "and unmapped by MmPrepareMdlForReuse");
	IoBuildPartialMdl(mdl, part, buffer, 10);
	MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
	IoFreeMdl(part);
	ok(mdl->MdlFlags & MDL_PAGES_LOCKED, "or by IoFreeMdl; the source stays locked");
	is_status(MmAdvanceMdl(mdl, sizeof(buffer) + 1), STATUS_INVALID_PARAMETER_2,
		  "MmAdvanceMdl past the end: STATUS_INVALID_PARAMETER_2");
	ok(MmGetMdlByteCount(mdl) == sizeof(buffer), "which changes nothing");
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
}

static void no_pages(void)
{
	PHYSICAL_ADDRESS low, high;

	low.QuadPart = 0x5000;
	high.QuadPart = 0x4000;
	ok(MmAllocatePagesForMdl(zero, any, zero, 0) == NULL &&
		   MmAllocatePagesForMdl(low, high, zero, PAGE_SIZE) == NULL,
	   "MmAllocatePagesForMdl: NULL when there are no pages between the addresses");
	ok(MmAllocatePagesForMdlEx(low, high, zero, PAGE_SIZE, MmCached, 0) == NULL,
	   "MmAllocatePagesForMdlEx: NULL as well");
}

static void pages(void)
{
	PMDL mdl = MmAllocatePagesForMdl(zero, any, zero, 2 * PAGE_SIZE);
	PUCHAR at = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	int zeros = 0;

	for (int i = 0; i < 2 * PAGE_SIZE; i++)
		zeros += at[i] == 0;
	ok(zeros == 2 * PAGE_SIZE && (mdl->MdlFlags & MDL_PAGES_LOCKED),
	   "MmAllocatePagesForMdl: locked and zeroed");
	MmFreePagesFromMdl(mdl);
	ok(!MmIsAddressValid(at), "MmFreePagesFromMdl takes a mapping along");
	ExFreePool(mdl);
}

static void lock_high(void)
{
	PMDL mdl = of_buffer();

	raise_to(DISPATCH_LEVEL + 1);
	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
}

static void lock_io_space(void)
{
	PVOID device = MmMapIoSpace(zero, PAGE_SIZE, MmNonCached);

	MmProbeAndLockPages(IoAllocateMdl(device, 10, FALSE, FALSE, NULL), KernelMode,
			    IoReadAccess);
}

static void unlock_high(void)
{
	PMDL mdl = locked();

	raise_to(DISPATCH_LEVEL + 1);
	MmUnlockPages(mdl);
}

static void map_high(void)
{
	PMDL mdl = locked();

	raise_to(DISPATCH_LEVEL + 1);
	MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static void map_safe_high(void)
{
	PMDL mdl = locked();

	raise_to(DISPATCH_LEVEL + 1);
	MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
}

static void map_user_high(void)
{
	PMDL mdl = locked();

	raise_to(DISPATCH_LEVEL);
	MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static void map_not_locked(void)
{
	MmMapLockedPagesSpecifyCache(of_buffer(), KernelMode, MmCached, NULL, FALSE,
				     NormalPagePriority);
}

static void unmap_high(void)
{
	PMDL mdl = locked();
	PVOID at = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

	raise_to(DISPATCH_LEVEL + 1);
	MmUnmapLockedPages(at, mdl);
}

static void unmap_user_high(void)
{
	PMDL mdl = locked();
	PVOID at = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE,
						NormalPagePriority);

	raise_to(DISPATCH_LEVEL);
	MmUnmapLockedPages(at, mdl);
}

static void unmap_twice(void)
{
	PMDL mdl = locked();
	PVOID at = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

	MmUnmapLockedPages(at, mdl);
	MmUnmapLockedPages(at, mdl);
}

static void unmap_user_twice(void)
{
	PMDL mdl = locked();
	PVOID at = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE,
						NormalPagePriority);

	MmUnmapLockedPages(at, mdl);
	MmUnmapLockedPages(at, mdl);
}

static void unmap_part(void)
{
	PMDL mdl = locked(), part = of_buffer();

	IoBuildPartialMdl(mdl, part, buffer, 10);
	MmUnmapLockedPages(buffer, part);
}

static void free_mapped(void)
{
	PMDL mdl = IoAllocateMdl(buffer, 10, FALSE, FALSE, NULL);

	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
	IoFreeMdl(mdl);
}

static void part_outside(void)
{
	IoBuildPartialMdl(locked(), of_buffer(), buffer + sizeof(buffer) - 5, 6);
}

static void build_not_there(void)
{
	PVOID at = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MmBuildMdlForNonPagedPool(IoAllocateMdl(at, 10, FALSE, FALSE, NULL));
}

static void pages_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmAllocatePagesForMdl(zero, any, zero, PAGE_SIZE);
}

static void pages_ex_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmAllocatePagesForMdlEx(zero, any, zero, PAGE_SIZE, MmCached, 0);
}

static void free_pages_high(void)
{
	PMDL mdl = MmAllocatePagesForMdl(zero, any, zero, PAGE_SIZE);

	raise_to(DISPATCH_LEVEL + 1);
	MmFreePagesFromMdl(mdl);
}

static void protect_and_write(void)
{
	PMDL mdl = of_buffer();
	PUCHAR at;

	MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
	at = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	MmProtectMdlSystemAddress(mdl, PAGE_READONLY);
	at[PAGE_SIZE] = 1;
}

/* --- contiguous and noncached memory ------------------------------------------------------------ */

static void contiguous_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmAllocateContiguousMemory(PAGE_SIZE, any);
}

static void contiguous_cache_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, zero, any, zero, MmCached);
}

static void contiguous_cache_node_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmAllocateContiguousMemorySpecifyCacheNode(PAGE_SIZE, zero, any, zero, MmCached, 0);
}

static void contiguous_node_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmAllocateContiguousNodeMemory(PAGE_SIZE, zero, any, zero, PAGE_READWRITE, 0);
}

static void noncached_high(void)
{
	raise_to(DISPATCH_LEVEL);
	MmAllocateNonCachedMemory(PAGE_SIZE);
}

static void free_noncached_high(void)
{
	PVOID memory = MmAllocateNonCachedMemory(PAGE_SIZE);

	raise_to(DISPATCH_LEVEL);
	MmFreeNonCachedMemory(memory, PAGE_SIZE);
}

static void probe_read_high(void)
{
	raise_to(DISPATCH_LEVEL);
	ProbeForRead(buffer, 1, 1);
}

static void probe_write_high(void)
{
	raise_to(DISPATCH_LEVEL);
	ProbeForWrite(buffer, 1, 1);
}

static void free_contiguous_null(void)
{
	MmFreeContiguousMemory(NULL);
}

static void free_contiguous_inside(void)
{
	MmFreeContiguousMemorySpecifyCache((PUCHAR)MmAllocateContiguousMemory(2 * PAGE_SIZE, any) +
						   8,
					   2 * PAGE_SIZE - 8, MmCached);
}

static void free_contiguous_high(void)
{
	PVOID memory = MmAllocateContiguousMemory(PAGE_SIZE, any);

	raise_to(DISPATCH_LEVEL + 1);
	MmFreeContiguousMemory(memory);
}

static void free_contiguous_cache_high(void)
{
	PVOID memory = MmAllocateContiguousMemory(PAGE_SIZE, any);

	raise_to(DISPATCH_LEVEL + 1);
	MmFreeContiguousMemorySpecifyCache(memory, PAGE_SIZE, MmCached);
}

static void free_noncached_inside(void)
{
	MmFreeNonCachedMemory((PUCHAR)MmAllocateNonCachedMemory(2 * PAGE_SIZE) + PAGE_SIZE,
			      PAGE_SIZE);
}

static void no_contiguous(void)
{
	PHYSICAL_ADDRESS low, high;

	low.QuadPart = 0x6000;
	high.QuadPart = 0x5fff;
	ok(MmAllocateContiguousMemory(0, any) == NULL &&
		   MmAllocateContiguousMemory(PAGE_SIZE, low) == NULL,
	   "MmAllocateContiguousMemory: NULL");
	ok(MmAllocateContiguousMemorySpecifyCacheNode(PAGE_SIZE, low, high, zero, MmCached,
						      MM_ANY_NODE_OK) == NULL,
	   "MmAllocateContiguousMemorySpecifyCacheNode: NULL");
	ok(MmAllocateContiguousNodeMemory(PAGE_SIZE, low, high, zero, PAGE_READWRITE, 0) == NULL,
	   "MmAllocateContiguousNodeMemory: NULL");
}

/* --- I/O space, sections of the image ------------------------------------------------------------ */

static void map_io_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmMapIoSpace(zero, 16, MmNonCached);
}

static void map_io_ex_high(void)
{
	raise_to(DISPATCH_LEVEL + 1);
	MmMapIoSpaceEx(zero, 16, PAGE_READWRITE);
}

static void unmap_io_high(void)
{
	PVOID at = MmMapIoSpace(zero, 16, MmNonCached);

	raise_to(DISPATCH_LEVEL);
	MmUnmapIoSpace(at, 16);
}

static void lock_no_data(void)
{
	MmLockPagableDataSection((PVOID)0x1000);
}

static void lock_no_code(void)
{
	MmLockPagableCodeSection((PVOID)0x1000);
}

static void lock_no_handle(void)
{
	MmLockPagableSectionByHandle(buffer);
}

static DECLSPEC_ALIGN(4096) UCHAR constants[PAGE_SIZE];

static void protect_section(void)
{
	void (*function)(void) = protect_section;
	PVOID code;

	memcpy(&code, &function, sizeof(code));
	is_status(MmProtectDriverSection(constants, PAGE_SIZE, 2), STATUS_INVALID_PARAMETER,
		  "MmProtectDriverSection: a flag that is none");
	is_status(MmProtectDriverSection(PAGE_ALIGN(code), PAGE_SIZE, 0),
		  STATUS_INVALID_PAGE_PROTECTION, "MmProtectDriverSection of code");
	is_status(MmProtectDriverSection(constants, PAGE_SIZE,
					 MM_PROTECT_DRIVER_SECTION_ALLOW_UNLOAD),
		  STATUS_SUCCESS, "MmProtectDriverSection");
	is_status(MmProtectDriverSection(constants, PAGE_SIZE, 0), STATUS_ALREADY_COMMITTED,
		  "MmProtectDriverSection again: STATUS_ALREADY_COMMITTED");
}

static void protect_nothing(void)
{
	MmProtectDriverSection((PVOID)0x1000, PAGE_SIZE, 0);
}

/* --- the run-time library's one ------------------------------------------------------------------ */

static void copy_over_itself(void)
{
	RtlCopyMemory(buffer + 1, buffer, 8);
}

static void copies(void)
{
	RtlCopyMemory(buffer + 8, buffer, 8);
	RtlCopyMemory(buffer, buffer + 8, 8);
	RtlCopyMemory(buffer, buffer, 8);
	ok(1, "RtlCopyMemory to the next byte, from it, and of nothing new");
}

/* --- arithmetic of pages -------------------------------------------------------------------------- */

static void macros(void)
{
	ok(ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)0xfff, 2) == 2 &&
		   ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)0x1000, PAGE_SIZE) == 1 &&
		   ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)0x1001, PAGE_SIZE) == 2 &&
		   ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)0x1001, 0) == 1,
	   "ADDRESS_AND_SIZE_TO_SPAN_PAGES");
	ok(BYTE_OFFSET((PVOID)0x12345) == 0x345 && BYTES_TO_PAGES(1) == 1 &&
		   BYTES_TO_PAGES(PAGE_SIZE) == 1 && BYTES_TO_PAGES(PAGE_SIZE + 1) == 2 &&
		   BYTES_TO_PAGES(0) == 0,
	   "BYTE_OFFSET, BYTES_TO_PAGES");
	ok(ROUND_TO_PAGES(1) == PAGE_SIZE && ROUND_TO_PAGES(PAGE_SIZE) == PAGE_SIZE &&
		   PAGE_ALIGN((PVOID)0x12345) == (PVOID)0x12000,
	   "ROUND_TO_PAGES, PAGE_ALIGN");
}

#define C4 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, "

static void bugs(void)
{
	static const struct bug all[] = {
		{lock_high,
		 C4 "0x70, 0x3, @, 0x0): MmProbeAndLockPages at IRQL 3 (a device's), called by ~",
		 "MmProbeAndLockPages"},
		{lock_io_space,
		 C4 "0x6F, @, @, 0x0): MmProbeAndLockPages of I/O space, which is no memory, "
		    "called by ~",
		 "MmProbeAndLockPages of I/O space"},
		{unlock_high,
		 C4 "0x78, 0x3, @, 0x0): MmUnlockPages at IRQL 3 (a device's), called by ~",
		 "MmUnlockPages"},
		{map_high,
		 C4 "0x76, 0x3, @, 0x0): MmMapLockedPagesSpecifyCache for the kernel at IRQL 3 (a "
		    "device's), called by ~",
		 "MmMapLockedPagesSpecifyCache"},
		{map_safe_high,
		 C4 "0x76, 0x3, @, 0x0): MmMapLockedPagesSpecifyCache for the kernel at IRQL 3 (a "
		    "device's), called by ~",
		 "MmGetSystemAddressForMdlSafe"},
		{map_user_high,
		 C4 "0x77, 0x2, @, 0x1): MmMapLockedPagesSpecifyCache for a user at IRQL 2 "
		    "(DISPATCH_LEVEL), called by ~",
		 "MmMapLockedPagesSpecifyCache, UserMode"},
		{map_not_locked,
		 C4 "0xB3, @, @, 0x12): mapping of an MDL whose pages are not locked, called by ~",
		 "MmMapLockedPagesSpecifyCache without a lock"},
		{unmap_high,
		 C4 "0x79, 0x3, @, @): MmUnmapLockedPages at IRQL 3 (a device's), called by ~",
		 "MmUnmapLockedPages"},
		{unmap_user_high,
		 C4 "0x7A, 0x2, @, @): MmUnmapLockedPages of a user's mapping at IRQL 2 "
		    "(DISPATCH_LEVEL), called by ~",
		 "MmUnmapLockedPages of a user's mapping"},
		{unmap_twice,
		 C4 "0xB6, @, @, 0x1): MmUnmapLockedPages of an MDL that is not mapped, called by "
		    "~",
		 "MmUnmapLockedPages twice"},
		{unmap_user_twice,
		 C4 "0xB6, @, @, 0x1): MmUnmapLockedPages of an MDL that is not mapped, called by "
		    "~",
		 "MmUnmapLockedPages of a user's mapping twice"},
		{unmap_part,
		 C4 "0xB5, @, @, 0x10): MmUnmapLockedPages of a partial MDL, called by ~",
		 "MmUnmapLockedPages of a partial MDL"},
		{free_mapped,
		 C4 "0xB8, @, @, 0x1): IoFreeMdl of an MDL whose pages are mapped, called by ~",
		 "IoFreeMdl while mapped"},
		{part_outside,
		 C4 "0xB3, @, @, 0x6): IoBuildPartialMdl of a buffer that is not in the "
		    "source's, called by ~",
		 "IoBuildPartialMdl past the end of the source"},
		{build_not_there,
		 "MEMORY_MANAGEMENT (0x1A, 0x1240, @, @, 0x0): MmBuildMdlForNonPagedPool of "
		 "memory that is not there, called by ~",
		 "MmBuildMdlForNonPagedPool of memory that is not there"},
		{pages_high,
		 C4 "0x7E, 0x3, 0x2, 0x0): MmAllocatePagesForMdl at IRQL 3 (a device's), called "
		    "by ~",
		 "MmAllocatePagesForMdl"},
		{pages_ex_high,
		 C4 "0x7E, 0x3, 0x2, 0x0): MmAllocatePagesForMdl at IRQL 3 (a device's), called "
		    "by ~",
		 "MmAllocatePagesForMdlEx"},
		{free_pages_high,
		 C4 "0x7E, 0x3, 0x2, 0x0): MmFreePagesFromMdl at IRQL 3 (a device's), called by ~",
		 "MmFreePagesFromMdl"},
		{protect_and_write,
		 "ATTEMPTED_WRITE_TO_READONLY_MEMORY (0xBE, @, 0x0, @, 0x0): write to read-only "
		 "memory at @, called by ~",
		 "MmProtectMdlSystemAddress, then a write"},
		{contiguous_high,
		 C4 "0x2, 0x3, 0x200, 0x1000): allocation of 4096 bytes of nonpaged pool at IRQL "
		    "3 (a device's), called by ~",
		 "MmAllocateContiguousMemory"},
		{contiguous_cache_high,
		 C4 "0x2, 0x3, 0x200, 0x1000): allocation of 4096 bytes of nonpaged pool at IRQL "
		    "3 (a device's), called by ~",
		 "MmAllocateContiguousMemorySpecifyCache"},
		{contiguous_cache_node_high,
		 C4 "0x2, 0x3, 0x200, 0x1000): allocation of 4096 bytes of nonpaged pool at IRQL "
		    "3 (a device's), called by ~",
		 "MmAllocateContiguousMemorySpecifyCacheNode"},
		{contiguous_node_high,
		 C4 "0x2, 0x3, 0x200, 0x1000): allocation of 4096 bytes of nonpaged pool at IRQL "
		    "3 (a device's), called by ~",
		 "MmAllocateContiguousNodeMemory"},
		{noncached_high,
		 C4 "0xE5, 0x2, 0x0, 0x0): MmAllocateNonCachedMemory at IRQL 2 (DISPATCH_LEVEL), "
		    "called by ~",
		 "MmAllocateNonCachedMemory"},
		{free_noncached_high,
		 C4
		 "0xE5, 0x2, 0x0, 0x0): MmFreeNonCachedMemory at IRQL 2 (DISPATCH_LEVEL), called "
		 "by ~",
		 "MmFreeNonCachedMemory"},
		{probe_read_high,
		 C4 "0xE5, 0x2, 0x0, 0x0): ProbeForRead at IRQL 2 (DISPATCH_LEVEL), called by ~",
		 "ProbeForRead"},
		{probe_write_high,
		 C4 "0xE5, 0x2, 0x0, 0x0): ProbeForWrite at IRQL 2 (DISPATCH_LEVEL), called by ~",
		 "ProbeForWrite"},
		{free_contiguous_high,
		 C4 "0x2001A, 0x3, @, 0x0): MmFreeContiguousMemory at IRQL 3 (a device's), called "
		    "by ~",
		 "MmFreeContiguousMemory"},
		{free_contiguous_cache_high,
		 C4 "0x2001A, 0x3, @, 0x1000): MmFreeContiguousMemorySpecifyCache at IRQL 3 (a "
		    "device's), called by ~",
		 "MmFreeContiguousMemorySpecifyCache"},
		{free_contiguous_null,
		 "BAD_POOL_CALLER (0xC2, 0x60, 0x0, 0x0, 0x0): MmFreeContiguousMemory of an "
		 "address that is not the start of any, called by ~",
		 "MmFreeContiguousMemory of NULL"},
		{free_contiguous_inside,
		 "BAD_POOL_CALLER (0xC2, 0x60, @, 0x0, 0x0): MmFreeContiguousMemorySpecifyCache "
		 "of an address that is not the start of any, called by ~",
		 "MmFreeContiguousMemorySpecifyCache inside"},
		{free_noncached_inside,
		 "BAD_POOL_CALLER (0xC2, 0x46, @, 0x0, 0x0): MmFreeNonCachedMemory of an address "
		 "it did not give, called by ~",
		 "MmFreeNonCachedMemory inside"},
		{map_io_high,
		 C4 "0x73, 0x3, 0x0, 0x10): MmMapIoSpace at IRQL 3 (a device's), called by ~",
		 "MmMapIoSpace"},
		{map_io_ex_high,
		 C4 "0x73, 0x3, 0x0, 0x10): MmMapIoSpace at IRQL 3 (a device's), called by ~",
		 "MmMapIoSpaceEx"},
		{unmap_io_high,
		 C4 "0x7B, 0x2, @, 0x10): MmUnmapIoSpace at IRQL 2 (DISPATCH_LEVEL), called by ~",
		 "MmUnmapIoSpace"},
		{lock_no_data,
		 "MEMORY_MANAGEMENT (0x1A, 0x1234, 0x1000, 0x0, 0x0): MmLockPagableDataSection of "
		 "an address in no loaded file, called by ~",
		 "MmLockPagableDataSection of nothing"},
		{lock_no_code,
		 "MEMORY_MANAGEMENT (0x1A, 0x1234, 0x1000, 0x0, 0x0): MmLockPagableDataSection of "
		 "an address in no loaded file, called by ~",
		 "MmLockPagableCodeSection of nothing"},
		{lock_no_handle,
		 "MEMORY_MANAGEMENT (0x1A, 0x1234, @, 0x0, 0x0): a handle that "
		 "MmLockPagableDataSection did not give, called by ~",
		 "MmLockPagableSectionByHandle of no handle"},
		{protect_nothing,
		 "MEMORY_MANAGEMENT (0x1A, 0x1100, 0x1000, 0x0, 0x0): MmProtectDriverSection of "
		 "an address in no loaded file, called by ~",
		 "MmProtectDriverSection of nothing"},
		{copy_over_itself,
		 C4 "0xF0, @, @, 0x8): RtlCopyMemory of memory over itself; RtlMoveMemory is for "
		    "that, called by ~",
		 "RtlCopyMemory over itself"},
	};

	for (size_t i = 0; i < ARRAYSIZE(all); i++)
		bugcheck_like(all[i].bug, all[i].line, all[i].name);
}

int main(int count, char **arguments)
{
	UNREFERENCED_PARAMETER(count);
	/* A file stands for I/O space. */
	if (getenv("DDK_IO_SPACE") == NULL) {
		setenv("DDK_IO_SPACE", "1", 1);
		start_again(arguments, "driver_io_space=/dev/zero");
	}
	any.QuadPart = -1;
	macros();
	users_mapping();
	parts();
	no_pages();
	pages();
	no_contiguous();
	copies();
	bugs();
	protect_section();
	return done();
}
