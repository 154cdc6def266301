/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bitmap.c - bitmaps in memory of the driver's
 *
 * Callers: drivers. Locking: the driver's. Context: any IRQL; never allocates.
 */
#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

#define NOT_FOUND 0xffffffffu

BASE_EXPORT void RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer,
				     ULONG SizeOfBitMap)
{
	BitMapHeader->SizeOfBitMap = SizeOfBitMap;
	BitMapHeader->Buffer = BitMapBuffer;
}

BASE_EXPORT BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
	return (BOOLEAN)RtlCheckBit(BitMapHeader, BitNumber);
}

BASE_EXPORT void RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
	BitMapHeader->Buffer[BitNumber / 32] |= 1u << BitNumber % 32;
}

BASE_EXPORT void RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
	BitMapHeader->Buffer[BitNumber / 32] &= ~(1u << BitNumber % 32);
}

BASE_EXPORT void RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet)
{
	for (ULONG i = 0; i < NumberToSet; i++)
		RtlSetBit(BitMapHeader, StartingIndex + i);
}

BASE_EXPORT void RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear)
{
	for (ULONG i = 0; i < NumberToClear; i++)
		RtlClearBit(BitMapHeader, StartingIndex + i);
}

BASE_EXPORT void RtlSetAllBits(PRTL_BITMAP BitMapHeader)
{
	RtlSetBits(BitMapHeader, 0, BitMapHeader->SizeOfBitMap);
}

BASE_EXPORT void RtlClearAllBits(PRTL_BITMAP BitMapHeader)
{
	RtlClearBits(BitMapHeader, 0, BitMapHeader->SizeOfBitMap);
}

static int all_are(PRTL_BITMAP header, ULONG start, ULONG length, unsigned value)
{
	if (length == 0 || start >= header->SizeOfBitMap || length > header->SizeOfBitMap - start)
		return 0;
	for (ULONG i = 0; i < length; i++)
		if (RtlCheckBit(header, start + i) != value)
			return 0;
	return 1;
}

BASE_EXPORT BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
	return (BOOLEAN)all_are(BitMapHeader, StartingIndex, Length, 0);
}

BASE_EXPORT BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
	return (BOOLEAN)all_are(BitMapHeader, StartingIndex, Length, 1);
}

/* The first run of `count` bits of `value` that starts in first..last - 1. */
static ULONG find_between(PRTL_BITMAP header, ULONG count, unsigned value, ULONG first, ULONG last)
{
	ULONG run = 0;

	for (ULONG bit = first; bit < header->SizeOfBitMap && bit - run < last; bit++) {
		run = RtlCheckBit(header, bit) == value ? run + 1 : 0;
		if (run == count)
			return bit + 1 - count;
	}
	return NOT_FOUND;
}

static ULONG find(PRTL_BITMAP header, ULONG count, unsigned value, ULONG hint)
{
	ULONG found;

	if (hint >= header->SizeOfBitMap)
		hint = 0;
	if (count == 0)
		return hint & ~7u;
	found = find_between(header, count, value, hint, header->SizeOfBitMap);
	return found == NOT_FOUND && hint > 0 ? find_between(header, count, value, 0, hint) : found;
}

BASE_EXPORT ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
	return find(BitMapHeader, NumberToFind, 0, HintIndex);
}

BASE_EXPORT ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
	return find(BitMapHeader, NumberToFind, 1, HintIndex);
}

BASE_EXPORT ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind,
					 ULONG HintIndex)
{
	ULONG found = find(BitMapHeader, NumberToFind, 0, HintIndex);

	if (found != NOT_FOUND)
		RtlSetBits(BitMapHeader, found, NumberToFind);
	return found;
}

BASE_EXPORT ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind,
					 ULONG HintIndex)
{
	ULONG found = find(BitMapHeader, NumberToFind, 1, HintIndex);

	if (found != NOT_FOUND)
		RtlClearBits(BitMapHeader, found, NumberToFind);
	return found;
}

BASE_EXPORT ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader)
{
	ULONG count = 0;

	for (ULONG bit = 0; bit < BitMapHeader->SizeOfBitMap; bit++)
		count += RtlCheckBit(BitMapHeader, bit);
	return count;
}

BASE_EXPORT ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader)
{
	return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader);
}
