/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * section.h - handles, files, sections and views
 *
 * A path is \??\C:\dir\file, \DosDevices\... or \dir\file; drive letters are left out and
 * backslashes turned round, so it names /dir/file.
 */
#ifndef POOLTAG_DDK_SECTION_H
#define POOLTAG_DDK_SECTION_H

#pragma GCC system_header

#include "io.h"
#include "mm.h"

#define DELETE                       0x00010000
#define READ_CONTROL                 0x00020000
#define SYNCHRONIZE                  0x00100000
#define STANDARD_RIGHTS_REQUIRED     0x000F0000
#define GENERIC_READ                 0x80000000
#define GENERIC_WRITE                0x40000000
#define GENERIC_EXECUTE              0x20000000
#define GENERIC_ALL                  0x10000000
#define FILE_READ_DATA               0x0001
#define FILE_WRITE_DATA              0x0002
#define FILE_APPEND_DATA             0x0004
#define FILE_GENERIC_READ            0x00120089
#define FILE_GENERIC_WRITE           0x00120116
#define FILE_SHARE_READ              0x1
#define FILE_SHARE_WRITE             0x2
#define FILE_SHARE_DELETE            0x4
#define FILE_ATTRIBUTE_NORMAL        0x80
#define FILE_SUPERSEDE               0
#define FILE_OPEN                    1
#define FILE_CREATE                  2
#define FILE_OPEN_IF                 3
#define FILE_OVERWRITE               4
#define FILE_OVERWRITE_IF            5
#define FILE_SUPERSEDED              0
#define FILE_OPENED                  1
#define FILE_CREATED                 2
#define FILE_OVERWRITTEN             3
#define FILE_EXISTS                  4
#define FILE_DOES_NOT_EXIST          5
#define FILE_SYNCHRONOUS_IO_NONALERT 0x20
#define FILE_NON_DIRECTORY_FILE      0x40

#define SECTION_QUERY                0x0001
#define SECTION_MAP_WRITE            0x0002
#define SECTION_MAP_READ             0x0004
#define SECTION_MAP_EXECUTE          0x0008
#define SECTION_EXTEND_SIZE          0x0010
#define SECTION_ALL_ACCESS           0x000F001F
#define SEC_FILE                     0x00800000
#define SEC_IMAGE                    0x01000000
#define SEC_RESERVE                  0x04000000
#define SEC_COMMIT                   0x08000000
#define SEC_NOCACHE                  0x10000000
#define SEC_LARGE_PAGES              0x80000000
#define MEM_RESERVE                  0x00002000
#define MEM_TOP_DOWN                 0x00100000

typedef enum _SECTION_INHERIT { ViewShare = 1, ViewUnmap = 2 } SECTION_INHERIT;

typedef struct _OBJECT_TYPE *POBJECT_TYPE;

typedef struct _OBJECT_HANDLE_INFORMATION {
	ULONG HandleAttributes;
	ACCESS_MASK GrantedAccess;
} OBJECT_HANDLE_INFORMATION, *POBJECT_HANDLE_INFORMATION;

#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define ZwCurrentProcess() NtCurrentProcess()

EXTERN_C_START

extern POBJECT_TYPE *IoFileObjectType;

NTSTATUS ZwClose(HANDLE Handle);
NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
		      POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
		      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
		      ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength);
NTSTATUS ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
		    POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
		    ULONG ShareAccess, ULONG OpenOptions);
NTSTATUS ZwCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
			 POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
			 ULONG SectionPageProtection, ULONG AllocationAttributes,
			 HANDLE FileHandle);
NTSTATUS ZwMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
			    ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER SectionOffset,
			    PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition,
			    ULONG AllocationType, ULONG Win32Protect);
NTSTATUS ZwUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress);
NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize);
NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase);
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
				   POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
				   PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation);
LONG_PTR ObfReferenceObject(PVOID Object);
LONG_PTR ObfDereferenceObject(PVOID Object);
#define ObReferenceObject   ObfReferenceObject
#define ObDereferenceObject ObfDereferenceObject

EXTERN_C_END

#endif
