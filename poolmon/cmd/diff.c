/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff.c - what changed between two snapshots, each a file or the processes of now
 *
 * An operand of digits is a process, `live` is all of them; anything else, a file (./live, ./123
 * for files of such names).
 */
#include "export/diff.h"
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIFF_LIVE   "live"
#define DIFF_FAILED 1

/* What is shown without --columns. */
static const enum model_column_id diff_columns[] = {MODEL_COLUMN_ALLOCS, MODEL_COLUMN_FREES,
						    MODEL_COLUMN_DIFF, MODEL_COLUMN_BYTES};

/* The figures of now, of one process when `pid` is not 0. */
static int diff_take(const struct arguments *arguments, uint32_t pid, struct snap *snap)
{
	struct model_options options = {
		.pid_count = pid ? 1 : 0,
		.pids = &pid,
	};
	struct session session;
	int status;

	session_init(&session, arguments, &options, arguments->dir, false);
	status = session_take(&session);
	if (status == 0)
		snap_take(snap, session.model);
	session_fini(&session);
	return status;
}

static int diff_load(const struct arguments *arguments, const char *operand, struct snap *snap)
{
	uint64_t pid = 0;
	char *text;

	if (strcmp(operand, DIFF_LIVE) == 0)
		return diff_take(arguments, 0, snap);
	if (text_to_number(operand, INT32_MAX, &pid) == 0 && pid != 0)
		return diff_take(arguments, (uint32_t)pid, snap);
	if (snap_load(snap, operand, &text) == 0)
		return 0;
	fprintf(stderr, "poolmon: diff: %s\n", text);
	free(text);
	return ARGUMENTS_USAGE_STATUS;
}

static int diff_write(const struct diff *diff, const struct arguments *arguments)
{
	const struct layout_choice *choice = &arguments->columns;
	size_t count = sizeof(diff_columns) / sizeof(diff_columns[0]);
	int error;

	errno = 0;
	if (arguments->json)
		error = diff_write_json(diff, stdout);
	else if (choice->count)
		error = diff_write_text(diff, choice->ids, choice->count, stdout);
	else
		error = diff_write_text(diff, diff_columns, count, stdout);
	if (error == 0 && fflush(stdout) == EOF)
		error = errno ? -errno : -EIO;
	if (error == 0)
		return 0;
	fprintf(stderr, "poolmon: cannot write: %s\n", strerror(-error));
	return DIFF_FAILED;
}

int cmd_diff(const struct arguments *arguments)
{
	struct snap snaps[DIFF_SIDES] = {{0}, {0}};
	struct diff diff = {
		.snaps = {&snaps[DIFF_BEFORE], &snaps[DIFF_AFTER]},
		.names = {arguments->operands[0], arguments->operands[1]},
		.group = arguments->model.group,
		.sort = arguments->model.sort,
	};
	int status = 0;

	for (int side = 0; status == 0 && side < DIFF_SIDES; side++)
		status = diff_load(arguments, arguments->operands[side], &snaps[side]);
	if (status == 0) {
		diff_init(&diff);
		status = diff_write(&diff, arguments);
		diff_fini(&diff);
	}
	for (int side = 0; side < DIFF_SIDES; side++)
		snap_fini(&snaps[side]);
	return status;
}
