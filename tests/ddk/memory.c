// SPDX-License-Identifier: BSD-2-Clause
/* memory.c - pages, contiguous and common buffers, sections and views, I/O space, stack, pageability */
#include "ddk.h"
#include <fcntl.h>
#include <sys/mman.h>

static PHYSICAL_ADDRESS physical(LONGLONG address)
{
	PHYSICAL_ADDRESS result;

	result.QuadPart = address;
	return result;
}

/* --- pages ---------------------------------------------------------------------------------- */

static void noncached(void)
{
	PUCHAR memory = (PUCHAR)MmAllocateNonCachedMemory(PAGE_SIZE + 1);

	ok(memory != NULL && BYTE_OFFSET(memory) == 0, "MmAllocateNonCachedMemory: whole pages");
	memory[2 * PAGE_SIZE - 1] = 1;
	MmFreeNonCachedMemory(memory, PAGE_SIZE + 1);
	ok(!MmIsAddressValid(memory), "MmFreeNonCachedMemory");
	ok(MmAllocateNonCachedMemory(0) == NULL, "MmAllocateNonCachedMemory of nothing: NULL");
	ok(MmAllocateNonCachedMemory(1UL << 60) == NULL, "MmAllocateNonCachedMemory: NULL");
}

static void contiguous(void)
{
	PUCHAR memory = (PUCHAR)MmAllocateContiguousMemory(5 * PAGE_SIZE, physical(-1));
	LONGLONG at;

	ok(memory != NULL && BYTE_OFFSET(memory) == 0, "MmAllocateContiguousMemory: page-aligned");
	at = MmGetPhysicalAddress(memory).QuadPart;
	ok(MmGetPhysicalAddress(memory + 4 * PAGE_SIZE + 9).QuadPart == at + 4 * PAGE_SIZE + 9,
	   "MmGetPhysicalAddress: one page after the other");
	MmFreeContiguousMemory(memory);
	memory = (PUCHAR)MmAllocateContiguousMemory(PAGE_SIZE, physical(0xffffffff));
	ok(memory != NULL && MmGetPhysicalAddress(memory).QuadPart <= 0xffffffff,
	   "MmAllocateContiguousMemory below 4 GB");
	MmFreeContiguousMemory(memory);
	memory = (PUCHAR)MmAllocateContiguousMemorySpecifyCache(3 * PAGE_SIZE, physical(0x40000000),
								physical(0x7fffffff),
								physical(0x4000), MmNonCached);
	at = memory != NULL ? MmGetPhysicalAddress(memory).QuadPart : 0;
	ok(at >= 0x40000000 && at + 3 * PAGE_SIZE - 1 <= 0x7fffffff &&
		   at / 0x4000 == (at + 3 * PAGE_SIZE - 1) / 0x4000,
	   "MmAllocateContiguousMemorySpecifyCache: range and boundary");
	MmFreeContiguousMemorySpecifyCache(memory, 3 * PAGE_SIZE, MmNonCached);
	ok(MmAllocateContiguousMemorySpecifyCache(3 * PAGE_SIZE, physical(0), physical(-1),
						  physical(0x2000), MmCached) == NULL,
	   "larger than its boundary: NULL");
	ok(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, physical(0), physical(-1),
						  physical(0x3000), MmCached) == NULL,
	   "a boundary that is no power of two: NULL");
	ok(MmAllocateContiguousMemorySpecifyCache(2 * PAGE_SIZE, physical(0x50000000),
						  physical(0x50000fff), physical(0),
						  MmCached) == NULL,
	   "a range that is too small: NULL");
	memory = (PUCHAR)MmAllocateContiguousMemorySpecifyCacheNode(
		4 << 20, physical(0), physical(-1), physical(0), MmCached, MM_ANY_NODE_OK);
	ok(memory != NULL && ((ULONG_PTR)memory & ((2 << 20) - 1)) == 0,
	   "MmAllocateContiguousMemorySpecifyCacheNode: large ones can be huge pages");
	MmFreeContiguousMemory(memory);
	memory = (PUCHAR)MmAllocateContiguousNodeMemory(PAGE_SIZE, physical(0), physical(-1),
							physical(0), PAGE_READWRITE, 0);
	ok(memory != NULL, "MmAllocateContiguousNodeMemory");
	MmFreeContiguousMemory(memory);
	ok(MmAllocateContiguousNodeMemory(PAGE_SIZE, physical(0), physical(-1), physical(0), 0,
					  0) == NULL,
	   "MmAllocateContiguousNodeMemory: no protection");
}

