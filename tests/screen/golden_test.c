/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * golden_test.c - screens drawn from known segments, compared cell by cell with files
 *
 * A golden file holds the characters of every line, a line "--", and the attributes of every line
 * as letters of FRAME_LETTERS. With UPDATE_GOLDEN set, the files are written instead; read the
 * difference before committing it.
 *
 * golden_test DIRECTORY-OF-THIS-FILE
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "reader/reader.h"
#include "view/view.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#define GOLDEN_INTERVAL_NS 5000000000ull /* of the simulated clock */

/* Everything a scene needs. */
struct golden {
	const char *source;
	char dir[64];
	struct reader *reader;
	struct reader_snapshot *snapshots[2];
	struct model *model;
	struct view view;
	uint64_t refreshes;
};

static const struct host_figures golden_host = {
	.memory = 24576000,
	.available = 23102000,
	.page_faults = 220,
	.kernel = 2484,
	.paged_resident = 9924,
	.commit = 301040,
	.limit = 24317064,
	.peak = 340280,
	.nonpaged = 2204,
	.paged = 98996,
};

static void golden_write(struct golden *golden, const char *description)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.seg", golden->source, description);
	fixture_write(path, golden->dir);
}

static void golden_begin(struct golden *golden, const char *source,
			 const struct model_options *options)
{
	memset(golden, 0, sizeof(*golden));
	golden->source = source;
	strcpy(golden->dir, "/tmp/poolmon-golden-XXXXXX");
	if (!mkdtemp(golden->dir))
		exit(99);
	golden->reader = reader_create(golden->dir);
	golden->model = model_create(options);
	golden->view.model = golden->model;
	golden->view.host = golden_host;
	golden->view.highlight = true;
	golden->view.interval = 5;
	golden->view.library = "/usr/lib/libpooltag.so";
	golden->view.help_options = "the text of --help\nin two lines";
}

static void golden_snapshot(struct golden *golden, int index, const char *description)
{
	if (description)
		golden_write(golden, description);
	reader_want(golden->reader, model_wants(golden->model));
	if (reader_refresh(golden->reader, &golden->snapshots[index]))
		exit(99);
	golden->snapshots[index]->mono_ns = ++golden->refreshes * GOLDEN_INTERVAL_NS;
	model_update(golden->model, golden->snapshots[index]);
}

/* One refresh more, as the live view does it. */
static void golden_refresh(struct golden *golden, const char *description)
{
	reader_snapshot_drop(golden->snapshots[0]);
	golden->snapshots[0] = golden->snapshots[1];
	golden->snapshots[1] = NULL;
	golden_snapshot(golden, 1, description);
}

static void golden_end(struct golden *golden)
{
	char command[128];

	model_destroy(golden->model);
	reader_snapshot_drop(golden->snapshots[0]);
	reader_snapshot_drop(golden->snapshots[1]);
	reader_destroy(golden->reader);
	snprintf(command, sizeof(command), "rm -r %s", golden->dir);
	if (system(command) != 0)
		diag("%s is left", golden->dir);
}

static void golden_print(const struct frame *frame, FILE *out)
{
	for (int row = 0; row < frame->rows; row++)
		frame_write_line(frame, row, out);
	fputs("--\n", out);
	for (int row = 0; row < frame->rows; row++) {
		for (int column = 0; column < frame->columns; column++)
			putc(FRAME_LETTERS[frame->cells[row * frame->columns + column].attribute],
			     out);
		putc('\n', out);
	}
}

/* Compares `text` with the golden file, or writes it. */
static void golden_compare(const struct golden *golden, const char *name, const char *text)
{
	static char expected[1 << 20];
	char path[4096];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "%s/golden/%s", golden->source, name);
	if (getenv("UPDATE_GOLDEN")) {
		file = fopen(path, "we");
		ok(file && fputs(text, file) != EOF && fclose(file) == 0, "%s written", name);
		return;
	}
	file = fopen(path, "re");
	length = file ? fread(expected, 1, sizeof(expected) - 1, file) : 0;
	expected[length] = '\0';
	if (file)
		fclose(file);
	if (!ok(strcmp(text, expected) == 0, "%s", name)) {
		diag("drawn now:");
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
			diag("%.*s", (int)strcspn(line, "\n"), line);
	}
}

