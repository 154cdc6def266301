// SPDX-License-Identifier: BSD-2-Clause
/* strings.c - Rtl memory, counted strings, conversions, ntstrsafe.h, DbgPrint, bitmaps */
#include "ddk.h"
#include <ntstrsafe.h>

DECLARE_CONST_UNICODE_STRING(hello, L"Hello");
DECLARE_GLOBAL_CONST_UNICODE_STRING(world, L"World");

static UNICODE_STRING text(PCWSTR wide)
{
	UNICODE_STRING string;

	RtlInitUnicodeString(&string, wide);
	return string;
}

static void memory(void)
{
	char a[16] = "abcdefghijklmno", b[16];
	ULONG words[2];

	RtlZeroMemory(b, sizeof(b));
	ok(b[0] == 0 && b[15] == 0, "RtlZeroMemory");
	RtlCopyMemory(b, a, sizeof(a));
	ok(RtlEqualMemory(a, b, 16), "RtlCopyMemory, RtlEqualMemory");
	b[5] = '!';
	ok(RtlCompareMemory(a, b, 16) == 5, "RtlCompareMemory: bytes that are equal");
	RtlMoveMemory(a + 1, a, 8);
	ok(memcmp(a, "aabcdefgh", 9) == 0, "RtlMoveMemory over itself");
	RtlFillMemory(b, sizeof(b), 0x7f);
	ok(b[0] == 0x7f && b[15] == 0x7f, "RtlFillMemory: length before value");
	RtlFillMemoryUlong(words, sizeof(words), 0x12345678);
	ok(words[1] == 0x12345678, "RtlFillMemoryUlong");
	RtlSecureZeroMemory(b, sizeof(b));
	ok(b[7] == 0, "RtlSecureZeroMemory");
	RtlCopyMemoryNonTemporal(b, a, 4);
	ok(memcmp(a, b, 4) == 0, "RtlCopyMemoryNonTemporal");
}

static void initialisation(void)
{
	UNICODE_STRING string, constant = RTL_CONSTANT_STRING(L"four");
	ANSI_STRING ansi;
	DECLARE_UNICODE_STRING_SIZE(sized, 10);
	static WCHAR huge[40000];

	RtlInitUnicodeString(&string, L"text");
	ok(string.Length == 8 && string.MaximumLength == 10, "RtlInitUnicodeString");
	RtlInitUnicodeString(&string, NULL);
	ok(string.Length == 0 && string.MaximumLength == 0 && string.Buffer == NULL,
	   "RtlInitUnicodeString of NULL");
	ok(constant.Length == 8 && constant.MaximumLength == 10 && hello.Length == 10 &&
		   world.Length == 10 && sized.MaximumLength == 20 && sized.Length == 0,
	   "RTL_CONSTANT_STRING, DECLARE_CONST_UNICODE_STRING, DECLARE_UNICODE_STRING_SIZE");
	RtlInitAnsiString(&ansi, "abc");
	ok(ansi.Length == 3 && ansi.MaximumLength == 4, "RtlInitAnsiString");
	RtlInitEmptyUnicodeString(&string, sized_buffer, sizeof(sized_buffer));
	ok(string.Length == 0 && string.MaximumLength == 20, "RtlInitEmptyUnicodeString");
	for (size_t i = 0; i < ARRAYSIZE(huge) - 1; i++)
		huge[i] = 'x';
	is_status(RtlInitUnicodeStringEx(&string, huge), STATUS_NAME_TOO_LONG,
		  "RtlInitUnicodeStringEx: STATUS_NAME_TOO_LONG");
	RtlInitUnicodeString(&string, huge);
	ok(string.Length == 65532, "RtlInitUnicodeString cuts what does not fit");
}

