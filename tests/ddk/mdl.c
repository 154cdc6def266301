// SPDX-License-Identifier: BSD-2-Clause
/* mdl.c - memory descriptor lists, probes of user buffers, faults inside __try */
#include "ddk.h"
#include <sys/mman.h>

#define TAG 'tseT'

static UCHAR global_buffer[3 * PAGE_SIZE];

static PVOID map_pages(size_t count, int protection)
{
	return mmap(NULL, count * PAGE_SIZE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- the three lives of driver-usage 2.5 ---------------------------------------------------- */

static void pool_buffer(void)
{
	PUCHAR buffer = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, 5000, TAG);
	PMDL mdl = IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL);

	ok(mdl != NULL && mdl->Next == NULL && MmGetMdlByteCount(mdl) == 5000, "IoAllocateMdl");
	MmBuildMdlForNonPagedPool(mdl);
	ok(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, "MmBuildMdlForNonPagedPool");
	ok(MmGetMdlVirtualAddress(mdl) == buffer &&
		   MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == buffer &&
		   MmGetMdlByteOffset(mdl) == BYTE_OFFSET(buffer),
	   "MmGetMdlVirtualAddress, MmGetSystemAddressForMdlSafe, MmGetMdlByteOffset");
	ok(MmGetMdlPfnArray(mdl)[0] != 0 && MmGetMdlPfnArray(mdl)[0] != MmGetMdlPfnArray(mdl)[1],
	   "MmGetMdlPfnArray: numbers that differ");
	ok((ULONGLONG)MmGetPhysicalAddress(buffer).QuadPart ==
		   (MmGetMdlPfnArray(mdl)[0] << PAGE_SHIFT | BYTE_OFFSET(buffer)),
	   "MmGetPhysicalAddress says the same");
	IoFreeMdl(mdl);
	ExFreePoolWithTag(buffer, TAG);
}

static void locked_buffer(void)
{
	PUCHAR user = (PUCHAR)map_pages(3, PROT_READ | PROT_WRITE);
	PMDL mdl = IoAllocateMdl(user + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
	PMDL second = IoAllocateMdl(user, PAGE_SIZE, FALSE, FALSE, NULL);
	PVOID mapped;

	is_status(RAISED(MmProbeAndLockPages(mdl, UserMode, IoWriteAccess)), STATUS_SUCCESS,
		  "MmProbeAndLockPages");
	ok((mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_WRITE_OPERATION)) ==
		   (MDL_PAGES_LOCKED | MDL_WRITE_OPERATION),
	   "locked, for writing");
	is_status(RAISED(MmProbeAndLockPages(second, KernelMode, IoReadAccess)), STATUS_SUCCESS,
		  "a second MDL locks the same page");
	mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
	ok(mapped == MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) &&
		   BYTE_OFFSET(mapped) == 100,
	   "MmGetSystemAddressForMdlSafe: the same mapping again, with the buffer's offset");
	*(PUCHAR)mapped = 7;
	ok(user[100] == 7, "the mapping is the buffer's memory");
	MmUnlockPages(mdl);
	ok(!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA)),
	   "MmUnlockPages takes the mapping along");
	is_status(RAISED(MmProbeAndLockPages(mdl, UserMode, IoReadAccess)), STATUS_SUCCESS,
		  "and again");
	MmUnlockPages(mdl);
	MmUnlockPages(second);
	IoFreeMdl(second);
	IoFreeMdl(mdl);
	munmap(user, 3 * PAGE_SIZE);
}

static void own_pages(void)
{
	PHYSICAL_ADDRESS low, high, skip;
	PMDL mdl;
	PUCHAR mapped;

	low.QuadPart = 0;
	high.QuadPart = -1;
	skip.QuadPart = 0;
	mdl = MmAllocatePagesForMdlEx(low, high, skip, 3 * PAGE_SIZE - 1, MmCached,
				      MM_ALLOCATE_FULLY_REQUIRED);
	ok(mdl != NULL && MmGetMdlByteCount(mdl) == 3 * PAGE_SIZE,
	   "MmAllocatePagesForMdlEx: whole pages");
	mapped = (PUCHAR)MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE,
						      NormalPagePriority);
	ok(mapped != NULL && mapped[0] == 0 && mapped[3 * PAGE_SIZE - 1] == 0,
	   "MmMapLockedPagesSpecifyCache; the pages are zeroed");
	MmUnmapLockedPages(mapped, mdl);
	ok(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA), "MmUnmapLockedPages");
	MmFreePagesFromMdl(mdl);
	ExFreePool(mdl);
	ok(!MmIsAddressValid(mapped), "MmFreePagesFromMdl; the MDL is freed by ExFreePool");
	high.QuadPart = 0xffffffff;
	mdl = MmAllocatePagesForMdl(low, high, skip, PAGE_SIZE);
	ok(mdl != NULL && (ULONG_PTR)MmGetMdlVirtualAddress(mdl) < 1UL << 32,
	   "MmAllocatePagesForMdl below 4 GB");
	MmFreePagesFromMdl(mdl);
	ExFreePool(mdl);
	ok(MmAllocatePagesForMdlEx(low, high, skip, 0, MmCached, 0) == NULL,
	   "MmAllocatePagesForMdlEx of nothing: NULL");
}

