/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/curses.h"

#include "view/held.h"
#include "view/looks.h"
#include "view/signals.h"
#include "view/view.h"

#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* <term.h> names terminal capabilities by macros; these two are words of ours. */
#undef columns
#undef lines

#define CURSES_DELETE        0x7f  /* what most terminals send for Backspace */
#define CURSES_CLIPBOARD_MAX 74994 /* bytes that become 100 kB, which terminals take */
#define CURSES_ESCAPE_MS     25    /* how long the rest of a key's sequence may take */

static bool curses_on;
static struct termios curses_termios; /* as it was */
static char curses_reset[128];        /* what makes the terminal a plain one again */
static size_t curses_reset_size;
static int curses_attributes[FRAME_ATTRIBUTE_MAX];
static bool curses_has_colours;

/* In a signal handler: only what may be called there. */
static void curses_rescue(void)
{
	if (!curses_on)
		return;
	if (write(STDOUT_FILENO, curses_reset, curses_reset_size) < 0)
		errno = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &curses_termios);
	held_end();
}

/* Delays, "$<5>", are for terminals that nobody has any more. */
static void curses_remember(const char *sequence)
{
	if (!sequence || sequence == (char *)-1)
		return;
	while (*sequence && curses_reset_size < sizeof(curses_reset)) {
		if (strncmp(sequence, "$<", 2) == 0 && strchr(sequence, '>'))
			sequence = strchr(sequence, '>') + 1;
		else
			curses_reset[curses_reset_size++] = *sequence++;
	}
}

/* A look in the terminal library's words. */
static int curses_style(struct looks looks)
{
	return (int)((looks.style & LOOKS_BOLD ? A_BOLD : 0) |
		     (looks.style & LOOKS_DIM ? A_DIM : 0) |
		     (looks.style & LOOKS_UNDERLINE ? A_UNDERLINE : 0) |
		     (looks.style & LOOKS_REVERSE ? A_REVERSE : 0));
}

static void curses_colours(void)
{
	const char *no_colour = getenv("NO_COLOR");

	curses_has_colours = has_colors() && !(no_colour && *no_colour) && start_color() == OK &&
			     use_default_colors() == OK;
	curses_theme(VIEW_THEME_DARK);
}

void curses_theme(enum view_theme theme)
{
	enum view_theme shown = curses_has_colours ? theme : VIEW_THEME_MONO;

	for (int id = 0; id < FRAME_ATTRIBUTE_MAX; id++) {
		struct looks looks = looks_of((enum frame_attribute)id, shown);
		short pair = (short)(id + 1);

		curses_attributes[id] = curses_style(looks);
		if (looks.colour >= 0 && init_pair(pair, looks.colour, -1) != ERR)
			curses_attributes[id] |= (int)COLOR_PAIR(pair);
	}
}

int curses_copy(const char *text, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (size > CURSES_CLIPBOARD_MAX)
		return -1;
	fputs("\033]52;c;", stdout);
	for (size_t i = 0; i < size; i += 3) {
		uint32_t bits = 0;
		size_t left = size - i < 3 ? size - i : 3;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < left ? (unsigned char)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			putchar(k <= left ? digits[bits >> (18 - 6 * k) & 63] : '=');
	}
	putchar('\a');
	fflush(stdout);
	return 0;
}

/* Whether this terminal can move its cursor; says what to do instead. */
static int curses_check_terminal(void)
{
	const char *name = getenv("TERM");
	int error;

	if (!name || !*name) {
		fputs("poolmon: TERM is not set; use --once or --batch\n", stderr);
		return -1;
	}
	if (setupterm(name, STDOUT_FILENO, &error) != OK) {
		fprintf(stderr, "poolmon: unknown terminal TERM=%s; use --once or --batch\n", name);
		return -1;
	}
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1) {
		fprintf(stderr,
			"poolmon: the terminal TERM=%s cannot move its cursor; use --once or "
			"--batch\n",
			name);
		return -1;
	}
	del_curterm(cur_term); /* newterm() loads it again */
	if (tcgetattr(STDIN_FILENO, &curses_termios) < 0) {
		fprintf(stderr,
			"poolmon: standard input is no terminal (%s); use --once or --batch\n",
			strerror(errno));
		return -1;
	}
	return 0;
}

