/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtl.h - the run-time library: memory, counted strings, conversions, bitmaps
 *
 * "ANSI" is UTF-8 here. Upper and lower case are those of Latin, Greek, Cyrillic, Armenian and
 * full-width letters. Strings the system allocates are paged pool, tag Strg.
 */
#ifndef POOLTAG_DDK_RTL_H
#define POOLTAG_DDK_RTL_H

#pragma GCC system_header

#include "types.h"

EXTERN_C_START

/* --- memory --------------------------------------------------------------------------------- */

#define RtlEqualMemory(a, b, n)            (!memcmp((a), (b), (n)))
#define RtlMoveMemory(d, s, n)             ((void)memmove((d), (s), (n)))
#define RtlCopyMemory(d, s, n)             PooltagCopyMemory((d), (s), (n))
#define RtlCopyBytes                       RtlCopyMemory
#define RtlFillMemory(d, n, b)             ((void)memset((d), (b), (n)))
#define RtlFillBytes                       RtlFillMemory
#define RtlZeroMemory(d, n)                ((void)memset((d), 0, (n)))
#define RtlZeroBytes                       RtlZeroMemory
#define RtlCopyVolatileMemory(d, s, n)     ((void)memcpy((void *)(d), (const void *)(s), (n)))
#define RtlMoveVolatileMemory(d, s, n)     ((void)memmove((void *)(d), (const void *)(s), (n)))
#define RtlSetVolatileMemory(d, b, n)      ((void)memset((void *)(d), (b), (n)))
#define RtlCopyDeviceMemory                RtlCopyVolatileMemory
#define RtlPrefetchMemoryNonTemporal(p, n) ((void)(p), (void)(n))

/* A bug check when driver_verifier=1. */
void PooltagCopyOverlap(const void *Destination, const void *Source, SIZE_T Length);

static __forceinline void PooltagCopyMemory(void *Destination, const void *Source, SIZE_T Length)
{
	if (((ULONG_PTR)Destination - (ULONG_PTR)Source < Length ||
	     (ULONG_PTR)Source - (ULONG_PTR)Destination < Length) &&
	    Destination != Source)
		PooltagCopyOverlap(Destination, Source, Length);
	memcpy(Destination, Source, Length);
}

/* Bytes that are equal from the start. */
SIZE_T RtlCompareMemory(const void *Source1, const void *Source2, SIZE_T Length);
void RtlCopyMemoryNonTemporal(void *Destination, const void *Source, SIZE_T Length);
void RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern);

static inline PVOID RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
	memset(ptr, 0, cnt);
	__asm__ volatile("" : : "r"(ptr) : "memory");
	return ptr;
}

/* --- counted strings ------------------------------------------------------------------------ */

#ifdef __cplusplus
extern "C++" {
template <class T> constexpr T *PooltagUnconst(const T *pointer)
{
	return const_cast<T *>(pointer);
}
}
#	define RTL_CONSTANT_STRING(s)                                           \
		{                                                                \
			sizeof(s) - sizeof((s)[0]), sizeof(s), PooltagUnconst(s) \
		}
#else
#	define RTL_CONSTANT_STRING(s)                                                  \
		{                                                                       \
			sizeof(s) - sizeof((s)[0]), sizeof(s), (__typeof__(&(s)[0]))(s) \
		}
#endif
#define DECLARE_CONST_UNICODE_STRING(name, text)                                        \
	static const WCHAR name##_buffer[] = text;                                      \
	static const UNICODE_STRING name = {sizeof(text) - sizeof(WCHAR), sizeof(text), \
					    (PWCH)name##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(name, text) \
	extern const UNICODE_STRING name;               \
	const UNICODE_STRING name = {sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)text}
#define DECLARE_UNICODE_STRING_SIZE(name, characters) \
	WCHAR name##_buffer[characters];              \
	UNICODE_STRING name = {0, (characters) * sizeof(WCHAR), name##_buffer}
#define RtlInitEmptyUnicodeString(s, buffer, size) \
	((s)->Buffer = (buffer), (s)->Length = 0, (void)((s)->MaximumLength = (USHORT)(size)))
#define RtlInitEmptyAnsiString RtlInitEmptyUnicodeString

void RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
void RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString);
void RtlInitString(PSTRING DestinationString, PCSZ SourceString);
void RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString);
NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString);

void RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
void RtlCopyString(PSTRING DestinationString, const STRING *SourceString);
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING *Source);

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			     BOOLEAN CaseInSensitive);
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			      BOOLEAN CaseInSensitive);
BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			       BOOLEAN CaseInSensitive);
BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			       BOOLEAN CaseInSensitive);
LONG RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
BOOLEAN RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
CHAR RtlUpperChar(CHAR Character);
WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter);
WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter);
NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
				BOOLEAN AllocateDestinationString);
NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
				  BOOLEAN AllocateDestinationString);
NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
			      PULONG HashValue);
#define HASH_STRING_ALGORITHM_DEFAULT                     0
#define HASH_STRING_ALGORITHM_X65599                      1

#define RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE       0x1
#define RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING 0x2
NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn,
				   PUNICODE_STRING StringOut);
BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
void RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
void RtlFreeAnsiString(PANSI_STRING AnsiString);
void RtlFreeUTF8String(PUTF8_STRING Utf8String);

/* --- conversions ---------------------------------------------------------------------------- */

ULONG RtlxAnsiStringToUnicodeSize(const STRING *AnsiString);
ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString);
#define RtlAnsiStringToUnicodeSize RtlxAnsiStringToUnicodeSize
#define RtlUnicodeStringToAnsiSize RtlxUnicodeStringToAnsiSize
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
				      BOOLEAN AllocateDestinationString);
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
				      BOOLEAN AllocateDestinationString);
NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PCUTF8_STRING SourceString,
				      BOOLEAN AllocateDestinationString);
NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
				      BOOLEAN AllocateDestinationString);
NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
			   PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource,
			   ULONG UTF8StringByteCount);
NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
			   PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
			   ULONG UnicodeStringByteCount);
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString);
NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid);

/* libc's wide functions are of 32-bit characters; these names lead to ours. */
size_t wcslen(const wchar_t *string) __asm__("PooltagWcslen");
size_t wcsnlen(const wchar_t *string, size_t most) __asm__("PooltagWcsnlen");
int wcscmp(const wchar_t *a, const wchar_t *b) __asm__("PooltagWcscmp");
int wcsncmp(const wchar_t *a, const wchar_t *b, size_t most) __asm__("PooltagWcsncmp");
int _wcsicmp(const wchar_t *a, const wchar_t *b);
int _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t most);
wchar_t *wcscpy(wchar_t *destination, const wchar_t *source) __asm__("PooltagWcscpy");
wchar_t *wcsncpy(wchar_t *destination, const wchar_t *source,
		 size_t most) __asm__("PooltagWcsncpy");
wchar_t *wcscat(wchar_t *destination, const wchar_t *source) __asm__("PooltagWcscat");
#ifdef __cplusplus
extern "C++" {
const wchar_t *wcschr(const wchar_t *string, wchar_t character) __asm__("PooltagWcschr");
const wchar_t *wcsrchr(const wchar_t *string, wchar_t character) __asm__("PooltagWcsrchr");
const wchar_t *wcsstr(const wchar_t *string, const wchar_t *part) __asm__("PooltagWcsstr");
}
#else
wchar_t *wcschr(const wchar_t *string, wchar_t character) __asm__("PooltagWcschr");
wchar_t *wcsrchr(const wchar_t *string, wchar_t character) __asm__("PooltagWcsrchr");
wchar_t *wcsstr(const wchar_t *string, const wchar_t *part) __asm__("PooltagWcsstr");
#endif
int _stricmp(const char *a, const char *b);
int _strnicmp(const char *a, const char *b, size_t most);

/* --- bitmaps -------------------------------------------------------------------------------- */

typedef struct _RTL_BITMAP {
	ULONG SizeOfBitMap;
	PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;

void RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap);
void RtlClearAllBits(PRTL_BITMAP BitMapHeader);
void RtlSetAllBits(PRTL_BITMAP BitMapHeader);
void RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
void RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
void RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear);
void RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet);
BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
/* The first of `NumberToFind` bits in a row, looked for from the hint on, then from 0; or -1. */
ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader);
ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader);
#define RtlCheckBit(header, bit) ((((header)->Buffer[(bit) / 32]) >> ((bit) % 32)) & 1)

EXTERN_C_END

#endif
