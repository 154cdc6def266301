/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtl_memory.c - the memory functions that are no macros of libc's
 *
 * Callers: drivers. Locking: none. Context: any IRQL; never allocates.
 */
#include "lib/base/options.h"
#include "lib/kernel/pool.h"
#include "lib/kernel/violation.h"
#include <pooltag/ddk/ntddk.h>

BASE_EXPORT SIZE_T RtlCompareMemory(const void *Source1, const void *Source2, SIZE_T Length)
{
	const unsigned char *a = Source1, *b = Source2;
	SIZE_T equal = 0;

	while (equal < Length && a[equal] == b[equal])
		equal++;
	return equal;
}

BASE_EXPORT void RtlCopyMemoryNonTemporal(void *Destination, const void *Source, SIZE_T Length)
{
	memcpy(Destination, Source, Length);
}

BASE_EXPORT void PooltagCopyOverlap(const void *Destination, const void *Source, SIZE_T Length)
{
	kernel_start();
	if (base_options.driver_verifier)
		kernel_violation((struct kernel_violation){
			.code = 0xF0,
			.p2 = (uintptr_t)Destination,
			.p3 = (uintptr_t)Source,
			.p4 = Length,
			.what = "RtlCopyMemory of memory over itself; RtlMoveMemory is for that",
			.return_address = __builtin_return_address(0)});
}

BASE_EXPORT void RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
	for (SIZE_T i = 0; i < Length / sizeof(Pattern); i++)
		((ULONG *)Destination)[i] = Pattern;
}
