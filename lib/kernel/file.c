/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - opening files, for sections of them
 *
 * Callers: drivers. Locking: the handles'. Context: PASSIVE_LEVEL.
 */
#include "lib/base/sys.h"
#include "lib/kernel/handle.h"
#include "lib/kernel/violation.h"
#include <errno.h>
#include <fcntl.h>

#define PATH_BYTES 4096

/* Takes a prefix off; 1 when it was there. */
static int skip(PCUNICODE_STRING name, size_t *at, const WCHAR *prefix)
{
	UNICODE_STRING rest = {.Length = (USHORT)(name->Length - *at * sizeof(WCHAR)),
			       .Buffer = name->Buffer + *at};
	UNICODE_STRING wanted;

	RtlInitUnicodeString(&wanted, prefix);
	if (!RtlPrefixUnicodeString(&wanted, &rest, TRUE))
		return 0;
	*at += wanted.Length / sizeof(WCHAR);
	return 1;
}

/* The path as Linux has it: 0, or -1 when it is too long. */
static int path_of(PCUNICODE_STRING name, char *path)
{
	ULONG length = 0;
	size_t at = 0, count;

	if (!skip(name, &at, L"\\??"))
		skip(name, &at, L"\\DosDevices");
	count = name->Length / sizeof(WCHAR);
	if (count - at >= 3 && name->Buffer[at] == '\\' && name->Buffer[at + 2] == ':')
		at += 3;
	if (RtlUnicodeToUTF8N(path, PATH_BYTES - 1, &length, name->Buffer + at,
			      (ULONG)((count - at) * sizeof(WCHAR))) == STATUS_BUFFER_TOO_SMALL)
		return -1;
	path[length] = '\0';
	for (char *c = path; *c != '\0'; c++)
		if (*c == '\\')
			*c = '/';
	return 0;
}

static NTSTATUS status_of(long error)
{
	switch (-error) {
	case ENOENT:
		return STATUS_OBJECT_NAME_NOT_FOUND;
	case ENOTDIR:
		return STATUS_OBJECT_PATH_NOT_FOUND;
	case EEXIST:
		return STATUS_OBJECT_NAME_COLLISION;
	case EISDIR:
		return STATUS_FILE_IS_A_DIRECTORY;
	case EACCES:
	case EPERM:
	case EROFS:
		return STATUS_ACCESS_DENIED;
	case EMFILE:
	case ENFILE:
		return STATUS_TOO_MANY_OPENED_FILES;
	default:
		return STATUS_OBJECT_NAME_INVALID;
	}
}

/* What is done with a file that exists, and when it does not. */
static const struct {
	int opens, truncates, creates;
	ULONG_PTR opened; /* Information of a file that existed */
} dispositions[] = {
	[FILE_SUPERSEDE] = {1, O_TRUNC, 1, FILE_SUPERSEDED},
	[FILE_OPEN] = {1, 0, 0, FILE_OPENED},
	[FILE_CREATE] = {0, 0, 1, FILE_EXISTS},
	[FILE_OPEN_IF] = {1, 0, 1, FILE_OPENED},
	[FILE_OVERWRITE] = {1, O_TRUNC, 0, FILE_OVERWRITTEN},
	[FILE_OVERWRITE_IF] = {1, O_TRUNC, 1, FILE_OVERWRITTEN},
};

/* Opens or creates; a descriptor or a negative errno, and what happened. */
static long open_path(const char *path, int flags, ULONG disposition, ULONG_PTR *ret_information)
{
	long fd = -ENOENT;

	flags |= O_CLOEXEC;
	*ret_information = dispositions[disposition].opened;
	if (dispositions[disposition].opens)
		fd = BASE_SYSCALL3(SYS_open, path, flags | dispositions[disposition].truncates, 0);
	if (fd != -ENOENT)
		return fd;
	if (!dispositions[disposition].creates) {
		*ret_information = FILE_DOES_NOT_EXIST;
		return fd;
	}
	fd = BASE_SYSCALL3(SYS_open, path, flags | O_CREAT | O_EXCL, 0666);
	if (fd >= 0)
		*ret_information = FILE_CREATED;
	return fd;
}

/* A string that no system service takes. */
static int is_malformed(PCUNICODE_STRING string)
{
	return string->Length % sizeof(WCHAR) != 0 || string->Length > string->MaximumLength ||
	       (string->Buffer == NULL && string->Length != 0);
}

static NTSTATUS open_file(PHANDLE handle, ACCESS_MASK access, PCOBJECT_ATTRIBUTES attributes,
			  ULONG disposition, struct pool_frame frame, ULONG_PTR *ret_information)
{
	int writes =
		(access & (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
	struct kernel_object *object;
	char path[PATH_BYTES];
	NTSTATUS status;
	long fd;

	if (disposition >= BASE_ARRAY_SIZE(dispositions))
		return STATUS_INVALID_PARAMETER;
	if (attributes->ObjectName == NULL)
		return STATUS_OBJECT_NAME_INVALID;
	if (is_malformed(attributes->ObjectName))
		kernel_violation((struct kernel_violation){
			.code = 0xE4,
			.p2 = pool_frame_caller(frame),
			.p3 = (uintptr_t)attributes->ObjectName,
			.what = "a malformed UNICODE_STRING as the name of a file",
			.return_address = (const void *)pool_frame_caller(frame)});
	if (path_of(attributes->ObjectName, path) != 0)
		return STATUS_OBJECT_NAME_INVALID;
	fd = open_path(path, writes ? O_RDWR : O_RDONLY, disposition, ret_information);
	if (fd < 0)
		return status_of(fd);
	object = kernel_object_make(KERNEL_OBJECT_FILE, frame);
	if (object == NULL) {
		BASE_SYSCALL1(SYS_close, fd);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	object->fd = (int)fd;
	object->access = writes ? FILE_GENERIC_READ | FILE_GENERIC_WRITE : FILE_GENERIC_READ;
	status = kernel_handle_make(object, handle);
	if (!NT_SUCCESS(status))
		kernel_object_drop(object, NULL);
	return status;
}

static NTSTATUS answer(PIO_STATUS_BLOCK status_block, NTSTATUS status, ULONG_PTR information)
{
	status_block->Status = status;
	status_block->Information = information;
	return status;
}

BASE_EXPORT NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
				  POBJECT_ATTRIBUTES ObjectAttributes,
				  PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
				  ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
				  ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength)
{
	ULONG_PTR information = 0;
	NTSTATUS status;

	(void)AllocationSize;
	(void)FileAttributes;
	(void)ShareAccess;
	(void)CreateOptions;
	(void)EaBuffer;
	(void)EaLength;
	KERNEL_CHECK_SERVICE("ZwCreateFile");
	status = open_file(FileHandle, DesiredAccess, ObjectAttributes, CreateDisposition,
			   POOL_FRAME_KEPT(), &information);
	return answer(IoStatusBlock, status, information);
}

BASE_EXPORT NTSTATUS ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
				POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
				ULONG ShareAccess, ULONG OpenOptions)
{
	ULONG_PTR information = 0;
	NTSTATUS status;

	(void)ShareAccess;
	(void)OpenOptions;
	KERNEL_CHECK_SERVICE("ZwOpenFile");
	status = open_file(FileHandle, DesiredAccess, ObjectAttributes, FILE_OPEN,
			   POOL_FRAME_KEPT(), &information);
	return answer(IoStatusBlock, status, information);
}
