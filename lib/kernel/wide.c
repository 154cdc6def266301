/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wide.c - strings of 16-bit characters up to a NUL, and comparisons without case
 *
 * Purpose: what libc has for 32-bit characters only; rtl.h leads wcslen and the others here.
 * Callers: drivers. Locking: none. Context: any IRQL; never allocates.
 */
#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

BASE_EXPORT size_t wcsnlen(const wchar_t *string, size_t most)
{
	size_t length = 0;

	while (length < most && string[length] != 0)
		length++;
	return length;
}

BASE_EXPORT size_t wcslen(const wchar_t *string)
{
	return wcsnlen(string, SIZE_MAX);
}

static int compare(const wchar_t *a, const wchar_t *b, size_t most, int fold)
{
	for (size_t i = 0; i < most; i++) {
		wchar_t left = fold ? RtlDowncaseUnicodeChar(a[i]) : a[i];
		wchar_t right = fold ? RtlDowncaseUnicodeChar(b[i]) : b[i];

		if (left != right)
			return left < right ? -1 : 1;
		if (left == 0)
			return 0;
	}
	return 0;
}

BASE_EXPORT int wcscmp(const wchar_t *a, const wchar_t *b)
{
	return compare(a, b, SIZE_MAX, 0);
}

BASE_EXPORT int wcsncmp(const wchar_t *a, const wchar_t *b, size_t most)
{
	return compare(a, b, most, 0);
}

BASE_EXPORT int _wcsicmp(const wchar_t *a, const wchar_t *b)
{
	return compare(a, b, SIZE_MAX, 1);
}

BASE_EXPORT int _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t most)
{
	return compare(a, b, most, 1);
}

BASE_EXPORT wchar_t *wcscpy(wchar_t *destination, const wchar_t *source)
{
	memcpy(destination, source, (wcslen(source) + 1) * sizeof(wchar_t));
	return destination;
}

BASE_EXPORT wchar_t *wcsncpy(wchar_t *destination, const wchar_t *source, size_t most)
{
	size_t length = wcsnlen(source, most);

	memcpy(destination, source, length * sizeof(wchar_t));
	memset(destination + length, 0, (most - length) * sizeof(wchar_t));
	return destination;
}

BASE_EXPORT wchar_t *wcscat(wchar_t *destination, const wchar_t *source)
{
	wcscpy(destination + wcslen(destination), source);
	return destination;
}

BASE_EXPORT wchar_t *wcschr(const wchar_t *string, wchar_t character)
{
	for (;; string++) {
		if (*string == character)
			return (wchar_t *)(uintptr_t)string;
		if (*string == 0)
			return NULL;
	}
}

BASE_EXPORT wchar_t *wcsrchr(const wchar_t *string, wchar_t character)
{
	for (size_t i = wcslen(string) + 1; i-- > 0;)
		if (string[i] == character)
			return (wchar_t *)(uintptr_t)(string + i);
	return NULL;
}

BASE_EXPORT wchar_t *wcsstr(const wchar_t *string, const wchar_t *part)
{
	size_t length = wcslen(part);

	for (;; string++) {
		if (compare(string, part, length, 0) == 0)
			return (wchar_t *)(uintptr_t)string;
		if (*string == 0)
			return NULL;
	}
}

static int compare_narrow(const char *a, const char *b, size_t most)
{
	for (size_t i = 0; i < most; i++) {
		unsigned char left = (unsigned char)RtlUpperChar(a[i]);
		unsigned char right = (unsigned char)RtlUpperChar(b[i]);

		if (left != right)
			return left < right ? -1 : 1;
		if (left == 0)
			return 0;
	}
	return 0;
}

BASE_EXPORT int _stricmp(const char *a, const char *b)
{
	return compare_narrow(a, b, SIZE_MAX);
}

BASE_EXPORT int _strnicmp(const char *a, const char *b, size_t most)
{
	return compare_narrow(a, b, most);
}
