/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * convert.c - between UTF-8, UTF-16, numbers and GUIDs
 *
 * "ANSI" is UTF-8. Callers: drivers. Locking: none. Context: allocating as ExAllocatePool from
 * paged pool; the others any IRQL.
 */
#include "lib/kernel/block.h"
#include "lib/kernel/format.h"
#include "lib/kernel/utf.h"

/*
 * Converts as many whole characters as fit; with destination NULL only counts. Sets the bytes
 * written, or wanted when nothing is written.
 */
BASE_EXPORT NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination,
				       ULONG UnicodeStringMaxByteCount,
				       PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource,
				       ULONG UTF8StringByteCount)
{
	size_t room = UnicodeStringMaxByteCount / sizeof(WCHAR), at = 0;
	NTSTATUS status = STATUS_SUCCESS;

	if (UnicodeStringDestination == NULL && UnicodeStringActualByteCount == NULL)
		return STATUS_INVALID_PARAMETER;
	if (UTF8StringSource == NULL)
		return STATUS_INVALID_PARAMETER_4;
	for (size_t i = 0; i < UTF8StringByteCount;) {
		WCHAR units[2];
		uint32_t code;
		unsigned count;
		size_t taken = kernel_utf8_get((const uint8_t *)UTF8StringSource + i,
					       UTF8StringByteCount - i, &code);

		if (code == KERNEL_UTF_BAD && (taken != 3 || UTF8StringSource[i] != (char)0xef))
			status = STATUS_SOME_NOT_MAPPED;
		count = kernel_utf16_put(code, units);
		if (UnicodeStringDestination != NULL && at + count > room) {
			status = STATUS_BUFFER_TOO_SMALL;
			break;
		}
		if (UnicodeStringDestination != NULL)
			memcpy(UnicodeStringDestination + at, units, count * sizeof(WCHAR));
		at += count;
		i += taken;
	}
	if (UnicodeStringActualByteCount != NULL)
		*UnicodeStringActualByteCount = (ULONG)(at * sizeof(WCHAR));
	return status;
}

BASE_EXPORT NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
				       PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
				       ULONG UnicodeStringByteCount)
{
	NTSTATUS status = STATUS_SUCCESS;
	size_t at = 0;

	if (UTF8StringDestination == NULL && UTF8StringActualByteCount == NULL)
		return STATUS_INVALID_PARAMETER;
	if (UnicodeStringSource == NULL)
		return STATUS_INVALID_PARAMETER_4;
	if (UnicodeStringByteCount % sizeof(WCHAR) != 0)
		return STATUS_INVALID_PARAMETER_5;
	for (size_t i = 0; i < UnicodeStringByteCount / sizeof(WCHAR);) {
		uint8_t bytes[4];
		uint32_t code;
		unsigned count;
		size_t taken = kernel_utf16_get(UnicodeStringSource + i,
						UnicodeStringByteCount / sizeof(WCHAR) - i, &code);

		if (code == KERNEL_UTF_BAD && UnicodeStringSource[i] != KERNEL_UTF_BAD)
			status = STATUS_SOME_NOT_MAPPED;
		count = kernel_utf8_put(code, bytes);
		if (UTF8StringDestination != NULL && at + count > UTF8StringMaxByteCount) {
			status = STATUS_BUFFER_TOO_SMALL;
			break;
		}
		if (UTF8StringDestination != NULL)
			memcpy(UTF8StringDestination + at, bytes, count);
		at += count;
		i += taken;
	}
	if (UTF8StringActualByteCount != NULL)
		*UTF8StringActualByteCount = (ULONG)at;
	return status;
}

BASE_EXPORT ULONG RtlxAnsiStringToUnicodeSize(const STRING *AnsiString)
{
	ULONG bytes = 0;

	if (AnsiString->Length > 0)
		RtlUTF8ToUnicodeN(NULL, 0, &bytes, AnsiString->Buffer, AnsiString->Length);
	return bytes + (ULONG)sizeof(WCHAR);
}