static void golden_check(struct golden *golden, const char *name, int columns, int rows)
{
	struct frame frame;
	char file[128];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		exit(99);
	/* Widths remember: every golden screen is the first of its size. */
	memset(&golden->view.memory, 0, sizeof(golden->view.memory));
	frame_init(&frame, rows, columns);
	view_render(&golden->view, &frame);
	golden_print(&frame, out);
	fclose(out);
	snprintf(file, sizeof(file), "%s-%dx%d.txt", name, columns, rows);
	golden_compare(golden, file, text);
	frame_fini(&frame);
	free(text);
}

static void golden_sizes(struct golden *golden, const char *name)
{
	golden_check(golden, name, 40, 10);
	golden_check(golden, name, 80, 24);
	golden_check(golden, name, 132, 50);
	golden_check(golden, name, 250, 60);
}

/* Two snapshots, as a user sees them after the first refresh, and what the keys make of them. */
static void golden_live(const char *source)
{
	struct model_options options = {.sort = MODEL_COLUMN_TAG};
	struct golden golden;

	golden_begin(&golden, source, &options);
	golden_snapshot(&golden, 0, "two");
	golden_check(&golden, "first", 80, 24);
	golden_snapshot(&golden, 1, "two-later");
	golden_sizes(&golden, "live");
	view_key(&golden.view, 'b');
	view_key(&golden.view, 'e');
	model_arrange(golden.model);
	view_key(&golden.view, VIEW_CODE_DOWN);
	view_key(&golden.view, VIEW_CODE_DOWN);
	golden_sizes(&golden, "bytes-totals-selected");
	view_key(&golden.view, '(');
	model_arrange(golden.model);
	golden_check(&golden, "change-selected", 80, 24);
	view_key(&golden.view, 'p');
	view_key(&golden.view, 'L');
	model_arrange(golden.model);
	golden_check(&golden, "nonp-plain", 80, 24);
	golden_check(&golden, "too-small", 39, 10);
	view_key(&golden.view, '?');
	golden_sizes(&golden, "help");
	ok(view_key(&golden.view, VIEW_CODE_ESCAPE) == VIEW_REDRAW && !golden.view.help,
	   "Esc closes the help");
	ok(view_key(&golden.view, VIEW_CODE_ESCAPE) == VIEW_QUIT, "Esc quits");
	golden_end(&golden);
}

static void golden_groups(const char *source)
{
	for (int group = 0; group < MODEL_GROUP_MAX; group++) {
		struct model_options options = {.group = (enum model_group)group,
						.sort = MODEL_COLUMN_BYTES};
		struct golden golden;
		char name[32];

		golden_begin(&golden, source, &options);
		golden_snapshot(&golden, 0, "two");
		snprintf(name, sizeof(name), "group-%s", model_groups[group].name);
		golden_check(&golden, name, 132, 24);
		golden_end(&golden);
	}
}

/* One level deeper, as the live view does it: another snapshot when the level needs one. */
static void golden_enter(struct golden *golden, const char *name)
{
	int reaction = view_key(&golden->view, VIEW_CODE_ENTER);

	ok(reaction & (VIEW_REDRAW | VIEW_REFRESH), "Enter leads to %s", name);
	if (reaction & VIEW_REFRESH)
		golden_refresh(golden, NULL);
	golden_check(golden, name, 80, 24);
	golden_check(golden, name, 132, 50);
}

/* From a tag down to its stacks, and back up to the rows one came from. */
static void golden_drill(const char *source)
{
	struct model_options options = {.sort = MODEL_COLUMN_BYTES};
	struct golden golden;
	const char *entered;

	golden_begin(&golden, source, &options);
	golden_snapshot(&golden, 0, "drill");
	golden_snapshot(&golden, 1, "drill-later");
	golden_check(&golden, "drill-0-tags", 80, 24);
	view_key(&golden.view, VIEW_CODE_DOWN);
	view_key(&golden.view, VIEW_CODE_DOWN);
	golden_enter(&golden, "drill-1-functions");
	golden_enter(&golden, "drill-2-sites");
	golden_enter(&golden, "drill-3-stacks");
	ok(view_key(&golden.view, VIEW_CODE_ENTER) == VIEW_NOTHING, "nothing is below a stack");
	view_key(&golden.view, VIEW_CODE_DOWN);
	view_key(&golden.view, 'a');
	view_key(&golden.view, 'e');
	model_arrange(golden.model);
	golden_check(&golden, "drill-3-stacks-totals", 80, 24);
	ok(view_key(&golden.view, VIEW_CODE_BACK) == VIEW_REDRAW, "Backspace leads back");
	ok(view_key(&golden.view, VIEW_CODE_ESCAPE) == VIEW_REDRAW, "Esc leads back");
	entered = model_row(golden.model, golden.view.selected_at)->place;
	golden_check(&golden, "drill-4-back", 80, 24);
	ok(strcmp(entered, "server!dictAddRaw") == 0, "to the row that was entered: %s", entered);
	ok(view_key(&golden.view, VIEW_CODE_BACK) == VIEW_REDRAW, "and to the top");
	ok(view_key(&golden.view, VIEW_CODE_BACK) == VIEW_NOTHING, "above which is nothing");
	ok(view_key(&golden.view, VIEW_CODE_ESCAPE) == VIEW_QUIT, "and where Esc quits");
	golden_end(&golden);
}