static void chains(void)
{
	IRP irp;
	PMDL first, second, third;
	PUCHAR buffer = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, 600, TAG);

	RtlZeroMemory(&irp, sizeof(irp));
	first = IoAllocateMdl(buffer, 100, FALSE, FALSE, &irp);
	second = IoAllocateMdl(buffer + 100, 100, TRUE, FALSE, &irp);
	third = IoAllocateMdl(buffer + 200, 100, TRUE, FALSE, &irp);
	ok(irp.MdlAddress == first && first->Next == second && second->Next == third &&
		   third->Next == NULL,
	   "IoAllocateMdl, SecondaryBuffer: a chain at the IRP");
	while (irp.MdlAddress != NULL) {
		PMDL mdl = irp.MdlAddress;

		irp.MdlAddress = mdl->Next;
		IoFreeMdl(mdl);
	}
	ok(IoAllocateMdl(buffer, 0xffffffff, FALSE, FALSE, NULL) == NULL,
	   "IoAllocateMdl of more than 4 GB less a page: NULL");
	ExFreePoolWithTag(buffer, TAG);
	ok(MmSizeOfMdl((PVOID)0xfff, 2) == sizeof(MDL) + 2 * sizeof(PFN_NUMBER), "MmSizeOfMdl");
}

static void partial(void)
{
	PUCHAR buffer = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
	PMDL mdl = IoAllocateMdl(buffer, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
	PMDL part = IoAllocateMdl(buffer + PAGE_SIZE + 10, 20, FALSE, FALSE, NULL);

	MmBuildMdlForNonPagedPool(mdl);
	IoBuildPartialMdl(mdl, part, buffer + PAGE_SIZE + 10, 20);
	ok((part->MdlFlags & MDL_PARTIAL) && MmGetMdlByteCount(part) == 20 &&
		   MmGetMdlPfnArray(part)[0] == MmGetMdlPfnArray(mdl)[1] &&
		   MmGetSystemAddressForMdlSafe(part, LowPagePriority) == buffer + PAGE_SIZE + 10,
	   "IoBuildPartialMdl shares pages and mapping");
	MmPrepareMdlForReuse(part);
	ok(part->MappedSystemVa == NULL, "MmPrepareMdlForReuse");
	IoBuildPartialMdl(mdl, part, buffer + 2 * PAGE_SIZE, 30);
	ok(MmGetMdlPfnArray(part)[0] == MmGetMdlPfnArray(mdl)[2], "and again");
	IoFreeMdl(part);
	is_status(MmAdvanceMdl(mdl, PAGE_SIZE + 5), STATUS_SUCCESS, "MmAdvanceMdl");
	ok(MmGetMdlVirtualAddress(mdl) == buffer + PAGE_SIZE + 5 &&
		   MmGetMdlByteCount(mdl) == 2 * PAGE_SIZE - 5,
	   "...");
	is_status(MmAdvanceMdl(mdl, 3 * PAGE_SIZE), STATUS_INVALID_PARAMETER_2,
		  "MmAdvanceMdl past the end");
	IoFreeMdl(mdl);
	ExFreePoolWithTag(buffer, TAG);
}

/* --- what raises ---------------------------------------------------------------------------- */

static void raises(void)
{
	PUCHAR pages = (PUCHAR)map_pages(2, PROT_READ | PROT_WRITE);
	PUCHAR blocks = (PUCHAR)ExAllocatePoolWithTag(PagedPool, 64, TAG);
	PMDL mdl = IoAllocateMdl(pages, 2 * PAGE_SIZE, FALSE, FALSE, NULL);

	mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_READ);
	is_status(RAISED(MmProbeAndLockPages(mdl, UserMode, IoWriteAccess)),
		  STATUS_ACCESS_VIOLATION, "MmProbeAndLockPages for writing of a read-only page");
	ok(!(mdl->MdlFlags & MDL_PAGES_LOCKED), "which locks nothing");
	is_status(RAISED(MmProbeAndLockPages(mdl, UserMode, IoReadAccess)), STATUS_SUCCESS,
		  "for reading it may be");
	MmUnlockPages(mdl);
	munmap(pages + PAGE_SIZE, PAGE_SIZE);
	is_status(RAISED(MmProbeAndLockPages(mdl, KernelMode, IoReadAccess)),
		  STATUS_ACCESS_VIOLATION, "MmProbeAndLockPages of a page that is not there");
	IoFreeMdl(mdl);
	mdl = IoAllocateMdl(blocks, 64, FALSE, FALSE, NULL);
	is_status(RAISED(MmProbeAndLockPages(mdl, UserMode, IoReadAccess)), STATUS_ACCESS_VIOLATION,
		  "MmProbeAndLockPages, UserMode, of the system's memory");
	is_status(RAISED(MmProbeAndLockPages(mdl, KernelMode, IoReadAccess)), STATUS_SUCCESS,
		  "KernelMode may");
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	ExFreePoolWithTag(blocks, TAG);

	is_status(RAISED(ProbeForRead(global_buffer, 100, 1)), STATUS_SUCCESS, "ProbeForRead");
	is_status(RAISED(ProbeForRead(global_buffer + 1, 100, 4)), STATUS_DATATYPE_MISALIGNMENT,
		  "ProbeForRead: STATUS_DATATYPE_MISALIGNMENT");
	is_status(RAISED(ProbeForRead((PVOID)-16, 100, 1)), STATUS_ACCESS_VIOLATION,
		  "ProbeForRead: a buffer that wraps round");
	is_status(RAISED(ProbeForRead((PVOID)-16, 0, 1)), STATUS_SUCCESS,
		  "ProbeForRead of nothing: no check");
	is_status(RAISED(ProbeForRead((PVOID)MmUserProbeAddress, 1, 1)), STATUS_ACCESS_VIOLATION,
		  "ProbeForRead at MmUserProbeAddress");
	is_status(RAISED(ProbeForWrite(global_buffer, sizeof(global_buffer), 1)), STATUS_SUCCESS,
		  "ProbeForWrite");
	is_status(RAISED(ProbeForWrite(pages + PAGE_SIZE, 1, 1)), STATUS_ACCESS_VIOLATION,
		  "ProbeForWrite of a page that is not there");
	is_status(RAISED(ProbeForWrite(pages + 2, 4, 4)), STATUS_DATATYPE_MISALIGNMENT,
		  "ProbeForWrite: STATUS_DATATYPE_MISALIGNMENT");
	is_status(RAISED(ProbeForWrite((PVOID)MmUserProbeAddress, 1, 1)), STATUS_ACCESS_VIOLATION,
		  "ProbeForWrite at MmUserProbeAddress");
	is_status(RAISED(ProbeForWrite((PVOID)-16, 0, 1)), STATUS_SUCCESS,
		  "ProbeForWrite of nothing: no check");
	mprotect(pages, PAGE_SIZE, PROT_READ);
	is_status(RAISED(ProbeForWrite(pages, 1, 1)), STATUS_ACCESS_VIOLATION,
		  "ProbeForWrite of a read-only page");
	ok(MmIsAddressValid(pages) && !MmIsAddressValid(pages + PAGE_SIZE), "MmIsAddressValid");
	is_status(RAISED(*(volatile UCHAR *)pages = 1), STATUS_ACCESS_VIOLATION,
		  "a write that faults inside __try");
	is_status(RAISED(*(volatile UCHAR *)(pages + PAGE_SIZE)), STATUS_ACCESS_VIOLATION,
		  "a read that faults inside __try");
	is_status(RAISED(*(volatile UCHAR *)8 = 1), STATUS_ACCESS_VIOLATION, "through NULL");
	munmap(pages, PAGE_SIZE);
}