static void free_inside(void)
{
	PUCHAR memory = (PUCHAR)MmAllocateContiguousMemory(2 * PAGE_SIZE, physical(-1));

	MmFreeContiguousMemory(memory + PAGE_SIZE);
}

static void free_other_size(void)
{
	MmFreeNonCachedMemory(MmAllocateNonCachedMemory(PAGE_SIZE), 3 * PAGE_SIZE);
}

static void free_other_contiguous_size(void)
{
	MmFreeContiguousMemorySpecifyCache(MmAllocateContiguousMemory(PAGE_SIZE, physical(-1)),
					   2 * PAGE_SIZE, MmCached);
}

/* --- DMA ------------------------------------------------------------------------------------ */

static PDMA_ADAPTER adapter_for(ULONG bits, PULONG registers)
{
	DEVICE_DESCRIPTION description;

	RtlZeroMemory(&description, sizeof(description));
	description.Version = DEVICE_DESCRIPTION_VERSION3;
	description.Master = TRUE;
	description.ScatterGather = TRUE;
	description.DmaAddressWidth = bits;
	description.MaximumLength = 10 * PAGE_SIZE;
	return IoGetDmaAdapter(NULL, &description, registers);
}

static ULONG elements, element_bytes;

static void take_list(PDEVICE_OBJECT device, struct _IRP *irp, PSCATTER_GATHER_LIST list,
		      PVOID context)
{
	UNREFERENCED_PARAMETER(device);
	UNREFERENCED_PARAMETER(irp);
	elements = list->NumberOfElements;
	element_bytes = 0;
	for (ULONG i = 0; i < elements; i++)
		element_bytes += list->Elements[i].Length;
	*(PSCATTER_GATHER_LIST *)context = list;
}

