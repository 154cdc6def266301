/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * golden_test.c - every screen, in every size, in colour and monochrome, cell by cell
 *
 * A golden file holds a screen in all sizes: its lines without the blanks at their ends, and of the
 * lines that do not look plain how many cells look how, first in colour, then monochrome. With
 * --update the files are written instead, and those of no screen removed; read the difference before
 * committing it.
 *
 * golden_test DIRECTORY-OF-THIS-FILE [--update]
 */
#include "harness/tap.h"
#include "scene.h"
#include "view/looks.h"

#include <dirent.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define GOLDEN_MOST  128 /* files */
#define GOLDEN_SHOWN 10  /* lines of a difference */

static const struct {
	int columns;
	int rows;
} golden_sizes[] = {{40, 10}, {80, 24}, {132, 50}, {250, 60}};

static const struct {
	const char *name;
	enum scene_id scene;
	const char *keys;
} golden_frames[] = {

#define GOLDEN_FRAME(name, scene, keys) {name, SCENE_##scene, keys},
#include "golden.def"
};

static const char *golden_source;
static bool golden_updates;
static size_t golden_count;
static char golden_names[GOLDEN_MOST][64];

/* "yellow bold". */
static void golden_look(struct looks looks, FILE *out)
{
	static const char *const colours[] = {"",     "red",     "green", "yellow",
					      "blue", "magenta", "cyan"};
	static const char *const styles[] = {"bold", "dim", "underline", "reverse"};
	const char *between = "";

	if (looks.colour == LOOKS_TERMINAL && looks.style == LOOKS_PLAIN)
		fputs("plain", out);
	if (looks.colour != LOOKS_TERMINAL) {
		fputs(colours[looks.colour], out);
		between = " ";
	}
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		if (looks.style & 1u << i) {
			fprintf(out, "%s%s", between, styles[i]);
			between = " ";
		}
	}
}

/* "12 plain, 28 cyan bold"; "" for a line that is plain. */
static char *golden_runs(const struct frame *frame, int row, enum view_theme theme)
{
	const struct frame_cell *line = frame->cells + row * frame->columns;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int start = 0;

	if (!out)
		exit(99);
	while (start < frame->columns) {
		struct looks looks = looks_of(line[start].attribute, theme);
		int end = start;

		while (end < frame->columns) {
			struct looks next = looks_of(line[end].attribute, theme);

			if (next.colour != looks.colour || next.style != looks.style)
				break;
			end++;
		}
		if (end - start < frame->columns || looks.colour != LOOKS_TERMINAL ||
		    looks.style != LOOKS_PLAIN) {
			fprintf(out, "%s%d ", start ? ", " : "", end - start);
			golden_look(looks, out);
		}
		start = end;
	}
	fclose(out);
	return text;
}

/* Lines that look alike one after the other are one: "5-7: 80 yellow bold". */
static void golden_print_looks(const struct frame *frame, enum view_theme theme, FILE *out)
{
	char *before = strdup("");
	int first = 0;

	for (int row = 0; row <= frame->rows; row++) {
		char *runs = row < frame->rows ? golden_runs(frame, row, theme) : strdup("");

		if (strcmp(runs, before) != 0) {
			if (*before && row - first == 1)
				fprintf(out, "%d: %s\n", first, before);
			else if (*before)
				fprintf(out, "%d-%d: %s\n", first, row - 1, before);
			first = row;
		}
		free(before);
		before = runs;
	}
	free(before);
}

static void golden_print(const struct frame *frame, FILE *out)
{
	fprintf(out, "=== %dx%d\n", frame->columns, frame->rows);
	for (int row = 0; row < frame->rows; row++)
		frame_write_line(frame, row, out);
	fputs("--- colour\n", out);
	golden_print_looks(frame, VIEW_THEME_DARK, out);
	fputs("--- monochrome\n", out);
	golden_print_looks(frame, VIEW_THEME_MONO, out);
}