static void copies(void)
{
	DECLARE_UNICODE_STRING_SIZE(string, 8);
	UNICODE_STRING source = text(L"0123456789");

	RtlCopyUnicodeString(&string, &source);
	is_unicode(&string, L"01234567", "RtlCopyUnicodeString cuts");
	RtlCopyUnicodeString(&string, NULL);
	ok(string.Length == 0, "RtlCopyUnicodeString of NULL");
	is_status(RtlAppendUnicodeToString(&string, L"abc"), STATUS_SUCCESS,
		  "RtlAppendUnicodeToString");
	ok(string.Buffer[3] == 0, "with a NUL where there is room");
	source = text(L"defgh");
	is_status(RtlAppendUnicodeStringToString(&string, &source), STATUS_SUCCESS,
		  "RtlAppendUnicodeStringToString");
	is_unicode(&string, L"abcdefgh", "up to the last character");
	is_status(RtlAppendUnicodeToString(&string, L"x"), STATUS_BUFFER_TOO_SMALL,
		  "RtlAppendUnicodeToString: STATUS_BUFFER_TOO_SMALL");
	is_unicode(&string, L"abcdefgh", "which changes nothing");
}

static void comparisons(void)
{
	UNICODE_STRING a = text(L"Stra\u00dfe"), b = text(L"stra\u00dfe"), c = text(L"Stra");
	ULONG one, two;

	ok(!RtlEqualUnicodeString(&a, &b, FALSE) && RtlEqualUnicodeString(&a, &b, TRUE),
	   "RtlEqualUnicodeString");
	ok(RtlCompareUnicodeString(&a, &b, FALSE) < 0 &&
		   RtlCompareUnicodeString(&a, &b, TRUE) == 0 &&
		   RtlCompareUnicodeString(&a, &c, FALSE) > 0,
	   "RtlCompareUnicodeString");
	ok(RtlPrefixUnicodeString(&c, &b, TRUE) && !RtlPrefixUnicodeString(&c, &b, FALSE) &&
		   !RtlPrefixUnicodeString(&a, &c, TRUE),
	   "RtlPrefixUnicodeString");
	c = text(L"SSE");
	b = text(L"Masse");
	ok(RtlSuffixUnicodeString(&c, &b, TRUE) && !RtlSuffixUnicodeString(&c, &b, FALSE),
	   "RtlSuffixUnicodeString");
	ok(RtlUpcaseUnicodeChar(L'\u00e4') == 0xc4 && RtlUpcaseUnicodeChar(L'\u00ff') == 0x178 &&
		   RtlUpcaseUnicodeChar(L'\u0451') == 0x401 &&
		   RtlUpcaseUnicodeChar(L'\u03c2') == 0x3a3 &&
		   RtlUpcaseUnicodeChar(L'\u00f7') == 0xf7 && RtlUpcaseUnicodeChar(L'{') == '{',
	   "RtlUpcaseUnicodeChar");
	ok(RtlDowncaseUnicodeChar(L'\u03a3') == 0x3c3 && RtlDowncaseUnicodeChar(L'Z') == 'z' &&
		   RtlDowncaseUnicodeChar(L'\u0410') == 0x430,
	   "RtlDowncaseUnicodeChar");
	RtlHashUnicodeString(&a, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &one);
	b = text(L"STRA\u00dfE");
	RtlHashUnicodeString(&b, TRUE, HASH_STRING_ALGORITHM_X65599, &two);
	ok(one == two && one != 0, "RtlHashUnicodeString without case");
	is_status(RtlHashUnicodeString(&a, TRUE, 7, &one), STATUS_INVALID_PARAMETER,
		  "RtlHashUnicodeString: unknown algorithm");
}