static void dma(void)
{
	ULONG registers = 0;
	PDMA_ADAPTER adapter = adapter_for(32, &registers);
	PDMA_OPERATIONS does = adapter->DmaOperations;
	PHYSICAL_ADDRESS logical = physical(-1), others[64];
	PVOID buffer, more[64];
	PSCATTER_GATHER_LIST list = NULL, lists[64];
	ULONG count = 0;
	PMDL mdl;

	ok(registers == 11, "IoGetDmaAdapter: map registers for the longest transfer");
	buffer = does->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
	ok(buffer != NULL && logical.QuadPart <= 0xffffffff &&
		   logical.QuadPart == MmGetPhysicalAddress(buffer).QuadPart,
	   "AllocateCommonBuffer within the device's 32 bits");
	does->FreeCommonBuffer(adapter, 100, logical, buffer, TRUE);
	ok(does->AllocateCommonBuffer(adapter, 0, &logical, TRUE) == NULL,
	   "AllocateCommonBuffer of nothing: NULL");
	while (count < ARRAYSIZE(more) &&
	       (more[count] = does->AllocateCommonBuffer(adapter, PAGE_SIZE, &others[count],
							 TRUE)) != NULL)
		count++;
	ok(count == 40, "AllocateCommonBuffer: NULL when the map registers are spent (%u)", count);
	while (count > 0) {
		count--;
		does->FreeCommonBuffer(adapter, PAGE_SIZE, others[count], more[count], TRUE);
	}
	buffer = MmAllocateContiguousMemory(3 * PAGE_SIZE, physical(-1));
	mdl = IoAllocateMdl((PUCHAR)buffer + 10, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(mdl);
	KeRaiseIrqlToDpcLevel();
	is_status(does->GetScatterGatherList(adapter, NULL, mdl, (PUCHAR)buffer + 10, 2 * PAGE_SIZE,
					     take_list, &list, TRUE),
		  STATUS_SUCCESS, "GetScatterGatherList");
	ok(elements == 1 && element_bytes == 2 * PAGE_SIZE, "what is contiguous is one element");
	does->PutScatterGatherList(adapter, list, TRUE);
	is_status(does->GetScatterGatherList(adapter, NULL, mdl, (PUCHAR)buffer + 10, 3 * PAGE_SIZE,
					     take_list, &list, TRUE),
		  STATUS_BUFFER_TOO_SMALL, "GetScatterGatherList past the MDL");
	while (count < ARRAYSIZE(more) &&
	       NT_SUCCESS(does->GetScatterGatherList(adapter, NULL, mdl, (PUCHAR)buffer + 10,
						     PAGE_SIZE, take_list, &lists[count], TRUE)))
		count++;
	is_status(does->GetScatterGatherList(adapter, NULL, mdl, (PUCHAR)buffer + 10, PAGE_SIZE,
					     take_list, &list, TRUE),
		  STATUS_INSUFFICIENT_RESOURCES,
		  "GetScatterGatherList when the map registers are spent");
	ok(count == 20, "two for a page that begins inside of one (%u)", count);
	while (count > 0)
		does->PutScatterGatherList(adapter, lists[--count], TRUE);
	KeLowerIrql(PASSIVE_LEVEL);
	IoFreeMdl(mdl);
	MmFreeContiguousMemory(buffer);
	ok(does->GetDmaAlignment(adapter) == 1 && does->ReadDmaCounter(adapter) == 0,
	   "GetDmaAlignment, ReadDmaCounter");
	does->PutDmaAdapter(adapter);
}

static void put_with_buffers(void)
{
	ULONG registers;
	PHYSICAL_ADDRESS logical;
	PDMA_ADAPTER adapter = adapter_for(64, &registers);

	adapter->DmaOperations->AllocateCommonBuffer(adapter, 1, &logical, TRUE);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}

static void free_other_buffer(void)
{
	ULONG registers;
	PHYSICAL_ADDRESS logical;
	PDMA_ADAPTER adapter = adapter_for(64, &registers);
	PVOID buffer = adapter->DmaOperations->AllocateCommonBuffer(adapter, 10, &logical, TRUE);

	adapter->DmaOperations->FreeCommonBuffer(adapter, 20, logical, buffer, TRUE);
}

static void absent_operation(void)
{
	ULONG registers;
	PDMA_ADAPTER adapter = adapter_for(64, &registers);

	adapter->DmaOperations->FreeAdapterChannel(adapter);
}

/* --- sections ------------------------------------------------------------------------------- */

static void views(void)
{
	HANDLE section = NULL;
	LARGE_INTEGER size, offset;
	PVOID one = NULL, two = NULL, copy = NULL, object = NULL, system_view = NULL, fixed;
	SIZE_T length = 0;

	size.QuadPart = 3 * 65536;
	offset.QuadPart = 65536;
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
				  SEC_COMMIT, NULL),
		  STATUS_SUCCESS, "ZwCreateSection");
	is_status(ZwMapViewOfSection(section, ZwCurrentProcess(), &one, 0, 0, NULL, &length,
				     ViewUnmap, 0, PAGE_READWRITE),
		  STATUS_SUCCESS, "ZwMapViewOfSection of all");
	ok(length == 3 * 65536 && *(PUCHAR)one == 0, "its size, zeroed");
	length = PAGE_SIZE;
	is_status(ZwMapViewOfSection(section, ZwCurrentProcess(), &two, 0, 0, &offset, &length,
				     ViewUnmap, 0, PAGE_READONLY),
		  STATUS_SUCCESS, "ZwMapViewOfSection of a part");
	((PUCHAR)one)[65536] = 42;
	ok(*(PUCHAR)two == 42, "views share the memory");
	length = 0;
	is_status(ZwMapViewOfSection(section, ZwCurrentProcess(), &copy, 0, 0, &offset, &length,
				     ViewUnmap, 0, PAGE_WRITECOPY),
		  STATUS_SUCCESS, "ZwMapViewOfSection, PAGE_WRITECOPY");
	*(PUCHAR)copy = 43;
	ok(*(PUCHAR)two == 42 && *(PUCHAR)copy == 43, "a write makes a copy");
	is_status(ObReferenceObjectByHandle(section, SECTION_MAP_READ, NULL, KernelMode, &object,
					    NULL),
		  STATUS_SUCCESS, "ObReferenceObjectByHandle");
	length = 0;
	is_status(MmMapViewInSystemSpace(object, &system_view, &length), STATUS_SUCCESS,
		  "MmMapViewInSystemSpace");
	ok(((PUCHAR)system_view)[65536] == 42, "is the same memory");
	is_status(RAISED(ProbeForRead(system_view, 1, 1)), STATUS_ACCESS_VIOLATION,
		  "which is the system's");
	is_status(RAISED(ProbeForRead(one, 1, 1)), STATUS_SUCCESS, "and the other the user's");
	ObDereferenceObject(object);
	is_status(ZwClose(section), STATUS_SUCCESS, "ZwClose");
	is_status(ZwClose(section), STATUS_INVALID_HANDLE, "ZwClose again: STATUS_INVALID_HANDLE");
	ok(*(PUCHAR)two == 42, "views keep the section");
	fixed = one;
	is_status(ZwUnmapViewOfSection(ZwCurrentProcess(), (PUCHAR)one + 5), STATUS_SUCCESS,
		  "ZwUnmapViewOfSection by any address in it");
	is_status(ZwUnmapViewOfSection(ZwCurrentProcess(), fixed), STATUS_NOT_MAPPED_VIEW,
		  "ZwUnmapViewOfSection: STATUS_NOT_MAPPED_VIEW");
	ZwUnmapViewOfSection(ZwCurrentProcess(), two);
	ZwUnmapViewOfSection(ZwCurrentProcess(), copy);
	is_status(MmUnmapViewInSystemSpace(system_view), STATUS_SUCCESS,
		  "MmUnmapViewInSystemSpace");
}

