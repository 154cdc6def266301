/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * absent.h - routines that drivers use with memory and this driver kit does not have
 *
 * Declared, so that a driver that names one compiles, and does not link, with the name.
 * routines.def lists them.
 */
#ifndef POOLTAG_DDK_ABSENT_H
#define POOLTAG_DDK_ABSENT_H

#pragma GCC system_header

#include "section.h"

typedef struct _RTL_SPLAY_LINKS *PRTL_SPLAY_LINKS;

EXTERN_C_START

NTSTATUS ExCreatePool(ULONG Flags, ULONG_PTR Tag, PVOID Params, HANDLE *PoolHandle);
void ExDestroyPool(HANDLE PoolHandle);
NTSTATUS ExSecurePoolUpdate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie,
			    SIZE_T Offset, SIZE_T Size, PVOID Buffer);
ULONG ExSecurePoolValidate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie);

NTSTATUS ZwAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
				 PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect);
NTSTATUS ZwFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
			     ULONG FreeType);
NTSTATUS ZwQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, ULONG MemoryInformationClass,
			      PVOID MemoryInformation, SIZE_T MemoryInformationLength,
			      PSIZE_T ReturnLength);
NTSTATUS ZwOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
		       POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS ZwReadFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext,
		    PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
		    PLARGE_INTEGER ByteOffset, PULONG Key);
NTSTATUS ZwWriteFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext,
		     PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
		     PLARGE_INTEGER ByteOffset, PULONG Key);
PVOID MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag);
void MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag);
PVOID MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag,
					  PMDL MemoryDescriptorList, MEMORY_CACHING_TYPE CacheType);
void MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList);
void MmProbeAndLockSelectedPages(PMDL MemoryDescriptorList, PVOID SegmentArray,
				 KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation);
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName);
NTSTATUS KeExpandKernelStackAndCallout(PVOID Callout, PVOID Parameter, SIZE_T Size);
NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
			      PVOID ClientId, PVOID StartRoutine, PVOID StartContext);
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus);

PRTL_SPLAY_LINKS RtlSplay(PRTL_SPLAY_LINKS Links);

EXTERN_C_END

#endif
