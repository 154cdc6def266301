/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * string.c - counted strings: copies, comparisons, and those the system allocates
 *
 * Callers: drivers. Locking: none. Context: allocating as ExAllocatePool from paged pool; the
 * others any IRQL.
 */
#include "lib/kernel/block.h"

BASE_EXPORT NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
	size_t length = SourceString != NULL ? wcslen(SourceString) * sizeof(WCHAR) : 0;

	*DestinationString = (UNICODE_STRING){.Buffer = (PWCH)(uintptr_t)SourceString};
	if (length > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR))
		return STATUS_NAME_TOO_LONG;
	DestinationString->Length = (USHORT)length;
	if (SourceString != NULL)
		DestinationString->MaximumLength = (USHORT)(length + sizeof(WCHAR));
	return STATUS_SUCCESS;
}

BASE_EXPORT void RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
	/* A longer text is cut: what fits of it is described. */
	if (RtlInitUnicodeStringEx(DestinationString, SourceString) == STATUS_NAME_TOO_LONG) {
		DestinationString->Length = UNICODE_STRING_MAX_BYTES - sizeof(WCHAR);
		DestinationString->MaximumLength = UNICODE_STRING_MAX_BYTES;
	}
}

BASE_EXPORT void RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
	size_t length = SourceString != NULL ? base_min(strlen(SourceString), MAXUSHORT - 1) : 0;

	DestinationString->Length = (USHORT)length;
	DestinationString->MaximumLength = (USHORT)(SourceString != NULL ? length + 1 : 0);
	DestinationString->Buffer = (PCHAR)(uintptr_t)SourceString;
}

BASE_EXPORT void RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
	RtlInitString(DestinationString, SourceString);
}

BASE_EXPORT void RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString)
{
	RtlInitString(DestinationString, SourceString);
}

/* --- copy and append ------------------------------------------------------------------------ */

BASE_EXPORT void RtlCopyUnicodeString(PUNICODE_STRING DestinationString,
				      PCUNICODE_STRING SourceString)
{
	USHORT length = 0;

	if (SourceString != NULL)
		length = (USHORT)base_min(SourceString->Length, DestinationString->MaximumLength);
	if (length > 0)
		memmove(DestinationString->Buffer, SourceString->Buffer, length);
	DestinationString->Length = length;
	if (length + sizeof(WCHAR) <= DestinationString->MaximumLength)
		DestinationString->Buffer[length / sizeof(WCHAR)] = 0;
}

BASE_EXPORT void RtlCopyString(PSTRING DestinationString, const STRING *SourceString)
{
	DestinationString->Length = 0;
	if (SourceString == NULL)
		return;
	DestinationString->Length =
		(USHORT)base_min(SourceString->Length, DestinationString->MaximumLength);
	memmove(DestinationString->Buffer, SourceString->Buffer, DestinationString->Length);
}

static NTSTATUS append(PUNICODE_STRING destination, const WCHAR *source, size_t bytes)
{
	if (bytes > (size_t)destination->MaximumLength - destination->Length)
		return STATUS_BUFFER_TOO_SMALL;
	memmove((char *)destination->Buffer + destination->Length, source, bytes);
	destination->Length = (USHORT)(destination->Length + bytes);
	if (destination->Length + sizeof(WCHAR) <= destination->MaximumLength)
		destination->Buffer[destination->Length / sizeof(WCHAR)] = 0;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination,
						    PCUNICODE_STRING Source)
{
	return Source->Length == 0 ? STATUS_SUCCESS
				   : append(Destination, Source->Buffer, Source->Length);
}

BASE_EXPORT NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
	return Source == NULL ? STATUS_SUCCESS
			      : append(Destination, Source, wcslen(Source) * sizeof(WCHAR));
}

BASE_EXPORT NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
	if (Source->Length > Destination->MaximumLength - Destination->Length)
		return STATUS_BUFFER_TOO_SMALL;
	memmove(Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
	Destination->Length = (USHORT)(Destination->Length + Source->Length);
	return STATUS_SUCCESS;
}

