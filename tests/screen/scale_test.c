/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scale_test.c - many processes, sites and names: every table has to grow
 *
 * The figures are made so that the sums are known. Built with the sanitizers, as what reads foreign
 * files is.
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "model/model.h"
#include "view/view.h"

#include <stdlib.h>
#include <unistd.h>

#define SCALE_PROCESSES 3
#define SCALE_SITES     3000

static char scale_dir[] = "/tmp/poolmon-scale-XXXXXX";

static void scale_check(struct reader *reader, enum model_group group, size_t rows)
{
	struct model_options options = {.group = group, .sort = MODEL_COLUMN_BYTES};
	struct model *model = model_create(&options);
	struct reader_snapshot *snapshots[2];
	int64_t blocks = 0;

	for (int s = 0; s < SCALE_SITES; s++)
		blocks += SCALE_PROCESSES * (s + 1);
	for (int i = 0; i < 2; i++) {
		struct view view = {.model = model, .library = ""};
		struct frame frame;

		if (reader_refresh(reader, &snapshots[i]))
			exit(99);
		model_update(model, snapshots[i]);
		frame_init(&frame, 60, 200);
		view_render(&view, &frame);
		frame_fini(&frame);
	}
	ok(model_row_count(model) == rows, "%zu rows per %s", rows, model_groups[group].name);
	ok(model_total(model, POOLTAG_POOL_PAGED)->value[MODEL_COLUMN_DIFF] == blocks,
	   "and all blocks in them");
	ok(model_total(model, POOLTAG_POOL_PAGED)->value[MODEL_COLUMN_BYTES] == 32 * blocks,
	   "and all bytes");
	ok(model_row(model, 0)->value[MODEL_COLUMN_BYTES_DELTA] == 0 &&
		   model_row(model, 0)->trend == MODEL_TREND_NONE,
	   "and no change between two snapshots of the same");
	model_destroy(model);
	reader_snapshot_drop(snapshots[0]);
	reader_snapshot_drop(snapshots[1]);
}

int main(void)
{
	char command[96];
	struct reader *reader;

	if (!mkdtemp(scale_dir))
		return 99;
	fixture_many(scale_dir, SCALE_PROCESSES, SCALE_SITES, 2);
	reader = reader_create(scale_dir);
	scale_check(reader, MODEL_GROUP_TAG, FIXTURE_MANY_TAGS);
	scale_check(reader, MODEL_GROUP_MODULE, FIXTURE_MANY_MODULES);
	scale_check(reader, MODEL_GROUP_FUNCTION, SCALE_SITES);
	scale_check(reader, MODEL_GROUP_SITE, SCALE_SITES);
	scale_check(reader, MODEL_GROUP_PROCESS, SCALE_PROCESSES);
	reader_destroy(reader);
	snprintf(command, sizeof(command), "rm -r %s", scale_dir);
	ok(system(command) == 0, "cleaned up");
	return done();
}
