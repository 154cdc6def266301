/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/library.h"

#include "common/files.h"
#include "common/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *library_if_readable(char *path)
{
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* <directory of this program>/../lib/libpooltag.so: the build tree, and an installation in /x/bin.
 */
static char *library_beside(void)
{
	char *directory = files_own_directory();
	char *path;
	char *real;

	if (!directory)
		return NULL;
	path = memory_printed("%s/../lib/" LIBRARY_NAME, directory);
	real = realpath(path, NULL);
	free(path);
	free(directory);
	return real;
}

char *library_find(void)
{
	const char *named = getenv(LIBRARY_VARIABLE);
	char *path;

	if (named && *named) /* absolute, because the command's children may be elsewhere */
		return realpath(named, NULL);
	path = library_beside();
	if (path)
		return library_if_readable(path);
	return library_if_readable(memory_text(POOLMON_LIBRARY_DIR "/" LIBRARY_NAME));
}
