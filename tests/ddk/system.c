// SPDX-License-Identifier: BSD-2-Clause
/*
 * system.c - services, objects, files, views, the driver's image and DMA: what their pages say beyond
 * memory.c, and each misuse that Microsoft gives a code. Pages: wdm/nf-wdm-zw*, wdm/nf-wdm-ob*,
 * wdm/nf-wdm-mm*, wdm/nc-wdm-p*, debugger/bug-check-0xc4, -0xe6, -0x1a. Compiled as C and as C++.
 */
#include "ddk.h"
#include <ntifs.h>

static void at(KIRQL level)
{
	KIRQL old;

	KeRaiseIrql(level, &old);
}

/* --- names and files ---------------------------------------------------------------------------- */

static char directory[] = "/tmp/pooltag-system.XXXXXX";
static WCHAR name_room[256];
static UNICODE_STRING name;
static OBJECT_ATTRIBUTES attributes;
static IO_STATUS_BLOCK io;
static HANDLE file, section;

/* The attributes of a file in the directory; NULL: of the directory itself. */
static POBJECT_ATTRIBUTES named(const char *base)
{
	size_t length = 0;

	for (const char *c = directory; *c != '\0'; c++)
		name_room[length++] = (WCHAR)(*c == '/' ? '\\' : *c);
	if (base != NULL)
		name_room[length++] = '\\';
	for (const char *c = base; c != NULL && *c != '\0'; c++)
		name_room[length++] = (WCHAR)*c;
	name_room[length] = 0;
	RtlInitUnicodeString(&name, name_room);
	InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
	return &attributes;
}

static NTSTATUS create(const char *base, ULONG disposition)
{
	NTSTATUS status = ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE, named(base), &io, NULL,
				       FILE_ATTRIBUTE_NORMAL, 0, disposition, 0, NULL, 0);

	if (NT_SUCCESS(status))
		ZwClose(file);
	return status;
}

static NTSTATUS open_existing(const char *base)
{
	return ZwOpenFile(&file, GENERIC_READ | GENERIC_WRITE, named(base), &io, 0, 0);
}

static void dispositions(void)
{
	static const struct {
		ULONG disposition;
		NTSTATUS there, absent;
		ULONG_PTR did, made;
		const char *name;
	} table[] = {
		{FILE_SUPERSEDE, STATUS_SUCCESS, STATUS_SUCCESS, FILE_SUPERSEDED, FILE_CREATED,
		 "FILE_SUPERSEDE"},
		{FILE_OPEN, STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, FILE_OPENED,
		 FILE_DOES_NOT_EXIST, "FILE_OPEN"},
		{FILE_CREATE, STATUS_OBJECT_NAME_COLLISION, STATUS_SUCCESS, FILE_EXISTS,
		 FILE_CREATED, "FILE_CREATE"},
		{FILE_OPEN_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_OPENED, FILE_CREATED,
		 "FILE_OPEN_IF"},
		{FILE_OVERWRITE, STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, FILE_OVERWRITTEN,
		 FILE_DOES_NOT_EXIST, "FILE_OVERWRITE"},
		{FILE_OVERWRITE_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_OVERWRITTEN, FILE_CREATED,
		 "FILE_OVERWRITE_IF"},
	};

	char path[100];

	snprintf(path, sizeof(path), "%s/one", directory);
	for (size_t i = 0; i < ARRAYSIZE(table); i++) {
		NTSTATUS absent, there;
		ULONG_PTR made;

		unlink(path);
		absent = create("one", table[i].disposition);
		made = io.Information;
		create("one", FILE_OPEN_IF);
		there = create("one", table[i].disposition);
		if (!ok(absent == table[i].absent && made == table[i].made &&
				there == table[i].there && io.Status == there &&
				io.Information == table[i].did,
			"ZwCreateFile, %s: absent and there", table[i].name))
			diag("absent 0x%x, %lu, there 0x%x, %lu", (unsigned)absent,
			     (unsigned long)made, (unsigned)there, (unsigned long)io.Information);
	}
}