/* --- compare -------------------------------------------------------------------------------- */

static WCHAR folded(WCHAR character, BOOLEAN fold)
{
	return fold ? RtlUpcaseUnicodeChar(character) : character;
}

/* Compares `count` characters of both. */
static LONG compare_wide(const WCHAR *a, const WCHAR *b, size_t count, BOOLEAN fold)
{
	for (size_t i = 0; i < count; i++) {
		LONG difference = (LONG)folded(a[i], fold) - (LONG)folded(b[i], fold);

		if (difference != 0)
			return difference;
	}
	return 0;
}

BASE_EXPORT LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
					 BOOLEAN CaseInSensitive)
{
	size_t common = base_min(String1->Length, String2->Length) / sizeof(WCHAR);
	LONG difference = compare_wide(String1->Buffer, String2->Buffer, common, CaseInSensitive);

	return difference != 0 ? difference : (LONG)String1->Length - (LONG)String2->Length;
}

BASE_EXPORT BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
					  BOOLEAN CaseInSensitive)
{
	return String1->Length == String2->Length &&
	       RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

BASE_EXPORT BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
					   BOOLEAN CaseInSensitive)
{
	return String1->Length <= String2->Length &&
	       compare_wide(String1->Buffer, String2->Buffer, String1->Length / sizeof(WCHAR),
			    CaseInSensitive) == 0;
}

BASE_EXPORT BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
					   BOOLEAN CaseInSensitive)
{
	size_t length = String1->Length / sizeof(WCHAR);

	return String1->Length <= String2->Length &&
	       compare_wide(String1->Buffer,
			    String2->Buffer + String2->Length / sizeof(WCHAR) - length, length,
			    CaseInSensitive) == 0;
}

static LONG compare_narrow(const STRING *a, const STRING *b, size_t count, BOOLEAN fold)
{
	for (size_t i = 0; i < count; i++) {
		CHAR left = fold ? RtlUpperChar(a->Buffer[i]) : a->Buffer[i];
		CHAR right = fold ? RtlUpperChar(b->Buffer[i]) : b->Buffer[i];

		if (left != right)
			return (LONG)(UCHAR)left - (LONG)(UCHAR)right;
	}
	return 0;
}

BASE_EXPORT LONG RtlCompareString(const STRING *String1, const STRING *String2,
				  BOOLEAN CaseInSensitive)
{
	LONG difference = compare_narrow(
		String1, String2, base_min(String1->Length, String2->Length), CaseInSensitive);

	return difference != 0 ? difference : (LONG)String1->Length - (LONG)String2->Length;
}

BASE_EXPORT BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2,
				   BOOLEAN CaseInSensitive)
{
	return String1->Length == String2->Length &&
	       RtlCompareString(String1, String2, CaseInSensitive) == 0;
}

BASE_EXPORT BOOLEAN RtlPrefixString(const STRING *String1, const STRING *String2,
				    BOOLEAN CaseInSensitive)
{
	return String1->Length <= String2->Length &&
	       compare_narrow(String1, String2, String1->Length, CaseInSensitive) == 0;
}

BASE_EXPORT NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive,
					  ULONG HashAlgorithm, PULONG HashValue)
{
	ULONG hash = 0;

	if (String == NULL || HashValue == NULL || HashAlgorithm > HASH_STRING_ALGORITHM_X65599)
		return STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < String->Length / sizeof(WCHAR); i++)
		hash = hash * 65599 + folded(String->Buffer[i], CaseInSensitive);
	*HashValue = hash;
	return STATUS_SUCCESS;
}

/* --- what the system allocates -------------------------------------------------------------- */

