// SPDX-License-Identifier: BSD-2-Clause
/*
 * unload.c - a driver that unloads and leaves something: 0xC4, 0x62, whatever allocated it, after a line
 * for each call site
 */
#include "ddk.h"
#include <ntifs.h>

#define TAG 'tfeL' /* shown as Left */

static PHYSICAL_ADDRESS zero, any;

static NTSTATUS entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	UNREFERENCED_PARAMETER(driver);
	UNREFERENCED_PARAMETER(path);
	return STATUS_SUCCESS;
}

static void leave_pool(void)
{
	ExAllocatePool2(POOL_FLAG_PAGED, 100, TAG);
}

static void leave_nonpaged(void)
{
	ExAllocatePoolWithTag(NonPagedPoolNx, 8192, TAG);
}

static void leave_entry(void)
{
	static PAGED_LOOKASIDE_LIST list;

	ExInitializePagedLookasideList(&list, NULL, NULL, 0, 64, TAG, 0);
	ExAllocateFromPagedLookasideList(&list);
	ExDeletePagedLookasideList(&list);
}

static void leave_mdl(void)
{
	static UCHAR buffer[16];

	IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL);
}

static void leave_pages(void)
{
	MmAllocatePagesForMdlEx(zero, any, zero, PAGE_SIZE, MmCached, 0);
}

static void leave_contiguous(void)
{
	MmAllocateContiguousMemory(PAGE_SIZE, any);
}

static void leave_noncached(void)
{
	MmAllocateNonCachedMemory(100);
}

static void leave_string(void)
{
	static UNICODE_STRING string;

	RtlCreateUnicodeString(&string, L"left");
}

static void leave_section(void)
{
	LARGE_INTEGER size;
	HANDLE section;

	size.QuadPart = PAGE_SIZE;
	ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
			NULL);
}

/* All of it given back: nothing is said. */
static void leave_nothing(void)
{
	PVOID block = ExAllocatePool2(POOL_FLAG_PAGED, 100, TAG);
	PMDL mdl = MmAllocatePagesForMdlEx(zero, any, zero, PAGE_SIZE, MmCached, 0);

	MmFreePagesFromMdl(mdl);
	ExFreePool(mdl);
	ExFreePoolWithTag(block, TAG);
	MmFreeContiguousMemory(MmAllocateContiguousMemory(PAGE_SIZE, any));
	MmFreeNonCachedMemory(MmAllocateNonCachedMemory(100), 100);
}

static LOOKASIDE_LIST_EX list_left;

static void leave_list(void)
{
	ExInitializeLookasideListEx(&list_left, NULL, NULL, PagedPool, 0, 64, TAG, 0);
}

static void (*body)(void);

static void lives_and_leaves(void)
{
	PDRIVER_OBJECT driver;

	PooltagDriverLoad("forgetful", entry, &driver);
	body();
	PooltagDriverUnload(driver);
}

#define LEFT(what, by, blocks, bytes)                                                           \
	"driver forgetful left " what ", allocated by ~!" by "+~\npooltag: "                    \
	"DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x62, @, 0x0, @): driver forgetful unloads " \
	"with " blocks ", " bytes " bytes, not freed"
#define ONE(bytes, tag, pool, by) \
	LEFT("1 block, " bytes " bytes, tag " tag " (" pool ")", by, "1 block", bytes)

int main(void)
{
	static const struct {
		void (*body)(void);
		const char *line, *name;
	} cases[] = {
		{leave_pool, ONE("100", "Left", "Paged", "leave_pool"), "ExAllocatePool2"},
		{leave_nonpaged, ONE("8192", "Left", "Nonp", "leave_nonpaged"),
		 "ExAllocatePoolWithTag"},
		{leave_entry,
		 "lookaside list of tag Left deleted with 1 block not given back, by "
		 "~\npooltag: " ONE("64", "Left", "Paged", "leave_entry"),
		 "ExAllocateFromPagedLookasideList"},
		{leave_mdl, ONE("56", "Mdl ", "Nonp", "leave_mdl"), "IoAllocateMdl"},
		{leave_pages,
		 "driver forgetful left 1 block, 4096 bytes, tag MmPg (Nonp), allocated by "
		 "~!leave_pages+~\npooltag: " LEFT("1 block, 56 bytes, tag Mdl  (Nonp)",
						   "leave_pages", "2 blocks", "4152"),
		 "MmAllocatePagesForMdlEx"},
		{leave_contiguous, ONE("4096", "MmCm", "Nonp", "leave_contiguous"),
		 "MmAllocateContiguousMemory"},
		{leave_noncached, ONE("100", "MmNc", "Nonp", "leave_noncached"),
		 "MmAllocateNonCachedMemory"},
		{leave_string, ONE("10", "Strg", "Paged", "leave_string"),
		 "RtlCreateUnicodeString"},
		{leave_section,
		 LEFT("1 block, ~ bytes, tag Sect (Nonp)", "leave_section", "1 block", "~"),
		 "ZwCreateSection"},
	};

	any.QuadPart = -1;
	for (size_t i = 0; i < ARRAYSIZE(cases); i++) {
		body = cases[i].body;
		bugcheck_like(lives_and_leaves, cases[i].line, cases[i].name);
	}
	body = leave_nothing;
	no_bugcheck(lives_and_leaves, "", "a driver that leaves nothing");
	body = leave_list;
	no_bugcheck(lives_and_leaves,
		    "pooltag: driver forgetful left 1 lookaside list active, one of them at "
		    "<address>\n",
		    "a lookaside list that is left is noted");
	return done();
}