static void file_errors(void)
{
	is_status(create("one", FILE_OVERWRITE_IF + 1), STATUS_INVALID_PARAMETER,
		  "ZwCreateFile: no such disposition");
	is_status(create("one\\two", FILE_OPEN), STATUS_OBJECT_PATH_NOT_FOUND,
		  "ZwCreateFile: below a file");
	is_status(create(NULL, FILE_OPEN), STATUS_FILE_IS_A_DIRECTORY,
		  "ZwCreateFile: a directory, for writing");
	InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
	is_status(ZwOpenFile(&file, GENERIC_READ, &attributes, &io, 0, 0),
		  STATUS_OBJECT_NAME_INVALID, "ZwOpenFile without a name");
	is_status(ZwClose((HANDLE)3), STATUS_INVALID_HANDLE, "ZwClose of no handle");
}

static void absent_file(void)
{
	is_status(open_existing("none"), STATUS_OBJECT_NAME_NOT_FOUND, "ZwOpenFile of no file");
	ok(io.Status == STATUS_OBJECT_NAME_NOT_FOUND && io.Information == FILE_DOES_NOT_EXIST,
	   "the status block says so, too");
}

/* --- sections and objects ----------------------------------------------------------------------- */

static NTSTATUS make_section(LONGLONG bytes, HANDLE of)
{
	LARGE_INTEGER size;

	size.QuadPart = bytes;
	return ZwCreateSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE, NULL, &size,
			       PAGE_READWRITE, SEC_COMMIT, of);
}

static void sections(void)
{
	UNICODE_STRING null = RTL_CONSTANT_STRING(L"\\??\\C:\\dev\\null");
	PVOID object = NULL, base = NULL;
	SIZE_T size = 2 * 65536;

	InitializeObjectAttributes(&attributes, &null, OBJ_KERNEL_HANDLE, NULL, NULL);
	ZwOpenFile(&file, GENERIC_READ | GENERIC_WRITE, &attributes, &io, 0, 0);
	is_status(make_section(4096, file), STATUS_INVALID_FILE_FOR_SECTION,
		  "ZwCreateSection of a device");
	ZwClose(file);
	is_status(make_section(-1, NULL), STATUS_SECTION_TOO_BIG,
		  "ZwCreateSection: larger than any");
	is_status(ZwMapViewOfSection(file, ZwCurrentProcess(), &base, 0, 0, NULL, &size, ViewUnmap,
				     0, PAGE_READWRITE),
		  STATUS_INVALID_HANDLE, "ZwMapViewOfSection of what is closed");
	is_status(make_section(65536, NULL), STATUS_SUCCESS, "ZwCreateSection of memory");
	is_status(ZwMapViewOfSection(section, (HANDLE)4, &base, 0, 0, NULL, &size, ViewUnmap, 0,
				     PAGE_READWRITE),
		  STATUS_INVALID_HANDLE, "ZwMapViewOfSection into another process");
	is_status(ZwUnmapViewOfSection((HANDLE)4, base), STATUS_INVALID_HANDLE,
		  "ZwUnmapViewOfSection in another process");
	ObReferenceObjectByHandle(section, 0, NULL, KernelMode, &object, NULL);
	is_status(MmMapViewInSystemSpace(object, &base, &size), STATUS_INVALID_VIEW_SIZE,
		  "MmMapViewInSystemSpace of more than there is");
	ObDereferenceObject(object);
	ZwClose(section);
}

