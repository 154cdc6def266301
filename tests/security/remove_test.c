/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remove_test.c - root removes a user's segments, and the user moves the directory away meanwhile
 *
 * Usage: remove_test DIRECTORY OTHER. DIRECTORY holds a segment of a user's process that is gone;
 * OTHER, which is root's, a file of the same name. Prints TAP.
 */
#include "reader/reader.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int count;
static int failed;

static void ok(int condition, const char *name)
{
	printf("%sok %d - %s\n", condition ? "" : "not ", ++count, name);
	failed += !condition;
}

int main(int argc, char **argv)
{
	struct reader *reader = reader_create(argc == 3 ? argv[1] : NULL);
	struct reader_snapshot *snapshot;
	char aside[4096];

	if (argc != 3)
		return 2;
	if (reader_refresh(reader, &snapshot) != 0 || snapshot->process_count != 1)
		return 3;
	snprintf(aside, sizeof(aside), "%s.aside", argv[1]);
	ok(rename(argv[1], aside) == 0 && symlink(argv[2], argv[1]) == 0, "a link to root's");
	ok(reader_remove(&snapshot->processes[0]) == -EPERM, "nothing is removed through it");
	ok(unlink(argv[1]) == 0 && rename(aside, argv[1]) == 0, "as it was");
	ok(reader_remove(&snapshot->processes[0]) == 0, "the segment is removed");
	reader_snapshot_drop(snapshot);
	reader_destroy(reader);
	printf("1..%d\n", count);
	return failed != 0;
}