static void section_errors(void)
{
	HANDLE section = NULL, readonly = NULL;
	LARGE_INTEGER size, offset;
	PVOID base = NULL, taken = NULL;
	SIZE_T length = 0;

	size.QuadPart = 65536;
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, 3, SEC_COMMIT, NULL),
		  STATUS_INVALID_PAGE_PROTECTION, "ZwCreateSection: protection 3");
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE,
				  SEC_COMMIT, NULL),
		  STATUS_INVALID_PARAMETER_4, "ZwCreateSection: no size");
	is_status(
		ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, 0, NULL),
		STATUS_INVALID_PARAMETER_6, "ZwCreateSection: neither commit nor reserve");
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
				  SEC_COMMIT, (HANDLE)4000),
		  STATUS_INVALID_HANDLE, "ZwCreateSection: no such file handle");
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
				  SEC_IMAGE, NULL),
		  STATUS_NOT_SUPPORTED, "ZwCreateSection: images");
	ZwCreateSection(&readonly, SECTION_ALL_ACCESS, NULL, &size, PAGE_READONLY, SEC_COMMIT,
			NULL);
	is_status(ZwMapViewOfSection(readonly, ZwCurrentProcess(), &base, 0, 0, NULL, &length,
				     ViewUnmap, 0, PAGE_READWRITE),
		  STATUS_SECTION_PROTECTION, "ZwMapViewOfSection: STATUS_SECTION_PROTECTION");
	is_status(ZwMapViewOfSection(readonly, ZwCurrentProcess(), &base, 0, 0, NULL, &length,
				     ViewUnmap, 0, 3),
		  STATUS_INVALID_PAGE_PROTECTION, "ZwMapViewOfSection: protection 3");
	offset.QuadPart = 65536;
	is_status(ZwMapViewOfSection(readonly, ZwCurrentProcess(), &base, 0, 0, &offset, &length,
				     ViewUnmap, 0, PAGE_READONLY),
		  STATUS_INVALID_VIEW_SIZE, "ZwMapViewOfSection past the end");
	offset.QuadPart = 4096;
	is_status(ZwMapViewOfSection(readonly, ZwCurrentProcess(), &base, 0, 0, &offset, &length,
				     ViewUnmap, 0, PAGE_READONLY),
		  STATUS_SUCCESS, "ZwMapViewOfSection at an offset inside of 64 KB");
	ok(offset.QuadPart == 0 && length == 65536, "rounds it down");
	ZwUnmapViewOfSection(ZwCurrentProcess(), base);
	length = 0;
	is_status(ZwMapViewOfSection(readonly, ZwCurrentProcess(), &taken, 0, 0, NULL, &length,
				     ViewUnmap, 0, PAGE_READONLY),
		  STATUS_SUCCESS, "ZwMapViewOfSection");
	base = taken;
	length = 0;
	is_status(ZwMapViewOfSection(readonly, ZwCurrentProcess(), &base, 0, 0, NULL, &length,
				     ViewUnmap, 0, PAGE_READONLY),
		  STATUS_CONFLICTING_ADDRESSES, "ZwMapViewOfSection: STATUS_CONFLICTING_ADDRESSES");
	ZwUnmapViewOfSection(ZwCurrentProcess(), taken);
	ZwClose(readonly);
	is_status(ObReferenceObjectByHandle(readonly, 0, NULL, UserMode, &base, NULL),
		  STATUS_INVALID_HANDLE, "ObReferenceObjectByHandle: STATUS_INVALID_HANDLE");
}