static void allocated(void)
{
	UNICODE_STRING source = text(L"gr\u00fcn"), copy = {0, 0, NULL}, small;
	ANSI_STRING ansi = {0, 0, NULL};
	WCHAR room[2];

	is_status(RtlUpcaseUnicodeString(&copy, &source, TRUE), STATUS_SUCCESS,
		  "RtlUpcaseUnicodeString, allocated");
	is_unicode(&copy, L"GR\u00dcN", "...");
	RtlFreeUnicodeString(&copy);
	ok(copy.Buffer == NULL && copy.Length == 0, "RtlFreeUnicodeString clears the string");
	RtlFreeUnicodeString(&copy);
	RtlInitEmptyUnicodeString(&small, room, sizeof(room));
	is_status(RtlUpcaseUnicodeString(&small, &source, FALSE), STATUS_BUFFER_OVERFLOW,
		  "RtlUpcaseUnicodeString: STATUS_BUFFER_OVERFLOW");
	is_status(RtlUnicodeStringToAnsiString(&ansi, &source, TRUE), STATUS_SUCCESS,
		  "RtlUnicodeStringToAnsiString, allocated");
	ok(ansi.Length == 5 && strcmp(ansi.Buffer, "gr\xc3\xbcn") == 0, "is UTF-8 with a NUL");
	is_status(RtlAnsiStringToUnicodeString(&copy, &ansi, TRUE), STATUS_SUCCESS,
		  "RtlAnsiStringToUnicodeString, allocated");
	is_unicode(&copy, L"gr\u00fcn", "and back");
	ok(copy.MaximumLength == 10 && copy.Buffer[4] == 0, "with a NUL");
	is_status(RtlAnsiStringToUnicodeString(&small, &ansi, FALSE), STATUS_BUFFER_OVERFLOW,
		  "RtlAnsiStringToUnicodeString: STATUS_BUFFER_OVERFLOW");
	RtlFreeUnicodeString(&copy);
	RtlFreeAnsiString(&ansi);
	is_status(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, &source,
					    &copy),
		  STATUS_SUCCESS, "RtlDuplicateUnicodeString");
	ok(copy.Buffer[4] == 0 && copy.MaximumLength == 10, "with a NUL");
	RtlFreeUnicodeString(&copy);
	is_status(RtlDuplicateUnicodeString(2, &source, &copy), STATUS_INVALID_PARAMETER,
		  "RtlDuplicateUnicodeString: STATUS_INVALID_PARAMETER");
	source = text(L"");
	is_status(RtlDuplicateUnicodeString(0, &source, &copy), STATUS_SUCCESS,
		  "RtlDuplicateUnicodeString of nothing");
	ok(copy.Buffer == NULL, "allocates nothing");
	ok(RtlCreateUnicodeString(&copy, L"made") && copy.Length == 8, "RtlCreateUnicodeString");
	RtlFreeUnicodeString(&copy);
}

static void conversions(void)
{
	WCHAR wide[16];
	CHAR narrow[16];
	ULONG bytes = 0, value;
	UNICODE_STRING string, guid_text;
	GUID guid = {0x00112233, 0x4455, 0x6677, {0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}},
	     back;

	is_status(RtlUTF8ToUnicodeN(NULL, 0, &bytes, "a\xf0\x9f\x98\x80", 5), STATUS_SUCCESS,
		  "RtlUTF8ToUnicodeN: how many bytes");
	ok(bytes == 6, "a pair of surrogates is 4");
	is_status(RtlUTF8ToUnicodeN(wide, sizeof(wide), &bytes, "\xff-\xc3", 3),
		  STATUS_SOME_NOT_MAPPED, "RtlUTF8ToUnicodeN: STATUS_SOME_NOT_MAPPED");
	ok(bytes == 6 && wide[0] == 0xfffd && wide[1] == '-' && wide[2] == 0xfffd, "as U+FFFD");
	is_status(RtlUTF8ToUnicodeN(wide, 2, &bytes, "ab", 2), STATUS_BUFFER_TOO_SMALL,
		  "RtlUTF8ToUnicodeN: STATUS_BUFFER_TOO_SMALL");
	ok(bytes == 2 && wide[0] == 'a', "with what fits");
	is_status(RtlUnicodeToUTF8N(narrow, sizeof(narrow), &bytes, L"\u20ac\xd800", 4),
		  STATUS_SOME_NOT_MAPPED, "RtlUnicodeToUTF8N: half a pair");
	ok(bytes == 6 && memcmp(narrow, "\xe2\x82\xac\xef\xbf\xbd", 6) == 0, "...");
	is_status(RtlUnicodeToUTF8N(narrow, 1, &bytes, L"ab", 3), STATUS_INVALID_PARAMETER_5,
		  "RtlUnicodeToUTF8N: half a character");
	string = text(L"  -0x1Fg");
	is_status(RtlUnicodeStringToInteger(&string, 0, &value), STATUS_SUCCESS,
		  "RtlUnicodeStringToInteger");
	ok(value == (ULONG)-31, "blanks, sign, prefix, digits");
	is_status(RtlUnicodeStringToInteger(&string, 7, &value), STATUS_INVALID_PARAMETER,
		  "RtlUnicodeStringToInteger: base 7");
	RtlInitEmptyUnicodeString(&string, wide, sizeof(wide));
	is_status(RtlIntegerToUnicodeString(48879, 16, &string), STATUS_SUCCESS,
		  "RtlIntegerToUnicodeString");
	is_unicode(&string, L"BEEF", "...");
	string.MaximumLength = 4;
	is_status(RtlInt64ToUnicodeString(1000, 10, &string), STATUS_BUFFER_OVERFLOW,
		  "RtlInt64ToUnicodeString: STATUS_BUFFER_OVERFLOW");
#ifdef __cplusplus
	RtlStringFromGUID(guid, &guid_text);
#else
	RtlStringFromGUID(&guid, &guid_text);
#endif
	is_unicode(&guid_text, L"{00112233-4455-6677-8899-AABBCCDDEEFF}", "RtlStringFromGUID");
	is_status(RtlGUIDFromString(&guid_text, &back), STATUS_SUCCESS, "RtlGUIDFromString");
	ok(memcmp(&guid, &back, sizeof(guid)) == 0, "and back");
	guid_text.Buffer[1] = 'x';
	is_status(RtlGUIDFromString(&guid_text, &back), STATUS_INVALID_PARAMETER,
		  "RtlGUIDFromString: STATUS_INVALID_PARAMETER");
	RtlFreeUnicodeString(&guid_text);
}

