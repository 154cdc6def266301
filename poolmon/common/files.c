/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/files.h"

#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *files_read(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t allocated = 0;
	size_t size = 0;
	int error;

	if (!file)
		return NULL;
	errno = 0;
	do {
		memory_reserve(&text, &allocated, size + 1, 1);
		size += fread(text + size, 1, allocated - size - 1, file);
	} while (!feof(file) && !ferror(file));
	error = ferror(file) ? errno : 0;
	fclose(file);
	text[size] = '\0';
	*ret_size = size;
	if (error == 0)
		return text;
	free(text);
	errno = error;
	return NULL;
}

int files_open_regular(const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC);
	struct stat status;
	char again[32];
	int fd = -1;

	if (place < 0)
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	if (fstat(place, &status) == 0 && S_ISREG(status.st_mode))
		fd = open(again, O_RDONLY | O_CLOEXEC);
	close(place);
	return fd;
}

char *files_own_directory(void)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length <= 0)
		return NULL;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return memory_text(self);
}
