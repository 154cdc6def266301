/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h - the lines of a pooltag.txt: what tags mean, and which code is charged to them
 *
 * Purpose: the one parser of these files, for the library (which takes the rules) and for the
 * viewer (which takes the descriptions). Windows' own pooltag.txt parses without an error.
 * Callers: anybody. Compiles alone as C11 and C++17. Locking: none, everything belongs to the
 * caller. Context: nothing here allocates, keeps state or looks beyond the bytes it is given; the
 * time is linear in them, whatever they are.
 *
 *	file      = [ BOM ] { line [ CR ] LF } [ line ] [ end ] ;
 *	end       = Ctrl-Z { Ctrl-Z | CR | LF | " " } ;      (* old DOS text; at the end only *)
 *	line      = b | comment | entry | wrapper ;
 *	b         = { " " | TAB } ;
 *	comment   = b ( "//" | rem ( " " | TAB | end of line ) ) anything ;
 *	rem       = "rem", in upper or lower case ;
 *	entry     = tag [ "/" pool ] b "-" b body b ;
 *	tag       = the first four columns ;
 *	pool      = "Nonp" | "Paged" ;
 *	body      = [ binary separator ] description         (* Windows' lines *)
 *	          | target [ separator description ] ;       (* rules *)
 *	separator = ( " " | TAB ) "-" ( " " | TAB | end of line ) ;
 *	target    = module "!" function | module ;           (* module alone: after /pool *)
 *	wrapper   = ( "wrapper" | "nowrapper" ) b "-" b target [ separator description ] b ;
 *
 * Tags. Shorter ones are padded with blanks on the right. A shorter one may also be followed at
 * once by a separator or by "/" pool (`Io - ...`, `Io/Nonp - ...`), and one of four columns by "-".
 * Blanks inside are part of the tag; a TAB counts as a blank. In a description `?` stands for any
 * character, and `*` at the end for any rest.
 *
 * Rules. An entry is a rule, and charges code to its tag, when `!` stands in what comes before the
 * separator, or, where there is no separator, in the first word. With /pool it always is. All other
 * entries only describe. The module `nt` is Windows' kernel (`nt!io`), so such entries only
 * describe as well; for a program of that name write `nt*!...`. Windows' entries for functions of
 * its other kernel modules are rules that match nothing on Linux.
 *
 * Targets. Both parts are globs: `*` stands for any bytes or none, `?` for exactly one, every other
 * byte for itself, `[` and the backslash too. The module is a file's name (`libcrypto.so*`), or its
 * whole path where the glob contains a slash. It contains no blanks (write `?`). The function is
 * everything after the first `!` and may contain blanks (`operator new*`), but no separator (write
 * `?-?`).
 *
 * Wrappers. `wrapper - module!function` makes functions allocation wrappers, whose callers are
 * charged; `nowrapper - ...` takes that back, for the built-in ones too. No tag line looks like it:
 * a tag ends in column 4.
 *
 * Errors. Control characters (except TAB) anywhere, more than POOLTAG_RULE_LINE_MAX bytes in a line
 * that is not a comment, and what the grammar does not have. An error concerns its line alone.
 */
#ifndef POOLTAG_RULES_H
#define POOLTAG_RULES_H

#include "tag.h"
#include <stddef.h>
#include <stdint.h>

#define POOLTAG_RULE_LINE_MAX            4096 /* bytes, without the end of the line */

#define POOLTAG_RULE_TEXT_OF(x)          POOLTAG_RULE_TEXT_OF_EXPANDED(x)
#define POOLTAG_RULE_TEXT_OF_EXPANDED(x) #x

/* What a line is. */
enum pooltag_line_kind {
	POOLTAG_LINE_BLANK,
	POOLTAG_LINE_COMMENT,
	POOLTAG_LINE_DESCRIPTION, /* says what a tag is; charges nothing to it */
	POOLTAG_LINE_RULE,        /* charges code to a tag, and describes it */
	POOLTAG_LINE_WRAPPER,     /* these functions are allocation wrappers */
	POOLTAG_LINE_NOWRAPPER,   /* these are not */
	POOLTAG_LINE_ERROR,
};

/* Which pool a rule asks for. */
enum pooltag_rule_pool {
	POOLTAG_RULE_POOL_ANY, /* the one the allocation asks for */
	POOLTAG_RULE_POOL_PAGED,
	POOLTAG_RULE_POOL_NONPAGED,
};

/* A part of a line, not NUL-terminated. Absent: length 0. */
struct pooltag_rule_text {
	const char *start;
	size_t length;
};

/* A line, taken apart. The texts point into the line, and stay valid as long as it does. */
struct pooltag_rule_line {
	pooltag_tag tag;             /* of DESCRIPTION and RULE, padded with blanks */
	unsigned tag_compared;       /* columns of it that count: 4, or those before a last '*' */
	unsigned tag_literals;       /* of those, the ones other than '?' */
	enum pooltag_rule_pool pool; /* of RULE */
	struct pooltag_rule_text module,
		function;                /* globs of RULE, WRAPPER, NOWRAPPER; never empty */
	struct pooltag_rule_text binary; /* what stands before the separator */
	struct pooltag_rule_text text;   /* all after the '-', as PoolMon shows it */
	struct pooltag_rule_text description;
	size_t column;      /* of ERROR: where, in bytes from 1 */
	const char *reason; /* of ERROR: a static text */
};

/* Where a reader of a file is. */
struct pooltag_rule_reader {
	const char *next, *end;
	uint64_t line_number; /* of the line last given, from 1 */
};

static inline int pooltag_rule_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first place from `at` on that is not blank, or `end`. */
static inline const char *pooltag_rule_skip(const char *at, const char *end)
{
	while (at < end && pooltag_rule_is_blank(*at))
		at++;
	return at;
}

/* The text from `start` to `end` without the blanks at its end. */
static inline struct pooltag_rule_text pooltag_rule_trim(const char *start, const char *end)
{
	struct pooltag_rule_text text;

	while (end > start && pooltag_rule_is_blank(end[-1]))
		end--;
	text.start = start;
	text.length = (size_t)(end - start);
	return text;
}

/* The first `c` in `text`, or NULL. */
static inline const char *pooltag_rule_find(struct pooltag_rule_text text, char c)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.start[i] == c)
			return text.start + i;
	return NULL;
}

