/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snap.c - all figures at this moment into a file
 */
#include "export/snap.h"
#include "cmd/cmd.h"
#include "cmd/outfile.h"
#include "cmd/session.h"

#include <string.h>

#define SNAP_FAILED 1
#define SNAP_GZIP   ".gz"

static int snap_write_file(const struct session *session, const char *path)
{
	size_t length = strlen(path);
	bool compressed = length > strlen(SNAP_GZIP) &&
			  strcmp(path + length - strlen(SNAP_GZIP), SNAP_GZIP) == 0;
	struct outfile file;
	struct snap snap;
	int error = outfile_begin(&file, path);

	if (error == 0) {
		snap_take(&snap, session->model);
		error = outfile_end(&file, snap_save(&snap, compressed, file.out));
		snap_fini(&snap);
	}
	if (error == 0)
		return 0;
	fprintf(stderr, "poolmon: snap: %s: %s\n", path, strerror(-error));
	return SNAP_FAILED;
}

int cmd_snap(const struct arguments *arguments)
{
	struct session session;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, false);
	status = session_take(&session);
	for (size_t i = 0; status == 0 && i < session.snapshot->refusal_count; i++)
		fprintf(stderr, "poolmon: %s %s\n", session.snapshot->refusals[i].path,
			session.snapshot->refusals[i].text);
	if (status == 0)
		status = snap_write_file(&session, arguments->operands[0]);
	session_fini(&session);
	return status;
}
