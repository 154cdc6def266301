// SPDX-License-Identifier: BSD-2-Clause
/* segment.c - a segment file, read, grouped and exported */
#include "export/format.h"
#include "export/snap.h"
#include "model/model.h"
#include "reader/reader.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/dev/shm/pooltag-fuzz-XXXXXX";
static char path[64];

static void remove_directory(void)
{
	unlink(path);
	rmdir(directory);
}

static void put(const uint8_t *data, size_t size)
{
	int fd;

	if (path[0] == '\0') {
		if (!mkdtemp(directory))
			abort();
		snprintf(path, sizeof(path), "%s/201.1000", directory);
		atexit(remove_directory);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* One group and one format for each input: there are many of both. */
static void look(const struct reader_snapshot *snapshot, enum model_group group, unsigned choice)
{
	const struct model_options settings = {.group = group, .sort = MODEL_COLUMN_BYTES};
	const struct format_options options = {.stacks = FORMAT_STACKS_BEST};
	static FILE *out;
	struct model *model = model_create(&settings);

	if (!out)
		out = fopen("/dev/null", "we");
	model_update(model, snapshot);
	if (choice % (FORMAT_MAX + 1) < FORMAT_MAX) {
		format_write((enum format_id)(choice % (FORMAT_MAX + 1)), model, &options, out);
	} else {
		struct snap snap;

		snap_take(&snap, model);
		snap_save(&snap, false, out);
		snap_fini(&snap);
	}
	model_destroy(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader_snapshot *snapshot;
	struct reader *reader;
	unsigned choice = 0;

	/* As much a part of the input as the rest, and spread over all of it. */
	for (size_t i = 0; i < size; i++)
		choice = choice * 31 + data[i];
	put(data, size);
	reader = reader_create(directory);
	reader_want(reader, READER_WANT_SHARDS | READER_WANT_STACKS);
	fuzz_demand(reader_refresh(reader, &snapshot) == 0);
	fuzz_demand(snapshot->process_count + snapshot->refusal_count <= 1);
	if (snapshot->process_count == 1)
		look(snapshot, (enum model_group)(choice % MODEL_GROUP_MAX),
		     choice / MODEL_GROUP_MAX);
	reader_snapshot_drop(snapshot);
	reader_destroy(reader);
	return 0;
}
