/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

uint32_t base_confined;

void *base_mmap(void *address, size_t bytes, int protection, int flags, int fd, long offset)
{
	return (void *)BASE_SYSCALL6(SYS_mmap, address, bytes, protection, flags, fd, offset);
}

long base_munmap(void *address, size_t bytes)
{
	return BASE_SYSCALL2(SYS_munmap, address, bytes);
}

void *base_map_aligned(size_t bytes, size_t alignment, int protection)
{
	size_t slack = alignment > BASE_PAGE_SIZE ? alignment : 0;
	char *mapped = base_map_memory(bytes + slack, protection, 0);
	char *start;

	if (base_is_error(mapped))
		return NULL;
	start = (char *)base_round_up((uintptr_t)mapped, alignment);
	if (start > mapped)
		base_munmap(mapped, (size_t)(start - mapped));
	if (start - mapped < (ptrdiff_t)slack)
		base_munmap(start + bytes, slack - (size_t)(start - mapped));
	return start;
}

void *base_map_memory(size_t bytes, int protection, int extra_flags)
{
	return base_mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | extra_flags, -1, 0);
}

uint64_t base_now_ns(clockid_t clock)
{
	struct timespec now = {0};

	BASE_SYSCALL2(SYS_clock_gettime, clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

long base_read_file(const char *path, char *buffer, size_t capacity)
{
	long fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	size_t length = 0;
	long n;

	buffer[0] = '\0';
	if (fd < 0)
		return fd;
	do {
		n = BASE_SYSCALL3(SYS_read, fd, buffer + length, capacity - 1 - length);
		if (n > 0)
			length += (size_t)n;
	} while (n == -EINTR || (n > 0 && length < capacity - 1));
	BASE_SYSCALL1(SYS_close, fd);
	buffer[length] = '\0';
	return n < 0 ? n : (long)length;
}
