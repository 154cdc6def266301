/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/program.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include <sys/auxv.h>

static int same_file(const char *a, const char *b)
{
	struct stat first, second;

	return BASE_SYSCALL2(SYS_stat, a, &first) == 0 &&
	       BASE_SYSCALL2(SYS_stat, b, &second) == 0 && first.st_ino == second.st_ino &&
	       first.st_dev == second.st_dev;
}

size_t base_program_path(char *path, size_t capacity)
{
	const char *started_as = (const char *)getauxval(AT_EXECFN);
	struct base_text text = base_text_in(path, capacity);
	long length;

	/* A script's process has the script's name there: that is not what is mapped. */
	if (started_as != NULL && started_as[0] == '/' && same_file(started_as, "/proc/self/exe")) {
		base_text_add(&text, started_as);
		return text.length;
	}
	length = BASE_SYSCALL3(SYS_readlink, "/proc/self/exe", path, capacity - 1);
	path[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}
