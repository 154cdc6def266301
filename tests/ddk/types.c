// SPDX-License-Identifier: BSD-2-Clause
/* types.c - sizes, codes, macros: what a driver's layout depends on */
#include "ddk.h"
#include <ntifs.h>
#include <ntintsafe.h>

C_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4 && sizeof(INT) == 4 && sizeof(NTSTATUS) == 4);
C_ASSERT(sizeof(WCHAR) == 2 && sizeof(L"ab") == 6 && L'\xffff' == 0xffff);
C_ASSERT(sizeof(LONGLONG) == 8 && sizeof(ULONG_PTR) == 8 && sizeof(SIZE_T) == 8);
C_ASSERT(sizeof(PVOID) == 8 && sizeof(HANDLE) == 8 && sizeof(KAFFINITY) == 8);
C_ASSERT(sizeof(BOOLEAN) == 1 && sizeof(KIRQL) == 1 && sizeof(__int64) == 8);
C_ASSERT(sizeof(UNICODE_STRING) == 16 && FIELD_OFFSET(UNICODE_STRING, Buffer) == 8);
C_ASSERT(sizeof(LIST_ENTRY) == 16 && sizeof(SLIST_HEADER) == 16 && sizeof(SLIST_ENTRY) == 16);
C_ASSERT(sizeof(LARGE_INTEGER) == 8 && sizeof(GUID) == 16 && sizeof(KSPIN_LOCK) == 8);
C_ASSERT('abcD' == 0x61626344 && STATUS_ACCESS_VIOLATION == (NTSTATUS)0xC0000005);

typedef struct DECLSPEC_ALIGN(64) _ALIGNED {
	__declspec(align(16)) CHAR First;
	LIST_ENTRY Link;
} ALIGNED;

C_ASSERT(sizeof(ALIGNED) == 64);

static __declspec(noinline) _Success_(return != 0) ULONG
	__stdcall annotated(_In_ PVOID Pointer, _Out_writes_bytes_(Length) PUCHAR Buffer,
			    IN ULONG Length)
{
	UNREFERENCED_PARAMETER(Pointer);
	Buffer[0] = (UCHAR)Length;
	return Length;
}

static void lists(void)
{
	ALIGNED items[3];
	LIST_ENTRY head;
	SINGLE_LIST_ENTRY single = {NULL}, entries[2];
	int order = 0;

	InitializeListHead(&head);
	ok(IsListEmpty(&head), "InitializeListHead, IsListEmpty");
	InsertTailList(&head, &items[1].Link);
	InsertTailList(&head, &items[2].Link);
	InsertHeadList(&head, &items[0].Link);
	for (PLIST_ENTRY at = head.Flink; at != &head; at = at->Flink)
		order = order * 10 + (int)(CONTAINING_RECORD(at, ALIGNED, Link) - items);
	ok(order == 12, "InsertTailList, InsertHeadList, CONTAINING_RECORD");
	ok(!RemoveEntryList(&items[1].Link), "RemoveEntryList: not empty yet");
	ok(RemoveHeadList(&head) == &items[0].Link && RemoveTailList(&head) == &items[2].Link &&
		   IsListEmpty(&head),
	   "RemoveHeadList, RemoveTailList");
	PushEntryList(&single, &entries[0]);
	PushEntryList(&single, &entries[1]);
	ok(PopEntryList(&single) == &entries[1] && PopEntryList(&single) == &entries[0] &&
		   PopEntryList(&single) == NULL,
	   "PushEntryList, PopEntryList: last in, first out");
}

static void remove_twice(void)
{
	LIST_ENTRY head, entry, other;

	InitializeListHead(&head);
	InsertTailList(&head, &entry);
	InsertTailList(&head, &other);
	RemoveEntryList(&entry);
	RemoveEntryList(&entry);
}

static void sequenced(void)
{
	SLIST_HEADER head;
	SLIST_ENTRY entries[3];

	InitializeSListHead(&head);
	ok(InterlockedPopEntrySList(&head) == NULL && ExQueryDepthSList(&head) == 0,
	   "InitializeSListHead");
	for (int i = 0; i < 3; i++)
		InterlockedPushEntrySList(&head, &entries[i]);
	ok(ExQueryDepthSList(&head) == 3 && RtlFirstEntrySList(&head) == &entries[2],
	   "InterlockedPushEntrySList, ExQueryDepthSList, RtlFirstEntrySList");
	ok(InterlockedPopEntrySList(&head) == &entries[2], "InterlockedPopEntrySList");
	ok(InterlockedFlushSList(&head) == &entries[1] && ExQueryDepthSList(&head) == 0,
	   "InterlockedFlushSList");
}

