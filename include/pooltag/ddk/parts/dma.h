/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dma.h - DMA adapters, as far as they give memory: common buffers and scatter/gather lists
 *
 * Map registers, one per page, are a resource of the process's that runs out (option
 * driver_map_registers). The operations that would move data through channels are bug checks that
 * name themselves.
 */
#ifndef POOLTAG_DDK_DMA_H
#define POOLTAG_DDK_DMA_H

#pragma GCC system_header

#include "io.h"

typedef enum _INTERFACE_TYPE {
	InterfaceTypeUndefined = -1,
	Internal,
	Isa,
	PCIBus = 5,
} INTERFACE_TYPE;

typedef enum _DMA_WIDTH { Width8Bits, Width16Bits, Width32Bits, Width64Bits } DMA_WIDTH;

typedef enum _DMA_SPEED { Compatible, TypeA, TypeB, TypeC, TypeF } DMA_SPEED;

#define DEVICE_DESCRIPTION_VERSION  0
#define DEVICE_DESCRIPTION_VERSION1 1
#define DEVICE_DESCRIPTION_VERSION2 2
#define DEVICE_DESCRIPTION_VERSION3 3

typedef struct _DEVICE_DESCRIPTION {
	ULONG Version;
	BOOLEAN Master;
	BOOLEAN ScatterGather;
	BOOLEAN DemandMode;
	BOOLEAN AutoInitialize;
	BOOLEAN Dma32BitAddresses;
	BOOLEAN IgnoreCount;
	BOOLEAN Reserved1;
	BOOLEAN Dma64BitAddresses;
	ULONG BusNumber;
	ULONG DmaChannel;
	INTERFACE_TYPE InterfaceType;
	DMA_WIDTH DmaWidth;
	DMA_SPEED DmaSpeed;
	ULONG MaximumLength;
	ULONG DmaPort;
	ULONG DmaAddressWidth;
} DEVICE_DESCRIPTION, *PDEVICE_DESCRIPTION;

typedef struct _SCATTER_GATHER_ELEMENT {
	PHYSICAL_ADDRESS Address;
	ULONG Length;
	ULONG_PTR Reserved;
} SCATTER_GATHER_ELEMENT, *PSCATTER_GATHER_ELEMENT;

typedef struct _SCATTER_GATHER_LIST {
	ULONG NumberOfElements;
	ULONG_PTR Reserved;
	SCATTER_GATHER_ELEMENT Elements[];
} SCATTER_GATHER_LIST, *PSCATTER_GATHER_LIST;

struct _DMA_ADAPTER;

typedef void DRIVER_LIST_CONTROL(PDEVICE_OBJECT DeviceObject, struct _IRP *Irp,
				 PSCATTER_GATHER_LIST ScatterGather, PVOID Context);
typedef DRIVER_LIST_CONTROL *PDRIVER_LIST_CONTROL;

typedef struct _DMA_OPERATIONS {
	ULONG Size;
	void (*PutDmaAdapter)(struct _DMA_ADAPTER *DmaAdapter);
	PVOID(*AllocateCommonBuffer)
	(struct _DMA_ADAPTER *DmaAdapter, ULONG Length, PPHYSICAL_ADDRESS LogicalAddress,
	 BOOLEAN CacheEnabled);
	void (*FreeCommonBuffer)(struct _DMA_ADAPTER *DmaAdapter, ULONG Length,
				 PHYSICAL_ADDRESS LogicalAddress, PVOID VirtualAddress,
				 BOOLEAN CacheEnabled);
	NTSTATUS(*AllocateAdapterChannel)
	(struct _DMA_ADAPTER *DmaAdapter, PDEVICE_OBJECT DeviceObject, ULONG NumberOfMapRegisters,
	 PVOID ExecutionRoutine, PVOID Context);
	BOOLEAN(*FlushAdapterBuffers)
	(struct _DMA_ADAPTER *DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa,
	 ULONG Length, BOOLEAN WriteToDevice);
	void (*FreeAdapterChannel)(struct _DMA_ADAPTER *DmaAdapter);
	void (*FreeMapRegisters)(struct _DMA_ADAPTER *DmaAdapter, PVOID MapRegisterBase,
				 ULONG NumberOfMapRegisters);
	PHYSICAL_ADDRESS(*MapTransfer)
	(struct _DMA_ADAPTER *DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa,
	 PULONG Length, BOOLEAN WriteToDevice);
	ULONG (*GetDmaAlignment)(struct _DMA_ADAPTER *DmaAdapter);
	ULONG (*ReadDmaCounter)(struct _DMA_ADAPTER *DmaAdapter);
	NTSTATUS(*GetScatterGatherList)
	(struct _DMA_ADAPTER *DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa,
	 ULONG Length, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice);
	void (*PutScatterGatherList)(struct _DMA_ADAPTER *DmaAdapter,
				     PSCATTER_GATHER_LIST ScatterGather, BOOLEAN WriteToDevice);
} DMA_OPERATIONS, *PDMA_OPERATIONS;

typedef struct _DMA_ADAPTER {
	USHORT Version;
	USHORT Size;
	PDMA_OPERATIONS DmaOperations;
} DMA_ADAPTER, *PDMA_ADAPTER;

EXTERN_C_START

PDMA_ADAPTER IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject,
			     PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters);

EXTERN_C_END

#endif