static void wide_functions(void)
{
	WCHAR buffer[16];

	ok(wcslen(L"four") == 4 && wcsnlen(L"four", 2) == 2, "wcslen, wcsnlen");
	ok(wcscmp(L"a", L"b") < 0 && wcsncmp(L"ab", L"ac", 1) == 0 && _wcsicmp(L"AB", L"ab") == 0 &&
		   _wcsnicmp(L"ABx", L"aby", 2) == 0,
	   "wcscmp, wcsncmp, _wcsicmp, _wcsnicmp");
	wcscpy(buffer, L"one");
	wcscat(buffer, L"two");
	ok(wcscmp(buffer, L"onetwo") == 0, "wcscpy, wcscat");
	wcsncpy(buffer, L"xy", 8);
	ok(buffer[1] == 'y' && buffer[2] == 0 && buffer[7] == 0, "wcsncpy fills with NULs");
	ok(*wcschr(L"abc", 'b') == 'b' && wcschr(L"abc", 'x') == NULL &&
		   wcsrchr(L"aba", 'a')[1] == 0 && wcsstr(L"abcd", L"cd")[0] == 'c' &&
		   wcsstr(L"abc", L"x") == NULL,
	   "wcschr, wcsrchr, wcsstr");
	ok(_stricmp("AbC", "aBc") == 0 && _strnicmp("ABx", "aby", 3) < 0, "_stricmp, _strnicmp");
}