/* Whether the bytes at `at` are `word`, ASCII letters in either case when `fold` is 0x20. */
static inline int pooltag_rule_begins(const char *at, const char *end, const char *word, char fold)
{
	for (; *word != '\0'; at++, word++)
		if (at == end || (*at | fold) != (*word | fold))
			return 0;
	return 1;
}

/* Whether a word ends at `at`. */
static inline int pooltag_rule_word_ends(const char *at, const char *end)
{
	return at == end || pooltag_rule_is_blank(*at);
}

static inline enum pooltag_line_kind pooltag_rule_error(struct pooltag_rule_line *line,
							size_t offset, const char *reason)
{
	line->column = offset + 1;
	line->reason = reason;
	return POOLTAG_LINE_ERROR;
}

/* The dash of the first separator from `at` on, or NULL. `at` follows a blank. */
static inline const char *pooltag_rule_separator(const char *at, const char *end)
{
	for (const char *dash = at; dash < end; dash++)
		if (*dash == '-' && (dash == at || pooltag_rule_is_blank(dash[-1])) &&
		    pooltag_rule_word_ends(dash + 1, end))
			return dash;
	return NULL;
}

/* The pool named at `at` ("/Nonp" or "/Paged"), and in `ret_end` where its name ends. */
static inline enum pooltag_rule_pool pooltag_rule_pool_at(const char *at, const char *end,
							  const char **ret_end)
{
	enum pooltag_rule_pool pool = POOLTAG_RULE_POOL_ANY;
	const char *after = at;

	if (pooltag_rule_begins(at, end, "/Nonp", 0)) {
		pool = POOLTAG_RULE_POOL_NONPAGED;
		after = at + 5;
	} else if (pooltag_rule_begins(at, end, "/Paged", 0)) {
		pool = POOLTAG_RULE_POOL_PAGED;
		after = at + 6;
	}
	if (after < end && *after != '-' && !pooltag_rule_is_blank(*after))
		pool = POOLTAG_RULE_POOL_ANY;
	*ret_end = after;
	return pool;
}

/* How many columns the tag at `start` takes: fewer than four only where its end is plain. */
static inline size_t pooltag_rule_tag_length(const char *start, const char *end)
{
	const char *unused;

	for (size_t n = 1; n < 4 && start + n < end && !pooltag_rule_is_blank(start[0]); n++) {
		const char *dash = pooltag_rule_skip(start + n, end);

		if (pooltag_rule_pool_at(start + n, end, &unused) != POOLTAG_RULE_POOL_ANY)
			return n;
		if (dash > start + n && dash < start + 4 && dash < end && *dash == '-' &&
		    pooltag_rule_word_ends(dash + 1, end))
			return n;
	}
	return start + 4 < end ? 4 : (size_t)(end - start);
}

/* Takes the tag in the first `columns` bytes; 0, or 1 when it is blank. */
static inline int pooltag_rule_take_tag(const char *start, size_t columns,
					struct pooltag_rule_line *line)
{
	size_t used = pooltag_rule_trim(start, start + columns).length;

