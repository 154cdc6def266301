/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/mappings.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include <errno.h>
#include <fcntl.h>

/* The start of a line, as far as it is of interest: two addresses and what may be done there. */
struct line {
	char text[64];
	size_t length;
};

/* "7f0b96a00000-7f0b96c00000 rw-p ..." */
static int use_line(const struct line *line, base_use_mapping *use, void *argument)
{
	const char *at = line->text;
	struct base_mapping mapping = {.start = base_hex_at(&at)};

	if (*at++ != '-')
		return -EINVAL;
	mapping.end = base_hex_at(&at);
	if (at[0] != ' ' || (at[1] != 'r' && at[1] != '-'))
		return -EINVAL;
	mapping.readable = at[1] == 'r';
	mapping.writable = at[2] == 'w';
	return use(&mapping, argument);
}

static int use_bytes(struct line *line, const char *bytes, long count, base_use_mapping *use,
		     void *argument)
{
	int result = 0;

	for (long i = 0; i < count && result == 0; i++) {
		if (bytes[i] != '\n') {
			if (line->length < sizeof(line->text) - 1)
				line->text[line->length++] = bytes[i];
			continue;
		}
		line->text[line->length] = '\0';
		result = use_line(line, use, argument);
		line->length = 0;
	}
	return result;
}

int base_is_mapped(uintptr_t address, size_t pages)
{
	unsigned char resident[BASE_PAGES_ASKED];

	return BASE_SYSCALL3(SYS_mincore, base_round_down(address, BASE_PAGE_SIZE),
			     pages << BASE_PAGE_SHIFT, resident) == 0;
}

int base_each_mapping(base_use_mapping *use, void *argument)
{
	struct line line = {.length = 0};
	char bytes[4096];
	long fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	long count;
	int result = 0;

	if (fd < 0)
		return (int)fd;
	while (result == 0 && (count = BASE_SYSCALL3(SYS_read, fd, bytes, sizeof(bytes))) != 0)
		result = count < 0 ? (int)count : use_bytes(&line, bytes, count, use, argument);
	BASE_SYSCALL1(SYS_close, fd);
	return result;
}