BASE_EXPORT ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
	ULONG bytes = 0;

	if (UnicodeString->Length > 0)
		RtlUnicodeToUTF8N(NULL, 0, &bytes, UnicodeString->Buffer, UnicodeString->Length);
	return bytes + 1;
}

/* `size` includes the NUL. */
static NTSTATUS make_room(PSTRING destination, size_t size, BOOLEAN allocate, size_t limit,
			  struct pool_frame frame)
{
	if (size > limit)
		return STATUS_INVALID_PARAMETER_2;
	if (!allocate)
		return size > destination->MaximumLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
	destination->MaximumLength = (USHORT)size;
	destination->Buffer = kernel_block_take(size, KERNEL_STRING_TAG, HEAP_POOL_PAGED, frame);
	return destination->Buffer == NULL ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

static NTSTATUS to_wide(PUNICODE_STRING destination, const STRING *source, BOOLEAN allocate,
			struct pool_frame frame)
{
	ULONG size = RtlxAnsiStringToUnicodeSize(source), written = 0;
	STRING room = {.MaximumLength = destination->MaximumLength,
		       .Buffer = (PCHAR)destination->Buffer};
	NTSTATUS status = make_room(&room, size, allocate, UNICODE_STRING_MAX_BYTES, frame);

	if (status != STATUS_SUCCESS)
		return status;
	destination->MaximumLength = room.MaximumLength;
	destination->Buffer = (PWCH)(void *)room.Buffer;
	if (source->Length > 0)
		RtlUTF8ToUnicodeN(destination->Buffer, size, &written, source->Buffer,
				  source->Length);
	destination->Length = (USHORT)written;
	destination->Buffer[written / sizeof(WCHAR)] = 0;
	return STATUS_SUCCESS;
}

static NTSTATUS to_narrow(PSTRING destination, PCUNICODE_STRING source, BOOLEAN allocate,
			  struct pool_frame frame)
{
	ULONG size = RtlxUnicodeStringToAnsiSize(source), written = 0;
	NTSTATUS status = make_room(destination, size, allocate, MAXUSHORT, frame);

	if (status != STATUS_SUCCESS)
		return status;
	if (source->Length > 0)
		RtlUnicodeToUTF8N(destination->Buffer, size, &written, source->Buffer,
				  source->Length);
	destination->Length = (USHORT)written;
	destination->Buffer[written] = '\0';
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
						  PCANSI_STRING SourceString,
						  BOOLEAN AllocateDestinationString)
{
	return to_wide(DestinationString, SourceString, AllocateDestinationString,
		       POOL_FRAME_KEPT());
}

BASE_EXPORT NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString,
						  PCUTF8_STRING SourceString,
						  BOOLEAN AllocateDestinationString)
{
	return to_wide(DestinationString, SourceString, AllocateDestinationString,
		       POOL_FRAME_KEPT());
}

BASE_EXPORT NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString,
						  PCUNICODE_STRING SourceString,
						  BOOLEAN AllocateDestinationString)
{
	return to_narrow(DestinationString, SourceString, AllocateDestinationString,
			 POOL_FRAME_KEPT());
}

BASE_EXPORT NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString,
						  PCUNICODE_STRING SourceString,
						  BOOLEAN AllocateDestinationString)
{
	return to_narrow(DestinationString, SourceString, AllocateDestinationString,
			 POOL_FRAME_KEPT());
}

/* --- numbers -------------------------------------------------------------------------------- */

/* The value of a digit in any base; 255: none. */
static unsigned digit_of(WCHAR character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'z')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'Z')
		return character - 'A' + 10;
	return 255;
}

static ULONG base_of_prefix(WCHAR letter)
{
	return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
}

