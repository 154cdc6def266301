/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interlocked.h - atomic operations, barriers, and lists that need no lock of their own
 */
#ifndef POOLTAG_DDK_INTERLOCKED_H
#define POOLTAG_DDK_INTERLOCKED_H

#pragma GCC system_header

#include "list.h"

/* Every one is a full barrier. They yield the old value, Increment, Decrement and Add's the new. */
#define POOLTAG_INTERLOCKED(suffix, type)                                                        \
	static __forceinline type InterlockedIncrement##suffix(volatile type *Addend)            \
	{                                                                                        \
		return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);                          \
	}                                                                                        \
	static __forceinline type InterlockedDecrement##suffix(volatile type *Addend)            \
	{                                                                                        \
		return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);                          \
	}                                                                                        \
	static __forceinline type InterlockedExchangeAdd##suffix(volatile type *Addend,          \
								 type Value)                     \
	{                                                                                        \
		return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);                      \
	}                                                                                        \
	static __forceinline type InterlockedAdd##suffix(volatile type *Addend, type Value)      \
	{                                                                                        \
		return __atomic_add_fetch(Addend, Value, __ATOMIC_SEQ_CST);                      \
	}                                                                                        \
	static __forceinline type InterlockedExchange##suffix(volatile type *Target, type Value) \
	{                                                                                        \
		return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);                     \
	}                                                                                        \
	static __forceinline type InterlockedAnd##suffix(volatile type *Target, type Set)        \
	{                                                                                        \
		return __atomic_fetch_and(Target, Set, __ATOMIC_SEQ_CST);                        \
	}                                                                                        \
	static __forceinline type InterlockedOr##suffix(volatile type *Target, type Set)         \
	{                                                                                        \
		return __atomic_fetch_or(Target, Set, __ATOMIC_SEQ_CST);                         \
	}                                                                                        \
	static __forceinline type InterlockedXor##suffix(volatile type *Target, type Set)        \
	{                                                                                        \
		return __atomic_fetch_xor(Target, Set, __ATOMIC_SEQ_CST);                        \
	}                                                                                        \
	static __forceinline type InterlockedCompareExchange##suffix(                            \
		volatile type *Destination, type Exchange, type Comparand)                       \
	{                                                                                        \
		__atomic_compare_exchange_n(Destination, &Comparand, Exchange, 0,                \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                 \
		return Comparand;                                                                \
	}

POOLTAG_INTERLOCKED(, LONG)
POOLTAG_INTERLOCKED(64, LONG64)
POOLTAG_INTERLOCKED(16, SHORT)
POOLTAG_INTERLOCKED(8, CHAR)
#undef POOLTAG_INTERLOCKED

#define InterlockedIncrementAcquire       InterlockedIncrement
#define InterlockedIncrementNoFence       InterlockedIncrement
#define InterlockedIncrementRelease       InterlockedIncrement
#define InterlockedDecrementAcquire       InterlockedDecrement
#define InterlockedDecrementNoFence       InterlockedDecrement
#define InterlockedDecrementRelease       InterlockedDecrement
#define InterlockedAddNoFence             InterlockedAdd
#define InterlockedExchangeAcquire        InterlockedExchange
#define InterlockedExchangeNoFence        InterlockedExchange
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define InterlockedAddNoFence64           InterlockedAdd64
#define InterlockedIncrementNoFence64     InterlockedIncrement64
#define InterlockedDecrementNoFence64     InterlockedDecrement64
#define InterlockedExchangeNoFence64      InterlockedExchange64
#define InterlockedIncrementSizeT(p)      ((SIZE_T)InterlockedIncrement64((LONG64 *)(p)))
#define InterlockedDecrementSizeT(p)      ((SIZE_T)InterlockedDecrement64((LONG64 *)(p)))
#define InterlockedExchangeAddSizeT(p, v) \
	((SIZE_T)InterlockedExchangeAdd64((LONG64 *)(p), (LONG64)(v)))
#define InterlockedIncrementULong(p)           ((ULONG)InterlockedIncrement((LONG *)(p)))
#define InterlockedIncrementUlong              InterlockedIncrementULong
#define InterlockedDecrementULong(p)           ((ULONG)InterlockedDecrement((LONG *)(p)))
#define InterlockedDecrementUlong              InterlockedDecrementULong
#define ExInterlockedIncrementLong(p, lock)    InterlockedIncrement(p)
#define ExInterlockedDecrementLong(p, lock)    InterlockedDecrement(p)
#define ExInterlockedExchangeUlong(p, v, lock) ((ULONG)InterlockedExchange((LONG *)(p), (LONG)(v)))
#define ExInterlockedAddUlong(p, v, lock)      ((ULONG)InterlockedExchangeAdd((LONG *)(p), (LONG)(v)))
#define ExInterlockedAddLargeStatistic(p, v) \
	((void)InterlockedExchangeAdd64(&(p)->QuadPart, (LONG64)(ULONG)(v)))
#define ExInterlockedCompareExchange64(d, x, c, lock) InterlockedCompareExchange64((d), *(x), *(c))

static __forceinline PVOID PooltagExchangePointer(PVOID volatile *Target, PVOID Value)
{
	return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

static __forceinline PVOID PooltagCompareExchangePointer(PVOID volatile *Destination,
							 PVOID Exchange, PVOID Comparand)
{
	__atomic_compare_exchange_n(Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return Comparand;
}

#define InterlockedExchangePointer(t, v)  PooltagExchangePointer((PVOID volatile *)(t), (PVOID)(v))
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangePointer(d, x, c) \
	PooltagCompareExchangePointer((PVOID volatile *)(d), (PVOID)(x), (PVOID)(c))
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer

static __forceinline BOOLEAN InterlockedBitTestAndSet(LONG volatile *Base, LONG Bit)
{
	LONG old = __atomic_fetch_or(Base + (Bit >> 5), (LONG)(1u << (Bit & 31)), __ATOMIC_SEQ_CST);

	return (BOOLEAN)((ULONG)old >> (Bit & 31) & 1);
}

static __forceinline BOOLEAN InterlockedBitTestAndReset(LONG volatile *Base, LONG Bit)
{
	LONG old =
		__atomic_fetch_and(Base + (Bit >> 5), (LONG) ~(1u << (Bit & 31)), __ATOMIC_SEQ_CST);

	return (BOOLEAN)((ULONG)old >> (Bit & 31) & 1);
}

#define KeMemoryBarrier()             __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrierWithoutFence() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define MemoryBarrier()               __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define _ReadWriteBarrier()           __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier()                __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _WriteBarrier()               __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define YieldProcessor()              __builtin_ia32_pause()
#define ReadAcquire(p)                __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadNoFence(p)                __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadRaw(p)                    __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadAcquire64(p)              __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadNoFence64(p)              __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadULongAcquire(p)           __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadULongNoFence(p)           __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadULong64NoFence(p)         __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadPointerAcquire(p)         __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadPointerNoFence(p)         __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadUCharNoFence(p)           __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadBooleanNoFence(p)         __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteRelease(p, v)            __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteNoFence(p, v)            __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteRaw(p, v)                __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteRelease64(p, v)          __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteULongRelease(p, v)       __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteULongNoFence(p, v)       __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteULong64NoFence(p, v)     __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WritePointerRelease(p, v)     __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WritePointerNoFence(p, v)     __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteUCharNoFence(p, v)       __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteBooleanNoFence(p, v)     __atomic_store_n((p), (v), __ATOMIC_RELAXED)

/*
 * Sequenced lists. As on Windows the head is 16 bytes: depth and sequence beside the first entry,
 * so that a pop cannot take a stale next link for a good one.
 */
typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
	struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
	struct {
		ULONGLONG Alignment;
		ULONGLONG Region;
	} Whole;

	struct {
		ULONGLONG Depth : 16;
		ULONGLONG Sequence : 48;
		PSLIST_ENTRY Next;
	} HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;

EXTERN_C_START

void InitializeSListHead(PSLIST_HEADER SListHead);
PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER SListHead, PSLIST_ENTRY SListEntry);
PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER SListHead);
PSLIST_ENTRY InterlockedFlushSList(PSLIST_HEADER SListHead);
USHORT ExQueryDepthSList(PSLIST_HEADER SListHead);
PSLIST_ENTRY RtlFirstEntrySList(const SLIST_HEADER *SListHead);

EXTERN_C_END

#define ExInitializeSListHead                   InitializeSListHead
#define ExInterlockedPushEntrySList(h, e, lock) InterlockedPushEntrySList((h), (e))
#define ExInterlockedPopEntrySList(h, lock)     InterlockedPopEntrySList(h)
#define ExInterlockedFlushSList                 InterlockedFlushSList
#define QueryDepthSList                         ExQueryDepthSList

#endif
