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
#include "common/files.h"
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
	const char *segments; /* NULL: of the same name */
	const char *local;    /* tag files, NULL: none */
	const char *general;
	enum model_column_id sort;
	enum model_sessions sessions; /* session 0 */
	struct host_figures host;
};

static const struct windows_sample windows_samples[] = {
	{.name = "display",
	 .sort = MODEL_COLUMN_ALLOCS,
	 .host = {.memory = 260620,
		  .available = 96364,
		  .page_faults = 0,
		  .kernel = 1916,
		  .paged_resident = 17856,
		  .commit = 203500,
		  .limit = 640916,
		  .peak = 260632,
		  .nonpaged = 8332,
		  .paged = 27220}},
	{.name = "drsd",
	 .host = {.memory = 130480,
		  .available = 91856,
		  .page_faults = 1220,
		  .kernel = 2484,
		  .paged_resident = 7988,
		  .commit = 30104,
		  .limit = 248432,
		  .peak = 34028,
		  .nonpaged = 2224,
		  .paged = 8004}},
	{.name = "ip",
	 .local = "ip.localtag",
	 .general = "ip.pooltag",
	 .host = {.memory = 130616,
		  .available = 23692,
		  .page_faults = 146,
		  .kernel = 2108,
		  .paged_resident = 9532,
		  .commit = 187940,
		  .limit = 318628,
		  .peak = 192000,
		  .nonpaged = 8372,
		  .paged = 13384}},
	{.name = "mem",
	 .local = "mem.localtag",
	 .host = {.memory = 260620,
		  .available = 57840,
		  .page_faults = 162,
		  .kernel = 2116,
		  .paged_resident = 19448,
		  .commit = 244580,
		  .limit = 640916,
		  .peak = 265416,
		  .nonpaged = 8496,
		  .paged = 32904}},
	{.name = "session",
	 .general = "session.pooltag",
	 .sessions = MODEL_SESSIONS_ONE,
	 .host = {.memory = 523572,
		  .available = 235876,
		  .page_faults = 43,
		  .kernel = 1900,
		  .paged_resident = 18860,
		  .commit = 185040,
		  .limit = 1279764,
		  .peak = 987356,
		  .nonpaged = 14684,
		  .paged = 19124}},
	{.name = "none",
	 .segments = "display",
	 .sessions = MODEL_SESSIONS_ALL,
	 .host = {.memory = 260620,
		  .available = 44956,
		  .page_faults = 308,
		  .kernel = 2744,
		  .paged_resident = 20444,
		  .commit = 185452,
		  .limit = 640872,
		  .peak = 192472,
		  .nonpaged = 8112,
		  .paged = 20648}},
};

/* Everything a sample needs. */
struct windows {
	const char *source;
	const struct windows_sample *sample;
	char dir[64];
	struct reader *reader;
	struct reader_snapshot *snapshots[2];
	struct owners *owners;
	struct model *model;
	struct view view;
};

static void windows_snapshot(struct windows *windows, int index, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/windows/%s%s.seg", windows->source,
		 windows->sample->segments ? windows->sample->segments : windows->sample->name,
		 suffix);
	fixture_write(path, windows->dir);
	if (reader_refresh(windows->reader, &windows->snapshots[index]))
		exit(99);
	model_update(windows->model, windows->snapshots[index]);
}

static void windows_owners(struct windows *windows, enum owners_source source, const char *name)
{
	struct owners_faults faults;
	char path[4096];
	size_t size;
	char *text;

	if (!name)
		return;
	if (!windows->owners)
		windows->owners = owners_create();
	snprintf(path, sizeof(path), "%s/windows/%s", windows->source, name);
	text = files_read(path, &size);
	if (!text)
		exit(99);
	owners_add(windows->owners, source, text, size, &faults);
	free(text);
	ok(faults.count == 0, "%s has no wrong line", name);
}

static void windows_begin(struct windows *windows, const char *source,
			  const struct windows_sample *sample)
{
	struct model_options options = {.sort = sample->sort, .sessions = sample->sessions};

	memset(windows, 0, sizeof(*windows));
	windows->source = source;
	windows->sample = sample;
	windows_owners(windows, OWNERS_LOCAL, sample->local);
	windows_owners(windows, OWNERS_GENERAL, sample->general);
	options.owners = windows->owners;
	strcpy(windows->dir, "/tmp/poolmon-windows-XXXXXX");
	if (!mkdtemp(windows->dir))
		exit(99);
	windows->reader = reader_create(windows->dir);
	windows->model = model_create(&options);
	windows->view.model = windows->model;
	windows->view.choice.owners = windows->owners;
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
	owners_destroy(windows->owners);
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

	/* With Mapped_Driver PoolMon's lines are longer than 80 columns. */
	frame_init(&frame, 25, windows->owners ? 132 : 80);
	view_render(&windows->view, &frame);
	while (last > 0 && frame.cells[last * frame.columns + 1].code == ' ')
		last--;
	for (int row = 0; row <= last; row++)
		frame_write_line(&frame, row, out);
	frame_fini(&frame);
}

/* The text as far as PoolMon's columns go: without -g and -c, ours stand to the right of them. */
static void windows_print(struct windows *windows, FILE *out)
{
	static const enum model_column_id columns[] = {
		MODEL_COLUMN_TAG,          MODEL_COLUMN_TYPE,  MODEL_COLUMN_ALLOCS,
		MODEL_COLUMN_ALLOCS_DELTA, MODEL_COLUMN_FREES, MODEL_COLUMN_FREES_DELTA,
		MODEL_COLUMN_DIFF,         MODEL_COLUMN_BYTES, MODEL_COLUMN_BYTES_DELTA,
		MODEL_COLUMN_PER_ALLOC,
	};

	if (!windows->owners) {
		windows->view.choice.count = sizeof(columns) / sizeof(columns[0]);
		memcpy(windows->view.choice.ids, columns, sizeof(columns));
	}
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
	/* The empty line before the first row, where there is none. */
	if (size > 2 && strcmp(text + size - 2, "\n\n") == 0)
		text[size - 1] = '\0';
	if (!ok(strcmp(text, expected) == 0, "%s, %s", windows->sample->name, how)) {
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
			diag("%.*s|", (int)strcspn(line, "\n"), line);
	}
	free(text);
}

/* Figures wider than their fields push the rest to the right. */
static void windows_wide(void)
{
	static const struct host_figures figures = {.memory = 33356024,
						    .available = 19399488,
						    .page_faults = 400263915,
						    .kernel = 12672,
						    .paged_resident = 935188};
	char fields[HOST_FIELDS][HOST_FIELD_SIZE];
	char line[HOST_FIELDS * HOST_FIELD_SIZE] = "";

	host_line(&figures, 0, fields);
	for (int i = 0; i < HOST_FIELDS; i++)
		strcat(line, fields[i]);
	is_str(line,
	       " Memory:33356024K Avail:19399488K  PageFlts:400263915   InRam Krnl:12672K "
	       "P:935188K",
	       "a line with wide figures");
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
	windows_wide();
	return done();
}