static char directory[] = "/tmp/pooltag-ddk.XXXXXX";

static void name_of(const char *file, PUNICODE_STRING name, WCHAR *room)
{
	const char *parts[] = {"\\??\\C:", directory, "\\", file};
	size_t length = 0;

	for (size_t i = 0; i < ARRAYSIZE(parts); i++)
		for (const char *c = parts[i]; *c != '\0'; c++)
			room[length++] = (WCHAR)(*c == '/' ? '\\' : *c);
	room[length] = 0;
	RtlInitUnicodeString(name, room);
}

static void file_sections(void)
{
	UNICODE_STRING name;
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK io;
	HANDLE file = NULL, section = NULL;
	LARGE_INTEGER size;
	PVOID base = NULL;
	SIZE_T length = 0;
	WCHAR room[256];

	name_of("data", &name, room);
	InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
	is_status(ZwOpenFile(&file, FILE_GENERIC_READ, &attributes, &io, 0, 0),
		  STATUS_OBJECT_NAME_NOT_FOUND, "ZwOpenFile: STATUS_OBJECT_NAME_NOT_FOUND");
	is_status(ZwCreateFile(&file, FILE_GENERIC_READ | FILE_GENERIC_WRITE, &attributes, &io,
			       NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE, 0, NULL, 0),
		  STATUS_SUCCESS, "ZwCreateFile, FILE_CREATE");
	ok(io.Information == FILE_CREATED, "FILE_CREATED");
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE,
				  SEC_COMMIT, file),
		  STATUS_MAPPED_FILE_SIZE_ZERO, "ZwCreateSection of an empty file");
	size.QuadPart = 10000;
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
				  SEC_COMMIT, file),
		  STATUS_SUCCESS, "ZwCreateSection extends the file");
	ZwClose(file);
	is_status(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, NULL, &length,
				     ViewUnmap, 0, PAGE_READWRITE),
		  STATUS_SUCCESS, "ZwMapViewOfSection of a file");
	RtlCopyMemory(base, "written", 8);
	ZwUnmapViewOfSection(ZwCurrentProcess(), base);
	ZwClose(section);
	is_status(ZwOpenFile(&file, FILE_GENERIC_READ, &attributes, &io, 0, 0), STATUS_SUCCESS,
		  "ZwOpenFile");
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE,
				  SEC_COMMIT, file),
		  STATUS_ACCESS_DENIED, "ZwCreateSection for writing of a file opened for reading");
	size.QuadPart = 20000;
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READONLY,
				  SEC_COMMIT, file),
		  STATUS_SECTION_TOO_BIG, "ZwCreateSection: STATUS_SECTION_TOO_BIG");
	is_status(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_WRITECOPY,
				  SEC_COMMIT, file),
		  STATUS_SUCCESS, "ZwCreateSection, PAGE_WRITECOPY");
	base = NULL;
	length = 0;
	ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, NULL, &length, ViewUnmap, 0,
			   PAGE_WRITECOPY);
	ok(base != NULL && strcmp((char *)base, "written") == 0, "what was written is in the file");
	ZwUnmapViewOfSection(ZwCurrentProcess(), base);
	ZwClose(section);
	ZwClose(file);
}

