/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtl_memory.c - the memory functions that are no macros of libc's
 *
 * Callers: drivers. Locking: none. Context: any IRQL; never allocates.
 */
#include "lib/base/compiler.h"
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

BASE_EXPORT void RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
	for (SIZE_T i = 0; i < Length / sizeof(Pattern); i++)
		((ULONG *)Destination)[i] = Pattern;
}
