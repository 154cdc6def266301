// SPDX-License-Identifier: BSD-2-Clause
/* rest.c - the forms of routines that other files test in their most usual form */
#include "ddk.h"
#include <ntifs.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>

#define TAG 'tseT'

/* --- ntstrsafe.h: all of one family, sizes counted in `unit` ---------------------------------- */

#define FAMILY(prefix, letter, unit, ch, T, equal)                                                 \
	static NTSTATUS prefix##v##letter(ch *room, size_t size, const ch *format, ...)            \
	{                                                                                          \
		va_list arguments;                                                                 \
		NTSTATUS status;                                                                   \
                                                                                                   \
		va_start(arguments, format);                                                       \
		status = prefix##VPrintf##letter(room, size, format, arguments);                   \
		va_end(arguments);                                                                 \
		return status;                                                                     \
	}                                                                                          \
	static void family_##prefix##letter(void)                                                  \
	{                                                                                          \
		ch room[8], *end;                                                                  \
		size_t size = 8 * (unit), rest, length;                                            \
                                                                                                   \
		ok(prefix##Copy##letter(room, size, T("abcdefg")) == STATUS_SUCCESS &&             \
			   prefix##Copy##letter(room, size, T("abcdefgh")) ==                      \
				   STATUS_BUFFER_OVERFLOW &&                                       \
			   equal(room, T("abcdefg")) == 0 &&                                       \
			   prefix##Copy##letter(room, 0, T("")) == STATUS_INVALID_PARAMETER,       \
		   #prefix "Copy" #letter);                                                        \
		ok(prefix##CopyN##letter(room, size, T("abcd"), 2 * (unit)) == STATUS_SUCCESS &&   \
			   equal(room, T("ab")) == 0,                                              \
		   #prefix "CopyN" #letter);                                                       \
		ok(prefix##Cat##letter(room, size, T("cd")) == STATUS_SUCCESS &&                   \
			   equal(room, T("abcd")) == 0 &&                                          \
			   prefix##CatN##letter(room, size, T("efgh"), 1 * (unit)) ==              \
				   STATUS_SUCCESS &&                                               \
			   equal(room, T("abcde")) == 0 &&                                         \
			   prefix##Cat##letter(room, size, T("fghi")) == STATUS_BUFFER_OVERFLOW && \
			   equal(room, T("abcdefg")) == 0,                                         \
		   #prefix "Cat" #letter ", " #prefix "CatN" #letter);                             \
		ok(prefix##Length##letter(room, size, &length) == STATUS_SUCCESS &&                \
			   length == 7 * (unit) &&                                                 \
			   prefix##Length##letter(room, 7 * (unit), &length) ==                    \
				   STATUS_INVALID_PARAMETER,                                       \
		   #prefix "Length" #letter);                                                      \
		ok(prefix##CopyEx##letter(room, size, T("xy"), &end, &rest, 0) ==                  \
				   STATUS_SUCCESS &&                                               \
			   end == room + 2 && rest == 6 * (unit) &&                                \
			   prefix##CopyEx##letter(room, size, NULL, NULL, NULL,                    \
						  STRSAFE_IGNORE_NULLS) == STATUS_SUCCESS &&       \
			   room[0] == 0,                                                           \
		   #prefix "CopyEx" #letter);                                                      \
		room[0] = 'a';                                                                     \
		room[1] = 0;                                                                       \
		ok(prefix##CatEx##letter(room, size, T("bc"), &end, &rest,                         \
					 STRSAFE_FILL_BYTE(0x20)) == STATUS_SUCCESS &&             \
			   end == room + 3 && rest == 5 * (unit) &&                                \
			   ((const char *)room)[sizeof(room) - 1] == 0x20,                         \
		   #prefix "CatEx" #letter ", fills behind the NUL");                              \
		ok(prefix##Printf##letter(room, size, T("%d"), 42) == STATUS_SUCCESS &&            \
			   equal(room, T("42")) == 0 &&                                            \
			   prefix##v##letter(room, size, T("%08d!"), 1) ==                         \
				   STATUS_BUFFER_OVERFLOW &&                                       \
			   equal(room, T("0000000")) == 0,                                         \
		   #prefix "Printf" #letter ", " #prefix "VPrintf" #letter);                       \
		ok(prefix##PrintfEx##letter(room, size, &end, &rest, STRSAFE_NULL_ON_FAILURE,      \
					    T("%09d"), 1) == STATUS_BUFFER_OVERFLOW &&             \
			   room[0] == 0 && end == room && rest == size,                            \
		   #prefix "PrintfEx" #letter ", STRSAFE_NULL_ON_FAILURE");                        \
	}

#define NARROW(text) text
#define WIDE(text)   L##text

FAMILY(RtlStringCb, A, sizeof(CHAR), CHAR, NARROW, strcmp)
FAMILY(RtlStringCch, A, 1, CHAR, NARROW, strcmp)
FAMILY(RtlStringCb, W, sizeof(WCHAR), WCHAR, WIDE, wcscmp)
FAMILY(RtlStringCch, W, 1, WCHAR, WIDE, wcscmp)

static NTSTATUS print_counted(PUNICODE_STRING string, PCWSTR format, ...)
{
	va_list arguments;
	NTSTATUS status;

	va_start(arguments, format);
	status = RtlUnicodeStringVPrintf(string, format, arguments);
	va_end(arguments);
	return status;
}

static void counted_strsafe(void)
{
	WCHAR room[4];
	UNICODE_STRING string = {0, sizeof(room), room}, source = RTL_CONSTANT_STRING(L"xyz");

	is_status(RtlUnicodeStringCopy(&string, &source), STATUS_SUCCESS, "RtlUnicodeStringCopy");
	is_unicode(&string, L"xyz", "...");
	RtlUnicodeStringCchCopyStringN(&string, L"abcd", 2);
	is_unicode(&string, L"ab", "RtlUnicodeStringCchCopyStringN");
	RtlUnicodeStringCbCopyStringN(&string, L"abcd", 6);
	is_unicode(&string, L"abc", "RtlUnicodeStringCbCopyStringN");
	is_status(print_counted(&string, L"%d", 12345), STATUS_BUFFER_OVERFLOW,
		  "RtlUnicodeStringVPrintf");
	is_unicode(&string, L"1234", "...");
}

/* --- ntintsafe.h ------------------------------------------------------------------------------ */

/* What just fits, and what does not: the status, and all bits set. */
#define ARITHMETIC(name, type, high, low)                                                        \
	do {                                                                                     \
		type result = 0;                                                                 \
                                                                                                 \
		ok(Rtl##name##Add((high)-1, 1, &result) == STATUS_SUCCESS && result == (high) && \
			   Rtl##name##Add(high, 1, &result) == STATUS_INTEGER_OVERFLOW &&        \
			   result == (type) ~(type)0,                                            \
		   "Rtl" #name "Add");                                                           \
		ok(Rtl##name##Sub((low) + 1, 1, &result) == STATUS_SUCCESS && result == (low) && \
			   Rtl##name##Sub(low, 1, &result) == STATUS_INTEGER_OVERFLOW &&         \
			   result == (type) ~(type)0,                                            \
		   "Rtl" #name "Sub");                                                           \
		ok(Rtl##name##Mult((high) / 2, 2, &result) == STATUS_SUCCESS &&                  \
			   Rtl##name##Mult((high) / 2 + 1, 2, &result) ==                        \
				   STATUS_INTEGER_OVERFLOW &&                                    \
			   result == (type) ~(type)0,                                            \
		   "Rtl" #name "Mult");                                                          \
	} while (0)

static void arithmetic(void)
{
	ARITHMETIC(UShort, USHORT, 0xffff, 0);
	ARITHMETIC(Int, INT, MAXLONG, MINLONG);
	ARITHMETIC(Long, LONG, MAXLONG, MINLONG);
	ARITHMETIC(UInt, UINT, MAXULONG, 0u);
	ARITHMETIC(UInt32, UINT32, MAXULONG, 0u);
	ARITHMETIC(ULong, ULONG, MAXULONG, 0u);
	ARITHMETIC(ULongLong, ULONGLONG, MAXULONGLONG, 0ul);
	ARITHMETIC(UInt64, UINT64, MAXULONGLONG, 0ul);
	ARITHMETIC(SizeT, SIZE_T, MAXSIZE_T, 0ul);
	ARITHMETIC(ULongPtr, ULONG_PTR, MAXULONG_PTR, 0ul);
	ARITHMETIC(UIntPtr, UINT_PTR, MAXUINT_PTR, 0ul);
}

/* --- narrow counted strings ------------------------------------------------------------------- */

static void narrow_strings(void)
{
	CHAR room[6];
	STRING a, b, string = {0, sizeof(room), room};
	UTF8_STRING utf8 = {0, 0, NULL};
	UNICODE_STRING wide = {0, 0, NULL}, source = RTL_CONSTANT_STRING(L"\u00c4b");

	RtlInitString(&a, "Abc");
	RtlInitString(&b, "aBC");
	ok(a.Length == 3 && a.MaximumLength == 4, "RtlInitString");
	ok(RtlEqualString(&a, &b, TRUE) && !RtlEqualString(&a, &b, FALSE), "RtlEqualString");
	ok(RtlCompareString(&a, &b, FALSE) < 0 && RtlCompareString(&a, &b, TRUE) == 0,
	   "RtlCompareString");
	RtlInitString(&b, "ab");
	ok(RtlPrefixString(&b, &a, TRUE) && !RtlPrefixString(&b, &a, FALSE), "RtlPrefixString");
	RtlCopyString(&string, &a);
	is_status(RtlAppendStringToString(&string, &b), STATUS_SUCCESS, "RtlAppendStringToString");
	ok(string.Length == 5 && memcmp(room, "Abcab", 5) == 0, "RtlCopyString");
	is_status(RtlAppendStringToString(&string, &b), STATUS_BUFFER_TOO_SMALL,
		  "RtlAppendStringToString: STATUS_BUFFER_TOO_SMALL");
	ok(RtlUpperChar('z') == 'Z' && RtlUpperChar('[') == '[', "RtlUpperChar");
	RtlInitEmptyAnsiString(&string, room, sizeof(room));
	ok(string.Length == 0 && string.MaximumLength == 6, "RtlInitEmptyAnsiString");
	is_status(RtlUnicodeStringToUTF8String(&utf8, &source, TRUE), STATUS_SUCCESS,
		  "RtlUnicodeStringToUTF8String");
	ok(RtlUnicodeStringToAnsiSize(&source) == 4 && RtlxUnicodeStringToAnsiSize(&source) == 4 &&
		   RtlAnsiStringToUnicodeSize(&utf8) == 6 &&
		   RtlxAnsiStringToUnicodeSize(&utf8) == 6,
	   "RtlUnicodeStringToAnsiSize, RtlAnsiStringToUnicodeSize: with a NUL");
	is_status(RtlUTF8StringToUnicodeString(&wide, &utf8, TRUE), STATUS_SUCCESS,
		  "RtlUTF8StringToUnicodeString");
	ok(RtlEqualUnicodeString(&wide, &source, FALSE), "and back");
	RtlFreeUnicodeString(&wide);
	RtlFreeUTF8String(&utf8);
	is_status(RtlDowncaseUnicodeString(&wide, &source, TRUE), STATUS_SUCCESS,
		  "RtlDowncaseUnicodeString");
	is_unicode(&wide, L"\u00e4b", "...");
	RtlFreeUnicodeString(&wide);
	RtlInitUTF8String(&utf8, "x");
	ok(utf8.Length == 1, "RtlInitUTF8String");
	RtlCopyVolatileMemory(room, "volatil", 6);
	RtlPrefetchMemoryNonTemporal(room, 6);
	ok(memcmp(room, "volati", 6) == 0, "RtlCopyVolatileMemory, RtlPrefetchMemoryNonTemporal");
}

/* --- levels, locks, lists --------------------------------------------------------------------- */

static void levels(void)
{
	KLOCK_QUEUE_HANDLE handle;
	EX_PUSH_LOCK push;
	KSPIN_LOCK spin;
	KIRQL old = KfRaiseIrql(APC_LEVEL);

	ok(old == PASSIVE_LEVEL && KeRaiseIrqlToSynchLevel() == APC_LEVEL &&
		   KeGetCurrentIrql() > DISPATCH_LEVEL,
	   "KfRaiseIrql, KeRaiseIrqlToSynchLevel");
	KeLowerIrql(PASSIVE_LEVEL);
	KeInitializeSpinLock(&spin);
	old = KeAcquireSpinLockRaiseToDpc(&spin);
	KeReleaseSpinLock(&spin, old);
	KeRaiseIrqlToDpcLevel();
	KeAcquireInStackQueuedSpinLockAtDpcLevel(&spin, &handle);
	ok(!KeTestSpinLock(&spin), "KeAcquireInStackQueuedSpinLockAtDpcLevel");
	KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
	ok(KeTestSpinLock(&spin), "KeReleaseInStackQueuedSpinLockFromDpcLevel");
	KeLowerIrql(PASSIVE_LEVEL);
	KeEnterGuardedRegion();
	ok(KeAreAllApcsDisabled(), "KeEnterGuardedRegion");
	KeLeaveGuardedRegion();
	ok(!KeAreAllApcsDisabled(), "KeLeaveGuardedRegion");
	ExInitializePushLock(&push);
	KeEnterCriticalRegion();
	ExAcquirePushLockExclusiveEx(&push, EX_DEFAULT_PUSH_LOCK_FLAGS);
	ok(push != 0, "ExAcquirePushLockExclusiveEx");
	ExReleasePushLockExclusiveEx(&push, EX_DEFAULT_PUSH_LOCK_FLAGS);
	ExAcquirePushLockSharedEx(&push, EX_DEFAULT_PUSH_LOCK_FLAGS);
	ExReleasePushLockSharedEx(&push, EX_DEFAULT_PUSH_LOCK_FLAGS);
	KeLeaveCriticalRegion();
	ok(push == 0, "ExReleasePushLockExclusiveEx, ExReleasePushLockSharedEx");
	KeMemoryBarrier();
	ok(KeGetCurrentProcessorNumber() < KeQueryMaximumProcessorCountEx(0) &&
		   IoGetCurrentProcess() == PsGetCurrentProcess(),
	   "KeGetCurrentProcessorNumber, IoGetCurrentProcess");
}

static void lists(void)
{
	LIST_ENTRY head, others, a, b;
	SLIST_HEADER sequenced;
	SLIST_ENTRY entry;
	LARGE_INTEGER statistic;
	LONG64 wide = 5, wider = 9, five = 5;
	ULONG number = 7;

	InitializeListHead(&head);
	InitializeListHead(&others);
	InsertTailList(&head, &a);
	InsertTailList(&others, &b);
	RemoveEntryList(&others);
	AppendTailList(&head, &b);
	ok(head.Blink == &b && a.Flink == &b && b.Flink == &head, "AppendTailList");
	ExInitializeSListHead(&sequenced);
	ExInterlockedPushEntrySList(&sequenced, &entry, NULL);
	ok(QueryDepthSList(&sequenced) == 1 &&
		   ExInterlockedPopEntrySList(&sequenced, NULL) == &entry,
	   "ExInterlockedPushEntrySList, ExInterlockedPopEntrySList, QueryDepthSList");
	ok(ExInterlockedFlushSList(&sequenced) == NULL, "ExInterlockedFlushSList");
	statistic.QuadPart = 0xffffffff;
	ExInterlockedAddLargeStatistic(&statistic, 1);
	ok(statistic.QuadPart == 0x100000000, "ExInterlockedAddLargeStatistic");
	ok(ExInterlockedAddUlong(&number, 3, NULL) == 7 && number == 10, "ExInterlockedAddUlong");
	ok(ExInterlockedCompareExchange64(&wide, &wider, &five, NULL) == 5 && wide == 9,
	   "ExInterlockedCompareExchange64");
}

/* --- memory ------------------------------------------------------------------------------------ */

static void memory(void)
{
	union {
		MDL mdl;
		UCHAR room[200];
	} own;

	PVOID block = ExAllocatePoolPriorityUninitialized(NonPagedPoolNx, 30, TAG, LowPoolPriority);
	HANDLE section;
	LARGE_INTEGER size;
	PVOID object = NULL;

	ok(block != NULL, "ExAllocatePoolPriorityUninitialized");
	ok(PAGE_ALIGN((ULONG_PTR)0x12345) == (PVOID)0x12000, "PAGE_ALIGN");
	MmInitializeMdl(&own.mdl, block, 30);
	MmBuildMdlForNonPagedPool(&own.mdl);
	ok(MmGetSystemAddressForMdlSafe(&own.mdl, NormalPagePriority) == block,
	   "MmInitializeMdl: an MDL in the driver's own memory");
	ExFreePoolWithTag(block, TAG);
	is_status(RAISED(block = FsRtlAllocatePoolWithTag(PagedPool, 30, TAG)), STATUS_SUCCESS,
		  "FsRtlAllocatePoolWithTag");
	ExFreePoolWithTag(block, TAG);
	is_status(RAISED(block = FsRtlAllocatePoolWithTag(PagedPool, (SIZE_T)1 << 60, TAG)),
		  STATUS_INSUFFICIENT_RESOURCES, "FsRtlAllocatePoolWithTag raises");
	ok((ULONG_PTR)MmHighestUserAddress + 1 == MmUserProbeAddress &&
		   (ULONG_PTR)MmSystemRangeStart > MmUserProbeAddress,
	   "MmHighestUserAddress, MmSystemRangeStart");
	size.QuadPart = 1;
	ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
			NULL);
	ObReferenceObjectByHandle(section, 0, NULL, KernelMode, &object, NULL);
	ok(ObReferenceObject(object) == 3 && ObfReferenceObject(object) == 4 &&
		   ObfDereferenceObject(object) == 3 && ObDereferenceObject(object) == 2,
	   "ObReferenceObject, ObDereferenceObject");
	ZwClose(section);
	ok(ObDereferenceObject(object) == 0, "the last one frees it");
}

/* --- debugging --------------------------------------------------------------------------------- */

static void assertion_with_message(void)
{
	ASSERTMSG("the driver's message", 1 == 2);
}

static void not_true(void)
{
	NT_ASSERT(FALSE);
}

static ULONG print_with_prefix(PCSTR format, ...)
{
	va_list arguments, again;
	ULONG status;

	va_start(arguments, format);
	va_copy(again, arguments);
	status = vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, format, arguments) |
		 vDbgPrintExWithPrefix("# ", DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, format, again);
	va_end(again);
	va_end(arguments);
	return status;
}

static int ends_by(void (*function)(void), int number)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		function();
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == number;
}

static void break_with_status(void)
{
	DbgBreakPointWithStatus(1);
}

static void debugging(void)
{
	EXCEPTION_RECORD record;

	RtlZeroMemory(&record, sizeof(record));
	record.ExceptionCode = STATUS_TIMEOUT;
	is_status(RAISED(RtlRaiseException(&record)), STATUS_TIMEOUT, "RtlRaiseException");
	bugcheck_like(
		assertion_with_message,
		"KMODE_EXCEPTION_NOT_HANDLED (0x1E, 0xC0000420, @, 0x0, 0x0): assertion failed: "
		"the driver's message: 1 == 2, ~rest.c:~",
		"ASSERTMSG");
	bugcheck_like(
		not_true,
		"KMODE_EXCEPTION_NOT_HANDLED (0x1E, 0xC0000420, @, 0x0, 0x0): assertion failed: "
		"~, ~rest.c:~",
		"NT_ASSERT");
	ok(print_with_prefix("one line, once: %d\n", 1) == 0, "vDbgPrintEx, vDbgPrintExWithPrefix");
	ok(ends_by(DbgBreakPoint, SIGILL) && ends_by(break_with_status, SIGILL),
	   "DbgBreakPoint, DbgBreakPointWithStatus");
}

int main(void)
{
	family_RtlStringCbA();
	family_RtlStringCchA();
	family_RtlStringCbW();
	family_RtlStringCchW();
	counted_strsafe();
	arithmetic();
	narrow_strings();
	levels();
	lists();
	memory();
	debugging();
	return done();
}
