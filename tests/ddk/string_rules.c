// SPDX-License-Identifier: BSD-2-Clause
/*
 * string_rules.c - the documented answers of the run-time library's string and bitmap routines to what
 * does not fit, is empty, NULL or none of what they know
 */
#include "ddk.h"
#include <ntifs.h>
#include <ntstrsafe.h>

static UNICODE_STRING wide(PCWSTR characters)
{
	UNICODE_STRING string;

	RtlInitUnicodeString(&string, characters);
	return string;
}

/* --- what is NULL -------------------------------------------------------------------------------- */

static void of_null(void)
{
	CHAR room[8];
	STRING string = {3, sizeof(room), room};
	UNICODE_STRING unicode;
	ANSI_STRING ansi;
	UTF8_STRING utf8;
	STRING plain;

	RtlInitString(&plain, NULL);
	RtlInitAnsiString(&ansi, NULL);
	RtlInitUTF8String(&utf8, NULL);
	RtlInitUnicodeString(&unicode, NULL);
	ok(plain.Length == 0 && plain.MaximumLength == 0 && ansi.MaximumLength == 0 &&
		   utf8.MaximumLength == 0 && unicode.MaximumLength == 0,
	   "RtlInitString and its kin, of NULL: no length");
	is_status(RtlInitUnicodeStringEx(&unicode, NULL), STATUS_SUCCESS,
		  "RtlInitUnicodeStringEx of NULL");
	RtlCopyString(&string, NULL);
	ok(string.Length == 0, "RtlCopyString of NULL: no length");
	is_status(RtlAppendUnicodeToString(&unicode, NULL), STATUS_SUCCESS,
		  "RtlAppendUnicodeToString of NULL: nothing");
}

static void too_long(void)
{
	static CHAR huge[70000];
	STRING string;

	memset(huge, 'x', sizeof(huge) - 1);
	RtlInitString(&string, huge);
	ok(string.Length == MAXUSHORT - 1 && string.MaximumLength == MAXUSHORT,
	   "RtlInitString of too much: MAXUSHORT - 1");
}

/* --- numbers ------------------------------------------------------------------------------------- */

static void numbers(void)
{
	WCHAR room[8];
	UNICODE_STRING string = {0, 6, room}, from;
	ULONG value = 5;

	is_status(RtlIntegerToUnicodeString(1000, 10, &string), STATUS_BUFFER_OVERFLOW,
		  "RtlIntegerToUnicodeString: STATUS_BUFFER_OVERFLOW");
	is_status(RtlIntegerToUnicodeString(1000, 7, &string), STATUS_INVALID_PARAMETER,
		  "RtlIntegerToUnicodeString: STATUS_INVALID_PARAMETER");
	is_status(RtlInt64ToUnicodeString(1000, 3, &string), STATUS_INVALID_PARAMETER,
		  "RtlInt64ToUnicodeString: STATUS_INVALID_PARAMETER");
	is_status(RtlInt64ToUnicodeString(255, 0, &string), STATUS_SUCCESS,
		  "RtlInt64ToUnicodeString, base 0");
	is_unicode(&string, L"255", "is 10");
	is_status(RtlInt64ToUnicodeString(077, 8, &string), STATUS_SUCCESS,
		  "RtlInt64ToUnicodeString, base 8");
	is_unicode(&string, L"77", "...");
	from = wide(L"");
	is_status(RtlUnicodeStringToInteger(&from, 10, &value), STATUS_INVALID_PARAMETER,
		  "RtlUnicodeStringToInteger of nothing: STATUS_INVALID_PARAMETER");
	from = wide(L"none");
	is_status(RtlUnicodeStringToInteger(&from, 10, &value), STATUS_SUCCESS,
		  "RtlUnicodeStringToInteger of no number");
	ok(value == 0, "is 0");
}