/* Stacks of which only samples are known. */
static void golden_samples(const char *source)
{
	static const char *const includes[] = {"sds*"};
	struct model_options options = {.group = MODEL_GROUP_STACK,
					.sort = MODEL_COLUMN_BYTES,
					.includes = includes,
					.include_count = 1};
	struct golden golden;

	golden_begin(&golden, source, &options);
	golden_snapshot(&golden, 0, "drill");
	golden_snapshot(&golden, 1, "drill-later");
	golden_check(&golden, "samples", 80, 24);
	golden_check(&golden, "samples", 132, 50);
	golden_end(&golden);
}

/* What threads did, and the tags of one of them. */
static void golden_threads(const char *source)
{
	struct model_options options = {.group = MODEL_GROUP_THREAD, .sort = MODEL_COLUMN_BYTES};
	struct golden golden;

	golden_begin(&golden, source, &options);
	golden_snapshot(&golden, 0, "drill");
	golden_snapshot(&golden, 1, "drill-later");
	golden_check(&golden, "threads", 132, 24);
	golden_enter(&golden, "threads-tags");
	golden_end(&golden);
}

/* With tag files, and while the number of a session is being typed. */
static void golden_owners(const char *source)
{
	static const char local[] = "dict - redis-server\nSSLk - libcrypto.so.3\n";
	static const char general[] = "dict - redis        - hash tables of the key space\n"
				      "S??? - ssl          - \xe2\x80\xa6 and more\n";
	struct owners *owners = owners_create();
	struct model_options options = {.sort = MODEL_COLUMN_BYTES, .owners = owners};
	struct owners_faults faults;
	struct golden golden;

	owners_add(owners, OWNERS_LOCAL, local, sizeof(local) - 1, &faults);
	owners_add(owners, OWNERS_GENERAL, general, sizeof(general) - 1, &faults);
	golden_begin(&golden, source, &options);
	golden.view.choice.owners = true;
	golden_snapshot(&golden, 0, "two");
	golden_snapshot(&golden, 1, "two-later");
	golden_sizes(&golden, "owners");
	for (int i = 0; i < PRESETS_MAX; i++)
		view_key(&golden.view, 'v');
	ok(golden.view.choice.owners, "other views do not forget the tag files");
	model_options(golden.model)->group = MODEL_GROUP_TAG;
	model_options(golden.model)->sort = MODEL_COLUMN_BYTES;
	view_key(&golden.view, '0');
	view_key(&golden.view, 'i');
	view_key(&golden.view, '4');
	view_key(&golden.view, '2');
	golden_sizes(&golden, "session-asked");
	golden_end(&golden);
	owners_destroy(owners);
}

/* Presses a key and takes what it asks for. */
static void golden_press(struct golden *golden, int key)
{
	if (view_key(&golden->view, key) & VIEW_REFRESH)
		golden_refresh(golden, NULL);
	golden->view.message[0] = '\0';
}

