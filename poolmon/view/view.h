/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h - the model as a screen
 *
 * Draws into a frame of any size and turns keys into changes of what is shown. Knows no terminal.
 * The same drawing makes the tables of --once and --batch.
 *
 * Callers: cmd/, tests; one thread. Allocates; no locks.
 */
#ifndef POOLMON_VIEW_VIEW_H
#define POOLMON_VIEW_VIEW_H

#include "model/blocks.h"
#include "model/host.h"
#include "model/model.h"
#include "symbols/symbols.h"
#include "view/frame.h"
#include "view/layout.h"
#include "view/presets.h"
#include "view/prompt.h"

#include <stdbool.h>
#include <stdio.h>

#define VIEW_ROWS_LEAST    8 /* a screen below this shows only a request for more */
#define VIEW_COLUMNS_LEAST 40

/* Keys that are no characters. */
enum view_code {
	VIEW_CODE_NONE = 0,
	VIEW_CODE_ESCAPE = 0x1b,
	VIEW_CODE_UP = 0x110000, /* beyond Unicode */
	VIEW_CODE_DOWN,
	VIEW_CODE_PAGE_UP,
	VIEW_CODE_PAGE_DOWN,
	VIEW_CODE_HOME,
	VIEW_CODE_END,
	VIEW_CODE_ENTER,
	VIEW_CODE_BACK,
	VIEW_CODE_RESIZE,
	VIEW_CODE_REFRESH,
	VIEW_CODE_OTHER, /* a key without a meaning */
};

enum view_theme {

#define VIEW_THEME(id, name, help) VIEW_THEME_##id,
#include "view/themes.def"
	VIEW_THEME_MAX
};

/* What the line that is typed is for. */
enum view_question { VIEW_ASK_SESSION, VIEW_ASK_SEARCH, VIEW_ASK_FILTER, VIEW_ASK_FILE };

/* What the loop has to do after a key. */
enum view_reaction {
	VIEW_NOTHING = 0,
	VIEW_REDRAW = 1 << 0,
	VIEW_REFRESH = 1 << 1, /* take a new snapshot, too */
	VIEW_QUIT = 1 << 2,
	VIEW_SAVE = 1 << 3,    /* the table into view.file */
	VIEW_COPY = 1 << 4,    /* the table into the clipboard */
	VIEW_LARGEST = 1 << 5, /* ask the process of view.largest, then largest_show() */
};

/* The largest blocks of a line. */
struct view_largest {
	bool open;
	int top;
	uint32_t pid; /* who is asked: the process, */
	uint64_t start_ticks;
	struct blocks_question question; /* and what */
	struct blocks blocks;            /* the answer; whoever asks releases it in the end */
};

struct view {
	struct model *model;     /* not owned */
	struct symbols *symbols; /* not owned; NULL: files and lines are not shown */
	struct host_figures host;
	struct layout_choice choice;
	struct layout_memory memory;
	bool highlight;
	bool totals;
	bool paused; /* only a key brings fresh figures */
	bool graphs; /* what was in use over time, below the rows */
	bool plain;  /* the terminal shows no characters beyond ASCII */
	enum view_theme theme;
	enum presets_id preset;
	bool preset_group; /* the group is the preset's, and was another one before */
	enum model_group group_before;
	bool choosing; /* the chooser of columns is open */
	int chosen;    /* the column it stands on */
	struct view_largest largest;
	struct prompt prompt; /* open while a line is being typed */
	enum view_question question;
	char search[PROMPT_SIZE];  /* what was looked for last */
	char filter[PROMPT_SIZE];  /* the model's, "" for none */
	char file[PROMPT_SIZE];    /* what to save to */
	char message[PROMPT_SIZE]; /* in the last line until the next key */
	bool session_chosen;       /* and which one, for the key that brings it back */
	uint32_t session;
	bool help;
	int help_top;
	const char *help_options; /* the text of --help, for the help screen; not owned */
	double interval;          /* seconds between refreshes, for the status line */
	const char *library; /* path of libpooltag.so for the advice when there is no process */
	size_t top;          /* index of the first row on the screen */
	bool has_selection;
	uint32_t selected;  /* key of the row */
	size_t selected_at; /* its index when last drawn */
	int page;           /* rows on the screen when last drawn */
};

/* Draws everything. */
void view_render(struct view *view, struct frame *frame);

/* Acts on a key: a character or a view_code. Returns view_reaction bits. */
int view_key(struct view *view, int key);

/* Says something in the last line until the next key. */
void view_say(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what to do when there are no rows; returns the line after it. */
int view_render_nothing(const struct view *view, struct frame *frame);

/* The whole table as text, as wide as it must be, without escapes. */
void view_write(struct view *view, FILE *out);

/* Draws the help screen. */
void view_render_help(struct view *view, struct frame *frame);

/* The line of a process's or the reader's troubles, or 0 when there are none: for line 3 and logs.
 */
int view_warning(const struct model *model, char *out, size_t size);

#endif