	line->tag_compared = used > 0 && start[used - 1] == '*' ? (unsigned)used - 1 : 4;
	for (unsigned i = 0; i < 4; i++) {
		char c = i < used && start[i] != '\t' ? start[i] : ' ';

		line->tag |= (pooltag_tag)(unsigned char)c << (8 * i);
		line->tag_literals += i < line->tag_compared && c != '?';
	}
	return used == 0;
}

/* Takes "module!function" from `target`; 0, or ERROR. `start`: of the line. */
static inline int pooltag_rule_take_target(const char *start, struct pooltag_rule_text target,
					   struct pooltag_rule_line *line)
{
	const char *end = target.start + target.length;
	const char *bang = pooltag_rule_find(target, '!');
	const char *module_end = bang != NULL ? bang : end;

	line->module.start = target.start;
	line->module.length = (size_t)(module_end - target.start);
	line->function.start = bang != NULL ? bang + 1 : "*";
	line->function.length = bang != NULL ? (size_t)(end - bang - 1) : 1;
	if (line->module.length == 0)
		return pooltag_rule_error(line, (size_t)(target.start - start),
					  "no module before '!' (write * for any)");
	for (const char *at = target.start; at < module_end; at++)
		if (pooltag_rule_is_blank(*at))
			return pooltag_rule_error(line, (size_t)(at - start),
						  "blank in the module's name (write ? for it)");
	if (line->function.length == 0)
		return pooltag_rule_error(line, (size_t)(end - start),
					  "no function after '!' (write * for any)");
	if (pooltag_rule_is_blank(line->function.start[0]))
		return pooltag_rule_error(line, (size_t)(bang + 1 - start), "blank after '!'");
	return 0;
}

/*
 * Takes text, binary and description from what follows the dash, and returns what would be the
 * target: the text before the separator, or all of it without one.
 */
static inline struct pooltag_rule_text pooltag_rule_take_body(const char *at, const char *end,
							      struct pooltag_rule_line *line)
{
	const char *dash;

	at = pooltag_rule_skip(at, end);
	dash = pooltag_rule_separator(at, end);
	line->text = pooltag_rule_trim(at, end);
	if (dash == NULL) {
		line->description = line->text;
		return line->text;
	}
	line->binary = pooltag_rule_trim(at, dash);
	line->description = pooltag_rule_trim(pooltag_rule_skip(dash + 1, end), end);
	return line->binary;
}

/* Whether an entry with this target charges code to its tag. */
static inline int pooltag_rule_attributes(struct pooltag_rule_text target,
					  const struct pooltag_rule_line *line)
{
	const char *bang = pooltag_rule_find(target, '!');

	if (line->pool != POOLTAG_RULE_POOL_ANY)
		return 1;
	if (bang == NULL || pooltag_rule_begins(target.start, bang + 1, "nt!", 0))
		return 0;
	if (line->binary.length != 0)
		return 1;
	for (const char *at = target.start; at < bang; at++)
		if (pooltag_rule_is_blank(*at))
			return 0;
	return 1;
}

static inline enum pooltag_line_kind pooltag_rule_take_entry(const char *start, const char *end,
							     struct pooltag_rule_line *line)
{
	size_t columns = pooltag_rule_tag_length(start, end);
	int blank = pooltag_rule_take_tag(start, columns, line);
	const char *at = start + columns;
	struct pooltag_rule_text target;

	if (at < end && *at == '/') {
		line->pool = pooltag_rule_pool_at(at, end, &at);
		if (line->pool == POOLTAG_RULE_POOL_ANY)
			return pooltag_rule_error(line, columns + 1,
						  "the pool after '/' is Nonp or Paged");
	}
	at = pooltag_rule_skip(at, end);
	if (at == end || *at != '-')
		return pooltag_rule_error(line, (size_t)(at - start),
					  "no '-' after the tag, which is four columns wide");
	if (blank)
		return pooltag_rule_error(line, 0, "the tag is blank");
	target = pooltag_rule_take_body(at + 1, end, line);
	if (line->text.length == 0)
		return pooltag_rule_error(line, (size_t)(end - start), "nothing after the '-'");
	if (!pooltag_rule_attributes(target, line))
		return POOLTAG_LINE_DESCRIPTION;
	for (size_t i = 0; i < columns; i++)
		if (start[i] == '?' || start[i] == '*')
			return pooltag_rule_error(line, i, "a rule gives one tag: no ? or * in it");
	if (pooltag_rule_take_target(start, target, line) != 0)
		return POOLTAG_LINE_ERROR;
	return POOLTAG_LINE_RULE;
}

/* `at` follows the keyword. */
static inline enum pooltag_line_kind pooltag_rule_take_wrapper(const char *start, const char *at,
							       const char *end,
							       enum pooltag_line_kind kind,
							       struct pooltag_rule_line *line)
{
	struct pooltag_rule_text target;