static void section_at_apc(void)
{
	HANDLE section;
	LARGE_INTEGER size;
	KIRQL old;

	size.QuadPart = 1;
	KeRaiseIrql(APC_LEVEL, &old);
	ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
			NULL);
}

static void unmap_no_view(void)
{
	MmUnmapViewInSystemSpace((PVOID)0x123450000);
}

/* --- I/O space ------------------------------------------------------------------------------ */

static void io_space(void)
{
	volatile ULONG *device = (volatile ULONG *)MmMapIoSpace(physical(0x1010), 16, MmNonCached);
	PVOID other;

	ok(device != NULL && device[0] == 0x04030201, "MmMapIoSpace: the file at that offset");
	device[0] = 0x0a0b0c0d;
	MmUnmapIoSpace((PVOID)device, 16);
	other = MmMapIoSpaceEx(physical(0x1010), 4, PAGE_READONLY);
	ok(other != NULL && *(PULONG)other == 0x0a0b0c0d, "MmMapIoSpaceEx sees what was written");
	MmUnmapIoSpace(other, 4);
	ok(MmMapIoSpaceEx(physical(0), 4, 3) == NULL, "MmMapIoSpaceEx: protection 3");
	ok(MmMapIoSpace(physical(0), 0, MmNonCached) == NULL, "MmMapIoSpace of nothing: NULL");
}

static void unmap_other_size(void)
{
	MmUnmapIoSpace(MmMapIoSpace(physical(0), 16, MmNonCached), 8);
}

/* --- the driver's image and stack ----------------------------------------------------------- */

static int pageable_data = 1;
static DECLSPEC_ALIGN(4096) UCHAR protected_data[PAGE_SIZE];

/* A figure of /proc/self/status, in KB. */
static long status_of(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[200];
	long value = -1;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = atol(line + strlen(name));
	if (file != NULL)
		fclose(file);
	return value;
}

/* Whether the mapping that an address lies in is executable; -1: it lies in none. */
static int is_executable(const void *address)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[600], rights[8];
	unsigned long start, end;
	int result = -1;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) == 3 &&
		    (ULONG_PTR)address - start < end - start)
			result = rights[2] == 'x';
	if (file != NULL)
		fclose(file);
	return result;
}

static void runtime(void)
{
	PVOID before = ExAllocatePoolWithTag(NonPagedPool, 100, 'tseT'), after;

	ExInitializeDriverRuntime(0);
	ok(is_executable(before) == 1, "NonPagedPool is executable");
	ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
	after = ExAllocatePoolWithTag(NonPagedPool, 100, 'tseT');
	ok(is_executable(after) == 0, "ExInitializeDriverRuntime, DrvRtPoolNxOptIn: no more");
	ExFreePoolWithTag(before, 'tseT');
	ExFreePoolWithTag(after, 'tseT');
}

