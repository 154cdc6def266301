// SPDX-License-Identifier: BSD-2-Clause
/* holder.c - a driver that holds one of each kind of memory, then lets it go; for run.py */
#include <ntifs.h>

#include <stdio.h>

static PHYSICAL_ADDRESS any;

static void take_list(PDEVICE_OBJECT device, struct _IRP *irp, PSCATTER_GATHER_LIST list,
		      PVOID context)
{
	UNREFERENCED_PARAMETER(device);
	UNREFERENCED_PARAMETER(irp);
	*(PSCATTER_GATHER_LIST *)context = list;
}

/* Says so, and waits until it is told to go on. */
static void pause_at(const char *what)
{
	puts(what);
	fflush(stdout);
	while (getchar() != '\n')
		;
}

int main(void)
{
	UNICODE_STRING source = RTL_CONSTANT_STRING(L"a string"), string;
	DEVICE_DESCRIPTION description;
	LARGE_INTEGER size;
	ULONG registers;
	PDMA_ADAPTER adapter;
	PSCATTER_GATHER_LIST list = NULL;
	PHYSICAL_ADDRESS logical, low;
	PVOID contiguous, noncached, common, view = NULL, system_view = NULL, object = NULL;
	SIZE_T view_size = 0, system_size = 0;
	HANDLE section;
	PMDL mdl, pages;

	any.QuadPart = -1;
	low.QuadPart = 0;
	size.QuadPart = 65536;
	RtlZeroMemory(&description, sizeof(description));
	description.Version = DEVICE_DESCRIPTION_VERSION2;
	description.Dma64BitAddresses = TRUE;
	description.MaximumLength = PAGE_SIZE;

	RtlUpcaseUnicodeString(&string, &source, TRUE);
	contiguous = MmAllocateContiguousMemory(5000, any);
	noncached = MmAllocateNonCachedMemory(3 * PAGE_SIZE);
	pages = MmAllocatePagesForMdlEx(low, any, low, 2 * PAGE_SIZE, MmCached, 0);
	mdl = IoAllocateMdl(contiguous, 5000, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(mdl);
	adapter = IoGetDmaAdapter(NULL, &description, &registers);
	common = adapter->DmaOperations->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
	KeRaiseIrqlToDpcLevel();
	adapter->DmaOperations->GetScatterGatherList(adapter, NULL, mdl, contiguous, 5000,
						     take_list, &list, TRUE);
	KeLowerIrql(PASSIVE_LEVEL);
	ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
			NULL);
	ZwMapViewOfSection(section, ZwCurrentProcess(), &view, 0, 0, NULL, &view_size, ViewUnmap, 0,
			   PAGE_READWRITE);
	ObReferenceObjectByHandle(section, 0, NULL, KernelMode, &object, NULL);
	MmMapViewInSystemSpace(object, &system_view, &system_size);
	pause_at("holds");

	RtlFreeUnicodeString(&string);
	KeRaiseIrqlToDpcLevel();
	adapter->DmaOperations->PutScatterGatherList(adapter, list, TRUE);
	KeLowerIrql(PASSIVE_LEVEL);
	adapter->DmaOperations->FreeCommonBuffer(adapter, 100, logical, common, TRUE);
	adapter->DmaOperations->PutDmaAdapter(adapter);
	IoFreeMdl(mdl);
	MmFreePagesFromMdl(pages);
	ExFreePool(pages);
	MmFreeContiguousMemory(contiguous);
	MmFreeNonCachedMemory(noncached, 3 * PAGE_SIZE);
	MmUnmapViewInSystemSpace(system_view);
	ZwUnmapViewOfSection(ZwCurrentProcess(), view);
	ObDereferenceObject(object);
	ZwClose(section);
	pause_at("released");
	return 0;
}