int curses_begin(void)
{
	SCREEN *screen;

	if (curses_check_terminal())
		return -1;
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		fputs("poolmon: the terminal cannot be set up; use --once or --batch\n", stderr);
		return -1;
	}
	set_term(screen);
	curses_remember(tigetstr("sgr0"));
	curses_remember(tigetstr("cnorm"));
	curses_remember(tigetstr("rmkx"));
	curses_remember(tigetstr("rmcup"));
	curses_on = true;
	atexit(curses_end);
	signals_catch(curses_rescue);
	held_begin();
	cbreak();
	noecho();
	nonl();
	set_escdelay(CURSES_ESCAPE_MS);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	curses_colours();
	return 0;
}

void curses_end(void)
{
	if (!curses_on)
		return;
	curses_on = false;
	endwin();
	held_end();
}

void curses_size(int *ret_rows, int *ret_columns)
{
	getmaxyx(stdscr, *ret_rows, *ret_columns);
}

void curses_show(const struct frame *frame)
{
	for (int row = 0; row < frame->rows; row++) {
		const struct frame_cell *line = frame->cells + (size_t)row * (size_t)frame->columns;

		for (int column = 0; column < frame->columns; column++) {
			wchar_t text[2] = {(wchar_t)line[column].code, 0};
			cchar_t cell;
			int look = curses_attributes[line[column].attribute];

			if (!text[0])
				continue;
			setcchar(&cell, text, (attr_t)look & ~(attr_t)A_COLOR,
				 (short)PAIR_NUMBER(look), NULL);
			mvadd_wch(row, column, &cell);
		}
	}
	refresh();
}

/*
 * What follows an Esc at once: nothing, a key that Alt is held with, or the rest of a sequence that
 * the terminal library does not know, such as a report of the terminal's.
 */
static int curses_escape(void)
{
	wint_t key;

	if (get_wch(&key) == ERR)
		return VIEW_CODE_ESCAPE;
	if (key != '[' && key != 'O')
		return VIEW_CODE_REFRESH;
	while (get_wch(&key) == OK && (key < '@' || key > '~'))
		continue;
	return VIEW_CODE_OTHER;
}

static int curses_key(void)
{
	static const struct {
		int key;
		int code;
	} codes[] = {
		{KEY_UP, VIEW_CODE_UP},         {KEY_DOWN, VIEW_CODE_DOWN},
		{KEY_PPAGE, VIEW_CODE_PAGE_UP}, {KEY_NPAGE, VIEW_CODE_PAGE_DOWN},
		{KEY_HOME, VIEW_CODE_HOME},     {KEY_END, VIEW_CODE_END},
		{KEY_ENTER, VIEW_CODE_ENTER},   {KEY_RIGHT, VIEW_CODE_ENTER},
		{KEY_LEFT, VIEW_CODE_BACK},     {KEY_BACKSPACE, VIEW_CODE_BACK},
		{KEY_RESIZE, VIEW_CODE_RESIZE}, {KEY_F(5), VIEW_CODE_REFRESH},
	};

	wint_t key;
	int kind = get_wch(&key);

	if (kind == ERR)
		return VIEW_CODE_NONE;
	if (kind != KEY_CODE_YES && (key == '\r' || key == '\n'))
		return VIEW_CODE_ENTER;
	if (kind != KEY_CODE_YES && key == VIEW_CODE_ESCAPE)
		return curses_escape();
	if (kind != KEY_CODE_YES && (key == '\b' || key == CURSES_DELETE))
		return VIEW_CODE_BACK;
	if (kind != KEY_CODE_YES)
		return key ? (int)key : VIEW_CODE_OTHER; /* Ctrl-Space is a key like any other */
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].key == (int)key)
			return codes[i].code;
	}
	return VIEW_CODE_OTHER;
}

/* After a stop somebody else has used the terminal, and may have changed it. */
static void curses_resume(void)
{
	struct winsize size;

	reset_prog_mode();
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

int curses_wait(uint64_t timeout_ns)
{
	int key = curses_key(); /* what the library has read already */
	enum signals_event event;

	if (key != VIEW_CODE_NONE)
		return key;
	event = signals_wait(STDIN_FILENO, timeout_ns);
	if (event == SIGNALS_ENDED)
		return CURSES_ENDED;
	if (event == SIGNALS_CONTINUED) {
		curses_resume();
		return VIEW_CODE_RESIZE;
	}
	key = curses_key();
	return key == VIEW_CODE_NONE && event == SIGNALS_HANGUP ? CURSES_ENDED : key;
}