/* Segments in which a tag leaks, two processes come of a third, and one has crashed. */
static void golden_grow(struct golden *golden, int step)
{
	char path[80];
	FILE *out;

	snprintf(path, sizeof(path), "%s/.grow", golden->dir);
	out = fopen(path, "we");
	if (!out)
		exit(99);
	fprintf(out,
		"process 101.5000 live /usr/sbin/server ppid=1\nmodule /usr/sbin/server\n"
		"class 32 8\nclass 48 8\nclass 112 8\nclass 128 8\nclass 256 8 Nonp\n"
		"site conn Paged 0 accept_one 0x10\nsite leak Paged 0 remember 0x20\n"
		"site keys Nonp 0 new_key 0x30\nsite temp Paged 0 parse 0x40\n"
		"shard 0\ncell 0 0 120 12000 15360 20 2000 2560\n"
		"cell 0 1 %d %d %d 0 0 0\ncell 0 2 9 2160 2304 1 240 256\n"
		"cell 0 3 %d %d %d %d %d %d\n",
		1000 + 50 * step, (1000 + 50 * step) * 40, (1000 + 50 * step) * 48,
		5000 + 10 * step, (5000 + 10 * step) * 100, (5000 + 10 * step) * 128,
		5000 + 10 * step - step % 3, (5000 + 10 * step - step % 3) * 100,
		(5000 + 10 * step - step % 3) * 128);
	for (int i = 0; i < 2; i++)
		fprintf(out,
			"process %d.5100 live /usr/sbin/worker ppid=101\nmodule /usr/sbin/worker\n"
			"site job Paged 0 take_job 0x10\nsite mixd Paged 0 any_size 0x20\nshard 0\n"
			"cell 0 0 %d %d %d 10 3000 3200\ncell 0 1 30 1100 1904 0 0 0\n",
			102 + i, 40 + i, (40 + i) * 300, (40 + i) * 320);
	fputs("process 99.4000 crashed /usr/bin/importer\nmodule /usr/bin/importer\n"
	      "site row Paged 0 read_row 0x51\nshard 0\ncell 0 0 700 70000 89600 100 10000 12800\n",
	      out);
	if (fclose(out) == EOF)
		exit(99);
	fixture_write(path, golden->dir);
}

static void golden_begin_growing(struct golden *golden, const char *source,
				 const struct model_options *options)
{
	golden_begin(golden, source, options);
	for (int step = 0; step < 20; step++) {
		golden_grow(golden, step);
		golden_refresh(golden, NULL);
	}
}

/* Every view in the order of its key, and back to the first. */
static void golden_views(const char *source)
{
	struct model_options options = {.sort = MODEL_COLUMN_TAG};
	struct golden golden;

	golden_begin_growing(&golden, source, &options);
	for (int id = 0; id < PRESETS_MAX; id++) {
		char name[64];

		ok((int)golden.view.preset == id, "the view %s", presets[id].name);
		snprintf(name, sizeof(name), "view-%s", presets[id].name);
		golden_sizes(&golden, name);
		golden_press(&golden, 'v');
	}
	ok(golden.view.preset == PRESETS_POOLS &&
		   model_settings(golden.model)->group == MODEL_GROUP_TAG,
	   "after the last comes the first");
	golden_end(&golden);
}

/* Graphs, with and without characters beyond ASCII; the chooser; crashed processes; the mark. */
static void golden_extras(const char *source)
{
	struct model_options options = {.sort = MODEL_COLUMN_BYTES};
	struct golden golden;

	golden_begin_growing(&golden, source, &options);
	golden_press(&golden, 'o');
	golden_press(&golden, VIEW_CODE_DOWN);
	golden_sizes(&golden, "graphs");
	golden.view.plain = true;
	golden_check(&golden, "graphs-ascii", 80, 24);
	golden_press(&golden, 'o');
	golden_press(&golden, 'c');
	golden_press(&golden, VIEW_CODE_DOWN);
	golden_press(&golden, VIEW_CODE_DOWN);
	golden_press(&golden, ' ');
	golden_press(&golden, 's');
	golden_sizes(&golden, "chooser");
	golden_press(&golden, VIEW_CODE_ENTER);
	golden_sizes(&golden, "chosen");
	golden_press(&golden, 'x');
	golden_sizes(&golden, "states-crashed");
	golden_press(&golden, 'x');
	golden_press(&golden, 'x');
	golden_press(&golden, 'k');
	golden_check(&golden, "marked-nothing", 80, 24);
	golden_grow(&golden, 21);
	golden_refresh(&golden, NULL);
	golden_sizes(&golden, "marked");
	golden_press(&golden, 'k');
	golden_end(&golden);
}

/* The bytes of the selected row, so that the test sees which one it is. */
static void golden_selected(const struct golden *golden, const char *tag, const char *what)
{
	char text[5] = "none";

	if (golden->view.has_selection)
		pooltag_tag_to_text(model_row(golden->model, golden->view.selected_at)->tag, text);
	ok(strcmp(text, tag) == 0, "%s: %s is selected", what, text);
}

