/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntstrsafe.h - bounded string handling: always a NUL, never past the end
 *
 * Overlong results are cut and answered with STATUS_BUFFER_OVERFLOW. Formats are those of DbgPrint.
 */
#ifndef POOLTAG_DDK_NTSTRSAFE_H
#define POOLTAG_DDK_NTSTRSAFE_H

#pragma GCC system_header

#include "ntstatus.h"
#include "parts/debug.h"
#include "parts/types.h"

#define NTSTRSAFE_MAX_CCH                2147483647
#define NTSTRSAFE_MAX_LENGTH             (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(wchar_t))
#define STRSAFE_MAX_CCH                  NTSTRSAFE_MAX_CCH
#define STRSAFE_IGNORE_NULLS             0x00000100
#define STRSAFE_FILL_BEHIND_NULL         0x00000200
#define STRSAFE_FILL_ON_FAILURE          0x00000400
#define STRSAFE_NULL_ON_FAILURE          0x00000800
#define STRSAFE_NO_TRUNCATION            0x00001000
#define STRSAFE_FILL_BYTE(x)             ((ULONG)(((x)&0xff) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x)          ((ULONG)(((x)&0xff) | STRSAFE_FILL_ON_FAILURE))
#define STRSAFE_ZERO_LENGTH_ON_FAILURE   STRSAFE_NULL_ON_FAILURE

typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef wchar_t *NTSTRSAFE_PWSTR;
typedef const wchar_t *NTSTRSAFE_PCWSTR;

#define POOLTAG_STR(prefix, name) prefix##name##A
#define POOLTAG_CH                char
#define POOLTAG_FORMAT            PooltagFormatA
#include "parts/strsafe.def"

#define POOLTAG_STR(prefix, name) prefix##name##W
#define POOLTAG_CH                wchar_t
#define POOLTAG_FORMAT            PooltagFormatW
#include "parts/strsafe.def"

/* --- counted strings ------------------------------------------------------------------------ */

static inline NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
	if (SourceString == NULL || SourceString->Length % sizeof(WCHAR) != 0 ||
	    SourceString->MaximumLength % sizeof(WCHAR) != 0 ||
	    SourceString->Length > SourceString->MaximumLength ||
	    (SourceString->Buffer == NULL && SourceString->MaximumLength != 0))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

static inline NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString,
					    NTSTRSAFE_PCWSTR pszSrc)
{
	size_t length = 0;

	DestinationString->Length = DestinationString->MaximumLength = 0;
	DestinationString->Buffer = NULL;
	if (pszSrc == NULL)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(PooltagStringLengthW(pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH, &length)))
		return STATUS_INVALID_PARAMETER;
	DestinationString->Buffer = (PWCH)pszSrc;
	DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
	DestinationString->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
	return STATUS_SUCCESS;
}

/* Adds at most `count` characters at the end of the string's first `length` bytes. */
static inline NTSTATUS PooltagUnicodePut(PUNICODE_STRING string, USHORT length,
					 const wchar_t *source, size_t count)
{
	size_t room = (string->MaximumLength - length) / sizeof(WCHAR);
	size_t taken = count < room ? count : room;

	memmove((PCHAR)string->Buffer + length, source, taken * sizeof(WCHAR));
	string->Length = (USHORT)(length + taken * sizeof(WCHAR));
	return taken < count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static inline NTSTATUS PooltagUnicodeAdd(PUNICODE_STRING string, int behind, const wchar_t *source,
					 size_t most)
{
	size_t count = 0;

	if (!NT_SUCCESS(RtlUnicodeStringValidate(string)) || source == NULL ||
	    most > NTSTRSAFE_UNICODE_STRING_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	while (count < most && source[count] != 0)
		count++;
	return PooltagUnicodePut(string, behind ? string->Length : 0, source, count);
}

static inline NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString,
						  NTSTRSAFE_PCWSTR pszSrc)
{
	return PooltagUnicodeAdd(DestinationString, 0, pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH);
}

static inline NTSTATUS RtlUnicodeStringCchCopyStringN(PUNICODE_STRING DestinationString,
						      NTSTRSAFE_PCWSTR pszSrc, size_t cchToCopy)
{
	return PooltagUnicodeAdd(DestinationString, 0, pszSrc, cchToCopy);
}

static inline NTSTATUS RtlUnicodeStringCbCopyStringN(PUNICODE_STRING DestinationString,
						     NTSTRSAFE_PCWSTR pszSrc, size_t cbToCopy)
{
	return PooltagUnicodeAdd(DestinationString, 0, pszSrc, cbToCopy / sizeof(WCHAR));
}

static inline NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING DestinationString,
						 NTSTRSAFE_PCWSTR pszSrc)
{
	return PooltagUnicodeAdd(DestinationString, 1, pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH);
}

static inline NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING DestinationString,
					    PCUNICODE_STRING SourceString)
{
	if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
	    !NT_SUCCESS(RtlUnicodeStringValidate(SourceString)))
		return STATUS_INVALID_PARAMETER;
	return PooltagUnicodePut(DestinationString, 0, SourceString->Buffer,
				 SourceString->Length / sizeof(WCHAR));
}

static inline NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING DestinationString,
					   PCUNICODE_STRING SourceString)
{
	if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
	    !NT_SUCCESS(RtlUnicodeStringValidate(SourceString)))
		return STATUS_INVALID_PARAMETER;
	return PooltagUnicodePut(DestinationString, DestinationString->Length, SourceString->Buffer,
				 SourceString->Length / sizeof(WCHAR));
}

static inline NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString,
					       NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
	size_t length;
	NTSTATUS status;

	if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) || pszFormat == NULL)
		return STATUS_INVALID_PARAMETER;
	status = PooltagFormatW(DestinationString->Buffer,
				DestinationString->MaximumLength / sizeof(WCHAR), &length,
				pszFormat, argList);
	DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
	return status;
}

static inline NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString,
					      NTSTRSAFE_PCWSTR pszFormat, ...)
{
	va_list arguments;
	NTSTATUS status;

	va_start(arguments, pszFormat);
	status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, arguments);
	va_end(arguments);
	return status;
}

#endif
