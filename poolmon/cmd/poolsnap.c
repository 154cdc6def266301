/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poolsnap.c - -n: a snapshot at the end of a file, as PoolMon writes it
 */
#include "view/poolsnap.h"

#include "cmd/cmd.h"
#include "cmd/session.h"
#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POOLSNAP_FILE "poolsnap.log"

/* In one write, so that several poolmons can append to one file. Returns 0 or a negative errno. */
static int poolsnap_append(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int error = 0;

	if (fd < 0)
		return -errno;
	while (size && error == 0) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno != EINTR)
			error = -errno;
		if (written > 0) {
			text += written;
			size -= (size_t)written;
		}
	}
	if (close(fd) < 0 && error == 0)
		error = -errno;
	return error;
}

static int poolsnap_save(const struct session *session, const char *path)
{
	struct host_figures host = session->view.host;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int error;

	if (!out)
		memory_exhausted();
	host.page_faults = session->host.page_faults;
	poolsnap_write(session->model, &host, out);
	if (fclose(out) == EOF)
		memory_exhausted();
	error = poolsnap_append(path, text, size);
	free(text);
	if (error == 0)
		return 0;
	fprintf(stderr, "poolmon: -n: %s: %s\n", path, strerror(-error));
	return 1;
}

int cmd_poolsnap(const struct arguments *arguments)
{
	const char *path = arguments->poolsnap.file ? arguments->poolsnap.file : POOLSNAP_FILE;
	struct session session;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, true);
	status = session_take(&session);
	if (status == 0)
		status = poolsnap_save(&session, path);
	session_fini(&session);
	return status;
}
