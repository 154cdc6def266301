/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - opening files, for sections of them
 *
 * Callers: drivers. Locking: the handles'. Context: PASSIVE_LEVEL.
 */
#include "lib/base/sys.h"
#include "lib/kernel/handle.h"
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

/* The open flags of a disposition; -1 for none of them. */
static int flags_of(ULONG disposition)
{
	switch (disposition) {
	case FILE_OPEN:
		return 0;
	case FILE_CREATE:
		return O_CREAT | O_EXCL;
	case FILE_OPEN_IF:
		return O_CREAT;
	case FILE_OVERWRITE:
		return O_TRUNC;
	case FILE_SUPERSEDE:
	case FILE_OVERWRITE_IF:
		return O_CREAT | O_TRUNC;
	default:
		return -1;
	}
}

static NTSTATUS open_file(PHANDLE handle, ACCESS_MASK access, PCOBJECT_ATTRIBUTES attributes,
			  PIO_STATUS_BLOCK status_block, ULONG disposition, struct pool_frame frame)
{
	int writes =
		(access & (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
	int flags = flags_of(disposition);
	struct kernel_object *object;
	char path[PATH_BYTES];
	NTSTATUS status;
	long fd;

	if (flags < 0)
		return STATUS_INVALID_PARAMETER;
	if (attributes->ObjectName == NULL || path_of(attributes->ObjectName, path) != 0)
		return STATUS_OBJECT_NAME_INVALID;
	fd = BASE_SYSCALL3(SYS_open, path, flags | (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC, 0666);
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
	if (!NT_SUCCESS(status)) {
		kernel_object_drop(object, NULL);
		return status;
	}
	status_block->Status = STATUS_SUCCESS;
	status_block->Information = flags & O_EXCL    ? FILE_CREATED
				    : flags & O_TRUNC ? FILE_OVERWRITTEN
						      : FILE_OPENED;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
				  POBJECT_ATTRIBUTES ObjectAttributes,
				  PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
				  ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
				  ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength)
{
	(void)AllocationSize;
	(void)FileAttributes;
	(void)ShareAccess;
	(void)CreateOptions;
	(void)EaBuffer;
	(void)EaLength;
	return open_file(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock,
			 CreateDisposition, POOL_FRAME_KEPT());
}

BASE_EXPORT NTSTATUS ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
				POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
				ULONG ShareAccess, ULONG OpenOptions)
{
	(void)ShareAccess;
	(void)OpenOptions;
	return open_file(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, FILE_OPEN,
			 POOL_FRAME_KEPT());
}
