/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/outfile.h"

#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a directory of everybody's, the new name must not be a link that somebody has put there. */
static FILE *outfile_open(const struct outfile *file)
{
	int fd;

	if (!file->temporary)
		return fopen(file->path, "we");
	fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

int outfile_begin(struct outfile *file, const char *path)
{
	struct stat status;

	memset(file, 0, sizeof(*file));
	file->path = path;
	/* A symbolic link is left in place: what it names is written. */
	if (lstat(path, &status) < 0 || S_ISREG(status.st_mode))
		file->temporary = memory_printed("%s.%d.tmp", path, (int)getpid());
	file->out = outfile_open(file);
	if (file->out)
		return 0;
	free(file->temporary);
	return -errno;
}

int outfile_end(struct outfile *file, int error)
{
	if (error == 0 && ferror(file->out))
		error = -EIO;
	errno = 0;
	if (fclose(file->out) == EOF && error == 0)
		error = errno ? -errno : -EIO;
	if (file->temporary) {
		if (error == 0 && rename(file->temporary, file->path) < 0)
			error = -errno;
		if (error)
			unlink(file->temporary);
		free(file->temporary);
	}
	return error;
}
