/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.c - events, semaphores, mutexes, and waiting for them
 *
 * Purpose: an object is signalled when its state is above 0; a wait that is satisfied takes what it
 * takes of it. Who waits for several objects sleeps on one word that every signal changes while
 * somebody does.
 * Callers: drivers. Locking: none but the objects' own words. Context: waits below DISPATCH_LEVEL
 * unless the time-out is 0; signals up to DISPATCH_LEVEL; never allocates.
 */
#include "lib/base/atomic.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/seh.h"
#include "lib/kernel/violation.h"
#include "lib/kernel/wait.h"

/* As Windows numbers them. */
enum type { TYPE_NOTIFICATION = 0, TYPE_SYNCHRONIZATION = 1, TYPE_MUTANT = 2, TYPE_SEMAPHORE = 5 };

static uint32_t several_waiters;
static uint32_t signals; /* so far, while somebody waits for several objects */

static void wake_waiters(DISPATCHER_HEADER *header, int count)
{
	if (__atomic_load_n(&header->Waiters, __ATOMIC_SEQ_CST) != 0)
		kernel_wake(&header->SignalState, count);
	if (__atomic_load_n(&several_waiters, __ATOMIC_SEQ_CST) != 0) {
		__atomic_add_fetch(&signals, 1, __ATOMIC_SEQ_CST);
		kernel_wake(&signals, INT32_MAX);
	}
}

static void prepare(DISPATCHER_HEADER *header, enum type type, LONG state)
{
	*header = (DISPATCHER_HEADER){.Type = (UCHAR)type, .SignalState = state};
}

/* --- events --------------------------------------------------------------------------------- */

BASE_EXPORT void KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
	kernel_check_resident(Event, "KeInitializeEvent in paged pool",
			      __builtin_return_address(0));
	prepare(&Event->Header,
		Type == NotificationEvent ? TYPE_NOTIFICATION : TYPE_SYNCHRONIZATION, State != 0);
}

BASE_EXPORT LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
	LONG before;

	(void)Increment;
	(void)Wait;
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x80, Event, 0, "KeSetEvent");
	before = __atomic_exchange_n(&Event->Header.SignalState, 1, __ATOMIC_SEQ_CST);
	wake_waiters(&Event->Header, Event->Header.Type == TYPE_NOTIFICATION ? INT32_MAX : 1);
	return before;
}

BASE_EXPORT LONG KeResetEvent(PRKEVENT Event)
{
	return __atomic_exchange_n(&Event->Header.SignalState, 0, __ATOMIC_SEQ_CST);
}

BASE_EXPORT void KeClearEvent(PRKEVENT Event)
{
	KeResetEvent(Event);
}

BASE_EXPORT LONG KeReadStateEvent(PRKEVENT Event)
{
	return base_load_acquire(&Event->Header.SignalState);
}

/* --- semaphores ----------------------------------------------------------------------------- */

BASE_EXPORT void KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
	kernel_check_resident(Semaphore, "KeInitializeSemaphore in paged pool",
			      __builtin_return_address(0));
	prepare(&Semaphore->Header, TYPE_SEMAPHORE, Count);
	Semaphore->Limit = Limit;
}

BASE_EXPORT LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment,
				    BOOLEAN Wait)
{
	LONG before = base_load_relaxed(&Semaphore->Header.SignalState);
	LONG after;

	(void)Increment;
	(void)Wait;
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0xE5, 0, 0, "KeReleaseSemaphore");
	do {
		if (__builtin_add_overflow(before, Adjustment, &after) ||
		    after > Semaphore->Limit || after < before)
			kernel_raise_status(STATUS_SEMAPHORE_LIMIT_EXCEEDED,
					    __builtin_return_address(0));
	} while (!__atomic_compare_exchange_n(&Semaphore->Header.SignalState, &before, after, 0,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	wake_waiters(&Semaphore->Header, Adjustment);
	return before;
}

BASE_EXPORT LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
	return base_load_acquire(&Semaphore->Header.SignalState);
}

/* --- mutexes: 1 is free; below, how many times less one the owner has it -------------------- */