static void interlocked(void)
{
	LONG value = 5;
	LONG64 wide = 1;
	PVOID pointer = &value;

	ok(InterlockedIncrement(&value) == 6 && InterlockedDecrement(&value) == 5,
	   "InterlockedIncrement, InterlockedDecrement: the new value");
	ok(InterlockedExchange(&value, 9) == 5 && InterlockedExchangeAdd(&value, 2) == 9 &&
		   InterlockedAdd(&value, 1) == 12,
	   "InterlockedExchange, InterlockedExchangeAdd: the old value; InterlockedAdd the new");
	ok(InterlockedCompareExchange(&value, 1, 0) == 12 && value == 12 &&
		   InterlockedCompareExchange(&value, 1, 12) == 12 && value == 1,
	   "InterlockedCompareExchange");
	ok(InterlockedOr(&value, 6) == 1 && InterlockedAnd(&value, 3) == 7 &&
		   InterlockedXor(&value, 1) == 3 && value == 2,
	   "InterlockedOr, InterlockedAnd, InterlockedXor: the old value");
	ok(InterlockedExchange64(&wide, 1L << 40) == 1 &&
		   InterlockedIncrement64(&wide) == (1L << 40) + 1,
	   "InterlockedExchange64, InterlockedIncrement64");
	ok(InterlockedExchangePointer(&pointer, &wide) == &value &&
		   InterlockedCompareExchangePointer(&pointer, NULL, &wide) == &wide &&
		   pointer == NULL,
	   "InterlockedExchangePointer, InterlockedCompareExchangePointer");
	ok(!InterlockedBitTestAndSet(&value, 4) && value == 18 &&
		   InterlockedBitTestAndReset(&value, 1) && value == 16,
	   "InterlockedBitTestAndSet, InterlockedBitTestAndReset");
}

static void safe_arithmetic(void)
{
	ULONG u;
	LONG l;
	SIZE_T s;
	USHORT w;
	UCHAR c;

	ok(RtlULongAdd(1, 2, &u) == STATUS_SUCCESS && u == 3, "RtlULongAdd");
	ok(RtlULongAdd(MAXULONG, 1, &u) == STATUS_INTEGER_OVERFLOW && u == ULONG_ERROR,
	   "RtlULongAdd: STATUS_INTEGER_OVERFLOW, and the error value");
	ok(RtlULongSub(1, 2, &u) == STATUS_INTEGER_OVERFLOW, "RtlULongSub");
	ok(RtlULongMult(65536, 65536, &u) == STATUS_INTEGER_OVERFLOW &&
		   RtlULongMult(3, 4, &u) == STATUS_SUCCESS && u == 12,
	   "RtlULongMult");
	ok(RtlSizeTAdd(MAXSIZE_T, 1, &s) == STATUS_INTEGER_OVERFLOW &&
		   RtlSizeTMult(1UL << 33, 1UL << 33, &s) == STATUS_INTEGER_OVERFLOW,
	   "RtlSizeTAdd, RtlSizeTMult");
	ok(RtlLongAdd(MAXLONG, 1, &l) == STATUS_INTEGER_OVERFLOW, "RtlLongAdd");
	ok(RtlUInt32Add(1, 1, &u) == STATUS_SUCCESS && u == 2, "RtlUInt32Add");
	ok(RtlSizeTToULong(1UL << 32, &u) == STATUS_INTEGER_OVERFLOW &&
		   RtlSizeTToULong(7, &u) == STATUS_SUCCESS && u == 7,
	   "RtlSizeTToULong");
	ok(RtlULongToUShort(65536, &w) == STATUS_INTEGER_OVERFLOW && w == USHORT_ERROR &&
		   RtlLongToULong(-1, &u) == STATUS_INTEGER_OVERFLOW &&
		   RtlULongToUChar(255, &c) == STATUS_SUCCESS && c == 255,
	   "RtlULongToUShort, RtlLongToULong, RtlULongToUChar");
}

static void macros(void)
{
	UCHAR buffer[4];

	ok(annotated(NULL, buffer, 3) == 3, "annotations say nothing");
	ok(NT_SUCCESS(STATUS_PENDING) && !NT_SUCCESS(STATUS_NO_MEMORY) &&
		   NT_ERROR(STATUS_NO_MEMORY) && NT_WARNING(STATUS_BUFFER_OVERFLOW) &&
		   NT_INFORMATION(STATUS_OBJECT_NAME_EXISTS),
	   "NT_SUCCESS, NT_ERROR, NT_WARNING, NT_INFORMATION");
	ok(ADDRESS_AND_SIZE_TO_SPAN_PAGES(0xfff, 2) == 2 &&
		   ADDRESS_AND_SIZE_TO_SPAN_PAGES(0x1000, 0x1000) == 1 &&
		   ADDRESS_AND_SIZE_TO_SPAN_PAGES(0x1000, 0) == 0,
	   "ADDRESS_AND_SIZE_TO_SPAN_PAGES");
	ok(BYTES_TO_PAGES(4097) == 2 && ROUND_TO_PAGES(1) == 4096 && BYTE_OFFSET(0x1234) == 0x234,
	   "BYTES_TO_PAGES, ROUND_TO_PAGES, BYTE_OFFSET");
	ok(RTL_NUMBER_OF(buffer) == 4 && ARRAYSIZE(buffer) == 4, "RTL_NUMBER_OF, ARRAYSIZE");
}

static void raise_down(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeRaiseIrql(APC_LEVEL, &old);
}