BASE_EXPORT NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
	const WCHAR *at = String->Buffer, *end = at + String->Length / sizeof(WCHAR);
	ULONG value = 0;
	int negative = 0;

	if (String->Length == 0 ||
	    (Base != 0 && Base != 2 && Base != 8 && Base != 10 && Base != 16))
		return STATUS_INVALID_PARAMETER;
	while (at < end && *at <= ' ')
		at++;
	if (at < end && (*at == '-' || *at == '+'))
		negative = *at++ == '-';
	if (Base == 0) {
		Base = 10;
		if (end - at >= 2 && at[0] == '0' && base_of_prefix(at[1]) != 0) {
			Base = base_of_prefix(at[1]);
			at += 2;
		}
	}
	for (; at < end && digit_of(*at) < Base; at++)
		value = value * Base + digit_of(*at);
	*Value = negative ? 0 - value : value;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
	WCHAR digits[64];
	ULONG count = 0;

	if (Base == 0)
		Base = 10;
	if (Base != 2 && Base != 8 && Base != 10 && Base != 16)
		return STATUS_INVALID_PARAMETER;
	do {
		digits[BASE_ARRAY_SIZE(digits) - ++count] =
			(WCHAR) "0123456789ABCDEF"[Value % Base];
		Value /= Base;
	} while (Value != 0);
	if (count * sizeof(WCHAR) > String->MaximumLength)
		return STATUS_BUFFER_OVERFLOW;
	memcpy(String->Buffer, digits + BASE_ARRAY_SIZE(digits) - count, count * sizeof(WCHAR));
	String->Length = (USHORT)(count * sizeof(WCHAR));
	if (String->Length + sizeof(WCHAR) <= String->MaximumLength)
		String->Buffer[count] = 0;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
	return RtlInt64ToUnicodeString(Value, Base, String);
}

/* --- GUIDs ---------------------------------------------------------------------------------- */

/* {00112233-4455-6677-8899-AABBCCDDEEFF}: the order in which a GUID's bytes are written. */
static const char guid_shape[] = "{33221100-5544-7766-8899-AABBCCDDEEFF}";
#define GUID_CHARACTERS (sizeof(guid_shape) - 1)

/* Which byte the two digits at `i` of the shape stand for. */
static unsigned guid_byte_at(size_t i)
{
	return digit_of((WCHAR)guid_shape[i]);
}

static int is_guid_digit(size_t i)
{
	return guid_byte_at(i) < 16;
}

BASE_EXPORT NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	const uint8_t *bytes = (const uint8_t *)Guid;
	const size_t size = (GUID_CHARACTERS + 1) * sizeof(WCHAR);
	WCHAR *text = kernel_block_take(size, KERNEL_STRING_TAG, HEAP_POOL_PAGED, frame);

	if (text == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < GUID_CHARACTERS; i++) {
		text[i] = (WCHAR)guid_shape[i];
		if (!is_guid_digit(i))
			continue;
		text[i] = (WCHAR) "0123456789ABCDEF"[bytes[guid_byte_at(i)] >> 4];
		i++;
		text[i] = (WCHAR) "0123456789ABCDEF"[bytes[guid_byte_at(i)] & 15];
	}
	text[GUID_CHARACTERS] = 0;
	*GuidString = (UNICODE_STRING){.Length = (USHORT)(size - sizeof(WCHAR)),
				       .MaximumLength = (USHORT)size,
				       .Buffer = text};
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
	uint8_t bytes[sizeof(GUID)];

	if (GuidString->Length < GUID_CHARACTERS * sizeof(WCHAR))
		return STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < GUID_CHARACTERS; i++) {
		unsigned high = digit_of(GuidString->Buffer[i]), low;

		if (!is_guid_digit(i)) {
			if (GuidString->Buffer[i] != (WCHAR)guid_shape[i])
				return STATUS_INVALID_PARAMETER;
			continue;
		}
		low = digit_of(GuidString->Buffer[++i]);
		if (high > 15 || low > 15)
			return STATUS_INVALID_PARAMETER;
		bytes[guid_byte_at(i)] = (uint8_t)(high << 4 | low);
	}
	memcpy(Guid, bytes, sizeof(bytes));
	return STATUS_SUCCESS;
}