/* --- what Driver Verifier sees -------------------------------------------------------------- */

static PMDL built(void)
{
	PMDL mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), 100, FALSE, FALSE,
				 NULL);

	MmBuildMdlForNonPagedPool(mdl);
	return mdl;
}

static PMDL locked(void)
{
	PMDL mdl = IoAllocateMdl(global_buffer, sizeof(global_buffer), FALSE, FALSE, NULL);

	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	return mdl;
}

static void lock_at_high_irql(void)
{
	PMDL mdl = IoAllocateMdl(global_buffer, 1, FALSE, FALSE, NULL);
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
}

static void lock_twice(void)
{
	MmProbeAndLockPages(locked(), KernelMode, IoReadAccess);
}

static void lock_nonpaged(void)
{
	MmProbeAndLockPages(built(), KernelMode, IoReadAccess);
}

static void unlock_unlocked(void)
{
	MmUnlockPages(IoAllocateMdl(global_buffer, 1, FALSE, FALSE, NULL));
}

static void unlock_nonpaged(void)
{
	MmUnlockPages(built());
}

static void unlock_partial(void)
{
	PMDL mdl = locked(), part = IoAllocateMdl(global_buffer, 10, FALSE, FALSE, NULL);

	IoBuildPartialMdl(mdl, part, global_buffer, 10);
	MmUnlockPages(part);
}