static void lower_up(void)
{
	KeLowerIrql(DISPATCH_LEVEL);
}

static void paged_code(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	PAGED_CODE();
}

static void levels(void)
{
	KIRQL old = 77;

	ok(KeGetCurrentIrql() == PASSIVE_LEVEL, "KeGetCurrentIrql: PASSIVE_LEVEL at first");
	PAGED_CODE();
	KeRaiseIrql(APC_LEVEL, &old);
	ok(old == PASSIVE_LEVEL && KeGetCurrentIrql() == APC_LEVEL, "KeRaiseIrql");
	PAGED_CODE();
	ok(KeRaiseIrqlToDpcLevel() == APC_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL,
	   "KeRaiseIrqlToDpcLevel");
	KeLowerIrql(PASSIVE_LEVEL);
	ok(KeGetCurrentIrql() == PASSIVE_LEVEL, "KeLowerIrql");
	bugcheck_like(raise_down,
		      "IRQL_NOT_GREATER_OR_EQUAL (0x9, 0x1, 0x2, 0x0, @): KeRaiseIrql from IRQL 2 "
		      "(DISPATCH_LEVEL) to IRQL 1 (APC_LEVEL), called by ~",
		      "KeRaiseIrql to a lower level");
	bugcheck_like(lower_up,
		      "IRQL_NOT_LESS_OR_EQUAL (0xA, 0x2, 0x0, 0x0, @): KeLowerIrql from IRQL 0 "
		      "(PASSIVE_LEVEL) to IRQL 2 (DISPATCH_LEVEL), called by ~",
		      "KeLowerIrql to a higher level");
	bugcheck_like(paged_code,
		      "DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1, @, 0x2, 0x8, @): PAGED_CODE at IRQL 2 "
		      "(DISPATCH_LEVEL), called by ~",
		      "PAGED_CODE at DISPATCH_LEVEL");
}

static void bug_check_ex(void)
{
	KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 0x22, 0x333, 0x7ffffffffffffffful);
}

static void bug_check(void)
{
	KeBugCheck(0x12345);
}

static void assertion(void)
{
	int one = 1;

	ASSERT(one == 2);
}

static void assertions_hold(void)
{
	volatile int one = 1;

	ASSERT(one == 1);
	ASSERTMSG("not said", one == 1);
	NT_ASSERT(one == 1);
	NT_VERIFY(one == 1);
	ok(1, "ASSERT, ASSERTMSG, NT_ASSERT, NT_VERIFY of what is true");
}

static void unhandled(void)
{
	ExRaiseStatus(STATUS_NO_MEMORY);
}

static int go_on(void)
{
	return EXCEPTION_CONTINUE_EXECUTION;
}

static void continued(void)
{
	__try {
		ExRaiseStatus(STATUS_NO_MEMORY);
	} __except (go_on()) {
	}
}

static void bug_checks(void)
{
	assertions_hold();
	bugcheck_like(bug_check_ex,
		      "MANUALLY_INITIATED_CRASH (0xE2, 0x1, 0x22, 0x333, 0x7FFFFFFFFFFFFFFF): "
		      "KeBugCheckEx, called by ~",
		      "KeBugCheckEx");
	bugcheck_like(bug_check, "BUG_CHECK (0x12345, 0x0, 0x0, 0x0, 0x0): KeBugCheck, called by ~",
		      "KeBugCheck");
	bugcheck_like(
		assertion,
		"KMODE_EXCEPTION_NOT_HANDLED (0x1E, 0xC0000420, @, 0x0, 0x0): assertion failed: "
		"one == 2, ~types.c:~",
		"ASSERT, RtlAssert");
	bugcheck_like(
		remove_twice,
		"KERNEL_SECURITY_CHECK_FAILURE (0x139, 0x3, @, 0x0, 0x0): the neighbours of "
		"LIST_ENTRY @ do not point back to it: removed twice, or overwritten, called by ~",
		"RemoveEntryList twice");
	bugcheck_like(unhandled,
		      "KMODE_EXCEPTION_NOT_HANDLED (0x1E, 0xC0000017, @, 0x0, 0x0): exception "
		      "0xc0000017 reached no __except block that takes it, called by ~",
		      "ExRaiseStatus outside of __try");
	bugcheck_like(
		continued,
		"KMODE_EXCEPTION_NOT_HANDLED (0x1E, 0xC0000025, @, 0x0, 0x0): a filter answers "
		"EXCEPTION_CONTINUE_EXECUTION, which cannot be done here, called by ~",
		"EXCEPTION_CONTINUE_EXECUTION");
	is_status(RAISED(ExRaiseAccessViolation()), STATUS_ACCESS_VIOLATION,
		  "ExRaiseAccessViolation");
	is_status(RAISED(ExRaiseDatatypeMisalignment()), STATUS_DATATYPE_MISALIGNMENT,
		  "ExRaiseDatatypeMisalignment");
}

int main(void)
{
	macros();
	lists();
	sequenced();
	interlocked();
	safe_arithmetic();
	levels();
	bug_checks();
	return done();
}
