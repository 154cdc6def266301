/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sessions_test.c - login sessions, chosen by PoolMon's keys; and keys that have no meaning
 *
 * The rows of commands in example 5 of Microsoft's page "PoolMon Examples", one after the other, on
 * the processes of windows/sessions.seg: 101 is in session 0, 102 in session 7, 103 in session 10.
 *
 * sessions_test DIRECTORY-OF-THIS-FILE
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "reader/reader.h"
#include "view/view.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

struct sessions {
	char dir[64];
	struct reader *reader;
	struct reader_snapshot *snapshot;
	struct model *model;
	struct view view;
};

static void sessions_begin(struct sessions *sessions, const char *source)
{
	struct model_options options = {.sort = MODEL_COLUMN_TAG};
	char path[4096];

	memset(sessions, 0, sizeof(*sessions));
	strcpy(sessions->dir, "/tmp/poolmon-sessions-XXXXXX");
	if (!mkdtemp(sessions->dir))
		exit(99);
	snprintf(path, sizeof(path), "%s/windows/sessions.seg", source);
	fixture_write(path, sessions->dir);
	sessions->reader = reader_create(sessions->dir);
	if (reader_refresh(sessions->reader, &sessions->snapshot) ||
	    sessions->snapshot->process_count != 3)
		exit(99);
	/* Only the kernel could say so, and only of processes that live. */
	sessions->snapshot->processes[1].login_session = 7;
	sessions->snapshot->processes[2].login_session = 10;
	sessions->model = model_create(&options);
	model_update(sessions->model, sessions->snapshot);
	sessions->view.model = sessions->model;
	sessions->view.library = "/usr/lib/libpooltag.so";
}

static void sessions_end(struct sessions *sessions)
{
	char command[128];

	model_destroy(sessions->model);
	reader_snapshot_drop(sessions->snapshot);
	reader_destroy(sessions->reader);
	snprintf(command, sizeof(command), "rm -r %s", sessions->dir);
	if (system(command) != 0)
		diag("%s is left", sessions->dir);
}

/* The title and the first letters of the tags on a screen, in one line. */
static void sessions_see(struct sessions *sessions, const char *expected, const char *name)
{
	struct frame frame;
	char text[4096];
	char *line = text;
	char *rest;
	char *drawn = NULL;
	size_t size = 0;
	char seen[256] = "";
	FILE *out = open_memstream(&drawn, &size);

	if (!out)
		exit(99);
	frame_init(&frame, 12, 80);
	view_render(&sessions->view, &frame);
	for (int row = 0; row < frame.rows - 1; row++)
		frame_write_line(&frame, row, out);
	fclose(out);
	frame_fini(&frame);
	snprintf(text, sizeof(text), "%s", drawn);
	free(drawn);
	for (int row = 0; line; row++, line = rest) {
		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		if (row == 2)
			snprintf(seen, sizeof(seen), "%.*s",
				 (int)(strstr(line, "information") + 11 - line - 1), line + 1);
		else if (row > 4 && *line)
			snprintf(seen + strlen(seen), 3, " %c", line[1]);
	}
	is_str(seen, expected, name);
}

static void sessions_press(struct sessions *sessions, const char *keys)
{
	for (; *keys; keys++) {
		view_key(&sessions->view, *keys == '\r' ? VIEW_CODE_ENTER : *keys);
		model_arrange(sessions->model);
	}
}

static void check_keys(const char *source)
{
	static const struct {
		const char *keys;
		const char *expected;
		const char *name;
	} steps[] = {
		{"", "System pool information A B C", "at first, all processes"},
		{"s", "All sessions pool information B C", "s: all login sessions"},
		{"s", "System pool information A B C", "s: all processes again"},
		{"0", "Session 0 pool information A", "0: session 0"},
		{"7", "Session 7 pool information B", "7: session 7"},
		{"a", "Session 7 pool information B", "other keys go on to work"},
		{"0", "Session 0 pool information A", "0: session 0 again"},
		{"s", "System pool information C B A", "s: all, sorted by allocs still"},
		{"s", "Session 0 pool information A", "s: the session is retained"},
		{"10", "Session 0 pool information A", "10 without i: sessions 1, then 0"},
		{"i10\r", "Session 10 pool information C", "i 10 Enter: session 10"},
		{"i", "Session 10 pool information C", "i alone: not yet another one"},
		{"\r", "All sessions pool information C B", "Enter alone: all login sessions"},
		{"5", "Session 5 pool information", "a session that is not there: headings alone"},
		{"ix7q\x1b", "Session 5 pool information", "Esc leaves the prompt as if unasked"},
		{"i1234567890\r", "Session 123456789 pool information", "no more than nine digits"},
	};
	struct sessions sessions;

	sessions_begin(&sessions, source);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		sessions_press(&sessions, steps[i].keys);
		sessions_see(&sessions, steps[i].expected, steps[i].name);
	}
	ok(sessions.snapshot->process_count == 3, "the snapshot is untouched");
	sessions_end(&sessions);
}

/* What a key may change. */
struct state {
	struct view view;
	struct model_options options;
	const struct model_row *first;
};

static void sessions_state(const struct sessions *sessions, struct state *state)
{
	memset(state, 0, sizeof(*state));
	memcpy(&state->view, &sessions->view, sizeof(state->view));
	memcpy(&state->options, model_settings(sessions->model), sizeof(state->options));
	state->first = model_row(sessions->model, 0);
}

static int is_known(int key)
{
	static const char known[] =
#define VIEW_KEY(id, characters, special, label, help, act) characters
#include "view/keys.def"
		;
	static const int specials[] = {
#define VIEW_KEY(id, characters, special, label, help, act) special,
#include "view/keys.def"
	};

	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		if (specials[i] && specials[i] == key)
			return 1;
	}
	if (key == VIEW_CODE_RESIZE)
		return 1;
	if (key >= 'A' && key <= 'Z')
		key += 'a' - 'A';
	return key > 0 && key < 0x80 && (strchr(known, key) || model_column_by_key(key) >= 0);
}

static void check_unknown_keys(const char *source)
{
	struct sessions sessions;
	struct state before;
	struct state after;
	int unknown = 0;
	int wrong = 0;

	sessions_begin(&sessions, source);
	sessions_press(&sessions, "b");
	sessions_state(&sessions, &before);
	for (int key = 1; key < VIEW_CODE_OTHER + 100; key++) {
		if (is_known(key))
			continue;
		unknown++;
		wrong += view_key(&sessions.view, key) != VIEW_NOTHING;
	}
	sessions_state(&sessions, &after);
	ok(unknown > 0x110000 && wrong == 0, "%d keys without a meaning ask for nothing", unknown);
	ok(memcmp(&before, &after, sizeof(before)) == 0, "and change nothing");
	for (const char *key = "\014\022"; *key; key++)
		ok(view_key(&sessions.view, *key) == VIEW_REFRESH, "Ctrl-%c brings fresh figures",
		   *key + '@');
	ok(view_key(&sessions.view, VIEW_CODE_REFRESH) == VIEW_REFRESH, "and so does F5");
	sessions_end(&sessions);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !setlocale(LC_CTYPE, "C.UTF-8"))
		return 99;
	check_keys(argv[1]);
	check_unknown_keys(argv[1]);
	return done();
}