/* Room for `bytes`, allocated or the caller's. */
static NTSTATUS make_room(PUNICODE_STRING destination, size_t bytes, BOOLEAN allocate,
			  struct pool_frame frame)
{
	if (bytes > UNICODE_STRING_MAX_BYTES)
		return STATUS_INVALID_PARAMETER_2;
	if (!allocate)
		return bytes > destination->MaximumLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
	destination->Length = 0;
	destination->MaximumLength = (USHORT)bytes;
	destination->Buffer = kernel_block_take(bytes, KERNEL_STRING_TAG, HEAP_POOL_PAGED, frame);
	return destination->Buffer == NULL ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

static NTSTATUS map_case(PUNICODE_STRING destination, PCUNICODE_STRING source, BOOLEAN allocate,
			 WCHAR (*map)(WCHAR), struct pool_frame frame)
{
	NTSTATUS status = make_room(destination, source->Length, allocate, frame);

	if (!NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)
		return status;
	for (size_t i = 0; i < source->Length / sizeof(WCHAR); i++)
		destination->Buffer[i] = map(source->Buffer[i]);
	destination->Length = source->Length;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString,
					    PCUNICODE_STRING SourceString,
					    BOOLEAN AllocateDestinationString)
{
	return map_case(DestinationString, SourceString, AllocateDestinationString,
			RtlUpcaseUnicodeChar, POOL_FRAME_KEPT());
}

BASE_EXPORT NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString,
					      PCUNICODE_STRING SourceString,
					      BOOLEAN AllocateDestinationString)
{
	return map_case(DestinationString, SourceString, AllocateDestinationString,
			RtlDowncaseUnicodeChar, POOL_FRAME_KEPT());
}

BASE_EXPORT NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn,
					       PUNICODE_STRING StringOut)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	size_t length, whole;
	NTSTATUS status;

	if (StringOut == NULL || (Flags & ~3u) != 0 ||
	    Flags == RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING)
		return STATUS_INVALID_PARAMETER;
	length = StringIn != NULL ? StringIn->Length : 0;
	*StringOut = (UNICODE_STRING){0};
	if (length == 0 && !(Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING))
		return STATUS_SUCCESS;
	whole = length + (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE ? sizeof(WCHAR) : 0);
	if (whole > UNICODE_STRING_MAX_BYTES)
		return STATUS_NAME_TOO_LONG;
	status = make_room(StringOut, whole, TRUE, frame);
	if (!NT_SUCCESS(status)) {
		StringOut->MaximumLength = 0;
		return status;
	}
	if (length > 0)
		memcpy(StringOut->Buffer, StringIn->Buffer, length);
	if (whole > length)
		StringOut->Buffer[length / sizeof(WCHAR)] = 0;
	StringOut->Length = (USHORT)length;
	return STATUS_SUCCESS;
}

BASE_EXPORT BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	size_t bytes = (wcslen(SourceString) + 1) * sizeof(WCHAR);

	if (!NT_SUCCESS(make_room(DestinationString, bytes, TRUE, frame)))
		return FALSE;
	memcpy(DestinationString->Buffer, SourceString, bytes);
	DestinationString->Length = (USHORT)(bytes - sizeof(WCHAR));
	return TRUE;
}

BASE_EXPORT void RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
	if (UnicodeString->Buffer != NULL)
		kernel_block_give(UnicodeString->Buffer, __builtin_return_address(0));
	*UnicodeString = (UNICODE_STRING){0};
}

BASE_EXPORT void RtlFreeAnsiString(PANSI_STRING AnsiString)
{
	if (AnsiString->Buffer != NULL)
		kernel_block_give(AnsiString->Buffer, __builtin_return_address(0));
	*AnsiString = (ANSI_STRING){0};
}

BASE_EXPORT void RtlFreeUTF8String(PUTF8_STRING Utf8String)
{
	if (Utf8String->Buffer != NULL)
		kernel_block_give(Utf8String->Buffer, __builtin_return_address(0));
	*Utf8String = (UTF8_STRING){0};
}
