// SPDX-License-Identifier: BSD-2-Clause
/*
 * shortage.c - what every routine answers when there is no memory: the low-resources simulation fails
 * all that this program asks for
 */
#include "ddk.h"
#include <ntifs.h>

static PHYSICAL_ADDRESS zero, any;

static void strings(void)
{
	UNICODE_STRING source = RTL_CONSTANT_STRING(L"text"), string = {0, 0, NULL};
	ANSI_STRING ansi, narrow = {0, 0, NULL};
	GUID guid = {0, 0, 0, {0}};

	RtlInitAnsiString(&ansi, "text");
	is_status(RtlUpcaseUnicodeString(&string, &source, TRUE), STATUS_NO_MEMORY,
		  "RtlUpcaseUnicodeString: STATUS_NO_MEMORY");
	is_status(RtlDowncaseUnicodeString(&string, &source, TRUE), STATUS_NO_MEMORY,
		  "RtlDowncaseUnicodeString: STATUS_NO_MEMORY");
	is_status(RtlAnsiStringToUnicodeString(&string, &ansi, TRUE), STATUS_NO_MEMORY,
		  "RtlAnsiStringToUnicodeString: STATUS_NO_MEMORY");
	is_status(RtlUnicodeStringToAnsiString(&narrow, &source, TRUE), STATUS_NO_MEMORY,
		  "RtlUnicodeStringToAnsiString: STATUS_NO_MEMORY");
	is_status(RtlDuplicateUnicodeString(0, &source, &string), STATUS_NO_MEMORY,
		  "RtlDuplicateUnicodeString: STATUS_NO_MEMORY");
	ok(string.Buffer == NULL && string.Length == 0, "and an empty string");
	ok(!RtlCreateUnicodeString(&string, L"text"), "RtlCreateUnicodeString: FALSE");
#ifdef __cplusplus
	is_status(RtlStringFromGUID(guid, &string), STATUS_NO_MEMORY,
		  "RtlStringFromGUID: STATUS_NO_MEMORY");
#else
	is_status(RtlStringFromGUID(&guid, &string), STATUS_NO_MEMORY,
		  "RtlStringFromGUID: STATUS_NO_MEMORY");
#endif
}

static void pages(void)
{
	DEVICE_DESCRIPTION description;
	ULONG registers;

	RtlZeroMemory(&description, sizeof(description));
	ok(MmAllocateContiguousMemory(PAGE_SIZE, any) == NULL, "MmAllocateContiguousMemory: NULL");
	ok(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, zero, any, zero, MmCached) == NULL,
	   "MmAllocateContiguousMemorySpecifyCache: NULL");
	ok(MmAllocateNonCachedMemory(PAGE_SIZE) == NULL, "MmAllocateNonCachedMemory: NULL");
	ok(MmAllocatePagesForMdlEx(zero, any, zero, PAGE_SIZE, MmCached, 0) == NULL,
	   "MmAllocatePagesForMdlEx: NULL");
	ok(IoGetDmaAdapter(NULL, &description, &registers) == NULL, "IoGetDmaAdapter: NULL");
	ok(IoAllocateMdl(&registers, 4, FALSE, FALSE, NULL) == NULL, "IoAllocateMdl: NULL");
}

/* The MDL is the driver's own memory: only the mapping can fail. */
static void mappings(void)
{
	static UCHAR buffer[100];

	union {
		MDL mdl;
		UCHAR room[100];
	} own;

	MmInitializeMdl(&own.mdl, buffer, sizeof(buffer));
	MmProbeAndLockPages(&own.mdl, KernelMode, IoReadAccess);
	ok(MmGetSystemAddressForMdlSafe(&own.mdl, NormalPagePriority) == NULL,
	   "MmGetSystemAddressForMdlSafe: NULL");
	ok(!(own.mdl.MdlFlags & MDL_MAPPED_TO_SYSTEM_VA), "and nothing is mapped");
	ok(MmMapLockedPagesSpecifyCache(&own.mdl, KernelMode, MmCached, NULL, FALSE,
					NormalPagePriority) == NULL,
	   "MmMapLockedPagesSpecifyCache for the kernel: NULL");
	is_status(RAISED(MmMapLockedPagesSpecifyCache(&own.mdl, UserMode, MmCached, NULL, FALSE,
						      NormalPagePriority)),
		  STATUS_INSUFFICIENT_RESOURCES,
		  "MmMapLockedPagesSpecifyCache for a user raises STATUS_INSUFFICIENT_RESOURCES");
	MmUnlockPages(&own.mdl);
}

static void sections(void)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\dev\\null");
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK io;
	LARGE_INTEGER size;
	HANDLE handle = NULL;

	size.QuadPart = 1;
	InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
	is_status(ZwCreateSection(&handle, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
				  SEC_COMMIT, NULL),
		  STATUS_INSUFFICIENT_RESOURCES, "ZwCreateSection: STATUS_INSUFFICIENT_RESOURCES");
	is_status(ZwOpenFile(&handle, FILE_GENERIC_READ, &attributes, &io, 0, 0),
		  STATUS_INSUFFICIENT_RESOURCES, "ZwOpenFile: STATUS_INSUFFICIENT_RESOURCES");
	ok(handle == NULL, "and no handle");
}

static void start_without_memory(char **arguments)
{
	char path[512], options[600];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		exit(2);
	path[length] = '\0';
	snprintf(options, sizeof(options), "fault_rate=1:fault_site=%s", strrchr(path, '/') + 1);
	setenv("DDK_SHORTAGE", "1", 1);
	start_again(arguments, options);
}

int main(int count, char **arguments)
{
	UNREFERENCED_PARAMETER(count);
	if (getenv("DDK_SHORTAGE") == NULL)
		start_without_memory(arguments);
	any.QuadPart = -1;
	strings();
	pages();
	mappings();
	sections();
	return done();
}
