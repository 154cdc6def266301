/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_dma.h - DMA enablers and common buffers of the framework
 *
 * An enabler is a DMA adapter with a profile; its transfers do not exist here, its common buffers
 * do, with the map registers they take (see dma.h).
 */
#ifndef POOLTAG_DDK_WDF_DMA_H
#define POOLTAG_DDK_WDF_DMA_H

#pragma GCC system_header

#include "dma.h"
#include "wdf_object.h"

typedef enum _WDF_DMA_PROFILE {
	WdfDmaProfileInvalid = 0,
	WdfDmaProfilePacket,
	WdfDmaProfileScatterGather,
	WdfDmaProfilePacket64,
	WdfDmaProfileScatterGather64,
	WdfDmaProfileScatterGatherDuplex,
	WdfDmaProfileScatterGather64Duplex,
	WdfDmaProfileSystem,
	WdfDmaProfileSystemDuplex,
} WDF_DMA_PROFILE;

typedef struct _WDF_DMA_ENABLER_CONFIG {
	ULONG Size;
	WDF_DMA_PROFILE Profile;
	size_t MaximumLength;
	PVOID EvtDmaEnablerFill;
	PVOID EvtDmaEnablerFlush;
	PVOID EvtDmaEnablerDisable;
	PVOID EvtDmaEnablerEnable;
	PVOID EvtDmaEnablerSelfManagedIoStart;
	PVOID EvtDmaEnablerSelfManagedIoStop;
	ULONG AddressWidthOverride;
	ULONG WdmDmaVersionOverride;
	ULONG Flags;
} WDF_DMA_ENABLER_CONFIG, *PWDF_DMA_ENABLER_CONFIG;

static __forceinline void WDF_DMA_ENABLER_CONFIG_INIT(PWDF_DMA_ENABLER_CONFIG Config,
						      WDF_DMA_PROFILE Profile, size_t MaximumLength)
{
	memset(Config, 0, sizeof(*Config));
	Config->Size = sizeof(*Config);
	Config->Profile = Profile;
	Config->MaximumLength = MaximumLength;
}

/* AlignmentRequirement is the alignment less 1, as FILE_LONG_ALIGNMENT and its kin are. */
typedef struct _WDF_COMMON_BUFFER_CONFIG {
	ULONG Size;
	ULONG AlignmentRequirement;
} WDF_COMMON_BUFFER_CONFIG, *PWDF_COMMON_BUFFER_CONFIG;

static __forceinline void WDF_COMMON_BUFFER_CONFIG_INIT(PWDF_COMMON_BUFFER_CONFIG Config,
							ULONG AlignmentRequirement)
{
	memset(Config, 0, sizeof(*Config));
	Config->Size = sizeof(*Config);
	Config->AlignmentRequirement = AlignmentRequirement;
}

EXTERN_C_START

NTSTATUS WdfDmaEnablerCreate(WDFDEVICE Device, PWDF_DMA_ENABLER_CONFIG Config,
			     PWDF_OBJECT_ATTRIBUTES Attributes, WDFDMAENABLER *DmaEnablerHandle);
NTSTATUS WdfCommonBufferCreate(WDFDMAENABLER DmaEnabler, size_t Length,
			       PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOMMONBUFFER *CommonBuffer);
NTSTATUS WdfCommonBufferCreateWithConfig(WDFDMAENABLER DmaEnabler, size_t Length,
					 PWDF_COMMON_BUFFER_CONFIG Config,
					 PWDF_OBJECT_ATTRIBUTES Attributes,
					 WDFCOMMONBUFFER *CommonBuffer);
PVOID WdfCommonBufferGetAlignedVirtualAddress(WDFCOMMONBUFFER CommonBuffer);
PHYSICAL_ADDRESS WdfCommonBufferGetAlignedLogicalAddress(WDFCOMMONBUFFER CommonBuffer);
size_t WdfCommonBufferGetLength(WDFCOMMONBUFFER CommonBuffer);

EXTERN_C_END

#endif