static void references(void)
{
	OBJECT_HANDLE_INFORMATION information = {0, 0};
	PVOID object = NULL;

	make_section(4096, NULL);
	is_status(ObReferenceObjectByHandle(section, SECTION_MAP_READ, *IoFileObjectType, UserMode,
					    &object, NULL),
		  STATUS_OBJECT_TYPE_MISMATCH, "ObReferenceObjectByHandle: a section as a file");
	is_status(ObReferenceObjectByHandle(section, SECTION_EXTEND_SIZE, NULL, UserMode, &object,
					    NULL),
		  STATUS_ACCESS_DENIED, "ObReferenceObjectByHandle: more than the handle may");
	is_status(ObReferenceObjectByHandle((HANDLE)400, 0, NULL, UserMode, &object, NULL),
		  STATUS_INVALID_HANDLE, "ObReferenceObjectByHandle: a user's bad handle");
	is_status(ObReferenceObjectByHandle(section, SECTION_EXTEND_SIZE, NULL, KernelMode, &object,
					    &information),
		  STATUS_SUCCESS, "ObReferenceObjectByHandle: the kernel's access is not checked");
	ok(information.GrantedAccess == (SECTION_MAP_READ | SECTION_MAP_WRITE),
	   "and what the handle may");
	ObDereferenceObject(object);
	ZwClose(section);
	create("one", FILE_OPEN_IF);
	open_existing("one");
	is_status(ObReferenceObjectByHandle(file, FILE_READ_DATA, *IoFileObjectType, UserMode,
					    &object, NULL),
		  STATUS_SUCCESS, "IoFileObjectType is a file's");
	ObDereferenceObject(object);
	ZwClose(file);
	ObReferenceObject(KeGetCurrentThread());
	ObDereferenceObject(KeGetCurrentThread());
	ok(KeGetCurrentThread() != NULL, "threads are not counted, and stay");
}

/* An object that is gone. */
static PVOID gone(void)
{
	PVOID object = NULL;

	make_section(4096, NULL);
	ObReferenceObjectByHandle(section, 0, NULL, KernelMode, &object, NULL);
	ZwClose(section);
	ObDereferenceObject(object);
	return object;
}

static PUNICODE_STRING malformed(void)
{
	named("one");
	name.Length--;
	return &name;
}

/* --- the image ---------------------------------------------------------------------------------- */

static void image(void)
{
	ok(MmPageEntireDriver((PVOID)0x1000) == NULL, "MmPageEntireDriver: NULL of no driver");
}

/* --- DMA ---------------------------------------------------------------------------------------- */

static PDMA_ADAPTER adapter;
static PHYSICAL_ADDRESS logical;
static PUCHAR buffer;
static PSCATTER_GATHER_LIST list;
static PMDL mdl;

static PDMA_ADAPTER make_adapter(ULONG version)
{
	DEVICE_DESCRIPTION description;
	ULONG registers;

	RtlZeroMemory(&description, sizeof(description));
	description.Version = version;
	description.Master = TRUE;
	description.Dma64BitAddresses = TRUE;
	description.MaximumLength = 4 * PAGE_SIZE;
	return IoGetDmaAdapter(NULL, &description, &registers);
}

static void take_list(PDEVICE_OBJECT device, struct _IRP *irp, PSCATTER_GATHER_LIST made,
		      PVOID context)
{
	UNREFERENCED_PARAMETER(device);
	UNREFERENCED_PARAMETER(irp);
	UNREFERENCED_PARAMETER(context);
	list = made;
}

static void common(void)
{
	buffer = (PUCHAR)adapter->DmaOperations->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
}

static void free_common(void)
{
	adapter->DmaOperations->FreeCommonBuffer(adapter, 100, logical, buffer, TRUE);
}

static NTSTATUS scatter(void)
{
	return adapter->DmaOperations->GetScatterGatherList(
		adapter, NULL, mdl, MmGetMdlVirtualAddress(mdl), 50, take_list, NULL, TRUE);
}

static void gather(void)
{
	adapter->DmaOperations->PutScatterGatherList(adapter, list, TRUE);
}

static void put_adapter(void)
{
	adapter->DmaOperations->PutDmaAdapter(adapter);
}