static void build_paged(void)
{
	MmBuildMdlForNonPagedPool(
		IoAllocateMdl(ExAllocatePoolWithTag(PagedPool, 100, TAG), 100, FALSE, FALSE, NULL));
}

static void free_locked(void)
{
	IoFreeMdl(locked());
}

static void map_unlocked(void)
{
	MmGetSystemAddressForMdlSafe(IoAllocateMdl(global_buffer, 1, FALSE, FALSE, NULL),
				     NormalPagePriority);
}

static void map_twice(void)
{
	PMDL mdl = locked();

	MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static void map_with_bug_check(void)
{
	MmMapLockedPagesSpecifyCache(locked(), KernelMode, MmCached, NULL, TRUE,
				     NormalPagePriority);
}

static void map_the_old_way(void)
{
	MmMapLockedPages(locked(), KernelMode);
}

static void unmap_other(void)
{
	PMDL mdl = locked();

	MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	MmUnmapLockedPages(global_buffer + 1, mdl);
}

static void partial_too_small(void)
{
	PMDL part = IoAllocateMdl(global_buffer, 1, FALSE, FALSE, NULL);

	IoBuildPartialMdl(locked(), part, global_buffer, 3 * PAGE_SIZE);
}

static void write_readonly(void)
{
	PUCHAR pages = (PUCHAR)map_pages(2, PROT_READ | PROT_WRITE);
	PMDL mdl = IoAllocateMdl(pages, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
	PUCHAR mapped;

	MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
	mapped = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoWrite);
	if (mapped[5] == 0)
		mapped[5] = 1;
}

static NTSTATUS entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	UNREFERENCED_PARAMETER(driver);
	UNREFERENCED_PARAMETER(path);
	return STATUS_SUCCESS;
}

/* The MDL is the driver's own memory, so nothing else is left. */
static void unload_with_locked_pages(void)
{
	static union {
		MDL mdl;
		UCHAR room[200];
	} own;

	PDRIVER_OBJECT driver = NULL;

	PooltagDriverLoad("locker", entry, &driver);
	MmInitializeMdl(&own.mdl, global_buffer, PAGE_SIZE);
	MmProbeAndLockPages(&own.mdl, KernelMode, IoReadAccess);
	PooltagDriverUnload(driver);
}

static void free_foreign_pages(void)
{
	MmFreePagesFromMdl(locked());
}

#define C4(code, rest) \
	"DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, " code ", @, @, @): " rest ", called by ~"

