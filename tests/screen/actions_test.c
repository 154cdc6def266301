/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actions_test.c - what keys lead to: levels and back, searches, the pause, intervals
 *
 * What the screen looks like then is what golden_test.c checks.
 *
 * actions_test DIRECTORY-OF-THIS-FILE
 */
#include "harness/tap.h"
#include "scene.h"

#include <locale.h>
#include <stdlib.h>

/* The tag of the selected row. */
static void actions_selected(const struct scene *scene, const char *tag, const char *what)
{
	char text[5] = "none";

	if (scene->view.has_selection)
		pooltag_tag_to_text(model_row(scene->model, scene->view.selected_at)->tag, text);
	ok(strcmp(text, tag) == 0, "%s: %s is selected", what, text);
}

static void actions_help(const char *source)
{
	struct scene scene;

	scene_begin(&scene, source, SCENE_TWO);
	scene_type(&scene, "?");
	ok(scene.view.help, "? opens the help");
	ok(scene_press(&scene, VIEW_CODE_ESCAPE) == VIEW_REDRAW && !scene.view.help,
	   "Esc closes it");
	ok(scene_press(&scene, VIEW_CODE_ESCAPE) == VIEW_QUIT, "Esc quits");
	scene_end(&scene);
}

/* From a tag down to its stacks, and back up to the rows one came from. */
static void actions_levels(const char *source)
{
	struct scene scene;

	scene_begin(&scene, source, SCENE_DRILL);
	scene_type(&scene, "b" KEY_DOWN KEY_DOWN KEY_ENTER);
	ok(scene_press(&scene, VIEW_CODE_ENTER) == VIEW_REFRESH, "stacks are read when looked at");
	ok(scene_press(&scene, VIEW_CODE_ENTER) == VIEW_REDRAW, "and are there then");
	ok(scene_press(&scene, VIEW_CODE_ENTER) == VIEW_NOTHING, "nothing is below a stack");
	ok(scene_press(&scene, VIEW_CODE_BACK) == VIEW_REDRAW, "Backspace leads back");
	ok(scene_press(&scene, VIEW_CODE_ESCAPE) == VIEW_REDRAW, "Esc leads back");
	is_str(model_row(scene.model, scene.view.selected_at)->place, "server!dictAddRaw",
	       "to the row that was entered");
	ok(scene_press(&scene, VIEW_CODE_BACK) == VIEW_REDRAW, "and to the top");
	ok(scene_press(&scene, VIEW_CODE_BACK) == VIEW_NOTHING, "above which is nothing");
	ok(scene_press(&scene, VIEW_CODE_ESCAPE) == VIEW_QUIT, "and where Esc quits");
	scene_end(&scene);
}

/* Every view in the order of its key, and back to the first. */
static void actions_views(const char *source)
{
	struct scene scene;

	scene_begin(&scene, source, SCENE_GROWN);
	for (int id = 0; id < PRESETS_MAX; id++) {
		ok((int)scene.view.preset == id, "the view %s", presets[id].name);
		scene_type(&scene, "v");
	}
	ok(scene.view.preset == PRESETS_POOLS &&
		   model_settings(scene.model)->group == MODEL_GROUP_TAG,
	   "after the last comes the first");
	scene_end(&scene);
	scene_begin(&scene, source, SCENE_OWNERS);
	for (int i = 0; i < PRESETS_MAX; i++)
		scene_type(&scene, "v");
	ok(scene.view.choice.owners, "other views do not forget the tag files");
	scene_end(&scene);
}

/* What is typed; a selected row that others pass stays on its line of the screen. */
static void actions_typed(const char *source)
{
	struct scene scene;
	size_t line;

	scene_begin(&scene, source, SCENE_GROWN);
	scene_type(&scene, "/m");
	actions_selected(&scene, "leak", "/m"); /* remember */
	scene_type(&scene, "i");
	actions_selected(&scene, "mixd", "/mi");
	scene_type(&scene, KEY_ENTER "/E" KEY_ENTER "n");
	actions_selected(&scene, "temp", "n leads on"); /* server */
	scene_type(&scene, "n");
	actions_selected(&scene, "conn", "and around");
	scene_type(&scene, "&k");
	ok(model_row_count(scene.model) == 4, "& leaves 4 rows"); /* of tags or names */
	scene_press(&scene, VIEW_CODE_ESCAPE);
	ok(model_row_count(scene.model) == 6, "Esc brings all of them back");
	scene.rows = VIEW_ROWS_LEAST;
	scene_type(&scene, "d/j" KEY_ENTER);
	line = scene.view.selected_at - scene.view.top;
	scene_type(&scene, "r");
	actions_selected(&scene, "job ", "sorted the other way");
	ok(scene.view.selected_at - scene.view.top == line, "on the line it was on: %zu", line);
	scene_end(&scene);
}

/* Paused, no key but that for fresh figures brings any. */
static void actions_paused(const char *source)
{
	struct scene scene;

	scene_begin(&scene, source, SCENE_GROWN);
	scene_press(&scene, ' ');
	ok(scene.view.paused, "Space pauses");
	ok(scene_press(&scene, 'b') == VIEW_REDRAW, "b sorts what is there");
	ok(model_row(scene.model, 0)->value[MODEL_COLUMN_BYTES] >
		   model_row(scene.model, 1)->value[MODEL_COLUMN_BYTES],
	   "at once");
	ok(scene_press(&scene, VIEW_CODE_REFRESH) & VIEW_REFRESH, "F5 refreshes");
	scene_press(&scene, ' ');
	ok(!scene.view.paused, "Space goes on");
	scene_press(&scene, '+');
	ok(scene.view.interval == 10, "+ makes 10 s of 5");
	scene_press(&scene, '-');
	scene_press(&scene, '-');
	ok(scene.view.interval == 2, "- twice makes 2");
	scene_end(&scene);
}

/* A screen that is too small says so, and draws nothing beyond it. */
static void actions_small(const char *source)
{
	struct scene scene;
	struct frame frame;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		exit(99);
	scene_begin(&scene, source, SCENE_TWO);
	frame_init(&frame, 3, VIEW_COLUMNS_LEAST - 1);
	view_render(&scene.view, &frame);
	for (int row = 0; row < frame.rows; row++)
		frame_write_line(&frame, row, out);
	fclose(out);
	is_str(text, "poolmon needs 40x8\n\n\n", "a screen that is too small");
	free(text);
	frame_fini(&frame);
	scene_end(&scene);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !setlocale(LC_CTYPE, "C.UTF-8"))
		return 99;
	actions_help(argv[1]);
	actions_levels(argv[1]);
	actions_views(argv[1]);
	actions_typed(argv[1]);
	actions_paused(argv[1]);
	actions_small(argv[1]);
	return done();
}
