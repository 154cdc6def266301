/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * irql.c - the interrupt level of a thread, and what may be done at it
 *
 * Callers: drivers. Locking: none, a level is its thread's. Context: anywhere; never allocates.
 */
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/thread.h"
#include "lib/kernel/violation.h"

BASE_EXPORT KIRQL KeGetCurrentIrql(void)
{
	return kernel_irql;
}

static BASE_COLD __attribute__((noreturn)) void wrong_way(uint32_t code, const char *what, KIRQL to,
							  const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, code, to, kernel_irql, 0, (uintptr_t)return_address);
	base_text_add(&bug.text, what);
	base_text_add(&bug.text, " from ");
	kernel_add_irql(&bug.text, kernel_irql);
	base_text_add(&bug.text, " to ");
	kernel_add_irql(&bug.text, to);
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

/* Driver Verifier's check of a level that is none. */
static void check_level(uint32_t code, const char *what, KIRQL to, const void *return_address)
{
	if (BASE_UNLIKELY(to > HIGH_LEVEL))
		kernel_violation((struct kernel_violation){.code = code,
							   .p2 = kernel_irql,
							   .p3 = to,
							   .what = what,
							   .return_address = return_address});
}

static KIRQL raise_to(KIRQL to, const char *what, const void *return_address)
{
	KIRQL old = kernel_irql;

	if (BASE_UNLIKELY(to < old))
		wrong_way(IRQL_NOT_GREATER_OR_EQUAL, what, to, return_address);
	kernel_irql = to;
	return old;
}

BASE_EXPORT KIRQL KfRaiseIrql(KIRQL NewIrql)
{
	check_level(0x30, "KeRaiseIrql to a level above HIGH_LEVEL", NewIrql,
		    __builtin_return_address(0));
	return raise_to(NewIrql, "KeRaiseIrql", __builtin_return_address(0));
}

BASE_EXPORT void KeLowerIrql(KIRQL NewIrql)
{
	check_level(0x31, "KeLowerIrql to a level above HIGH_LEVEL", NewIrql,
		    __builtin_return_address(0));
	if (BASE_UNLIKELY(NewIrql > kernel_irql))
		wrong_way(IRQL_NOT_LESS_OR_EQUAL, "KeLowerIrql", NewIrql,
			  __builtin_return_address(0));
	kernel_irql = NewIrql;
}

BASE_EXPORT KIRQL KeRaiseIrqlToDpcLevel(void)
{
	return raise_to(DISPATCH_LEVEL, "KeRaiseIrqlToDpcLevel", __builtin_return_address(0));
}

BASE_EXPORT KIRQL KeRaiseIrqlToSynchLevel(void)
{
	return raise_to(IPI_LEVEL - 2, "KeRaiseIrqlToSynchLevel", __builtin_return_address(0));
}

BASE_EXPORT void PooltagPagedCode(void)
{
	const void *caller = __builtin_return_address(0);
	struct kernel_bug bug;

	if (BASE_LIKELY(kernel_irql <= APC_LEVEL))
		return;
	/* 8: the access was an execution, of code that may be paged out. */
	kernel_bug_open(&bug, DRIVER_IRQL_NOT_LESS_OR_EQUAL, (uintptr_t)caller, kernel_irql, 8,
			(uintptr_t)caller);
	base_text_add(&bug.text, "PAGED_CODE at ");
	kernel_add_irql(&bug.text, kernel_irql);
	kernel_bug_caller(&bug, caller);
	kernel_bug_close(&bug);
}