static void numbers_read(void)
{
	static const struct {
		PCWSTR text;
		ULONG base, value;
	} cases[] = {{L"0x1f", 0, 31}, {L"0o17", 0, 15}, {L"0b101", 0, 5},
		     {L"+12", 0, 12},  {L"\t 7", 0, 7},  {L"1f", 16, 31},
		     {L"17", 8, 15},   {L"102", 2, 2},   {L"12-3", 10, 12}};

	for (size_t i = 0; i < ARRAYSIZE(cases); i++) {
		UNICODE_STRING from = wide(cases[i].text);
		ULONG value = 99;

		ok(RtlUnicodeStringToInteger(&from, cases[i].base, &value) == STATUS_SUCCESS &&
			   value == cases[i].value,
		   "RtlUnicodeStringToInteger, case %d: %u", (int)i, value);
	}
}

/* --- UTF-8 --------------------------------------------------------------------------------------- */

static void from_utf8(void)
{
	WCHAR room[2];
	ULONG bytes = 0;

	is_status(RtlUTF8ToUnicodeN(NULL, 0, NULL, "a", 1), STATUS_INVALID_PARAMETER,
		  "RtlUTF8ToUnicodeN: nowhere to write");
	is_status(RtlUTF8ToUnicodeN(room, sizeof(room), &bytes, NULL, 1),
		  STATUS_INVALID_PARAMETER_4, "RtlUTF8ToUnicodeN: no source");
	is_status(RtlUTF8ToUnicodeN(room, sizeof(room), &bytes, "abc", 3), STATUS_BUFFER_TOO_SMALL,
		  "RtlUTF8ToUnicodeN: STATUS_BUFFER_TOO_SMALL");
	is_status(RtlUTF8ToUnicodeN(room, sizeof(room), &bytes, "\xc0\x80", 2),
		  STATUS_SOME_NOT_MAPPED, "RtlUTF8ToUnicodeN of a NUL that is too long");
}

static void to_utf8(void)
{
	CHAR room[2];
	ULONG bytes = 0;

	is_status(RtlUnicodeToUTF8N(NULL, 0, NULL, L"a", 2), STATUS_INVALID_PARAMETER,
		  "RtlUnicodeToUTF8N: nowhere to write");
	is_status(RtlUnicodeToUTF8N(room, sizeof(room), &bytes, NULL, 2),
		  STATUS_INVALID_PARAMETER_4, "RtlUnicodeToUTF8N: no source");
	is_status(RtlUnicodeToUTF8N(room, sizeof(room), &bytes, L"ab", 3),
		  STATUS_INVALID_PARAMETER_5, "RtlUnicodeToUTF8N: half a character");
	is_status(RtlUnicodeToUTF8N(room, sizeof(room), &bytes, L"a\u00e4", 4),
		  STATUS_BUFFER_TOO_SMALL, "RtlUnicodeToUTF8N: STATUS_BUFFER_TOO_SMALL");
	is_status(RtlUnicodeToUTF8N(NULL, 0, &bytes, L"a\u00e4", 4), STATUS_SUCCESS,
		  "RtlUnicodeToUTF8N: how many bytes");
	ok(bytes == 3, "3");
}

/* --- strings into strings ------------------------------------------------------------------------ */

static void too_small(void)
{
	WCHAR two[2];
	CHAR narrow_room[2];
	UNICODE_STRING small = {0, sizeof(two), two}, source = wide(L"abc");
	ANSI_STRING narrow = {0, sizeof(narrow_room), narrow_room}, text;
	UTF8_STRING utf8 = {0, sizeof(narrow_room), narrow_room};

	RtlInitAnsiString(&text, "abc");
	is_status(RtlAppendUnicodeStringToString(&small, &source), STATUS_BUFFER_TOO_SMALL,
		  "RtlAppendUnicodeStringToString: STATUS_BUFFER_TOO_SMALL");
	is_status(RtlDowncaseUnicodeString(&small, &source, FALSE), STATUS_BUFFER_OVERFLOW,
		  "RtlDowncaseUnicodeString: STATUS_BUFFER_OVERFLOW");
	is_status(RtlUnicodeStringToAnsiString(&narrow, &source, FALSE), STATUS_BUFFER_OVERFLOW,
		  "RtlUnicodeStringToAnsiString: STATUS_BUFFER_OVERFLOW");
	is_status(RtlUnicodeStringToUTF8String(&utf8, &source, FALSE), STATUS_BUFFER_OVERFLOW,
		  "RtlUnicodeStringToUTF8String: STATUS_BUFFER_OVERFLOW");
	is_status(RtlUTF8StringToUnicodeString(&small, &text, FALSE), STATUS_BUFFER_OVERFLOW,
		  "RtlUTF8StringToUnicodeString: STATUS_BUFFER_OVERFLOW");
	ok(small.Length == 0, "and nothing is appended");
}