/* Says which lines are different. */
static void golden_explain(const char *got, const char *expected)
{
	int shown = 0;

	for (int line = 1; (*got || *expected) && shown < GOLDEN_SHOWN; line++) {
		int length = (int)strcspn(got, "\n");
		int wanted = (int)strcspn(expected, "\n");

		if (length != wanted || strncmp(got, expected, (size_t)length) != 0) {
			shown++;
			diag("line %d: %.*s", line, length, got);
			diag("expected: %.*s", wanted, expected);
		}
		got += length + (got[length] == '\n');
		expected += wanted + (expected[wanted] == '\n');
	}
}

/* Compares `text` with the golden file, or writes it. */
static void golden_compare(const char *name, const char *text)
{
	static char expected[1 << 20];
	char path[4096];
	FILE *file;
	size_t length;

	snprintf(golden_names[golden_count++], sizeof(golden_names[0]), "%s.txt", name);
	snprintf(path, sizeof(path), "%s/golden/%s.txt", golden_source, name);
	if (golden_updates) {
		file = fopen(path, "we");
		ok(file && fputs(text, file) != EOF && fclose(file) == 0, "%s written", name);
		return;
	}
	file = fopen(path, "re");
	length = file ? fread(expected, 1, sizeof(expected) - 1, file) : 0;
	expected[length] = '\0';
	if (file)
		fclose(file);
	if (!ok(strcmp(text, expected) == 0, "%s", name))
		golden_explain(text, expected);
}

static void golden_check(struct scene *scene, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out || golden_count == GOLDEN_MOST)
		exit(99);
	for (size_t i = 0; i < sizeof(golden_sizes) / sizeof(golden_sizes[0]); i++) {
		struct view view = scene->view; /* drawing changes it */
		struct frame frame;

		/* Widths remember: every golden screen is the first of its size. */
		memset(&view.memory, 0, sizeof(view.memory));
		frame_init(&frame, golden_sizes[i].rows, golden_sizes[i].columns);
		view_render(&view, &frame);
		golden_print(&frame, out);
		frame_fini(&frame);
	}
	fclose(out);
	golden_compare(name, text);
	free(text);
}

/* Every view, and every group, reached by its key. */
static void golden_views(void)
{
	struct scene scene;
	char name[64];

	scene_begin(&scene, golden_source, SCENE_GROWN);
	for (int id = 0; id < PRESETS_MAX; id++) {
		snprintf(name, sizeof(name), "view-%s", presets[id].name);
		golden_check(&scene, name);
		scene_type(&scene, "vll"); /* l twice: the message goes */
	}
	scene_end(&scene);
	scene_begin(&scene, golden_source, SCENE_TWO);
	scene_type(&scene, "b");
	for (int id = 0; id < MODEL_GROUP_MAX; id++) {
		snprintf(name, sizeof(name), "group-%s", model_groups[id].name);
		golden_check(&scene, name);
		scene_type(&scene, "gll");
	}
	scene_end(&scene);
}

/* Files of screens that there are no more. */
static void golden_strays(void)
{
	char path[4096];
	DIR *dir;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/golden", golden_source);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		size_t i = 0;

		while (i < golden_count && strcmp(golden_names[i], entry->d_name) != 0)
			i++;
		if (i < golden_count || entry->d_name[0] == '.')
			continue;
		ok(golden_updates && unlinkat(dirfd(dir), entry->d_name, 0) == 0,
		   "golden/%s is of no screen", entry->d_name);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	golden_updates = argc == 3 && strcmp(argv[2], "--update") == 0;
	if (argc != 2 + golden_updates || !setlocale(LC_CTYPE, "C.UTF-8"))
		return 99;
	setenv("TZ", "UTC0", 1);
	tzset();
	golden_source = argv[1];
	for (size_t i = 0; i < sizeof(golden_frames) / sizeof(golden_frames[0]); i++) {
		struct scene scene;

		scene_begin(&scene, golden_source, golden_frames[i].scene);
		scene_type(&scene, golden_frames[i].keys);
		golden_check(&scene, golden_frames[i].name);
		scene_end(&scene);
	}
	golden_views();
	golden_strays();
	return done();
}