/* What is typed; a selected row that others pass stays on its line of the screen. */
static void golden_typed(const char *source)
{
	struct model_options options = {.sort = MODEL_COLUMN_TAG};
	struct golden golden;
	struct frame frame;
	size_t line;

	golden_begin_growing(&golden, source, &options);
	frame_init(&frame, VIEW_ROWS_LEAST, 80);
	golden_press(&golden, '/');
	golden_press(&golden, 'm');
	golden_selected(&golden, "leak", "/m"); /* remember */
	golden_press(&golden, 'i');
	golden_selected(&golden, "mixd", "/mi");
	golden_check(&golden, "searching", 80, 24);
	golden_press(&golden, VIEW_CODE_ENTER);
	golden_press(&golden, '/');
	golden_press(&golden, 'E');
	golden_press(&golden, VIEW_CODE_ENTER);
	golden_press(&golden, 'n');
	golden_selected(&golden, "temp", "n leads on"); /* server */
	golden_press(&golden, 'n');
	golden_selected(&golden, "conn", "and around");
	golden_press(&golden, '&');
	golden_press(&golden, 'k');
	golden_check(&golden, "filtering", 80, 24);
	ok(model_row_count(golden.model) == 4, "& leaves 4 rows"); /* of tags or names */
	golden_press(&golden, VIEW_CODE_ESCAPE);
	ok(model_row_count(golden.model) == 6, "Esc brings all of them back");
	golden_press(&golden, 'd');
	view_render(&golden.view, &frame);
	golden_press(&golden, '/');
	golden_press(&golden, 'j');
	golden_press(&golden, VIEW_CODE_ENTER);
	view_render(&golden.view, &frame);
	line = golden.view.selected_at - golden.view.top;
	golden_press(&golden, 'r');
	view_render(&golden.view, &frame);
	golden_selected(&golden, "job ", "sorted the other way");
	ok(golden.view.selected_at - golden.view.top == line, "on the line it was on: %zu", line);
	frame_fini(&frame);
	golden_end(&golden);
}

/* Paused, no key but that for fresh figures brings any. */
static void golden_paused(const char *source)
{
	struct model_options options = {.sort = MODEL_COLUMN_TAG};
	struct golden golden;

	golden_begin_growing(&golden, source, &options);
	golden_press(&golden, ' ');
	ok(golden.view.paused, "Space pauses");
	ok(view_key(&golden.view, 'b') == VIEW_REDRAW, "b sorts what is there");
	ok(model_row(golden.model, 0)->value[MODEL_COLUMN_BYTES] >
		   model_row(golden.model, 1)->value[MODEL_COLUMN_BYTES],
	   "at once");
	ok(view_key(&golden.view, VIEW_CODE_REFRESH) & VIEW_REFRESH, "F5 refreshes");
	golden_press(&golden, ' ');
	ok(!golden.view.paused, "Space goes on");
	golden_press(&golden, '+');
	ok(golden.view.interval == 10, "+ makes 10 s of 5");
	golden_press(&golden, '-');
	golden_press(&golden, '-');
	ok(golden.view.interval == 2, "- twice makes 2");
	golden_end(&golden);
}

static void golden_selections(const char *source)
{
	static const uint32_t crashed[] = {103};
	static const char *const includes[] = {"s*", "SSL?"};
	static const char *const excludes[] = {"sd*"};
	struct model_options options = {.sort = MODEL_COLUMN_TAG, .pids = crashed, .pid_count = 1};
	struct golden golden;

	golden_begin(&golden, source, &options);
	golden_snapshot(&golden, 0, "two");
	golden_check(&golden, "crashed", 80, 12);
	golden_end(&golden);
	options = (struct model_options){.sort = MODEL_COLUMN_TAG,
					 .includes = includes,
					 .include_count = 2,
					 .excludes = excludes,
					 .exclude_count = 1};
	golden_begin(&golden, source, &options);
	golden_snapshot(&golden, 0, "two");
	golden_check(&golden, "include-exclude", 80, 12);
	golden_end(&golden);
	options = (struct model_options){.sort = MODEL_COLUMN_TAG};
	golden_begin(&golden, source, &options);
	golden_snapshot(&golden, 0, NULL);
	golden_sizes(&golden, "empty");
	golden_end(&golden);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !setlocale(LC_CTYPE, "C.UTF-8"))
		return 99;
	golden_live(argv[1]);
	golden_groups(argv[1]);
	golden_drill(argv[1]);
	golden_samples(argv[1]);
	golden_threads(argv[1]);
	golden_owners(argv[1]);
	golden_selections(argv[1]);
	golden_views(argv[1]);
	golden_extras(argv[1]);
	golden_typed(argv[1]);
	golden_paused(argv[1]);
	return done();
}