BASE_EXPORT void KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
	(void)Level;
	kernel_check_resident(Mutex, "KeInitializeMutex in paged pool",
			      __builtin_return_address(0));
	prepare(&Mutex->Header, TYPE_MUTANT, 1);
	Mutex->OwnerThread = NULL;
}

BASE_EXPORT LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
	LONG before = base_load_relaxed(&Mutex->Header.SignalState);

	(void)Wait;
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0xE5, 0, 0, "KeReleaseMutex");
	if (base_load_relaxed(&Mutex->OwnerThread) != KeGetCurrentThread())
		kernel_raise_status(STATUS_MUTANT_NOT_OWNED, __builtin_return_address(0));
	if (before == 0) {
		base_store_relaxed(&Mutex->OwnerThread, NULL);
		kernel_thread()->critical_regions--;
	}
	__atomic_store_n(&Mutex->Header.SignalState, before + 1, __ATOMIC_SEQ_CST);
	if (before == 0)
		wake_waiters(&Mutex->Header, 1);
	return before;
}

BASE_EXPORT LONG KeReadStateMutex(PRKMUTEX Mutex)
{
	return base_load_acquire(&Mutex->Header.SignalState);
}

static int take_mutex(PRKMUTEX mutex)
{
	LONG free = 1;

	if (base_load_relaxed(&mutex->OwnerThread) == KeGetCurrentThread()) {
		mutex->Header.SignalState--;
		return 1;
	}
	if (!__atomic_compare_exchange_n(&mutex->Header.SignalState, &free, 0, 0, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return 0;
	base_store_relaxed(&mutex->OwnerThread, KeGetCurrentThread());
	/* Its owner gets no APCs until it is released. */
	kernel_thread()->critical_regions++;
	return 1;
}

/* --- waits ---------------------------------------------------------------------------------- */

/* Takes a signalled object; 0 when it is not. */
static int take(DISPATCHER_HEADER *header)
{
	LONG state = __atomic_load_n(&header->SignalState, __ATOMIC_SEQ_CST);

	switch ((enum type)header->Type) {
	case TYPE_NOTIFICATION:
		return state > 0;
	case TYPE_SYNCHRONIZATION:
	case TYPE_SEMAPHORE:
		while (state > 0)
			if (__atomic_compare_exchange_n(&header->SignalState, &state, state - 1, 0,
							__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				return 1;
		return 0;
	case TYPE_MUTANT:
		return take_mutex((PRKMUTEX)header);
	}
	kernel_bug_check(IRQL_NOT_LESS_OR_EQUAL, (uintptr_t)header, kernel_irql, 0, 0,
			 "wait for something that is not an object of the dispatcher", NULL);
}

/* Undoes a take, where waiting for all found another not signalled. */
static void put_back(DISPATCHER_HEADER *header)
{
	if (header->Type == TYPE_MUTANT)
		KeReleaseMutex((PRKMUTEX)header, FALSE);
	else if (header->Type != TYPE_NOTIFICATION)
		__atomic_add_fetch(&header->SignalState, 1, __ATOMIC_SEQ_CST);
}

/* 1 for a mutex that the thread has as often as can be counted. */
static int owns_too_often(const void *object)
{
	const KMUTEX *mutex = object;

	return mutex->Header.Type == TYPE_MUTANT && mutex->Header.SignalState == INT32_MIN &&
	       base_load_relaxed(&mutex->OwnerThread) == KeGetCurrentThread();
}

/* As far above a frame as the stack of a thread in Windows' kernel can reach. */
#define STACK_REACH 0x6000

/*
 * Levels, mutexes owned too often, and objects on a stack
 * that may be paged out; `frame` is that of the routine.
 */
static void check_wait(const void *object, const LARGE_INTEGER *timeout, KPROCESSOR_MODE mode,
		       const void *frame, const void *return_address)
{
	uint32_t code = kernel_irql > DISPATCH_LEVEL ? 0x120 : timeout == NULL ? 0x121 : 0x122;

	if (kernel_irql > DISPATCH_LEVEL ||
	    (kernel_irql == DISPATCH_LEVEL && (timeout == NULL || timeout->QuadPart != 0))) {
		struct kernel_bug bug;

		kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, code,
				(uintptr_t)&kernel_irql, (uintptr_t)object, (uintptr_t)timeout);
		base_text_add(&bug.text, "a wait at ");
		kernel_add_irql(&bug.text, kernel_irql);
		base_text_add(&bug.text, code == 0x121   ? ", without end"
					 : code == 0x122 ? ", with a time-out that is not 0"
							 : "");
		kernel_bug_caller(&bug, return_address);
		kernel_bug_close(&bug);
	}
	if (owns_too_often(object))
		kernel_raise_status(STATUS_MUTANT_LIMIT_EXCEEDED, return_address);
	if (mode != KernelMode && (uintptr_t)object - (uintptr_t)frame < STACK_REACH)
		kernel_violation((struct kernel_violation){
			.code = 0x123,
			.p2 = (uintptr_t)object,
			.what = "a wait in UserMode for an object on the stack, which may be paged "
				"out",
			.return_address = return_address});
}

BASE_EXPORT NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason,
					   KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
					   PLARGE_INTEGER Timeout)
{
	DISPATCHER_HEADER *header = Object;
	struct kernel_deadline deadline = kernel_deadline_of(Timeout);

	(void)WaitReason;
	(void)Alertable;
	check_wait(Object, Timeout, WaitMode, __builtin_frame_address(0),
		   __builtin_return_address(0));
	while (!take(header)) {
		LONG seen;

		if (kernel_is_past(&deadline))
			return STATUS_TIMEOUT;
		__atomic_add_fetch(&header->Waiters, 1, __ATOMIC_SEQ_CST);
		seen = __atomic_load_n(&header->SignalState, __ATOMIC_SEQ_CST);
		if (seen <= 0)
			kernel_sleep_on(&header->SignalState, (uint32_t)seen, &deadline);
		__atomic_sub_fetch(&header->Waiters, 1, __ATOMIC_SEQ_CST);
	}
	return STATUS_SUCCESS;
}

/* The first of the objects that can be taken, or all; -1 when that cannot be. */
static int take_several(ULONG count, PVOID object[], WAIT_TYPE type)
{
	for (ULONG i = 0; i < count; i++) {
		if (take(object[i])) {
			if (type == WaitAny)
				return (int)i;
		} else if (type == WaitAll) {
			while (i > 0)
				put_back(object[--i]);
			return -1;
		}
	}
	return type == WaitAll ? 0 : -1;
}

BASE_EXPORT NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
					      KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
					      BOOLEAN Alertable, PLARGE_INTEGER Timeout,
					      PKWAIT_BLOCK WaitBlockArray)
{
	struct kernel_deadline deadline = kernel_deadline_of(Timeout);
	int taken;

	(void)WaitReason;
	(void)Alertable;
	for (ULONG i = 0; i < Count && i < MAXIMUM_WAIT_OBJECTS; i++)
		check_wait(Object[i], Timeout, WaitMode, __builtin_frame_address(0),
			   __builtin_return_address(0));
	if (Count > MAXIMUM_WAIT_OBJECTS || (WaitBlockArray == NULL && Count > THREAD_WAIT_OBJECTS))
		kernel_bug_check(MAXIMUM_WAIT_OBJECTS_EXCEEDED, Count, 0, 0, 0,
				 "a wait for more objects than are allowed",
				 __builtin_return_address(0));
	__atomic_add_fetch(&several_waiters, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		uint32_t seen = __atomic_load_n(&signals, __ATOMIC_SEQ_CST);

		taken = take_several(Count, Object, WaitType);
		if (taken >= 0 || kernel_is_past(&deadline))
			break;
		kernel_sleep_on(&signals, seen, &deadline);
	}
	__atomic_sub_fetch(&several_waiters, 1, __ATOMIC_SEQ_CST);
	return taken >= 0 ? STATUS_WAIT_0 + taken : STATUS_TIMEOUT;
}
