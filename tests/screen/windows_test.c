/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * windows_test.c - the samples of Microsoft's pages about PoolMon, byte for byte
 *
 * The figures of a sample are a segment (windows/NAME.seg, and NAME-later.seg five seconds later);
 * what PoolMon shows of them is windows/NAME.txt, as printed there. Drawn on a screen of 80 columns
 * and as text, both have to be that, from the first line to the last row.
 *
 * windows_test DIRECTORY-OF-THIS-FILE
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "reader/reader.h"
#include "view/view.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

/* What a sample shows, besides the figures of its segment. */
struct windows_sample {
	const char *name;
	enum model_column_id sort;
	struct host_figures host;
};

static const struct windows_sample windows_samples[] = {
	{"display",
	 MODEL_COLUMN_ALLOCS,
	 {.memory = 260620,
	  .available = 96364,
	  .kernel = 1916,
	  .paged_resident = 17856,
	  .commit = 203500,
	  .limit = 640916,
	  .peak = 260632,
	  .nonpaged = 8332,
	  .paged = 27220}},
	{"drsd",
	 MODEL_COLUMN_TAG,
	 {.memory = 130480,
	  .available = 91856,
	  .page_faults = 1220,
	  .kernel = 2484,
	  .paged_resident = 7988,
	  .commit = 30104,
	  .limit = 248432,
	  .peak = 34028,
	  .nonpaged = 2224,
	  .paged = 8004}},
};

/* Everything a sample needs. */
struct windows {
	const char *source;
	const struct windows_sample *sample;
	char dir[64];
	struct reader *reader;
	struct reader_snapshot *snapshots[2];
	struct model *model;
	struct view view;
};

static void windows_snapshot(struct windows *windows, int index, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/windows/%s%s.seg", windows->source, windows->sample->name,
		 suffix);
	fixture_write(path, windows->dir);
	if (reader_refresh(windows->reader, &windows->snapshots[index]))
		exit(99);
	model_update(windows->model, windows->snapshots[index]);
}

static void windows_begin(struct windows *windows, const char *source,
			  const struct windows_sample *sample)
{
	struct model_options options = {.sort = sample->sort};

	memset(windows, 0, sizeof(*windows));
	windows->source = source;
	windows->sample = sample;
	strcpy(windows->dir, "/tmp/poolmon-windows-XXXXXX");
	if (!mkdtemp(windows->dir))
		exit(99);
	windows->reader = reader_create(windows->dir);
	windows->model = model_create(&options);
	windows->view.model = windows->model;
	windows->view.host = sample->host;
	windows->view.interval = 5;
	windows->view.library = "/usr/lib/libpooltag.so";
	windows_snapshot(windows, 0, "");
	windows_snapshot(windows, 1, "-later");
}

static void windows_end(struct windows *windows)
{
	char command[128];

	model_destroy(windows->model);
	reader_snapshot_drop(windows->snapshots[0]);
	reader_snapshot_drop(windows->snapshots[1]);
	reader_destroy(windows->reader);
	snprintf(command, sizeof(command), "rm -r %s", windows->dir);
	if (system(command) != 0)
		diag("%s is left", windows->dir);
}

static void windows_draw(struct windows *windows, FILE *out)
{
	struct frame frame;
	int last = 23;

	frame_init(&frame, 25, 80);
	view_render(&windows->view, &frame);
	while (last > 0 && frame.cells[last * frame.columns + 1].code == ' ')
		last--;
	for (int row = 0; row <= last; row++)
		frame_write_line(&frame, row, out);
	frame_fini(&frame);
}

/* The text as far as PoolMon's columns go: ours stand to the right of them. */
static void windows_print(struct windows *windows, FILE *out)
{
	static const enum model_column_id columns[] = {
		MODEL_COLUMN_TAG,          MODEL_COLUMN_TYPE,  MODEL_COLUMN_ALLOCS,
		MODEL_COLUMN_ALLOCS_DELTA, MODEL_COLUMN_FREES, MODEL_COLUMN_FREES_DELTA,
		MODEL_COLUMN_DIFF,         MODEL_COLUMN_BYTES, MODEL_COLUMN_BYTES_DELTA,
		MODEL_COLUMN_PER_ALLOC,
	};

	windows->view.choice.count = sizeof(columns) / sizeof(columns[0]);
	memcpy(windows->view.choice.ids, columns, sizeof(columns));
	view_write(&windows->view, out);
}

/* Whether what `writer` writes is the sample. */
static void windows_compare(struct windows *windows, const char *how,
			    void (*writer)(struct windows *, FILE *))
{
	static char expected[1 << 16];
	char path[4096];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	FILE *file;

	snprintf(path, sizeof(path), "%s/windows/%s.txt", windows->source, windows->sample->name);
	file = fopen(path, "re");
	if (!out || !file)
		exit(99);
	expected[fread(expected, 1, sizeof(expected) - 1, file)] = '\0';
	fclose(file);
	writer(windows, out);
	fclose(out);
	if (!ok(strcmp(text, expected) == 0, "%s, %s", windows->sample->name, how)) {
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
			diag("%.*s|", (int)strcspn(line, "\n"), line);
	}
	free(text);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !setlocale(LC_CTYPE, "C.UTF-8"))
		return 99;
	for (size_t i = 0; i < sizeof(windows_samples) / sizeof(windows_samples[0]); i++) {
		struct windows windows;

		windows_begin(&windows, argv[1], &windows_samples[i]);
		windows_compare(&windows, "on a screen", windows_draw);
		windows_compare(&windows, "as text", windows_print);
		windows_end(&windows);
	}
	return done();
}