static void misuse(void)
{
	bugcheck_like(lock_at_high_irql,
		      "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x70, 0xF, @, 0x0): "
		      "MmProbeAndLockPages at IRQL 15 (a device's), called by ~",
		      "MmProbeAndLockPages above DISPATCH_LEVEL");
	bugcheck_like(lock_twice,
		      C4("0xB0", "MmProbeAndLockPages of an MDL that is locked, partial or of "
				 "nonpaged pool"),
		      "MmProbeAndLockPages twice");
	bugcheck_like(lock_nonpaged,
		      C4("0xB0", "MmProbeAndLockPages of an MDL that is locked, partial or of "
				 "nonpaged pool"),
		      "MmProbeAndLockPages of nonpaged pool");
	bugcheck_like(unlock_unlocked,
		      C4("0x7C", "MmUnlockPages of an MDL whose pages are not locked"),
		      "MmUnlockPages without a lock");
	bugcheck_like(unlock_nonpaged, C4("0x7D", "MmUnlockPages of an MDL of nonpaged pool"),
		      "MmUnlockPages of nonpaged pool");
	bugcheck_like(unlock_partial, C4("0xB4", "MmUnlockPages of a partial MDL"),
		      "MmUnlockPages of a partial MDL");
	bugcheck_like(build_paged, C4("0x7F", "MmBuildMdlForNonPagedPool of paged pool"),
		      "MmBuildMdlForNonPagedPool of paged pool");
	bugcheck_like(free_locked, C4("0xB8", "IoFreeMdl of an MDL whose pages are locked"),
		      "IoFreeMdl while locked");
	bugcheck_like(map_unlocked, C4("0xB3", "mapping of an MDL whose pages are not locked"),
		      "MmGetSystemAddressForMdlSafe without a lock");
	bugcheck_like(map_twice, C4("0xB2", "mapping of an MDL that is mapped already"),
		      "MmMapLockedPagesSpecifyCache twice");
	bugcheck_like(map_with_bug_check,
		      C4("0x82", "MmMapLockedPagesSpecifyCache with BugCheckOnFailure TRUE"),
		      "MmMapLockedPagesSpecifyCache, BugCheckOnFailure");
	bugcheck_like(map_the_old_way,
		      C4("0x81", "MmMapLockedPages: MmMapLockedPagesSpecifyCache is to be used"),
		      "MmMapLockedPages");
	bugcheck_like(
		unmap_other,
		"DRIVER_UNMAPPING_INVALID_VIEW (0xD7, @, @, @, 0x0): MmUnmapLockedPages of an "
		"address that is not the MDL's mapping, called by ~",
		"MmUnmapLockedPages of another address");
	bugcheck_like(partial_too_small,
		      "TARGET_MDL_TOO_SMALL (0x40, @, @, @, 0x0): IoBuildPartialMdl: the target "
		      "MDL has room for fewer pages, called by ~",
		      "IoBuildPartialMdl into a small MDL");
	bugcheck_like(
		write_readonly,
		"ATTEMPTED_WRITE_TO_READONLY_MEMORY (0xBE, @, 0x0, @, 0x0): write to read-only "
		"memory at @, called by ~",
		"a write to a mapping made with MdlMappingNoWrite");
	bugcheck_like(
		unload_with_locked_pages,
		"DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS (0xCB, 0x0, 0x0, 0x0, @): the driver unloads "
		"with pages locked (MmProbeAndLockPages without MmUnlockPages), called by ~",
		"a driver that unloads with pages locked");
	bugcheck_like(free_foreign_pages,
		      C4("0x7C",
			 "MmFreePagesFromMdl of an MDL whose pages MmAllocatePagesForMdl did "
			 "not give"),
		      "MmFreePagesFromMdl of other pages");
}

static void protection(void)
{
	PUCHAR pages = (PUCHAR)map_pages(2, PROT_READ | PROT_WRITE);
	PMDL mdl = IoAllocateMdl(pages, 2 * PAGE_SIZE, FALSE, FALSE, NULL);

	is_status(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW,
		  "MmProtectMdlSystemAddress of what is not mapped");
	MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
	MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	is_status(MmProtectMdlSystemAddress(mdl, 3), STATUS_INVALID_PAGE_PROTECTION,
		  "MmProtectMdlSystemAddress: STATUS_INVALID_PAGE_PROTECTION");
	is_status(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS,
		  "MmProtectMdlSystemAddress, PAGE_READONLY");
	is_status(MmProtectMdlSystemAddress(mdl, PAGE_READWRITE), STATUS_SUCCESS,
		  "and PAGE_READWRITE again");
	pages[0] = 1;
	MmProtectMdlSystemAddress(mdl, PAGE_READONLY);
	MmUnlockPages(mdl);
	pages[0] = 2;
	ok(pages[0] == 2, "unlocking makes the pages writable again");
	IoFreeMdl(mdl);
	munmap(pages, 2 * PAGE_SIZE);
}

int main(void)
{
	pool_buffer();
	locked_buffer();
	own_pages();
	chains();
	partial();
	raises();
	protection();
	misuse();
	return done();
}