static void image(void)
{
	long locked = status_of("VmLck:");
	PVOID section = MmLockPagableDataSection(&pageable_data);
	ULONG_PTR low, high, left;

	ok(section != NULL && MmLockPagableCodeSection(&pageable_data) == section,
	   "MmLockPagableDataSection: a handle for the whole section");
	MmLockPagableSectionByHandle(section);
	MmUnlockPagableImageSection(section);
	MmUnlockPagableImageSection(section);
	ok(status_of("VmLck:") > locked, "MmLockPagableSectionByHandle: locked once more");
	MmUnlockPagableImageSection(section);
	ok(status_of("VmLck:") == locked, "MmUnlockPagableImageSection as often");
	ok(MmPageEntireDriver((PVOID)(ULONG_PTR)image) != NULL, "MmPageEntireDriver");
	MmResetDriverPaging((PVOID)(ULONG_PTR)image);
	IoGetStackLimits(&low, &high);
	left = IoGetRemainingStackSize();
	ok((ULONG_PTR)&left > low && (ULONG_PTR)&left < high && high - low == 0x6000,
	   "IoGetStackLimits: 24 KB around here");
	ok(left > 0x4000 && left < 0x6000, "IoGetRemainingStackSize");
	ok(ExGetPreviousMode() == UserMode, "ExGetPreviousMode");
	is_status(MmProtectDriverSection(protected_data, PAGE_SIZE, 7), STATUS_INVALID_PARAMETER,
		  "MmProtectDriverSection: flags");
	is_status(MmProtectDriverSection(protected_data + 1, PAGE_SIZE, 0),
		  STATUS_INVALID_PARAMETER, "MmProtectDriverSection: not a page");
}

static void unlock_unlocked(void)
{
	PVOID section = MmLockPagableDataSection(&pageable_data);

	MmUnlockPagableImageSection(section);
	MmUnlockPagableImageSection(section);
}

static void write_protected(void)
{
	MmProtectDriverSection(protected_data, PAGE_SIZE, 0);
	protected_data[17] = 1;
}

static void fault_at_dispatch(void)
{
	KIRQL old;

	__try {
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		*(volatile int *)16 = 1;
	} __except (EXCEPTION_EXECUTE_HANDLER) {
	}
}

/* Guard pages are the system's: no __try block hides an overrun. */
static void overrun_inside_try(void)
{
	volatile CHAR *block = (volatile CHAR *)ExAllocatePoolWithTag(PagedPool, 100, 'lcpS');

	__try {
		block[200] = 1;
	} __except (EXCEPTION_EXECUTE_HANDLER) {
	}
}

