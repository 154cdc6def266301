/* SPDX-License-Identifier: BSD-2-Clause */
/* fltkernel.h - the memory of minifilters: of the filter manager there is nothing else */
#ifndef POOLTAG_DDK_FLTKERNEL_H
#define POOLTAG_DDK_FLTKERNEL_H

#pragma GCC system_header

#include "ntifs.h"

typedef struct _FLT_INSTANCE *PFLT_INSTANCE;

EXTERN_C_START

PVOID FltAllocatePoolAlignedWithTag(PFLT_INSTANCE Instance, POOL_TYPE PoolType,
				    SIZE_T NumberOfBytes, ULONG Tag);
void FltFreePoolAlignedWithTag(PFLT_INSTANCE Instance, PVOID Buffer, ULONG Tag);

EXTERN_C_END

#endif
