/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * section.c - sections of shared memory or of a file, and their views
 *
 * Purpose: a section is a file descriptor, a view is a mapping of it; write-copy is a private one.
 * A view keeps its section alive, as does a handle. Views are charged as paged memory, a user's
 * under Vad, one in system space under MmSm, in full: what of a view is touched is the kernel's to
 * know.
 * Callers: drivers. Locking: the handles' and the ranges'. Context: PASSIVE_LEVEL.
 */
#include "lib/base/sys.h"
#include "lib/kernel/account.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/handle.h"
#include "lib/kernel/probe.h"
#include "lib/kernel/range.h"
#include "lib/kernel/violation.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>

#define USER_VIEW_TAG   POOLTAG_TAG('V', 'a', 'd', ' ')
#define SYSTEM_VIEW_TAG POOLTAG_TAG('M', 'm', 'S', 'm')

/* Views start at multiples of this. */
#define GRANULARITY 0x10000u

static int writes_shared(ULONG protection)
{
	return (protection & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
}

/* --- sections ------------------------------------------------------------------------------- */

static NTSTATUS section_of_memory(struct kernel_object *section, const LARGE_INTEGER *size)
{
	long fd;

	if (size == NULL || size->QuadPart == 0)
		return STATUS_INVALID_PARAMETER_4;
	if (size->QuadPart < 0)
		return STATUS_SECTION_TOO_BIG;
	fd = BASE_SYSCALL2(SYS_memfd_create, "section", MFD_CLOEXEC);
	if (fd < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	section->fd = (int)fd;
	section->size = (uint64_t)size->QuadPart;
	if (BASE_SYSCALL2(SYS_ftruncate, fd, ROUND_TO_PAGES(section->size)) != 0)
		return STATUS_SECTION_TOO_BIG;
	return STATUS_SUCCESS;
}

static NTSTATUS section_of_file(struct kernel_object *section, const struct kernel_object *file,
				const LARGE_INTEGER *size)
{
	struct stat known;
	long fd;

	if (writes_shared(section->protection) && !(file->access & FILE_WRITE_DATA))
		return STATUS_ACCESS_DENIED;
	fd = BASE_SYSCALL3(SYS_fcntl, file->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	section->fd = (int)fd;
	section->is_file = 1;
	if (BASE_SYSCALL2(SYS_fstat, fd, &known) != 0 || !S_ISREG(known.st_mode))
		return STATUS_INVALID_FILE_FOR_SECTION;
	section->size = size != NULL && size->QuadPart > 0 ? (uint64_t)size->QuadPart
							   : (uint64_t)known.st_size;
	if (section->size == 0)
		return STATUS_MAPPED_FILE_SIZE_ZERO;
	if (section->size <= (uint64_t)known.st_size)
		return STATUS_SUCCESS;
	/* A section that is larger extends its file, if it may write it. */
	if (!writes_shared(section->protection) ||
	    BASE_SYSCALL2(SYS_ftruncate, fd, section->size) != 0)
		return STATUS_SECTION_TOO_BIG;
	return STATUS_SUCCESS;
}

static NTSTATUS create(struct kernel_object *section, const LARGE_INTEGER *size, HANDLE file_handle,
		       HANDLE *ret_handle)
{
	struct kernel_object *file;
	NTSTATUS status;

	if (file_handle == NULL) {
		status = section_of_memory(section, size);
	} else {
		file = kernel_handle_object(file_handle, KERNEL_OBJECT_FILE);
		if (file == NULL)
			return STATUS_INVALID_HANDLE;
		status = section_of_file(section, file, size);
		kernel_object_drop(file, NULL);
	}
	return NT_SUCCESS(status) ? kernel_handle_make(section, ret_handle) : status;
}

BASE_EXPORT NTSTATUS ZwCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
				     POBJECT_ATTRIBUTES ObjectAttributes,
				     PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection,
				     ULONG AllocationAttributes, HANDLE FileHandle)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	struct kernel_object *section;
	NTSTATUS status;

	(void)ObjectAttributes;
	KERNEL_CHECK_SERVICE("ZwCreateSection");
	if (!kernel_protection_known(SectionPageProtection) ||
	    (SectionPageProtection & (PAGE_NOACCESS | PAGE_GUARD)) != 0)
		return STATUS_INVALID_PAGE_PROTECTION;
	if (AllocationAttributes & SEC_IMAGE)
		return STATUS_NOT_SUPPORTED;
	if ((AllocationAttributes & (SEC_COMMIT | SEC_RESERVE)) == 0)
		return STATUS_INVALID_PARAMETER_6;
	section = kernel_object_make(KERNEL_OBJECT_SECTION, frame);
	if (section == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	section->protection = SectionPageProtection;
	section->access = DesiredAccess;
	status = create(section, MaximumSize, FileHandle, SectionHandle);
	if (!NT_SUCCESS(status))
		kernel_object_drop(section, __builtin_return_address(0));
	return status;
}

/* --- views ---------------------------------------------------------------------------------- */

/* Whether a view may have more than its section. */
static int exceeds(ULONG view, ULONG section)
{
	if (writes_shared(view) && !writes_shared(section))
		return 1;
	return (view & 0xf0) != 0 && (section & 0xf0) == 0;
}

struct view {
	void *wanted; /* NULL: anywhere */
	uint64_t offset;
	size_t size;
	ULONG protection;
	enum kernel_range_kind kind;
};

static NTSTATUS map_view(struct kernel_object *section, const struct view *view,
			 struct pool_frame frame, void **ret_start)
{
	int system = view->kind == KERNEL_RANGE_SYSTEM_VIEW;
	struct kernel_charge charge = {.tag = system ? SYSTEM_VIEW_TAG : USER_VIEW_TAG,
				       .bytes = view->size,
				       .pages = ROUND_TO_PAGES(view->size)};
	struct kernel_range range = {
		.length = view->size, .kind = view->kind, .detail = (uintptr_t)section};
	int copies = (view->protection & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
	char *start;

	if (kernel_account(&charge, frame, &range.site) != 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	start = base_mmap(view->wanted, charge.pages, kernel_protection_bits(view->protection),
			  (copies ? MAP_PRIVATE : MAP_SHARED) |
				  (view->wanted != NULL ? MAP_FIXED_NOREPLACE : 0),
			  section->fd, (long)view->offset);
	range.start = (uintptr_t)start;
	if (base_is_error(start) || kernel_range_add(&range) != 0) {
		kernel_unaccount(range.site, charge.bytes, charge.pages);
		if (!base_is_error(start))
			base_munmap(start, charge.pages);
		return (long)(intptr_t)start == -EEXIST ? STATUS_CONFLICTING_ADDRESSES
							: STATUS_NO_MEMORY;
	}
	kernel_object_take(section);
	*ret_start = start;
	return STATUS_SUCCESS;
}

static NTSTATUS unmap_view(void *start, enum kernel_range_kind kind, const void *caller)
{
	struct kernel_range range;
	size_t pages;

	if (kernel_range_remove((uintptr_t)start, kind, &range) != 0)
		return STATUS_NOT_MAPPED_VIEW;
	pages = ROUND_TO_PAGES(range.length);
	base_munmap(start, pages);
	kernel_unaccount(range.site, range.length, pages);
	kernel_object_drop((struct kernel_object *)(uintptr_t)range.detail, caller);
	return STATUS_SUCCESS;
}

static NTSTATUS check_view(const struct kernel_object *section, const struct view *view,
			   HANDLE process)
{
	if (process != NtCurrentProcess())
		return STATUS_INVALID_HANDLE;
	if (!kernel_protection_known(view->protection))
		return STATUS_INVALID_PAGE_PROTECTION;
	if (exceeds(view->protection, section->protection))
		return STATUS_SECTION_PROTECTION;
	if (view->offset >= section->size || view->size > section->size - view->offset)
		return STATUS_INVALID_VIEW_SIZE;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS ZwMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle,
					PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
					PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
					SECTION_INHERIT InheritDisposition, ULONG AllocationType,
					ULONG Win32Protect)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	struct kernel_object *section;
	struct view view = {.wanted = (void *)base_round_down((uintptr_t)*BaseAddress, GRANULARITY),
			    .size = *ViewSize,
			    .protection = Win32Protect,
			    .kind = KERNEL_RANGE_USER_VIEW};
	NTSTATUS status;

	(void)ZeroBits;
	(void)CommitSize;
	(void)InheritDisposition;
	(void)AllocationType;
	KERNEL_CHECK_SERVICE("ZwMapViewOfSection");
	section = kernel_handle_object(SectionHandle, KERNEL_OBJECT_SECTION);
	if (section == NULL)
		return STATUS_INVALID_HANDLE;
	if (SectionOffset != NULL)
		view.offset = base_round_down((uint64_t)SectionOffset->QuadPart, GRANULARITY);
	if (view.size == 0 && view.offset < section->size)
		view.size = section->size - view.offset;
	status = check_view(section, &view, ProcessHandle);
	if (NT_SUCCESS(status))
		status = map_view(section, &view, frame, BaseAddress);
	if (NT_SUCCESS(status)) {
		*ViewSize = ROUND_TO_PAGES(view.size);
		if (SectionOffset != NULL)
			SectionOffset->QuadPart = (LONGLONG)view.offset;
	}
	kernel_object_drop(section, __builtin_return_address(0));
	return status;
}

BASE_EXPORT NTSTATUS ZwUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
	struct kernel_range range;

	KERNEL_CHECK_SERVICE("ZwUnmapViewOfSection");
	if (ProcessHandle != NtCurrentProcess())
		return STATUS_INVALID_HANDLE;
	/* Any address in the view will do. */
	if (!kernel_range_find((uintptr_t)BaseAddress, KERNEL_RANGE_USER_VIEW, &range))
		return STATUS_NOT_MAPPED_VIEW;
	return unmap_view((void *)range.start, KERNEL_RANGE_USER_VIEW, __builtin_return_address(0));
}

BASE_EXPORT NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
	struct pool_frame frame = POOL_FRAME_KEPT();
	struct kernel_object *section = Section;
	struct view view = {.kind = KERNEL_RANGE_SYSTEM_VIEW};
	NTSTATUS status;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmMapViewInSystemSpace");
	view.size = *ViewSize;
	view.protection = section->protection;
	if (view.size == 0)
		view.size = section->size;
	if (view.size > section->size)
		return STATUS_INVALID_VIEW_SIZE;
	status = map_view(section, &view, frame, MappedBase);
	if (NT_SUCCESS(status))
		*ViewSize = ROUND_TO_PAGES(view.size);
	return status;
}

BASE_EXPORT NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase)
{
	const void *caller = __builtin_return_address(0);

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "MmUnmapViewInSystemSpace");
	if (!NT_SUCCESS(unmap_view(MappedBase, KERNEL_RANGE_SYSTEM_VIEW, caller)))
		kernel_bug_check(
			DRIVER_UNMAPPING_INVALID_VIEW, (uintptr_t)MappedBase, 1, 0, 0,
			"MmUnmapViewInSystemSpace of an address that is not the start of a "
			"view",
			caller);
	return STATUS_SUCCESS;
}
