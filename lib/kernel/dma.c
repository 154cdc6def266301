/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dma.c - DMA adapters: common buffers, scatter/gather lists, map registers
 *
 * Purpose: an adapter is a block of nonpaged pool; its common buffers are contiguous mappings with
 * one map register per page, of which there are only so many.
 * Callers: drivers, through DMA_OPERATIONS. Locking: the count of map registers is atomic. Context:
 * IRQL <= DISPATCH_LEVEL, common buffers PASSIVE_LEVEL.
 */
#include "lib/kernel/dma.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/mapping.h"
#include "lib/kernel/pages.h"
#include "lib/kernel/pool.h"
#include "lib/kernel/thread.h"
#include <pooltag/tag.h>

#define ADAPTER_TAG POOLTAG_TAG('H', 'a', 'l', ' ')
#define BUFFER_TAG  POOLTAG_TAG('H', 'a', 'l', 'C')

struct adapter {
	DMA_ADAPTER public; /* first: drivers have its address */
	uint64_t highest;   /* logical address that the device reaches */
	uint64_t buffers;   /* its common buffers in use */
	uint64_t lists_made, lists_put;
};

/* What Driver Verifier fills the rest of a common buffer's last page with. */
#define PADDING 0x0f

static uint64_t registers_in_use;

static struct adapter *adapter_of(PDMA_ADAPTER public)
{
	return CONTAINING_RECORD(public, struct adapter, public);
}

/* What the verification of DMA finds: its parameters, and a line. */
static BASE_COLD __attribute__((noreturn)) void violation(uint64_t code, uint64_t p2, uint64_t p3,
							  uint64_t p4, const char *what,
							  const void *caller)
{
	kernel_bug_check(DRIVER_VERIFIER_DMA_VIOLATION, code, p2, p3, p4, what, caller);
}

/* A routine that runs at `level` alone, or at none that is higher. */
static void check_level(KIRQL level, int exactly, const char *name, const void *caller)
{
	struct kernel_bug bug;

	if (kernel_irql == level || (!exactly && kernel_irql < level))
		return;
	kernel_bug_open(&bug, DRIVER_VERIFIER_DMA_VIOLATION, 0x13, exactly ? 1 : 2, level,
			kernel_irql);
	base_text_add(&bug.text, name);
	base_text_add(&bug.text, " at ");
	kernel_add_irql(&bug.text, kernel_irql);
	kernel_bug_caller(&bug, caller);
	kernel_bug_close(&bug);
}

