/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/wait.h"
#include "lib/base/sys.h"
#include "lib/kernel/violation.h"
#include <linux/futex.h>
#include <unistd.h>

/* 100 ns units between 1601 and 1970. */
#define EPOCH_DIFFERENCE   116444736000000000u
#define SPINS_BEFORE_YIELD 100

struct kernel_deadline kernel_deadline_of(const LARGE_INTEGER *timeout)
{
	uint64_t now = base_now_ns(CLOCK_MONOTONIC), left;

	if (timeout == NULL)
		return (struct kernel_deadline){.forever = 1};
	if (timeout->QuadPart <= 0) {
		left = 0 - (uint64_t)timeout->QuadPart;
	} else {
		uint64_t wall = base_now_ns(CLOCK_REALTIME) / 100 + EPOCH_DIFFERENCE;

		left = (uint64_t)timeout->QuadPart > wall ? (uint64_t)timeout->QuadPart - wall : 0;
	}
	if (left > (INT64_MAX - now) / 100)
		return (struct kernel_deadline){.forever = 1};
	return (struct kernel_deadline){.at = now + left * 100};
}

int kernel_is_past(const struct kernel_deadline *deadline)
{
	return !deadline->forever && base_now_ns(CLOCK_MONOTONIC) >= deadline->at;
}

void kernel_sleep_on(const void *word, uint32_t seen, const struct kernel_deadline *deadline)
{
	struct timespec at = {.tv_sec = (time_t)(deadline->at / 1000000000),
			      .tv_nsec = (long)(deadline->at % 1000000000)};

	/* FUTEX_WAIT_BITSET takes an absolute time, of CLOCK_MONOTONIC. */
	BASE_SYSCALL6(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, seen,
		      deadline->forever ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);
}

void kernel_wake(const void *word, int count)
{
	BASE_SYSCALL3(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count);
}

void kernel_spin(uint32_t *tries)
{
	if (++*tries % SPINS_BEFORE_YIELD == 0)
		BASE_SYSCALL0(SYS_sched_yield);
	else
		YieldProcessor();
}

BASE_EXPORT void KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
	CurrentTime->QuadPart = (LONGLONG)(base_now_ns(CLOCK_REALTIME) / 100 + EPOCH_DIFFERENCE);
}

BASE_EXPORT LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
	if (PerformanceFrequency != NULL)
		PerformanceFrequency->QuadPart = 10000000;
	return (LARGE_INTEGER){.QuadPart = (LONGLONG)(base_now_ns(CLOCK_MONOTONIC) / 100)};
}

BASE_EXPORT ULONGLONG KeQueryInterruptTime(void)
{
	return base_now_ns(CLOCK_BOOTTIME) / 100;
}

BASE_EXPORT ULONGLONG KeQueryUnbiasedInterruptTime(void)
{
	return base_now_ns(CLOCK_MONOTONIC) / 100;
}

/* A tick of 1/64 s, in 100 ns units. */
BASE_EXPORT ULONG KeQueryTimeIncrement(void)
{
	return 156250;
}

BASE_EXPORT void KeQueryTickCount(PLARGE_INTEGER CurrentCount)
{
	CurrentCount->QuadPart = (LONGLONG)(KeQueryInterruptTime() / KeQueryTimeIncrement());
}

BASE_EXPORT void KeStallExecutionProcessor(ULONG MicroSeconds)
{
	uint64_t until = base_now_ns(CLOCK_MONOTONIC) + (uint64_t)MicroSeconds * 1000;

	while (base_now_ns(CLOCK_MONOTONIC) < until)
		YieldProcessor();
}

BASE_EXPORT NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
					    PLARGE_INTEGER Interval)
{
	struct kernel_deadline deadline = kernel_deadline_of(Interval);
	uint32_t word = 0;

	(void)WaitMode;
	(void)Alertable;
	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "KeDelayExecutionThread");
	while (!kernel_is_past(&deadline))
		kernel_sleep_on(&word, 0, &deadline);
	return STATUS_SUCCESS;
}

BASE_EXPORT ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
	ULONG count = (ULONG)sysconf(_SC_NPROCESSORS_ONLN);

	if (ActiveProcessors != NULL)
		*ActiveProcessors = count >= 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << count) - 1;
	return count;
}

/* All processors are one group, number 0. */
static int is_group(USHORT number)
{
	return number == 0 || number == ALL_PROCESSOR_GROUPS;
}

BASE_EXPORT ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
	return is_group(GroupNumber) ? KeQueryActiveProcessorCount(NULL) : 0;
}

BASE_EXPORT ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
	return is_group(GroupNumber) ? (ULONG)sysconf(_SC_NPROCESSORS_CONF) : 0;
}

BASE_EXPORT ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
	unsigned processor = 0;

	BASE_SYSCALL3(SYS_getcpu, &processor, NULL, NULL);
	if (ProcNumber != NULL)
		*ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)processor};
	return processor;
}