static void misuse(void)
{
	bugcheck_like(
		overrun_inside_try,
		"PAGE_FAULT_BEYOND_END_OF_ALLOCATION (0xCD): write of @ by "
		"~!overrun_inside_try+@, 100 bytes behind the end of block @ of 100 bytes, tag "
		"Spcl, ~",
		"an overrun in special pool inside __try");
	bugcheck_like(free_inside,
		      "BAD_POOL_CALLER (0xC2, 0x60, @, 0x0, 0x0): MmFreeContiguousMemory of an "
		      "address that is not the start of any, called by ~",
		      "MmFreeContiguousMemory inside");
	bugcheck_like(free_other_contiguous_size,
		      "BAD_POOL_CALLER (0xC2, 0x60, @, 0x0, 0x0): "
		      "MmFreeContiguousMemorySpecifyCache of another size than allocated, called "
		      "by ~",
		      "MmFreeContiguousMemorySpecifyCache of another size");
	bugcheck_like(free_other_size,
		      "BAD_POOL_CALLER (0xC2, 0x46, @, 0x0, 0x0): MmFreeNonCachedMemory of another "
		      "size than allocated, called by ~",
		      "MmFreeNonCachedMemory of another size");
	bugcheck_like(put_with_buffers,
		      "DRIVER_VERIFIER_DMA_VIOLATION (0xE6, 0x7, @, 0x1, 0x0): PutDmaAdapter of an "
		      "adapter with common buffers left, called by ~",
		      "PutDmaAdapter with common buffers");
	bugcheck_like(
		free_other_buffer,
		"DRIVER_VERIFIER_DMA_VIOLATION (0xE6, 0x3, 0x1, @, 0x14): FreeCommonBuffer of "
		"what AllocateCommonBuffer did not give so, called by ~",
		"FreeCommonBuffer of another size");
	bugcheck_like(absent_operation,
		      "DRIVER_VERIFIER_DMA_VIOLATION (0xE6, 0x0, 0x0, 0x0, 0x0): "
		      "FreeAdapterChannel is not in this driver kit, called by ~",
		      "FreeAdapterChannel");
	bugcheck_like(
		section_at_apc,
		"DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xE6, @, 0x1, 0x0): ZwCreateSection at "
		"IRQL 1 (APC_LEVEL), called by ~",
		"ZwCreateSection at APC_LEVEL");
	bugcheck_like(unmap_no_view,
		      "DRIVER_UNMAPPING_INVALID_VIEW (0xD7, 0x123450000, 0x1, 0x0, 0x0): "
		      "MmUnmapViewInSystemSpace of an address that is not the start of a view, "
		      "called by ~",
		      "MmUnmapViewInSystemSpace of no view");
	bugcheck_like(unmap_other_size,
		      "DRIVER_UNMAPPING_INVALID_VIEW (0xD7, @, 0x8, 0x0, 0x0): MmUnmapIoSpace of "
		      "what MmMapIoSpace did not map so, called by ~",
		      "MmUnmapIoSpace of another size");
	bugcheck_like(unlock_unlocked,
		      "MEMORY_MANAGEMENT (0x1A, 0x1010, @, 0x0, 0x0): MmUnlockPagableImageSection "
		      "of a section that is not locked, called by ~",
		      "MmUnlockPagableImageSection too often");
	bugcheck_like(
		write_protected,
		"ATTEMPTED_WRITE_TO_READONLY_MEMORY (0xBE, @, 0x0, @, 0x0): write to read-only "
		"memory at @, called by ~",
		"MmProtectDriverSection, then a write");
	bugcheck_like(
		fault_at_dispatch,
		"DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1, 0x10, 0x2, 0x1, @): write to 0x10 at IRQL "
		"2 (DISPATCH_LEVEL), called by ~",
		"a fault at DISPATCH_LEVEL");
}

/* Again, with a file that stands for I/O space. */
static void start_with_file(char **arguments)
{
	static const UCHAR device[] = {1, 2, 3, 4};
	char options[600];
	int fd;

	if (mkdtemp(directory) == NULL)
		exit(2);
	setenv("DDK_DIRECTORY", directory, 1);
	snprintf(options, sizeof(options), "%s/io", directory);
	fd = open(options, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, 65536) != 0 || pwrite(fd, device, 4, 0x1010) != 4)
		exit(2);
	close(fd);
	snprintf(options, sizeof(options),
		 "driver_map_registers=40:special_tag=Spcl:driver_io_space=%s/io", directory);
	start_again(arguments, options);
}

static void clean_up(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/io", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/data", directory);
	unlink(path);
	rmdir(directory);
}

int main(int count, char **arguments)
{
	UNREFERENCED_PARAMETER(count);
	if (getenv("DDK_DIRECTORY") == NULL)
		start_with_file(arguments);
	strcpy(directory, getenv("DDK_DIRECTORY"));
	noncached();
	contiguous();
	dma();
	views();
	section_errors();
	file_sections();
	io_space();
	image();
	runtime();
	misuse();
	clean_up();
	return done();
}