static int take_registers(uint64_t count)
{
	uint64_t used = base_load_relaxed(&registers_in_use);

	do {
		if (count > base_options.driver_map_registers ||
		    used > base_options.driver_map_registers - count)
			return -1;
	} while (!__atomic_compare_exchange_n(&registers_in_use, &used, used + count, 1,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return 0;
}

static void return_registers(uint64_t count)
{
	__atomic_sub_fetch(&registers_in_use, count, __ATOMIC_RELAXED);
}

void *kernel_dma_buffer_make(PDMA_ADAPTER public, ULONG length, PPHYSICAL_ADDRESS ret_logical,
			     struct pool_frame frame)
{
	struct adapter *adapter = adapter_of(public);
	struct kernel_mapping wanted = {.bytes = length,
					.highest = adapter->highest,
					.kind = KERNEL_RANGE_CONTIGUOUS,
					.tag = BUFFER_TAG,
					.frame = frame};
	char *buffer;

	if (length == 0 || take_registers(BYTES_TO_PAGES((uint64_t)length)) != 0)
		return NULL;
	buffer = kernel_map(&wanted);
	if (buffer == NULL) {
		return_registers(BYTES_TO_PAGES((uint64_t)length));
		return NULL;
	}
	memset(buffer + length, PADDING, ROUND_TO_PAGES((uint64_t)length) - length);
	__atomic_add_fetch(&adapter->buffers, 1, __ATOMIC_RELAXED);
	*ret_logical = MmGetPhysicalAddress(buffer);
	return buffer;
}

static PVOID allocate_common_buffer(PDMA_ADAPTER public, ULONG Length,
				    PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN CacheEnabled)
{
	(void)CacheEnabled;
	check_level(PASSIVE_LEVEL, 0, "AllocateCommonBuffer", __builtin_return_address(0));
	return kernel_dma_buffer_make(public, Length, LogicalAddress, POOL_FRAME_KEPT());
}

static void check_padding(const char *buffer, size_t length, const void *caller)
{
	for (size_t at = length; at < ROUND_TO_PAGES(length); at++)
		if (buffer[at] != PADDING)
			violation(0xF, 0x5, (uintptr_t)buffer, (uintptr_t)buffer + at,
				  "a write past the end of a common buffer", caller);
}

static void free_common_buffer(PDMA_ADAPTER public, ULONG Length, PHYSICAL_ADDRESS LogicalAddress,
			       PVOID VirtualAddress, BOOLEAN CacheEnabled)
{
	const void *caller = __builtin_return_address(0);
	struct adapter *adapter = adapter_of(public);
	struct kernel_range range;

	(void)CacheEnabled;
	check_level(PASSIVE_LEVEL, 0, "FreeCommonBuffer", caller);
	if (!kernel_range_find((uintptr_t)VirtualAddress, KERNEL_RANGE_CONTIGUOUS, &range) ||
	    range.start != (uintptr_t)VirtualAddress || range.length != Length ||
	    LogicalAddress.QuadPart != MmGetPhysicalAddress(VirtualAddress).QuadPart)
		violation(0x3, 1, (uintptr_t)VirtualAddress, Length,
			  "FreeCommonBuffer of what AllocateCommonBuffer did not give so", caller);
	check_padding(VirtualAddress, Length, caller);
	kernel_unmap(VirtualAddress, KERNEL_RANGE_CONTIGUOUS);
	return_registers(BYTES_TO_PAGES((uint64_t)Length));
	__atomic_sub_fetch(&adapter->buffers, 1, __ATOMIC_RELAXED);
}

static void put_adapter(PDMA_ADAPTER public)
{
	const void *caller = __builtin_return_address(0);
	struct adapter *adapter = adapter_of(public);

	check_level(DISPATCH_LEVEL, 0, "PutDmaAdapter", caller);
	if (adapter->buffers != 0)
		violation(0x7, (uintptr_t) public, adapter->buffers, 0,
			  "PutDmaAdapter of an adapter with common buffers left", caller);
	if (adapter->lists_made != adapter->lists_put)
		violation(0xA, (uintptr_t) public, adapter->lists_made - adapter->lists_put, 0,
			  "PutDmaAdapter of an adapter with scatter/gather lists left", caller);
	kernel_pool_free(adapter, KERNEL_FREE_TAGGED, ADAPTER_TAG, 0, caller);
}

static ULONG get_alignment(PDMA_ADAPTER public)
{
	(void)public;
	check_level(PASSIVE_LEVEL, 0, "GetDmaAlignment", __builtin_return_address(0));
	return 1;
}

static ULONG read_counter(PDMA_ADAPTER public)
{
	(void)public;
	check_level(DISPATCH_LEVEL, 0, "ReadDmaCounter", __builtin_return_address(0));
	return 0;
}

/* --- scatter/gather ------------------------------------------------------------------------- */

/* The elements of `length` bytes from `address`: pages that follow each other make one. */
static void fill_list(PSCATTER_GATHER_LIST list, PMDL mdl, uintptr_t address, ULONG length)
{
	const PFN_NUMBER *numbers = MmGetMdlPfnArray(mdl);

	while (length > 0) {
		ULONG offset = BYTE_OFFSET(address);
		ULONG part = length < PAGE_SIZE - offset ? length : PAGE_SIZE - offset;
		LONGLONG physical =
			(LONGLONG)(numbers[(address - (uintptr_t)mdl->StartVa) >> PAGE_SHIFT]
					   << PAGE_SHIFT |
				   offset);
		PSCATTER_GATHER_ELEMENT last = list->Elements + list->NumberOfElements - 1;

		if (list->NumberOfElements > 0 && last->Address.QuadPart + last->Length == physical)
			last->Length += part;
		else
			list->Elements[list->NumberOfElements++] = (SCATTER_GATHER_ELEMENT){
				.Address = {.QuadPart = physical}, .Length = part};
		address += part;
		length -= part;
	}
}

static NTSTATUS get_list(PDMA_ADAPTER public, PDEVICE_OBJECT DeviceObject, PMDL Mdl,
			 PVOID CurrentVa, ULONG Length, PDRIVER_LIST_CONTROL ExecutionRoutine,
			 PVOID Context, BOOLEAN WriteToDevice)
{
	uint64_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(CurrentVa, Length);
	uintptr_t start = (uintptr_t)MmGetMdlVirtualAddress(Mdl);
	struct kernel_request request = {
		.bytes = sizeof(SCATTER_GATHER_LIST) + pages * sizeof(SCATTER_GATHER_ELEMENT),
		.tag = ADAPTER_TAG,
		.pool = HEAP_POOL_NONPAGED,
		.zero = 1,
		.frame = POOL_FRAME_KEPT(),
	};
	struct adapter *adapter = adapter_of(public);
	const void *caller = __builtin_return_address(0);
	PSCATTER_GATHER_LIST list;

	(void)WriteToDevice;
	check_level(DISPATCH_LEVEL, 1, "GetScatterGatherList", caller);
	if ((Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)) == 0)
		violation(0xE, (uintptr_t)Mdl, 0, 0,
			  "GetScatterGatherList of an MDL whose pages are not locked", caller);
	if ((uintptr_t)CurrentVa < start || (uintptr_t)CurrentVa - start > Mdl->ByteCount ||
	    Length > Mdl->ByteCount - ((uintptr_t)CurrentVa - start))
		return STATUS_BUFFER_TOO_SMALL;
	if (take_registers(pages) != 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	list = kernel_pool_allocate(&request);
	if (list == NULL) {
		return_registers(pages);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	__atomic_add_fetch(&adapter->lists_made, 1, __ATOMIC_RELAXED);
	fill_list(list, Mdl, (uintptr_t)CurrentVa, Length);
	list->Reserved = pages;
	ExecutionRoutine(DeviceObject, DeviceObject != NULL ? DeviceObject->CurrentIrp : NULL, list,
			 Context);
	return STATUS_SUCCESS;
}

static void put_list(PDMA_ADAPTER public, PSCATTER_GATHER_LIST ScatterGather, BOOLEAN WriteToDevice)
{
	struct adapter *adapter = adapter_of(public);
	const void *caller = __builtin_return_address(0);

	(void)WriteToDevice;
	check_level(DISPATCH_LEVEL, 1, "PutScatterGatherList", caller);
	if (__atomic_add_fetch(&adapter->lists_put, 1, __ATOMIC_RELAXED) >
	    base_load_relaxed(&adapter->lists_made))
		violation(0x6, adapter->lists_made, adapter->lists_put, 0,
			  "PutScatterGatherList of a list that is gone", caller);
	return_registers(ScatterGather->Reserved);
	kernel_pool_free(ScatterGather, KERNEL_FREE_TAGGED, ADAPTER_TAG, 0,
			 __builtin_return_address(0));
}

/* --- what there is not ---------------------------------------------------------------------- */

static BASE_COLD __attribute__((noreturn)) void absent(const char *what, const void *caller)
{
	kernel_bug_check(DRIVER_VERIFIER_DMA_VIOLATION, 0, 0, 0, 0, what, caller);
}

static NTSTATUS allocate_channel(PDMA_ADAPTER public, PDEVICE_OBJECT DeviceObject,
				 ULONG NumberOfMapRegisters, PVOID ExecutionRoutine, PVOID Context)
{
	(void)public;
	(void)DeviceObject;
	(void)NumberOfMapRegisters;
	(void)ExecutionRoutine;
	(void)Context;
	absent("AllocateAdapterChannel is not in this driver kit", __builtin_return_address(0));
}

static BOOLEAN flush_buffers(PDMA_ADAPTER public, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa,
			     ULONG Length, BOOLEAN WriteToDevice)
{
	(void)public;
	(void)Mdl;
	(void)MapRegisterBase;
	(void)CurrentVa;
	(void)Length;
	(void)WriteToDevice;
	absent("FlushAdapterBuffers is not in this driver kit", __builtin_return_address(0));
}

static void free_channel(PDMA_ADAPTER public)
{
	(void)public;
	absent("FreeAdapterChannel is not in this driver kit", __builtin_return_address(0));
}

static void free_registers(PDMA_ADAPTER public, PVOID MapRegisterBase, ULONG NumberOfMapRegisters)
{
	(void)public;
	(void)MapRegisterBase;
	(void)NumberOfMapRegisters;
	absent("FreeMapRegisters is not in this driver kit", __builtin_return_address(0));
}

static PHYSICAL_ADDRESS map_transfer(PDMA_ADAPTER public, PMDL Mdl, PVOID MapRegisterBase,
				     PVOID CurrentVa, PULONG Length, BOOLEAN WriteToDevice)
{
	(void)public;
	(void)Mdl;
	(void)MapRegisterBase;
	(void)CurrentVa;
	(void)Length;
	(void)WriteToDevice;
	absent("MapTransfer is not in this driver kit", __builtin_return_address(0));
}

static const DMA_OPERATIONS operations = {
	.Size = sizeof(DMA_OPERATIONS),
	.PutDmaAdapter = put_adapter,
	.AllocateCommonBuffer = allocate_common_buffer,
	.FreeCommonBuffer = free_common_buffer,
	.AllocateAdapterChannel = allocate_channel,
	.FlushAdapterBuffers = flush_buffers,
	.FreeAdapterChannel = free_channel,
	.FreeMapRegisters = free_registers,
	.MapTransfer = map_transfer,
	.GetDmaAlignment = get_alignment,
	.ReadDmaCounter = read_counter,
	.GetScatterGatherList = get_list,
	.PutScatterGatherList = put_list,
};

static uint64_t highest_of(const DEVICE_DESCRIPTION *description)
{
	if (description->Version >= DEVICE_DESCRIPTION_VERSION3 &&
	    description->DmaAddressWidth > 0 && description->DmaAddressWidth < 64)
		return ((uint64_t)1 << description->DmaAddressWidth) - 1;
	if (description->Dma64BitAddresses)
		return UINT64_MAX;
	/* 24 bits is what is left to a device that says nothing: an ISA one. */
	return description->Dma32BitAddresses ? MAXULONG : 0xffffff;
}

PDMA_ADAPTER kernel_dma_adapter_make(const DEVICE_DESCRIPTION *description, ULONG *ret_registers,
				     struct pool_frame frame)
{
	struct kernel_request request = {
		.bytes = sizeof(struct adapter),
		.tag = ADAPTER_TAG,
		.pool = HEAP_POOL_NONPAGED,
		.zero = 1,
		.frame = frame,
	};
	struct adapter *adapter;

	if (description->Version > DEVICE_DESCRIPTION_VERSION3)
		return NULL;
	adapter = kernel_pool_allocate(&request);
	if (adapter == NULL)
		return NULL;
	adapter->public = (DMA_ADAPTER){.Version = 1,
					.Size = sizeof(DMA_ADAPTER),
					.DmaOperations = (PDMA_OPERATIONS)(uintptr_t)&operations};
	adapter->highest = highest_of(description);
	/* A transfer may begin in the middle of a page. */
	*ret_registers = (ULONG)base_min(BYTES_TO_PAGES((uint64_t)description->MaximumLength) + 1,
					 base_options.driver_map_registers);
	return &adapter->public;
}

BASE_EXPORT PDMA_ADAPTER IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject,
					 PDEVICE_DESCRIPTION DeviceDescription,
					 PULONG NumberOfMapRegisters)
{
	(void)PhysicalDeviceObject;
	check_level(PASSIVE_LEVEL, 0, "IoGetDmaAdapter", __builtin_return_address(0));
	return kernel_dma_adapter_make(DeviceDescription, NumberOfMapRegisters, POOL_FRAME_KEPT());
}