	at = pooltag_rule_skip(at, end);
	if (at == end || *at != '-')
		return pooltag_rule_error(line, (size_t)(at - start), "no '-' after the keyword");
	target = pooltag_rule_take_body(at + 1, end, line);
	if (pooltag_rule_find(target, '!') == NULL)
		return pooltag_rule_error(line, (size_t)(target.start - start),
					  "module!function expected");
	if (pooltag_rule_take_target(start, target, line) != 0)
		return POOLTAG_LINE_ERROR;
	return kind;
}

/* Offset of the first control character that is not a TAB, or `length`. */
static inline size_t pooltag_rule_control(const char *start, size_t length)
{
	size_t i = 0;

	while (i < length && ((unsigned char)start[i] >= 0x20 || start[i] == '\t') &&
	       start[i] != 0x7f)
		i++;
	return i;
}

/*
 * Takes the line of `length` bytes at `start` apart; `start` may be NULL if `length` is 0. The line
 * has no end-of-line characters. Fills what its kind has in `ret_line`, and zeroes the rest.
 */
static inline enum pooltag_line_kind pooltag_rule_parse(const char *start, size_t length,
							struct pooltag_rule_line *ret_line)
{
	static const struct pooltag_rule_line nothing = {
		0,         0,         0,         POOLTAG_RULE_POOL_ANY,
		{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0},
		{NULL, 0}, 0,         NULL};
	size_t control = pooltag_rule_control(start, length);
	const char *end = start + length;
	const char *at = pooltag_rule_skip(start, end);

	*ret_line = nothing;
	if (control < length && start[control] == '\0')
		return pooltag_rule_error(ret_line, control,
					  "NUL byte (if this file is UTF-16, save it as UTF-8)");
	if (control < length)
		return pooltag_rule_error(ret_line, control, "control character");
	if (at == end)
		return POOLTAG_LINE_BLANK;
	if (pooltag_rule_begins(at, end, "//", 0) ||
	    (pooltag_rule_begins(at, end, "rem", 0x20) && pooltag_rule_word_ends(at + 3, end)))
		return POOLTAG_LINE_COMMENT;
	if (length > POOLTAG_RULE_LINE_MAX)
		return pooltag_rule_error(ret_line, POOLTAG_RULE_LINE_MAX,
					  "the line is longer than " POOLTAG_RULE_TEXT_OF(
						  POOLTAG_RULE_LINE_MAX) " bytes");
	if (pooltag_rule_begins(start, end, "wrapper", 0))
		return pooltag_rule_take_wrapper(start, start + 7, end, POOLTAG_LINE_WRAPPER,
						 ret_line);
	if (pooltag_rule_begins(start, end, "nowrapper", 0))
		return pooltag_rule_take_wrapper(start, start + 9, end, POOLTAG_LINE_NOWRAPPER,
						 ret_line);
	return pooltag_rule_take_entry(start, end, ret_line);
}

/*
 * Whether the tag of a DESCRIPTION or RULE stands for `tag`. Where several entries do, the one with
 * most tag_literals describes it, and of those the first.
 */
static inline int pooltag_rule_describes(const struct pooltag_rule_line *line, pooltag_tag tag)
{
	for (unsigned i = 0; i < line->tag_compared; i++) {
		unsigned char pattern = (unsigned char)(line->tag >> (8 * i));

		if (pattern != '?' && pattern != (unsigned char)(tag >> (8 * i)))
			return 0;
	}
	return 1;
}

/* Begins to read the `size` bytes of a file at `text`, which stay the caller's. */
static inline void pooltag_rule_reader_init(struct pooltag_rule_reader *reader, const char *text,
					    size_t size)
{
	const char *end = text + size;
	const char *tail = end;

	if (pooltag_rule_begins(text, end, "\xef\xbb\xbf", 0))
		text += 3;
	while (tail > text &&
	       (tail[-1] == 0x1a || tail[-1] == '\r' || tail[-1] == '\n' || tail[-1] == ' '))
		tail--;
	while (tail < end && *tail != 0x1a)
		tail++;
	reader->next = text;
	reader->end = tail;
	reader->line_number = 0;
}

/* The next line, without its end, in `ret_start` and `ret_length`: 1, or 0 at the end. */
static inline int pooltag_rule_reader_next(struct pooltag_rule_reader *reader,
					   const char **ret_start, size_t *ret_length)
{
	const char *at = reader->next;
	const char *end;

	if (at == reader->end)
		return 0;
	while (at < reader->end && *at != '\n')
		at++;
	end = at;
	if (end > reader->next && end[-1] == '\r')
		end--;
	*ret_start = reader->next;
	*ret_length = (size_t)(end - reader->next);
	reader->next = at < reader->end ? at + 1 : at;
	reader->line_number++;
	return 1;
}

#endif
