/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * image.c - the driver's own code, data and stack: pageable sections, protection, what is left
 *
 * Callers: drivers. Locking: a lock around the counts. Context: IRQL <= APC_LEVEL; never allocates
 * from the heap.
 */
#include "lib/base/arena.h"
#include "lib/base/sys.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/lock.h"
#include "lib/kernel/pool.h"
#include "lib/kernel/probe.h"
#include "lib/kernel/range.h"
#include "lib/kernel/violation.h"
#include "lib/sites/cfi.h"
#include "lib/sites/modules.h"
#include <link.h>

/* A loaded segment of a file, for which a driver has a handle; it stays for ever. */
struct section {
	struct section *next;
	uintptr_t start;
	size_t length;
	uint32_t locks;
};

static struct section *sections;

/* What dl_iterate_phdr is to find. */
struct search {
	uintptr_t address;
	uintptr_t start;
	size_t length;
	int executable;
};

static int find_segment(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *search = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + header->p_vaddr;

		if (header->p_type != PT_LOAD || search->address - start >= header->p_memsz)
			continue;
		search->start = base_round_down(start, BASE_PAGE_SIZE);
		search->length =
			base_round_up(start + header->p_memsz, BASE_PAGE_SIZE) - search->start;
		search->executable = (header->p_flags & PF_X) != 0;
		return 1;
	}
	return 0;
}

static struct section *section_at(uintptr_t address)
{
	struct search search = {.address = address};
	struct section *section;

	if (dl_iterate_phdr(find_segment, &search) == 0)
		return NULL;
	for (section = sections; section != NULL; section = section->next)
		if (section->start == search.start)
			return section;
	section = base_arena_take(sizeof(*section));
	if (section == NULL)
		return NULL;
	*section =
		(struct section){.next = sections, .start = search.start, .length = search.length};
	sections = section;
	return section;
}

static void lock_section(struct section *section)
{
	if (section->locks++ == 0)
		BASE_SYSCALL2(SYS_mlock, section->start, section->length);
}

BASE_EXPORT PVOID MmLockPagableDataSection(PVOID AddressWithinSection)
{
	struct section *section;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmLockPagableDataSection");
	kernel_lock_take(KERNEL_LOCK_IMAGE);
	section = section_at((uintptr_t)AddressWithinSection);
	if (section != NULL)
		lock_section(section);
	kernel_lock_drop(KERNEL_LOCK_IMAGE);
	if (section == NULL)
		kernel_bug_check(MEMORY_MANAGEMENT, 0x1234, (uintptr_t)AddressWithinSection, 0, 0,
				 "MmLockPagableDataSection of an address in no loaded file",
				 __builtin_return_address(0));
	return section;
}

static struct section *known(PVOID handle, const void *return_address)
{
	for (struct section *at = sections; at != NULL; at = at->next)
		if (at == handle)
			return at;
	kernel_bug_check(MEMORY_MANAGEMENT, 0x1234, (uintptr_t)handle, 0, 0,
			 "a handle that MmLockPagableDataSection did not give", return_address);
}

BASE_EXPORT void MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
	struct section *section;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmLockPagableSectionByHandle");
	kernel_lock_take(KERNEL_LOCK_IMAGE);
	section = known(ImageSectionHandle, __builtin_return_address(0));
	lock_section(section);
	kernel_lock_drop(KERNEL_LOCK_IMAGE);
}

BASE_EXPORT void MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
	struct section *section;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmUnlockPagableImageSection");
	kernel_lock_take(KERNEL_LOCK_IMAGE);
	section = known(ImageSectionHandle, __builtin_return_address(0));
	if (section->locks == 0)
		kernel_bug_check(MEMORY_MANAGEMENT, 0x1010, (uintptr_t)ImageSectionHandle, 0, 0,
				 "MmUnlockPagableImageSection of a section that is not locked",
				 __builtin_return_address(0));
	if (--section->locks == 0)
		BASE_SYSCALL2(SYS_munlock, section->start, section->length);
	kernel_lock_drop(KERNEL_LOCK_IMAGE);
}

/* All of a driver is pageable here already; the answer is the start of its file. */
BASE_EXPORT PVOID MmPageEntireDriver(PVOID AddressWithinSection)
{
	const struct sites_module *module = sites_module_of((uintptr_t)AddressWithinSection);

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmPageEntireDriver");
	return module == NULL ? NULL : (PVOID)module->load_address;
}

BASE_EXPORT void MmResetDriverPaging(PVOID AddressWithinSection)
{
	(void)AddressWithinSection;
	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmResetDriverPaging");
}

BASE_EXPORT NTSTATUS MmProtectDriverSection(PVOID AddressWithinSection, SIZE_T Size, ULONG Flags)
{
	uintptr_t start = (uintptr_t)AddressWithinSection;
	struct search search = {.address = start};
	struct kernel_range range;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmProtectDriverSection");
	if (Flags & ~(ULONG)MM_PROTECT_DRIVER_SECTION_ALLOW_UNLOAD)
		return STATUS_INVALID_PARAMETER;
	if (dl_iterate_phdr(find_segment, &search) == 0)
		kernel_bug_check(MEMORY_MANAGEMENT, 0x1100, start, 0, 0,
				 "MmProtectDriverSection of an address in no loaded file",
				 __builtin_return_address(0));
	if (search.executable)
		return STATUS_INVALID_PAGE_PROTECTION;
	if (kernel_range_find(start, KERNEL_RANGE_READONLY, &range))
		return STATUS_ALREADY_COMMITTED;
	if (Size == 0) {
		start = search.start;
		Size = search.length;
	}
	/* Whole pages that the caller names, so that nothing beside them is taken along. */
	if (((start | Size) & (PAGE_SIZE - 1)) != 0 || start + Size > search.start + search.length)
		return STATUS_INVALID_PARAMETER;
	return kernel_protect_system(start, Size, PAGE_READONLY);
}

/* --- the stack ------------------------------------------------------------------------------ */

/* A thread's stack is far larger than the kernel's; drivers are to live with 24 KB. */
#define KERNEL_STACK_SIZE 0x6000

/* Where the thread's part in the driver kit began: that is as if its stack began there. */
static uintptr_t stack_top(uintptr_t here)
{
	struct kernel_thread *thread = kernel_thread();

	if (thread->stack_top == 0 || here > thread->stack_top ||
	    thread->stack_top - here > KERNEL_STACK_SIZE)
		thread->stack_top = base_round_up(here + BASE_PAGE_SIZE / 4, 16);
	return thread->stack_top;
}

BASE_EXPORT void IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
	uintptr_t top = stack_top((uintptr_t)__builtin_frame_address(0));

	*LowLimit = top - KERNEL_STACK_SIZE;
	*HighLimit = top;
}

BASE_EXPORT ULONG_PTR IoGetRemainingStackSize(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return here - (stack_top(here) - KERNEL_STACK_SIZE);
}

BASE_EXPORT void ExInitializeDriverRuntime(ULONG RuntimeFlags)
{
	if (RuntimeFlags & DrvRtPoolNxOptIn)
		kernel_pool_nx = 1;
}