static void strsafe(void)
{
	CHAR a[8];
	WCHAR w[8];
	size_t length;
	UNICODE_STRING counted = {0, sizeof(w), w}, source = text(L"xyz");
	PSTR end;

	is_status(RtlStringCchCopyA(a, 8, "1234567"), STATUS_SUCCESS, "RtlStringCchCopyA");
	is_status(RtlStringCbCopyA(a, 8, "12345678"), STATUS_BUFFER_OVERFLOW,
		  "RtlStringCbCopyA: STATUS_BUFFER_OVERFLOW");
	is_str(a, "1234567", "cut, with a NUL");
	is_status(RtlStringCbCopyA(a, 0, ""), STATUS_INVALID_PARAMETER,
		  "RtlStringCbCopyA: STATUS_INVALID_PARAMETER");
	is_status(RtlStringCchCopyW(w, 8, L"wide"), STATUS_SUCCESS, "RtlStringCchCopyW");
	is_status(RtlStringCbCatW(w, sizeof(w), L"r than"), STATUS_BUFFER_OVERFLOW,
		  "RtlStringCbCatW: STATUS_BUFFER_OVERFLOW");
	ok(wcscmp(w, L"wider t") == 0, "cut, with a NUL");
	is_status(RtlStringCchCopyNA(a, 8, "abcdef", 2), STATUS_SUCCESS, "RtlStringCchCopyNA");
	is_status(RtlStringCchCatA(a, 8, "cd"), STATUS_SUCCESS, "RtlStringCchCatA");
	is_str(a, "abcd", "...");
	is_status(RtlStringCbLengthW(w, sizeof(w), &length), STATUS_SUCCESS, "RtlStringCbLengthW");
	ok(length == 14, "in bytes");
	is_status(RtlStringCchLengthA("12345678", 4, &length), STATUS_INVALID_PARAMETER,
		  "RtlStringCchLengthA: no NUL");
	is_status(RtlStringCchPrintfA(a, 8, "%d-%s", 12, "ab"), STATUS_SUCCESS,
		  "RtlStringCchPrintfA");
	is_str(a, "12-ab", "...");
	is_status(RtlStringCbPrintfA(a, 4, "%d", 123456), STATUS_BUFFER_OVERFLOW,
		  "RtlStringCbPrintfA: STATUS_BUFFER_OVERFLOW");
	is_str(a, "123", "...");
	is_status(RtlStringCchCopyExA(a, 8, "12345678", &end, &length, STRSAFE_NO_TRUNCATION),
		  STATUS_BUFFER_OVERFLOW, "RtlStringCchCopyExA, STRSAFE_NO_TRUNCATION");
	ok(a[0] == 0 && end == a && length == 8, "leaves nothing");
	is_status(RtlStringCbPrintfW(w, sizeof(w), L"%s%u", L"n", 7), STATUS_SUCCESS,
		  "RtlStringCbPrintfW: %s is wide");
	ok(wcscmp(w, L"n7") == 0, "...");
	is_status(RtlUnicodeStringPrintf(&counted, L"%wZ-%04x", &source, 0xab), STATUS_SUCCESS,
		  "RtlUnicodeStringPrintf");
	is_unicode(&counted, L"xyz-00ab", "to the last character");
	is_status(RtlUnicodeStringPrintf(&counted, L"%s", L"123456789"), STATUS_BUFFER_OVERFLOW,
		  "RtlUnicodeStringPrintf: STATUS_BUFFER_OVERFLOW");
	is_status(RtlUnicodeStringCopyString(&counted, L"ab"), STATUS_SUCCESS,
		  "RtlUnicodeStringCopyString");
	is_status(RtlUnicodeStringCat(&counted, &source), STATUS_SUCCESS, "RtlUnicodeStringCat");
	is_unicode(&counted, L"abxyz", "...");
	is_status(RtlUnicodeStringCatString(&counted, L"12345"), STATUS_BUFFER_OVERFLOW,
		  "RtlUnicodeStringCatString: STATUS_BUFFER_OVERFLOW");
	is_status(RtlUnicodeStringInit(&counted, L"abc"), STATUS_SUCCESS, "RtlUnicodeStringInit");
	counted.Length = 7;
	is_status(RtlUnicodeStringValidate(&counted), STATUS_INVALID_PARAMETER,
		  "RtlUnicodeStringValidate: an odd length");
}

/* What is written to stderr. */
static void printed(const char *wanted, const char *name, void (*print)(void))
{
	char said[600];
	int channel[2], before = dup(2);
	ssize_t length;

	if (pipe(channel) != 0)
		exit(2);
	dup2(channel[1], 2);
	close(channel[1]);
	print();
	dup2(before, 2);
	close(before);
	length = read(channel[0], said, sizeof(said) - 1);
	close(channel[0]);
	said[length > 0 ? length : 0] = '\0';
	is_str(said, wanted, name);
}

static void print_numbers(void)
{
	DbgPrint("%d %i %u %x %X %o|%5d|%-5d|%05d|%+d|%.3d|%#x|%#o\n", -1, 2, 3u, 0xabc, 0xabc, 8,
		 42, 42, 42, 42, 7, 255, 8);
}

static void print_sizes(void)
{
	DbgPrint("%ld %lu %lx %I64d %I64x %lld %Iu %hu %hhd %I32u\n", (LONG)-5, (ULONG)4000000000u,
		 (ULONG)0xffffffff, (LONGLONG)-6000000000, (ULONGLONG)0x123456789a, -7LL, (SIZE_T)8,
		 65537, 257, 9u);
}

