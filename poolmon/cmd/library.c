/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/library.h"

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
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	char *path;
	char *real;

	if (length <= 0)
		return NULL;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	path = memory_printed("%s/../lib/" LIBRARY_NAME, self);
	real = realpath(path, NULL);
	free(path);
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
