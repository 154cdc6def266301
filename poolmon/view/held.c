/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/held.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int held_file = -1;
static int held_terminal = -1;

void held_begin(void)
{
	if (!isatty(STDERR_FILENO))
		return;
	held_file = memfd_create("poolmon-stderr", MFD_CLOEXEC);
	held_terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (held_file >= 0 && held_terminal >= 0 && dup2(held_file, STDERR_FILENO) >= 0)
		return;
	/* Then messages stand on the screen. */
	close(held_file);
	close(held_terminal);
	held_file = -1;
}

void held_end(void)
{
	char bytes[512];
	ssize_t count;

	if (held_file < 0)
		return;
	dup2(held_terminal, STDERR_FILENO);
	lseek(held_file, 0, SEEK_SET);
	while ((count = read(held_file, bytes, sizeof(bytes))) > 0) {
		if (write(STDERR_FILENO, bytes, (size_t)count) < 0)
			break;
	}
	close(held_terminal);
	close(held_file);
	held_file = -1;
}
