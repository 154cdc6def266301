/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case.c - upper and lower case of 16-bit characters
 *
 * Purpose: one character to one, without a locale. Ranges of the Unicode character database's
 * simple mappings: Latin, Greek, Cyrillic, Armenian, Roman numerals, circled and full-width
 * letters.
 * Callers: drivers, string.c. Locking: none. Context: any IRQL; never allocates.
 */
#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

/* Lower-case letters first..last; `step` 2: every other, its upper-case letter beside it. */
static const struct {
	WCHAR first, last;
	int16_t to_upper;
	uint8_t step;
} ranges[] = {
	{0x61, 0x7a, -32, 1},     {0xe0, 0xf6, -32, 1},     {0xf8, 0xfe, -32, 1},
	{0xff, 0xff, 121, 1},     {0x101, 0x12f, -1, 2},    {0x133, 0x137, -1, 2},
	{0x13a, 0x148, -1, 2},    {0x14b, 0x177, -1, 2},    {0x17a, 0x17e, -1, 2},
	{0x1ce, 0x1dc, -1, 2},    {0x1df, 0x1ef, -1, 2},    {0x1f9, 0x21f, -1, 2},
	{0x223, 0x233, -1, 2},    {0x3ac, 0x3ac, -38, 1},   {0x3ad, 0x3af, -37, 1},
	{0x3b1, 0x3c1, -32, 1},   {0x3c2, 0x3c2, -31, 1},   {0x3c3, 0x3cb, -32, 1},
	{0x3cc, 0x3cc, -64, 1},   {0x3cd, 0x3ce, -63, 1},   {0x3d9, 0x3ef, -1, 2},
	{0x430, 0x44f, -32, 1},   {0x450, 0x45f, -80, 1},   {0x461, 0x481, -1, 2},
	{0x48b, 0x4bf, -1, 2},    {0x4c2, 0x4ce, -1, 2},    {0x4cf, 0x4cf, -15, 1},
	{0x4d1, 0x52f, -1, 2},    {0x561, 0x586, -48, 1},   {0x1e01, 0x1e95, -1, 2},
	{0x1ea1, 0x1eff, -1, 2},  {0x2170, 0x217f, -16, 1}, {0x24d0, 0x24e9, -26, 1},
	{0xff41, 0xff5a, -32, 1},
};

BASE_EXPORT WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(ranges) && ranges[i].first <= SourceCharacter; i++)
		if (SourceCharacter <= ranges[i].last &&
		    (SourceCharacter - ranges[i].first) % ranges[i].step == 0)
			return (WCHAR)(SourceCharacter + ranges[i].to_upper);
	return SourceCharacter;
}

BASE_EXPORT WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(ranges); i++) {
		int lower = SourceCharacter - ranges[i].to_upper;

		/* Final sigma has the upper case of sigma, which is not its alone. */
		if (lower >= ranges[i].first && lower <= ranges[i].last &&
		    (lower - ranges[i].first) % ranges[i].step == 0 && lower != 0x3c2)
			return (WCHAR)lower;
	}
	return SourceCharacter;
}

BASE_EXPORT CHAR RtlUpperChar(CHAR Character)
{
	return (CHAR)(Character >= 'a' && Character <= 'z' ? Character - 32 : Character);
}