static void print_texts(void)
{
	UNICODE_STRING wide = text(L"w\u00e4");
	ANSI_STRING narrow;

	RtlInitAnsiString(&narrow, "narrow");
	DbgPrint("%s %S %ws %ls %wZ %Z %c %C %p %s %.2s %*d%% %hs\n", "text", L"W1", L"W2", L"W3",
		 &wide, &narrow, 'c', L'\u00e4', (PVOID)0x1234, (char *)NULL, "abc", 4, 7, "h");
}

static void print_components(void)
{
	DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "not shown\n");
	DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "shown %d\n", 1);
	KdPrint(("and %s\n", "KdPrint"));
	KdPrintEx((DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, "and KdPrintEx\n"));
}

static void with_prefix(PCSTR format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vDbgPrintExWithPrefix("drv: ", DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
	vDbgPrintExWithPrefix("no: ", DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, format, arguments);
	va_end(arguments);
}

static void print_prefix(void)
{
	with_prefix("%d\n", 5);
}

static void formats(void)
{
	printed("-1 2 3 abc ABC 10|   42|42   |00042|+42|007|0xff|010\n", "DbgPrint: numbers",
		print_numbers);
	printed("-5 4000000000 ffffffff -6000000000 123456789a -7 8 1 1 9\n",
		"DbgPrint: %lu has 32 bits, %I64d 64", print_sizes);
	printed("text W1 W2 W3 w\u00e4 narrow c \u00e4 0000000000001234 (null) ab    7% h\n",
		"DbgPrint: text, wide and narrow, counted and not", print_texts);
	printed("drv: 5\n", "vDbgPrintExWithPrefix", print_prefix);
	printed("shown 1\nand KdPrint\nand KdPrintEx\n", "DbgPrintEx: levels of components",
		print_components);
}

static void bitmaps(void)
{
	ULONG words[3];
	RTL_BITMAP map;

	RtlInitializeBitMap(&map, words, 70);
	RtlClearAllBits(&map);
	ok(RtlNumberOfClearBits(&map) == 70, "RtlInitializeBitMap, RtlClearAllBits");
	RtlSetBits(&map, 30, 5);
	ok(RtlNumberOfSetBits(&map) == 5 && RtlAreBitsSet(&map, 30, 5) &&
		   !RtlAreBitsSet(&map, 29, 2),
	   "RtlSetBits, RtlNumberOfSetBits, RtlAreBitsSet");
	ok(RtlTestBit(&map, 34) && !RtlTestBit(&map, 35) && RtlCheckBit(&map, 30), "RtlTestBit");
	ok(RtlFindClearBits(&map, 31, 0) == 35, "RtlFindClearBits past a run too short");
	ok(RtlFindClearBits(&map, 20, 60) == 0, "RtlFindClearBits from 0 after the hint");
	ok(RtlFindClearBits(&map, 36, 0) == 0xffffffff, "RtlFindClearBits: none");
	ok(RtlFindClearBitsAndSet(&map, 2, 33) == 35 && RtlTestBit(&map, 36),
	   "RtlFindClearBitsAndSet");
	ok(RtlFindSetBitsAndClear(&map, 3, 0) == 30 && !RtlTestBit(&map, 30),
	   "RtlFindSetBitsAndClear");
	RtlClearBits(&map, 30, 10);
	ok(RtlAreBitsClear(&map, 0, 70) && !RtlAreBitsClear(&map, 60, 11),
	   "RtlClearBits, RtlAreBitsClear");
	RtlSetBit(&map, 69);
	ok(RtlFindSetBits(&map, 1, 0) == 69, "RtlSetBit, RtlFindSetBits");
	RtlClearBit(&map, 69);
	RtlSetAllBits(&map);
	ok(RtlNumberOfSetBits(&map) == 70, "RtlClearBit, RtlSetAllBits");
}

int main(void)
{
	memory();
	initialisation();
	copies();
	comparisons();
	allocated();
	conversions();
	wide_functions();
	strsafe();
	formats();
	bitmaps();
	return done();
}