static void transfer(void)
{
	at(DISPATCH_LEVEL);
	is_status(scatter(), STATUS_SUCCESS, "GetScatterGatherList at DISPATCH_LEVEL");
	ok(list->NumberOfElements == 1 && list->Elements[0].Length == 50, "one element");
	gather();
	KeLowerIrql(PASSIVE_LEVEL);
	ok(make_adapter(DEVICE_DESCRIPTION_VERSION3 + 1) == NULL,
	   "IoGetDmaAdapter: NULL for a version there is not");
	common();
	buffer[99] = 1;
	ok(MmGetPhysicalAddress(buffer).QuadPart == logical.QuadPart,
	   "AllocateCommonBuffer: its logical address");
	free_common();
	ok(!MmIsAddressValid(buffer), "FreeCommonBuffer, of what is full to its last byte");
}

/* --- what is documented to stop the system ------------------------------------------------------ */

#define C4(codes) "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, " codes "): "
#define E6(codes) "DRIVER_VERIFIER_DMA_VIOLATION (0xE6, " codes "): "
#define RAISED_1  " at IRQL 1 (APC_LEVEL), called by ~"
#define RAISED_2  " at IRQL 2 (DISPATCH_LEVEL), called by ~"
#define RAISED_15 " at IRQL 15 (a device's), called by ~"
#define LOW       " at IRQL 0 (PASSIVE_LEVEL), called by ~"