static void hashes(void)
{
	UNICODE_STRING string = wide(L"abc");
	ULONG hash;

	is_status(RtlHashUnicodeString(NULL, FALSE, HASH_STRING_ALGORITHM_DEFAULT, &hash),
		  STATUS_INVALID_PARAMETER, "RtlHashUnicodeString of NULL");
	is_status(RtlHashUnicodeString(&string, FALSE, HASH_STRING_ALGORITHM_DEFAULT, NULL),
		  STATUS_INVALID_PARAMETER, "RtlHashUnicodeString into NULL");
	is_status(RtlHashUnicodeString(&string, FALSE, 5, &hash), STATUS_INVALID_PARAMETER,
		  "RtlHashUnicodeString: unknown algorithm");
}

static void guids(void)
{
	static const PCWSTR bad[] = {L"", L"{00112233-4455-6677-8899-AABBCCDDEEF}",
				     L"00112233-4455-6677-8899-AABBCCDDEEFF",
				     L"{00112233-4455-6677-8899-AABBCCDDEEFF",
				     L"{00112233-4455-6677-8899-AABBCCDDEEFG}"};
	GUID guid;

	for (size_t i = 0; i < ARRAYSIZE(bad); i++) {
		UNICODE_STRING string = wide(bad[i]);

		ok(RtlGUIDFromString(&string, &guid) == STATUS_INVALID_PARAMETER,
		   "RtlGUIDFromString, case %d: STATUS_INVALID_PARAMETER", (int)i);
	}
}

/* --- bitmaps ------------------------------------------------------------------------------------- */

static void bitmaps(void)
{
	ULONG words[2];
	RTL_BITMAP map;

	RtlInitializeBitMap(&map, words, 40);
	RtlClearAllBits(&map);
	ok(!RtlAreBitsClear(&map, 0, 0) && !RtlAreBitsSet(&map, 0, 0),
	   "RtlAreBitsClear, RtlAreBitsSet of no bits: FALSE");
	ok(!RtlAreBitsClear(&map, 30, 11) && !RtlAreBitsClear(&map, 41, 1),
	   "RtlAreBitsClear past the end: FALSE");
	RtlSetBits(&map, 5, 0);
	ok(RtlNumberOfSetBits(&map) == 0, "RtlSetBits of none");
	ok(RtlFindSetBits(&map, 1, 0) == 0xffffffff &&
		   RtlFindSetBitsAndClear(&map, 1, 0) == 0xffffffff,
	   "RtlFindSetBits, RtlFindSetBitsAndClear: none");
	RtlSetAllBits(&map);
	RtlClearBits(&map, 5, 0);
	ok(RtlNumberOfClearBits(&map) == 0, "RtlClearBits of none");
	ok(RtlAreBitsSet(&map, 0, 40) && !RtlAreBitsSet(&map, 30, 11),
	   "RtlAreBitsSet past the end: FALSE");
	ok(RtlFindClearBits(&map, 1, 0) == 0xffffffff &&
		   RtlFindClearBitsAndSet(&map, 1, 0) == 0xffffffff,
	   "RtlFindClearBits, RtlFindClearBitsAndSet: none");
	RtlClearBit(&map, 39);
	ok(!RtlCheckBit(&map, 39) && !RtlTestBit(&map, 39) && RtlFindClearBits(&map, 1, 0) == 39,
	   "RtlClearBit, RtlCheckBit, RtlTestBit: the last one");
}

