// SPDX-License-Identifier: BSD-2-Clause
/* host.c - see host.h */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void host_expect(const struct host_tally *tally)
{
	char line[256];
	int length = snprintf(line, sizeof line, "expect %d %s %lu %lu %lu %lu\n", (int)getpid(),
			      tally->function, tally->allocs, tally->frees, tally->alloc_bytes,
			      tally->free_bytes);

	host_must(write(STDOUT_FILENO, line, (size_t)length) == length, "write");
}

void host_must(int good, const char *what)
{
	if (good)
		return;
	dprintf(STDERR_FILENO, "host: %s failed\n", what);
	_exit(3);
}