// clang-format off
/* routine, number, what is done, the line, what is wrong */
#define BUGS(X) \
	X(ZwClose, 1, at(APC_LEVEL); ZwClose(file), C4("0xE6, @, 0x1, 0x0") "ZwClose" RAISED_1, "above PASSIVE_LEVEL") \
	X(ZwCreateFile, 1, at(APC_LEVEL); create("one", FILE_OPEN), C4("0xE6, @, 0x1, 0x0") "ZwCreateFile" RAISED_1, "above PASSIVE_LEVEL") \
	X(ZwCreateFile, 2, attributes.ObjectName = malformed(); ZwCreateFile(&file, GENERIC_READ, &attributes, &io, NULL, 0, 0, FILE_OPEN, 0, NULL, 0), C4("0xE4, @, @, 0x0") "a malformed UNICODE_STRING as the name of a file, called by ~", "a malformed name") \
	X(ZwOpenFile, 1, at(APC_LEVEL); open_existing("one"), C4("0xE6, @, 0x1, 0x0") "ZwOpenFile" RAISED_1, "above PASSIVE_LEVEL") \
	X(ZwOpenFile, 2, attributes.ObjectName = malformed(); ZwOpenFile(&file, GENERIC_READ, &attributes, &io, 0, 0), C4("0xE4, @, @, 0x0") "a malformed UNICODE_STRING as the name of a file, called by ~", "a malformed name") \
	X(ZwCreateSection, 1, KeEnterGuardedRegion(); make_section(1, NULL), C4("0xE6, @, 0x0, 0x1") "ZwCreateSection in a guarded region, called by ~", "with special kernel APCs disabled") \
	X(ZwMapViewOfSection, 1, PVOID base = NULL; SIZE_T size = 0; at(APC_LEVEL); ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, NULL, &size, ViewUnmap, 0, PAGE_READWRITE), C4("0xE6, @, 0x1, 0x0") "ZwMapViewOfSection" RAISED_1, "above PASSIVE_LEVEL") \
	X(ZwUnmapViewOfSection, 1, at(APC_LEVEL); ZwUnmapViewOfSection(ZwCurrentProcess(), &io), C4("0xE6, @, 0x1, 0x0") "ZwUnmapViewOfSection" RAISED_1, "above PASSIVE_LEVEL") \
	X(ObReferenceObjectByHandle, 1, PVOID object; ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, &object, NULL), C4("0xF5, 0x0, 0x0, 0x0") "ObReferenceObjectByHandle of a NULL handle, called by ~", "a NULL handle") \
	X(ObReferenceObjectByHandle, 2, PVOID object; ObReferenceObjectByHandle((HANDLE)400, 0, NULL, KernelMode, &object, NULL), C4("0x3C, 0x190, 0x0, 0x0") "ObReferenceObjectByHandle of a handle that is none, called by ~", "a bad handle as the kernel's") \
	X(ObReferenceObjectByHandle, 3, PVOID object; at(APC_LEVEL); ObReferenceObjectByHandle((HANDLE)4, 0, NULL, UserMode, &object, NULL), C4("0xE5, 0x1, 0x0, 0x0") "ObReferenceObjectByHandle" RAISED_1, "above PASSIVE_LEVEL") \
	X(ObReferenceObject, 1, ObReferenceObject(gone()), C4("0x3F, @, 0x1, 0x0") "ObReferenceObject of an object without references, called by ~", "of one without references") \
	X(ObDereferenceObject, 1, ObDereferenceObject(gone()), C4("0x3F, @, 0xFFFFFFFFFFFFFFFF, 0x0") "ObDereferenceObject of an object without references, called by ~", "of one without references") \
	X(ObfReferenceObject, 1, ObfReferenceObject(NULL), C4("0x3F, 0x0, 0x1, 0x0") "ObReferenceObject of an object without references, called by ~", "of NULL") \
	X(ObfDereferenceObject, 1, ObfDereferenceObject(NULL), C4("0x3F, 0x0, 0xFFFFFFFFFFFFFFFF, 0x0") "ObDereferenceObject of an object without references, called by ~", "of NULL") \
	X(MmMapViewInSystemSpace, 1, at(DISPATCH_LEVEL); MmMapViewInSystemSpace(NULL, NULL, NULL), C4("0xE5, 0x2, 0x0, 0x0") "MmMapViewInSystemSpace" RAISED_2, "above APC_LEVEL") \
	X(MmUnmapViewInSystemSpace, 1, at(DISPATCH_LEVEL); MmUnmapViewInSystemSpace(NULL), C4("0xE5, 0x2, 0x0, 0x0") "MmUnmapViewInSystemSpace" RAISED_2, "above APC_LEVEL") \
	X(MmLockPagableDataSection, 1, at(DISPATCH_LEVEL); MmLockPagableDataSection(&io), C4("0xE5, 0x2, 0x0, 0x0") "MmLockPagableDataSection" RAISED_2, "above APC_LEVEL") \
	X(MmLockPagableSectionByHandle, 1, at(DISPATCH_LEVEL); MmLockPagableSectionByHandle(&io), C4("0xE5, 0x2, 0x0, 0x0") "MmLockPagableSectionByHandle" RAISED_2, "above APC_LEVEL") \
	X(MmUnlockPagableImageSection, 1, at(DISPATCH_LEVEL); MmUnlockPagableImageSection(&io), C4("0xE5, 0x2, 0x0, 0x0") "MmUnlockPagableImageSection" RAISED_2, "above APC_LEVEL") \
	X(MmPageEntireDriver, 1, at(DISPATCH_LEVEL); MmPageEntireDriver(&io), C4("0xE5, 0x2, 0x0, 0x0") "MmPageEntireDriver" RAISED_2, "above APC_LEVEL") \
	X(MmResetDriverPaging, 1, at(DISPATCH_LEVEL); MmResetDriverPaging(&io), C4("0xE5, 0x2, 0x0, 0x0") "MmResetDriverPaging" RAISED_2, "above APC_LEVEL") \
	X(MmProtectDriverSection, 1, at(DISPATCH_LEVEL); MmProtectDriverSection(&io, 0, 0), C4("0xE5, 0x2, 0x0, 0x0") "MmProtectDriverSection" RAISED_2, "above APC_LEVEL") \
	X(IoGetDmaAdapter, 1, at(APC_LEVEL); make_adapter(DEVICE_DESCRIPTION_VERSION), E6("0x13, 0x2, 0x0, 0x1") "IoGetDmaAdapter" RAISED_1, "above PASSIVE_LEVEL") \
	X(AllocateCommonBuffer, 1, at(APC_LEVEL); common(), E6("0x13, 0x2, 0x0, 0x1") "AllocateCommonBuffer" RAISED_1, "above PASSIVE_LEVEL") \
	X(FreeCommonBuffer, 1, common(); at(APC_LEVEL); free_common(), E6("0x13, 0x2, 0x0, 0x1") "FreeCommonBuffer" RAISED_1, "above PASSIVE_LEVEL") \
	X(FreeCommonBuffer, 2, common(); free_common(); free_common(), E6("0x3, 0x1, @, 0x64") "FreeCommonBuffer of what AllocateCommonBuffer did not give so, called by ~", "twice") \
	X(FreeCommonBuffer, 3, common(); buffer[100] = 0; free_common(), E6("0xF, 0x5, @, @") "a write past the end of a common buffer, called by ~", "written past its end") \
	X(GetScatterGatherList, 1, scatter(), E6("0x13, 0x1, 0x2, 0x0") "GetScatterGatherList" LOW, "at another level than DISPATCH_LEVEL") \
	X(GetScatterGatherList, 2, at(DISPATCH_LEVEL); mdl = IoAllocateMdl(&io, 50, FALSE, FALSE, NULL); scatter(), E6("0xE, @, 0x0, 0x0") "GetScatterGatherList of an MDL whose pages are not locked, called by ~", "of pages that are not locked") \
	X(PutScatterGatherList, 1, at(DISPATCH_LEVEL); scatter(); KeLowerIrql(PASSIVE_LEVEL); gather(), E6("0x13, 0x1, 0x2, 0x0") "PutScatterGatherList" LOW, "at another level than DISPATCH_LEVEL") \
	X(PutScatterGatherList, 2, at(DISPATCH_LEVEL); scatter(); gather(); gather(), E6("0x6, 0x2, 0x3, 0x0") "PutScatterGatherList of a list that is gone, called by ~", "twice") \
	X(PutDmaAdapter, 1, at(DISPATCH_LEVEL); scatter(); put_adapter(), E6("0xA, @, 0x1, 0x0") "PutDmaAdapter of an adapter with scatter/gather lists left, called by ~", "with scatter/gather lists left") \
	X(PutDmaAdapter, 2, at(HIGH_LEVEL); put_adapter(), E6("0x13, 0x2, 0x2, 0xF") "PutDmaAdapter" RAISED_15, "above DISPATCH_LEVEL") \
	X(GetDmaAlignment, 1, at(APC_LEVEL); adapter->DmaOperations->GetDmaAlignment(adapter), E6("0x13, 0x2, 0x0, 0x1") "GetDmaAlignment" RAISED_1, "above PASSIVE_LEVEL") \
	X(ReadDmaCounter, 1, at(HIGH_LEVEL); adapter->DmaOperations->ReadDmaCounter(adapter), E6("0x13, 0x2, 0x2, 0xF") "ReadDmaCounter" RAISED_15, "above DISPATCH_LEVEL")

BUGS(BUG_FUNCTION)

static const struct bug bugs[] = {BUGS(BUG_ENTRY)};

// clang-format on

static void clean_up(void)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/one", directory);
	unlink(path);
	rmdir(directory);
}

int main(void)
{
	PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tsyS');

	if (mkdtemp(directory) == NULL)
		return 2;
	mdl = IoAllocateMdl(block, 100, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(mdl);
	adapter = make_adapter(DEVICE_DESCRIPTION_VERSION);
	dispositions();
	file_errors();
	absent_file();
	sections();
	references();
	image();
	transfer();
	make_section(4096, NULL);
	for (size_t i = 0; i < ARRAYSIZE(bugs); i++)
		bugcheck_like(bugs[i].bug, bugs[i].line, bugs[i].name);
	ZwClose(section);
	put_adapter();
	IoFreeMdl(mdl);
	ExFreePoolWithTag(block, 'tsyS');
	clean_up();
	return done();
}