/* --- ntstrsafe.h: a buffer of no size, or of more than there may be; and what does not fit ------- */

#define FAMILY(prefix, letter, unit, ch, T, most)                                                 \
	static NTSTATUS prefix##v##letter(ch *room, size_t size, const ch *format, ...)           \
	{                                                                                         \
		va_list arguments;                                                                \
		NTSTATUS status;                                                                  \
                                                                                                  \
		va_start(arguments, format);                                                      \
		status = prefix##VPrintf##letter(room, size, format, arguments);                  \
		va_end(arguments);                                                                \
		return status;                                                                    \
	}                                                                                         \
                                                                                                  \
	static void sizes_##prefix##letter(void)                                                  \
	{                                                                                         \
		const size_t bad[] = {0, (size_t)(most) + (unit)};                                \
		size_t rest;                                                                      \
		ch room[8], *end;                                                                 \
                                                                                                  \
		for (size_t i = 0; i < ARRAYSIZE(bad); i++) {                                     \
			const NTSTATUS status[] = {                                               \
				prefix##Copy##letter(room, bad[i], T("a")),                       \
				prefix##CopyN##letter(room, bad[i], T("a"), unit),                \
				prefix##CopyEx##letter(room, bad[i], T("a"), &end, &rest, 0),     \
				prefix##Cat##letter(room, bad[i], T("a")),                        \
				prefix##CatN##letter(room, bad[i], T("a"), unit),                 \
				prefix##CatEx##letter(room, bad[i], T("a"), &end, &rest, 0),      \
				prefix##Printf##letter(room, bad[i], T("a")),                     \
				prefix##PrintfEx##letter(room, bad[i], &end, &rest, 0, T("a")),   \
				prefix##v##letter(room, bad[i], T("a")),                          \
				prefix##Length##letter(T("a"), bad[i], &rest),                    \
			};                                                                        \
			for (size_t k = 0; k < ARRAYSIZE(status); k++)                            \
				ok(status[k] == STATUS_INVALID_PARAMETER,                         \
				   #prefix "..." #letter ", size %d, member %d: "                 \
					   "STATUS_INVALID_PARAMETER",                            \
				   (int)i, (int)k);                                               \
		}                                                                                 \
		ok(prefix##Length##letter(NULL, 8, &rest) == STATUS_INVALID_PARAMETER,            \
		   #prefix "Length" #letter " of NULL");                                          \
	}                                                                                         \
                                                                                                  \
	static void overflows_##prefix##letter(void)                                              \
	{                                                                                         \
		const size_t size = 4 * (unit);                                                   \
		size_t rest;                                                                      \
		ch room[8] = {0}, *end;                                                           \
                                                                                                  \
		const NTSTATUS status[] = {                                                       \
			prefix##Copy##letter(room, size, T("abcd")),                              \
			prefix##CopyN##letter(room, size, T("abcde"), 5 * (unit)),                \
			prefix##CopyEx##letter(room, size, T("abcd"), &end, &rest, 0),            \
			prefix##Cat##letter(room, size, T("d")),                                  \
			prefix##CatN##letter(room, size, T("de"), 2 * (unit)),                    \
			prefix##CatEx##letter(room, size, T("d"), &end, &rest, 0),                \
			prefix##Printf##letter(room, size, T("%s"), T("abcd")),                   \
			prefix##PrintfEx##letter(room, size, &end, &rest, 0, T("%s"), T("abcd")), \
			prefix##v##letter(room, size, T("%s"), T("abcd")),                        \
		};                                                                                \
		for (size_t k = 0; k < ARRAYSIZE(status); k++)                                    \
			ok(status[k] == STATUS_BUFFER_OVERFLOW,                                   \
			   #prefix "..." #letter ", member %d: STATUS_BUFFER_OVERFLOW", (int)k);  \
		ok(room[2] == 'c' && room[3] == 0 && end == room + 3 && rest == (unit),           \
		   #prefix "..." #letter ": cut, with a NUL");                                    \
	}

/* NULL where a string is wanted; flags that are none; what is allowed with STRSAFE_IGNORE_NULLS. */
#define POINTERS(prefix, letter, unit, ch, T)                                                    \
	static void nulls_##prefix##letter(void)                                                 \
	{                                                                                        \
		const size_t size = 8 * (unit);                                                  \
		size_t rest;                                                                     \
		ch room[8] = {'a'}, *end;                                                        \
		const NTSTATUS status[] = {                                                      \
			prefix##Copy##letter(NULL, size, T("a")),                                \
			prefix##Copy##letter(room, size, NULL),                                  \
			prefix##CopyN##letter(NULL, size, T("a"), unit),                         \
			prefix##CopyN##letter(room, size, NULL, unit),                           \
			prefix##CopyEx##letter(NULL, size, T("a"), &end, &rest, 0),              \
			prefix##CopyEx##letter(room, size, NULL, &end, &rest, 0),                \
			prefix##CopyEx##letter(room, size, T("a"), &end, &rest, 0x80000000u),    \
			prefix##Cat##letter(NULL, size, T("a")),                                 \
			prefix##Cat##letter(room, size, NULL),                                   \
			prefix##CatN##letter(NULL, size, T("a"), unit),                          \
			prefix##CatN##letter(room, size, NULL, unit),                            \
			prefix##CatEx##letter(NULL, size, T("a"), &end, &rest, 0),               \
			prefix##CatEx##letter(room, size, NULL, &end, &rest, 0),                 \
			prefix##CatEx##letter(room, size, T("a"), &end, &rest, 0x80000000u),     \
			prefix##Printf##letter(NULL, size, T("a")),                              \
			prefix##PrintfEx##letter(NULL, size, &end, &rest, 0, T("a")),            \
			prefix##PrintfEx##letter(room, size, &end, &rest, 0x80000000u, T("a")),  \
			prefix##v##letter(NULL, size, T("a")),                                   \
		};                                                                               \
                                                                                                 \
		for (size_t k = 0; k < ARRAYSIZE(status); k++)                                   \
			ok(status[k] == STATUS_INVALID_PARAMETER,                                \
			   #prefix "..." #letter ", NULL or a flag that is none, case %d",       \
			   (int)k);                                                              \
		ok(prefix##CopyEx##letter(NULL, 0, NULL, NULL, NULL, STRSAFE_IGNORE_NULLS) ==    \
				   STATUS_SUCCESS &&                                             \
			   prefix##CatEx##letter(NULL, 0, NULL, NULL, NULL,                      \
						 STRSAFE_IGNORE_NULLS) == STATUS_SUCCESS &&      \
			   prefix##PrintfEx##letter(NULL, 0, NULL, NULL, STRSAFE_IGNORE_NULLS,   \
						    NULL) == STATUS_SUCCESS,                     \
		   #prefix "...Ex" #letter ", STRSAFE_IGNORE_NULLS");                            \
	}                                                                                        \
                                                                                                 \
	static void flags_##prefix##letter(void)                                                 \
	{                                                                                        \
		const size_t size = 4 * (unit);                                                  \
		ch room[8] = {0};                                                                \
                                                                                                 \
		prefix##CopyEx##letter(room, size, T("a"), NULL, NULL, STRSAFE_FILL_BYTE(0x21)); \
		ok(((char *)room)[4 * sizeof(ch) - 1] == 0x21 && room[1] == 0 && room[4] == 0,   \
		   #prefix "CopyEx" #letter ", STRSAFE_FILL_BYTE: behind the NUL");              \
		ok(prefix##CopyEx##letter(room, size, T("abcd"), NULL, NULL,                     \
					  STRSAFE_NO_TRUNCATION) == STATUS_BUFFER_OVERFLOW &&    \
			   room[0] == 0,                                                         \
		   #prefix "CopyEx" #letter ", STRSAFE_NO_TRUNCATION: an empty string");         \
		ok(prefix##CopyEx##letter(room, size, T("abcd"), NULL, NULL,                     \
					  STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE(0x21)) == \
				   STATUS_BUFFER_OVERFLOW &&                                     \
			   ((char *)room)[0] == 0x21 && room[3] == 0,                            \
		   #prefix "CopyEx" #letter ", STRSAFE_FAILURE_BYTE: filled");                   \
		room[0] = 'a';                                                                   \
		room[1] = 0;                                                                     \
		ok(prefix##CatEx##letter(room, size, T("bcd"), NULL, NULL,                       \
					 STRSAFE_NO_TRUNCATION) == STATUS_BUFFER_OVERFLOW &&     \
			   room[0] == 'a' && room[1] == 0,                                       \
		   #prefix "CatEx" #letter ", STRSAFE_NO_TRUNCATION: as before");                \
		ok(prefix##PrintfEx##letter(room, size, NULL, NULL, STRSAFE_NO_TRUNCATION,       \
					    T("%d"), 12345) == STATUS_BUFFER_OVERFLOW &&         \
			   room[0] == 'a' && room[1] == 0,                                       \
		   #prefix "PrintfEx" #letter ", STRSAFE_NO_TRUNCATION: as before");             \
		ok(prefix##CatEx##letter(room, size, T("bcd"), NULL, NULL,                       \
					 STRSAFE_NULL_ON_FAILURE) == STATUS_BUFFER_OVERFLOW &&   \
			   room[0] == 0,                                                         \
		   #prefix "CatEx" #letter ", STRSAFE_NULL_ON_FAILURE: an empty string");        \
	}

#define NARROW(text) text
#define WIDE(text)   L##text

FAMILY(RtlStringCb, A, sizeof(CHAR), CHAR, NARROW, NTSTRSAFE_MAX_CCH * sizeof(CHAR))
FAMILY(RtlStringCch, A, 1, CHAR, NARROW, NTSTRSAFE_MAX_CCH)
FAMILY(RtlStringCb, W, sizeof(WCHAR), WCHAR, WIDE, NTSTRSAFE_MAX_CCH * sizeof(WCHAR))
FAMILY(RtlStringCch, W, 1, WCHAR, WIDE, NTSTRSAFE_MAX_CCH)

POINTERS(RtlStringCb, A, sizeof(CHAR), CHAR, NARROW)
POINTERS(RtlStringCch, A, 1, CHAR, NARROW)
POINTERS(RtlStringCb, W, sizeof(WCHAR), WCHAR, WIDE)
POINTERS(RtlStringCch, W, 1, WCHAR, WIDE)

static NTSTATUS print_counted(PUNICODE_STRING string, PCWSTR format, ...)
{
	va_list arguments;
	NTSTATUS status;

	va_start(arguments, format);
	status = RtlUnicodeStringVPrintf(string, format, arguments);
	va_end(arguments);
	return status;
}

/* A counted string that is none: more in it than there is room for, or half a character. */
static void counted_bad(void)
{
	WCHAR room[4] = {0};
	UNICODE_STRING bad[] = {{10, 8, room}, {3, 8, room}, {2, 7, room}, {2, 8, NULL}};
	UNICODE_STRING good = wide(L"abc");

	for (size_t i = 0; i < ARRAYSIZE(bad); i++) {
		const NTSTATUS status[] = {
			RtlUnicodeStringValidate(&bad[i]),
			RtlUnicodeStringCopy(&bad[i], &good),
			RtlUnicodeStringCopyString(&bad[i], L"a"),
			RtlUnicodeStringCbCopyStringN(&bad[i], L"a", 2),
			RtlUnicodeStringCchCopyStringN(&bad[i], L"a", 1),
			RtlUnicodeStringCat(&bad[i], &good),
			RtlUnicodeStringCatString(&bad[i], L"a"),
			RtlUnicodeStringPrintf(&bad[i], L"a"),
			print_counted(&bad[i], L"a"),
		};

		for (size_t k = 0; k < ARRAYSIZE(status); k++)
			ok(status[k] == STATUS_INVALID_PARAMETER,
			   "counted string %d, member %d: STATUS_INVALID_PARAMETER", (int)i,
			   (int)k);
	}
}

static void counted_good(void)
{
	UNICODE_STRING string = wide(L"abc"), empty = {0, 0, NULL};

	ok(RtlUnicodeStringValidate(&string) == STATUS_SUCCESS &&
		   RtlUnicodeStringValidate(&empty) == STATUS_SUCCESS,
	   "RtlUnicodeStringValidate: STATUS_SUCCESS");
}

static void counted_null(void)
{
	WCHAR room[4];
	UNICODE_STRING string = {0, sizeof(room), room};
	const NTSTATUS status[] = {
		RtlUnicodeStringCopy(&string, NULL),
		RtlUnicodeStringCopy(NULL, &string),
		RtlUnicodeStringCopyString(&string, NULL),
		RtlUnicodeStringCopyString(NULL, L"a"),
		RtlUnicodeStringCbCopyStringN(&string, NULL, 2),
		RtlUnicodeStringCbCopyStringN(&string, L"a",
					      NTSTRSAFE_UNICODE_STRING_MAX_CCH * 2 + 2),
		RtlUnicodeStringCchCopyStringN(&string, NULL, 1),
		RtlUnicodeStringCchCopyStringN(&string, L"a", NTSTRSAFE_UNICODE_STRING_MAX_CCH + 1),
		RtlUnicodeStringCat(&string, NULL),
		RtlUnicodeStringCatString(&string, NULL),
		RtlUnicodeStringCatString(NULL, L"a"),
		RtlUnicodeStringPrintf(&string, NULL),
		print_counted(&string, NULL),
	};

	for (size_t k = 0; k < ARRAYSIZE(status); k++)
		ok(status[k] == STATUS_INVALID_PARAMETER,
		   "counted strings, NULL or too many, case %d: STATUS_INVALID_PARAMETER", (int)k);
}

static void counted_overflow(void)
{
	WCHAR room[2];
	UNICODE_STRING small = {0, sizeof(room), room}, source = wide(L"abc");

	const NTSTATUS status[] = {
		RtlUnicodeStringCopy(&small, &source),
		RtlUnicodeStringCopyString(&small, L"abc"),
		RtlUnicodeStringCbCopyStringN(&small, L"abc", 6),
		RtlUnicodeStringCchCopyStringN(&small, L"abc", 3),
		RtlUnicodeStringCat(&small, &source),
		RtlUnicodeStringCatString(&small, L"c"),
		RtlUnicodeStringPrintf(&small, L"%s", L"abc"),
		print_counted(&small, L"%s", L"abc"),
	};

	for (size_t k = 0; k < ARRAYSIZE(status); k++)
		ok(status[k] == STATUS_BUFFER_OVERFLOW,
		   "counted strings, member %d: STATUS_BUFFER_OVERFLOW", (int)k);
	is_unicode(&small, L"ab", "cut");
}

static void counted_long(void)
{
	static WCHAR huge[40000];
	UNICODE_STRING string;

	for (size_t i = 0; i + 1 < ARRAYSIZE(huge); i++)
		huge[i] = 'x';
	is_status(RtlUnicodeStringInit(&string, huge), STATUS_INVALID_PARAMETER,
		  "RtlUnicodeStringInit of more than NTSTRSAFE_UNICODE_STRING_MAX_CCH");
}

int main(void)
{
	of_null();
	too_long();
	numbers();
	numbers_read();
	from_utf8();
	to_utf8();
	too_small();
	hashes();
	guids();
	bitmaps();
	sizes_RtlStringCbA();
	sizes_RtlStringCchA();
	sizes_RtlStringCbW();
	sizes_RtlStringCchW();
	overflows_RtlStringCbA();
	overflows_RtlStringCchA();
	overflows_RtlStringCbW();
	overflows_RtlStringCchW();
	nulls_RtlStringCbA();
	nulls_RtlStringCchA();
	nulls_RtlStringCbW();
	nulls_RtlStringCchW();
	flags_RtlStringCbA();
	flags_RtlStringCchA();
	flags_RtlStringCbW();
	flags_RtlStringCchW();
	counted_good();
	counted_bad();
	counted_null();
	counted_overflow();
	counted_long();
	return done();
}
