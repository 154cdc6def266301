/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/probe.h"
#include "lib/base/sys.h"
#include "lib/kernel/range.h"
#include "lib/kernel/seh.h"
#include "lib/kernel/touch.h"
#include "lib/kernel/violation.h"
#include <sys/mman.h>

/* The end of users' addresses, as on Windows with 48-bit addresses. */
#define USER_END 0x00007fffffff0000u

BASE_EXPORT PVOID MmHighestUserAddress = (PVOID)(USER_END - 1);
BASE_EXPORT PVOID MmSystemRangeStart = (PVOID)0xffff800000000000u;
BASE_EXPORT ULONG_PTR MmUserProbeAddress = USER_END;

int kernel_is_user_range(uintptr_t address, size_t length)
{
	uintptr_t end;

	if (__builtin_add_overflow(address, length, &end) || end > USER_END)
		return 0;
	return !kernel_is_system_address(address) && !kernel_is_system_address(end - 1);
}

static void check(uintptr_t address, size_t length, ULONG alignment, int write, const void *caller)
{
	if (alignment == 0 || (address & (alignment - 1)) != 0)
		kernel_raise_status(STATUS_DATATYPE_MISALIGNMENT, caller);
	if (!kernel_is_user_range(address, length))
		kernel_raise_access(address, write, caller);
}

BASE_EXPORT void ProbeForRead(const volatile void *Address, SIZE_T Length, ULONG Alignment)
{
	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "ProbeForRead");
	if (Length != 0)
		check((uintptr_t)Address, Length, Alignment, 0, __builtin_return_address(0));
}

BASE_EXPORT void ProbeForWrite(volatile void *Address, SIZE_T Length, ULONG Alignment)
{
	const void *caller = __builtin_return_address(0);
	uintptr_t bad;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "ProbeForWrite");
	if (Length == 0)
		return;
	check((uintptr_t)Address, Length, Alignment, 1, caller);
	bad = kernel_touch((uintptr_t)Address, Length, 1);
	if (bad != 0)
		kernel_raise_access(bad, 1, caller);
}

BASE_EXPORT BOOLEAN MmIsAddressValid(PVOID VirtualAddress)
{
	return (BOOLEAN)kernel_can_read((uintptr_t)VirtualAddress);
}

/*
 * Requests come from the test that calls the driver: user mode, unless the driver says otherwise.
 */
BASE_EXPORT KPROCESSOR_MODE ExGetPreviousMode(void)
{
	return UserMode;
}

int kernel_protection_known(ULONG protection)
{
	ULONG plain = protection & ~(ULONG)(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE);

	return plain != 0 && (plain & (plain - 1)) == 0 && plain <= PAGE_EXECUTE_WRITECOPY;
}

int kernel_protection_bits(ULONG protection)
{
	switch (protection & 0xff) {
	case PAGE_READONLY:
		return PROT_READ;
	case PAGE_READWRITE:
	case PAGE_WRITECOPY:
		return PROT_READ | PROT_WRITE;
	case PAGE_EXECUTE:
		return PROT_EXEC;
	case PAGE_EXECUTE_READ:
		return PROT_READ | PROT_EXEC;
	case PAGE_EXECUTE_READWRITE:
	case PAGE_EXECUTE_WRITECOPY:
		return PROT_READ | PROT_WRITE | PROT_EXEC;
	default:
		return PROT_NONE;
	}
}

long kernel_protect(uintptr_t start, size_t length, ULONG protection)
{
	return BASE_SYSCALL3(SYS_mprotect, start, length, kernel_protection_bits(protection));
}

NTSTATUS kernel_protect_system(uintptr_t start, size_t length, ULONG protection)
{
	struct kernel_range range = {
		.start = start, .length = length, .kind = KERNEL_RANGE_READONLY};
	int writable = kernel_protection_bits(protection) & PROT_WRITE;

	if (!writable && kernel_range_add(&range) != 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (kernel_protect(start, length, protection) == 0)
		return STATUS_SUCCESS;
	if (!writable)
		kernel_range_remove(start, KERNEL_RANGE_READONLY, &range);
	return STATUS_INVALID_PAGE_PROTECTION;
}
