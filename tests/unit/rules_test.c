/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules_test.c - the grammar of rules files, and how the library finds a rule
 *
 * Usage: rules_test WINDOWS_LIKE_FILE. Prints TAP. Works in a temporary directory; notes of the
 * library are caught from file descriptor 2.
 */
#include "lib/base/text.h"
#include "lib/sites/rule_index.h"
#include "lib/sites/rules.h"
#include "tests/harness/tap.h"
#include <errno.h>
#include <fcntl.h>
#include <pooltag/rules.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 100000
/* Rules a look-up among MANY specific ones may try. */
#define TRIED_MAX 32
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

/* --- help ------------------------------------------------------------------------------------- */

static void equal(long long got, long long wanted, const char *name)
{
	if (!ok(got == wanted, "%s", name))
		diag("got %lld, wanted %lld", got, wanted);
}

static void *must(void *memory)
{
	if (memory == NULL) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	return memory;
}

/* --- the parser ------------------------------------------------------------------------------- */

/* What a line was taken for, as one text. */
static const char *parsed(const char *text, size_t length)
{
	static const char *const pools[] = {"", "/Paged", "/Nonp"};
	static char out[8192];
	struct pooltag_rule_line line;
	enum pooltag_line_kind kind;
	char tag[5];
	/* An exact copy, so that valgrind and ASan see a read past its end. */
	char *copy = must(malloc(length + (length == 0)));

	if (length != 0)
		memcpy(copy, text, length);
	kind = pooltag_rule_parse(copy, length, &line);
	pooltag_tag_to_text(line.tag, tag);
#define TEXT(t) (int)(t).length, (t).start != NULL ? (t).start : ""
	switch (kind) {
	case POOLTAG_LINE_BLANK:
		strcpy(out, "blank");
		break;
	case POOLTAG_LINE_COMMENT:
		strcpy(out, "comment");
		break;
	case POOLTAG_LINE_DESCRIPTION:
		snprintf(out, sizeof(out), "[%s] binary [%.*s] text [%.*s] says [%.*s]", tag,
			 TEXT(line.binary), TEXT(line.text), TEXT(line.description));
		break;
	case POOLTAG_LINE_RULE:
		snprintf(out, sizeof(out), "[%s]%s module [%.*s] function [%.*s] says [%.*s]", tag,
			 pools[line.pool], TEXT(line.module), TEXT(line.function),
			 TEXT(line.description));
		break;
	case POOLTAG_LINE_WRAPPER:
	case POOLTAG_LINE_NOWRAPPER:
		snprintf(out, sizeof(out), "%s module [%.*s] function [%.*s]",
			 kind == POOLTAG_LINE_WRAPPER ? "wrapper" : "nowrapper", TEXT(line.module),
			 TEXT(line.function));
		break;
	case POOLTAG_LINE_ERROR:
		snprintf(out, sizeof(out), "%zu: %s", line.column, line.reason);
		break;
	}
	free(copy);
	return out;
}

static const struct {
	const char *line, *wanted;
} lines[] = {
	/* not entries */
	{"", "blank"},
	{" \t ", "blank"},
	{"// Tag - a!b - c", "comment"},
	{"  // Tag - a!b - c", "comment"},
	{"rem", "comment"},
	{"REM heading", "comment"},
	{"  Rem\tx", "comment"},
	/* Windows' entries, with their irregularities */
	{"NtXa - ntxs.sys     - AttrX.c",
	 "[NtXa] binary [ntxs.sys] text [ntxs.sys     - AttrX.c] says [AttrX.c]"},
	{"Io   - nt!io        - general",
	 "[Io  ] binary [nt!io] text [nt!io        - general] says [general]"},
	{"Qf?? - nt!cfg       - all",
	 "[Qf??] binary [nt!cfg] text [nt!cfg       - all] says [all]"},
	{"R300 - <unknown>    - video driver",
	 "[R300] binary [<unknown>] text [<unknown>    - video driver] says [video driver]"},
	{"ATxx - Application object",
	 "[ATxx] binary [] text [Application object] says [Application object]"},
	{"ATxx - self-made", "[ATxx] binary [] text [self-made] says [self-made]"},
	{"Etxw - nt!etx         no dash here",
	 "[Etxw] binary [] text [nt!etx         no dash here] says [nt!etx         no dash here]"},
	{"PX1 - px.sys - x", "[PX1 ] binary [px.sys] text [px.sys - x] says [x]"},
	{"Dh 0 - dh.sys - x", "[Dh 0] binary [dh.sys] text [dh.sys - x] says [x]"},
	{"Aaaa - a.sys - b - c-d", "[Aaaa] binary [a.sys] text [a.sys - b - c-d] says [b - c-d]"},
	{"Aaaa - a.sys  -  two", "[Aaaa] binary [a.sys] text [a.sys  -  two] says [two]"},
	{"Aaaa -  a.sys - x  ", "[Aaaa] binary [a.sys] text [a.sys - x] says [x]"},
	{"Aaaa- a-b.sys -", "[Aaaa] binary [a-b.sys] text [a-b.sys -] says []"},
	{"Aaaa -a.sys - x", "[Aaaa] binary [a.sys] text [a.sys - x] says [x]"},
	{"Aaaa - - x", "[Aaaa] binary [] text [- x] says [x]"},
	{"-abc - a.sys - x", "[-abc] binary [a.sys] text [a.sys - x] says [x]"},
	{"remx - a.sys - x", "[remx] binary [a.sys] text [a.sys - x] says [x]"},
	{"smXX - nt!store or boost.sys - x",
	 "[smXX] binary [nt!store or boost.sys] text [nt!store or boost.sys - x] says [x]"},
	{"Aaaa - what? now! - later", "13: blank in the module's name (write ? for it)"},
	{"Aaaa - what? now!", "[Aaaa] binary [] text [what? now!] says [what? now!]"},
	/* short tags */
	{"Io - x.so - y", "[Io  ] binary [x.so] text [x.so - y] says [y]"},
	{"I - x.so - y", "[I   ] binary [x.so] text [x.so - y] says [y]"},
	{"I  - x.so - y", "[I   ] binary [x.so] text [x.so - y] says [y]"},
	{"Io\t- x.so - y", "[Io  ] binary [x.so] text [x.so - y] says [y]"},
	{"a-b- - x.so - y", "[a-b-] binary [x.so] text [x.so - y] says [y]"},
	/* rules */
	{"dict - redis-server!dict* - dictionaries",
	 "[dict] module [redis-server] function [dict*] says [dictionaries]"},
	{"dict - redis-server!dict*",
	 "[dict] module [redis-server] function [dict*] says [redis-server!dict*]"},
	{"sds - redis-server!sds*",
	 "[sds ] module [redis-server] function [sds*] says [redis-server!sds*]"},
	{"Tm01 - winx!CTimer::operator new - TIMER",
	 "[Tm01] module [winx] function [CTimer::operator new] says [TIMER]"},
	{"cppx - *!std::vector<int, A<int> >::operator-* - v",
	 "[cppx] module [*] function [std::vector<int, A<int> >::operator-*] says [v]"},
	{"not! - libm.so*!operator!* - b",
	 "[not!] module [libm.so*] function [operator!*] says [b]"},
	{"path - /usr/lib/*/libz.so.1!deflate - z",
	 "[path] module [/usr/lib/*/libz.so.1] function [deflate] says [z]"},
	{"brak - lib[a-z!f[ - unclosed", "[brak] module [lib[a-z] function [f[] says [unclosed]"},
	{"ntpd - nt*!f - x", "[ntpd] module [nt*] function [f] says [x]"},
	{"SSLk/Nonp - libcrypto* - never swapped",
	 "[SSLk]/Nonp module [libcrypto*] function [*] says [never swapped]"},
	{"SSLk/Paged - libcrypto*!BN_* - x",
	 "[SSLk]/Paged module [libcrypto*] function [BN_*] says [x]"},
	{"Io/Nonp - a!b - x", "[Io  ]/Nonp module [a] function [b] says [x]"},
	{"Io/Nonp- a!b", "[Io  ]/Nonp module [a] function [b] says [a!b]"},
	{"kern/Nonp - nt!io - x", "[kern]/Nonp module [nt] function [io] says [x]"},
	{"a/No - a!b - x", "[a/No] module [a] function [b] says [x]"},
	/* wrappers */
	{"wrapper - git!xmalloc", "wrapper module [git] function [xmalloc]"},
	{"wrapper - *!my_* - all of mine", "wrapper module [*] function [my_*]"},
	{"nowrapper - libglib-2.0.so.0!g_malloc - charge it",
	 "nowrapper module [libglib-2.0.so.0] function [g_malloc]"},
	{"wrap - a!b - a tag", "[wrap] module [a] function [b] says [a tag]"},
	/* errors */
	{"dict", "5: no '-' after the tag, which is four columns wide"},
	{"redis - redis-server!dict*", "5: no '-' after the tag, which is four columns wide"},
	{"    Tag - a!b", "5: no '-' after the tag, which is four columns wide"},
	{"dict redis-server!dict*", "6: no '-' after the tag, which is four columns wide"},
	{"     - a!b - c", "1: the tag is blank"},
	{"dict -", "7: nothing after the '-'"},
	{"dict/nonp - a!b", "6: the pool after '/' is Nonp or Paged"},
	{"dict/Nonpaged - a!b", "6: the pool after '/' is Nonp or Paged"},
	{"dic? - a!b - c", "4: a rule gives one tag: no ? or * in it"},
	{"di*  - a!b - c", "3: a rule gives one tag: no ? or * in it"},
	{"?ict/Nonp - a", "1: a rule gives one tag: no ? or * in it"},
	{"dict - !b - c", "8: no module before '!' (write * for any)"},
	{"dict - a! - c", "10: no function after '!' (write * for any)"},
	{"dict - a!", "10: no function after '!' (write * for any)"},
	{"dict - a! b", "10: blank after '!'"},
	{"dict - my lib!b - c", "10: blank in the module's name (write ? for it)"},
	{"SSLk/Nonp - keys never swapped", "17: blank in the module's name (write ? for it)"},
	{"wrapper", "8: no '-' after the keyword"},
	{"wrapper a!b", "9: no '-' after the keyword"},
	{"wrapper - xmalloc", "11: module!function expected"},
	{"nowrapper -", "12: module!function expected"},
	{"wrapper - !x", "11: no module before '!' (write * for any)"},
	{"dict - a!b\x1b[2J", "11: control character"},
	{"// \x07", "4: control character"},
	{"dict - a!b\rdict - c!d", "11: control character"},
	{"dict - a!b\x1a", "11: control character"},
	{"dict - a!b\x7f", "11: control character"},
};

static void test_lines(void)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		size_t length = strlen(lines[i].line);
		char buffer[512];
		struct base_text name = base_text_in(buffer, sizeof(buffer));

		base_text_add(&name, "line: ");
		base_text_quoted(&name, lines[i].line, length);
		is_str(parsed(lines[i].line, length), lines[i].wanted, buffer);
	}
	is_str(parsed("dict\0- a!b", 10), "5: NUL byte (if this file is UTF-16, save it as UTF-8)",
	       "NUL in an entry");
	is_str(parsed("// \0", 4), "4: NUL byte (if this file is UTF-16, save it as UTF-8)",
	       "NUL in a comment");
	is_str(parsed(NULL, 0), "blank", "no line at all");
}

/* Every prefix and every one-byte change of every line above: nothing is read out of bounds. */
static void test_mutations(void)
{
	static const char bytes[] = {'\0', ' ', '-', '!', '/', '*', '?', '\t', '\x1a', '\xff'};
	size_t kinds = 0;

	for (size_t i = 0; i < COUNT(lines); i++) {
		size_t length = strlen(lines[i].line);
		char changed[256];

		for (size_t n = 0; n <= length; n++)
			kinds += parsed(lines[i].line, n)[0] != '\0';
		for (size_t n = 0; n < length; n++) {
			for (size_t b = 0; b < sizeof(bytes); b++) {
				memcpy(changed, lines[i].line, length);
				changed[n] = bytes[b];
				kinds += parsed(changed, length)[0] != '\0';
			}
		}
	}
	ok(kinds > 10000, "prefixes and changed bytes of all lines");
}

static void test_long_lines(void)
{
	size_t size = 1 << 20;
	char *line = must(malloc(size));

	memset(line, 'x', size);
	memcpy(line, "dict - a!", 9);
	is_str(parsed(line, size), "4097: the line is longer than 4096 bytes", "1 MB entry");
	ok(strncmp(parsed(line, 4096), "[dict] module [a] function [xxx", 30) == 0,
	   "an entry of the longest length");
	memcpy(line, "// ", 3);
	is_str(parsed(line, size), "comment", "1 MB comment");
	memset(line, '*', size);
	is_str(parsed(line, size), "4097: the line is longer than 4096 bytes", "1 MB of *");
	memset(line, ' ', size);
	is_str(parsed(line, size), "blank", "1 MB of blanks");
	free(line);
}

static int describes(const char *line, const char *tag)
{
	struct pooltag_rule_line parts;

	if (pooltag_rule_parse(line, strlen(line), &parts) != POOLTAG_LINE_DESCRIPTION)
		return -1;
	return pooltag_rule_describes(&parts, pooltag_tag_from_text(tag)) *
	       (int)(parts.tag_literals + 1);
}

static void test_tag_patterns(void)
{
	equal(describes("Afdx - a.sys - b", "Afdx"), 5, "exact tag");
	equal(describes("Afdx - a.sys - b", "Afdy"), 0, "another tag");
	equal(describes("Afd? - a.sys - b", "Afdy"), 4, "? at the end");
	equal(describes("?fd? - a.sys - b", "xfdy"), 3, "? in front");
	equal(describes("Qu*  - a.sys - b", "Quxy"), 3, "* before a blank");
	equal(describes("Qu*  - a.sys - b", "Qu  "), 3, "* for nothing");
	equal(describes("Qu*  - a.sys - b", "Qvxy"), 0, "* and another start");
	equal(describes("Qux* - a.sys - b", "Quxy"), 4, "* in the fourth column");
	equal(describes("*    - a.sys - b", "Quxy"), 1, "* alone");
	equal(describes("Q*x  - a.sys - b", "Q*x "), 5, "* inside is itself");
	equal(describes("Q*x  - a.sys - b", "Qyx "), 0, "* inside is nothing else");
	equal(describes("Io - a.sys - b", "Io"), 5, "a short tag");
}

/* The lines a reader gives for `size` bytes, joined by '|'. */
static const char *read_all(const char *text, size_t size)
{
	static char out[256];
	struct pooltag_rule_reader reader;
	const char *start;
	size_t length, used = 0;

	pooltag_rule_reader_init(&reader, text, size);
	while (pooltag_rule_reader_next(&reader, &start, &length))
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%d[%.*s]",
					 (int)reader.line_number, (int)length, start);
	out[used] = '\0';
	return out;
}

static void test_reader(void)
{
#define READ(text) read_all(text, sizeof(text) - 1)
	is_str(READ(""), "", "empty file");
	is_str(READ("\n"), "1[]", "one empty line");
	is_str(READ("a\nb\n"), "1[a]2[b]", "LF");
	is_str(READ("a\r\nb\r\n"), "1[a]2[b]", "CRLF");
	is_str(READ("a\n\nb"), "1[a]2[]3[b]", "no LF at the end");
	is_str(READ("\xef\xbb\xbf"
		    "a\n"),
	       "1[a]", "byte order mark");
	is_str(READ("a\n\x1a"), "1[a]", "Ctrl-Z at the end");
	is_str(READ("a\r\n\x1a\r\n\x1a  \n"), "1[a]", "Ctrl-Z and line ends at the end");
	is_str(READ("a\x1a"), "1[a]", "Ctrl-Z at the end of a line");
	is_str(READ("\x1a"), "", "Ctrl-Z alone");
	is_str(READ("a\n\x1a\nb\n"), "1[a]2[\x1a]3[b]", "Ctrl-Z in the middle is no end");
}

/* --- files ------------------------------------------------------------------------------------ */

static char notes[65536];

/* Loads `path`; what is printed meanwhile is in `notes`. */
static int load(const char *path)
{
	int saved = dup(2);
	int file = memfd_create("notes", 0);
	int result;
	ssize_t n;

	dup2(file, 2);
	result = sites_rules_load(path);
	dup2(saved, 2);
	close(saved);
	n = pread(file, notes, sizeof(notes) - 1, 0);
	notes[n > 0 ? n : 0] = '\0';
	close(file);
	return result;
}

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *file = must(fopen(path, "w"));

	if (fwrite(text, 1, size, file) != size || fclose(file) != 0) {
		printf("Bail out! %s cannot be written\n", path);
		exit(1);
	}
}

static int load_text(const char *text)
{
	write_file("rules.txt", text, strlen(text));
	return load("rules.txt");
}

/* "tag line" of the rule for a function, with its pool; "none" without a rule. */
static const char *rule_of(const char *path, const char *linker, const char *readable)
{
	static const char *const pools[] = {"", " paged", " nonpaged"};
	static char out[64];
	struct sites_rule_match match;
	char tag[5];

	if (!sites_rules_match(path, linker, readable, &match))
		return "none";
	pooltag_tag_to_text(match.tag, tag);
	snprintf(out, sizeof(out), "%s %u%s", tag, match.line, pools[match.pool]);
	return out;
}

static void equal_counts(uint32_t rules, uint32_t wrappers, uint32_t descriptions, uint32_t ignored,
			 const char *name)
{
	struct sites_rules_counts counts = sites_rules_counts();
	char got[128], wanted[128];

	snprintf(got, sizeof(got), "rules %u wrappers %u descriptions %u ignored %u", counts.rules,
		 counts.wrappers, counts.descriptions, counts.ignored);
	snprintf(wanted, sizeof(wanted), "rules %u wrappers %u descriptions %u ignored %u", rules,
		 wrappers, descriptions, ignored);
	is_str(got, wanted, name);
}

static char *read_sample(const char *path, size_t *ret_size)
{
	FILE *file = must(fopen(path, "r"));
	char *text = must(malloc(1 << 20));

	*ret_size = fread(text, 1, 1 << 20, file);
	fclose(file);
	return text;
}

static void test_windows_file(const char *path)
{
	size_t size, used = 0;
	char *text = read_sample(path, &size);
	char *crlf = must(malloc(2 * size));

	equal(load(path), 0, "a file as Windows has it");
	is_str(notes, "", "without a note");
	equal_counts(14, 0, 161, 0, "all its entries");
	is_str(rule_of("/bin/nt", "cfg", NULL), "none", "nt!component is no rule");
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			crlf[used++] = '\r';
		crlf[used++] = text[i];
	}
	write_file("crlf.txt", crlf, used);
	equal(load("crlf.txt"), 0, "the same with CRLF");
	is_str(notes, "", "without a note");
	equal_counts(14, 0, 161, 0, "all its entries");
	is_str(rule_of("/x/wink", "x", "CTimer::operator new"), "Us12 134", "a function's line");
	free(text);
	free(crlf);
}

static void test_specificity(void)
{
	equal(load_text("any  - *!*\n"                           /* 1: 0 literals */
			"redi - redis-server!*\n"                /* 2: 12 */
			"dict - redis-server!dict*\n"            /* 3: 16 */
			"dic2 - redis-server!dict?\n"            /* 4: 16 again */
			"dAdd - redis-server!dictAdd\n"          /* 5: 19, exact */
			"zmal - *!zmalloc\n"                     /* 6: 7 */
			"path - /opt/*/redis-server!dictAdd\n"   /* 7: 25 */
			"long - *!a_function_with_a_long_name\n" /* 8 */
			"dup1 - libz.so.1!deflate\n"             /* 9 */
			"dup2 - libz.so.1!deflate\n"             /* 10: never */
			"glob - libq.so!q?ee\n"                  /* 11: 9, 3 more */
			"star - libq.so!qee*\n"                  /* 12: 10 */
			"exac - libq.so!qee\n"                   /* 13: 10, exact */
			"Key/Nonp - libcrypto*\n"                /* 14 */
			"Buf/Paged - libcrypto*!BUF_*\n"         /* 15 */
			"cpp  - *!std::vector<*>::push_back(*\n" /* 16 */
			"mang - *!_ZN3foo3barEv\n"               /* 17 */
			"two  - libtwo.so!foo::bar()\n"),        /* 18 */
	      0, "rules of every kind");
	is_str(notes, "", "without a note");
	is_str(rule_of("/usr/bin/redis-server", "dictAdd", NULL), "dAdd 5", "more literals");
	is_str(rule_of("/usr/bin/redis-server", "dictX", "dictX"), "dict 3", "of equals the first");
	is_str(rule_of("/usr/bin/redis-server", "other", NULL), "redi 2", "module alone");
	is_str(rule_of("/usr/bin/redis-server", "zmalloc", NULL), "redi 2",
	       "12 literals of a module before 7 of a function");
	is_str(rule_of("/usr/bin/other", "zmalloc", NULL), "zmal 6", "function alone");
	is_str(rule_of("/opt/x/redis-server", "dictAdd", NULL), "path 7", "a path");
	is_str(rule_of("/bin/redis-server", "a_function_with_a_long_name", NULL), "long 8",
	       "a long function before a shorter module");
	is_str(rule_of("/lib/libz.so.1", "deflate", NULL), "dup1 9", "the same globs twice");
	is_str(rule_of("/lib/libq.so", "qee", NULL), "exac 13", "exact before glob");
	is_str(rule_of("/lib/libq.so", "qxee", NULL), "glob 11", "? inside");
	is_str(rule_of("/lib/libq.so", "qees", NULL), "star 12", "* at the end");
	is_str(rule_of("/lib/libcrypto.so.3", "X", NULL), "Key  14 nonpaged", "a pool");
	is_str(rule_of("/lib/libcrypto.so.3", "BUF_x", NULL), "Buf  15 paged", "the other pool");
	is_str(rule_of("/x/prog", "_ZNx", "std::vector<int>::push_back(int&&)"), "cpp  16",
	       "the readable name");
	is_str(rule_of("/x/prog", "_ZN3foo3barEv", "foo::bar()"), "mang 17", "the linker's name");
	is_str(rule_of("/x/libtwo.so", "_ZN3foo3barEv", "foo::bar()"), "two  18",
	       "of both names the better rule");
	is_str(rule_of(NULL, NULL, NULL), "any  1", "nothing known: * matches");
	is_str(rule_of("/lib/libcrypto.so.3", NULL, NULL), "Key  14 nonpaged",
	       "function not known");
	is_str(rule_of("redis-server", "dictAdd", NULL), "dAdd 5", "a path without a slash");
	equal(sites_rules_wrapper("/usr/bin/redis-server", "zmalloc", NULL), 0, "no wrapper lines");
}

static void test_order_of_file(void)
{
	equal(load_text("aaaa - m!f*xy\nbbbb - m!fxy*\ncccc - *m!fxy\n"), 0, "equal weights");
	is_str(rule_of("/m", "fxy", NULL), "aaaa 1", "the first of three");
	equal(load_text("cccc - *m!fxy\nbbbb - m!fxy*\naaaa - m!f*xy\n"), 0, "turned round");
	is_str(rule_of("/m", "fxy", NULL), "cccc 1", "the first of three");
	is_str(rule_of("/m", "fxy_", NULL), "bbbb 2", "the only one of three");
}

static void test_wrappers(void)
{
	equal(load_text("wrapper - *!my_*\n"
			"nowrapper - *!my_own_*\n"
			"nowrapper - libglib-2.0.so.0!g_malloc\n"
			"mine - *!my_own_alloc\n"),
	      0, "wrapper lines");
	equal_counts(1, 3, 0, 0, "counted apart");
	equal(sites_rules_wrapper("/bin/x", "my_alloc", NULL), 1, "added");
	equal(sites_rules_wrapper("/bin/x", "my_own_alloc", NULL), -1, "removed, more specific");
	equal(sites_rules_wrapper("/lib/libglib-2.0.so.0", "g_malloc", NULL), -1, "removed");
	equal(sites_rules_wrapper("/lib/libglib-2.0.so.0", "g_free", NULL), 0, "not spoken of");
	is_str(rule_of("/bin/x", "my_own_alloc", NULL), "mine 4", "tag rules are apart");
	is_str(rule_of("/bin/x", "my_alloc", NULL), "none", "wrapper lines give no tag");
}

static void test_messages(void)
{
	equal(load_text("good - a!b - x\n"
			"bad\n"
			"dic? - a!c - x\r\n"
			"fine - a!d - x\n"
			"wrapper - x\n"),
	      0, "bad lines among good ones");
	is_str(notes,
	       "pooltag: rules.txt:2:4: no '-' after the tag, which is four columns wide; this "
	       "line is ignored\n"
	       "pooltag: rules.txt:3:4: a rule gives one tag: no ? or * in it; this line is "
	       "ignored\n"
	       "pooltag: rules.txt:5:11: module!function expected; this line is ignored\n",
	       "one note for each");
	equal_counts(2, 0, 0, 3, "the good ones");
	is_str(rule_of("/a", "b", NULL), "good 1", "before a bad line");
	is_str(rule_of("/a", "d", NULL), "fine 4", "after a bad line");
}

static void test_unreadable(void)
{
	equal(load("missing.txt"), -ENOENT, "no file");
	is_str(notes, "pooltag: missing.txt: rules not read: No such file or directory\n",
	       "its note");
	equal(load("/dev/zero"), -EINVAL, "a device");
	is_str(notes, "pooltag: /dev/zero: rules not read: not a regular file\n", "its note");
	equal(load("."), -EINVAL, "a directory");
	if (mkfifo("fifo", 0600) != 0)
		printf("Bail out! mkfifo\n");
	equal(load("fifo"), -EINVAL, "a FIFO nobody writes");
	close(open("huge", O_WRONLY | O_CREAT, 0600));
	equal(truncate("huge", (off_t)1 << 40), 0, "a sparse file of 1 TiB");
	equal(load("huge"), -EFBIG, "is refused");
	is_str(notes, "pooltag: huge: rules not read: larger than 256 MiB\n", "its note");
	is_str(rule_of("/a", "b", NULL), "good 1", "the rules before are still there");
	equal(load("/proc/self/smaps"), 0, "a file of several pages that says it is empty");
	ok(sites_rules_counts().ignored > 300, "is read to its end");
	equal(load_text(""), 0, "an empty file");
	is_str(notes, "", "without a note");
	is_str(rule_of("/a", "b", NULL), "none", "and without a rule");
}

/* --- hostile files ---------------------------------------------------------------------------- */

struct buffer {
	char *text;
	size_t size, capacity;
};

__attribute__((format(printf, 2, 3))) static void add(struct buffer *buffer, const char *format,
						      ...)
{
	va_list arguments;

	if (buffer->capacity - buffer->size < 8192) {
		buffer->capacity = 2 * buffer->capacity + 65536;
		buffer->text = must(realloc(buffer->text, buffer->capacity));
	}
	va_start(arguments, format);
	buffer->size += (size_t)vsnprintf(buffer->text + buffer->size, 8192, format, arguments);
	va_end(arguments);
}

static int load_buffer(struct buffer *buffer)
{
	write_file("rules.txt", buffer->text, buffer->size);
	free(buffer->text);
	*buffer = (struct buffer){NULL, 0, 0};
	return load("rules.txt");
}

static void test_many_errors(void)
{
	struct buffer buffer = {NULL, 0, 0};
	size_t count = 0;

	for (int i = 0; i < MANY; i++)
		add(&buffer, "bad line\n");
	add(&buffer, "good - a!b - x\n");
	equal(load_buffer(&buffer), 0, "100,000 bad lines");
	for (const char *at = notes; *at != '\0'; at++)
		count += *at == '\n';
	equal((long long)count, SITES_RULES_NOTES_MAX + 1, "as many notes as announced, and one");
	ok(strstr(notes, "\npooltag: rules.txt: 99980 more lines are ignored\n") != NULL,
	   "the last one counts the rest");
	equal_counts(1, 0, 0, MANY, "all are counted");
	is_str(rule_of("/a", "b", NULL), "good 100001", "the line after them");
}

static void test_nul_and_long(void)
{
	struct buffer buffer = {NULL, 0, 0};
	char *line = must(malloc(1 << 20));

	add(&buffer, "nulx - a!b%cc - x\n", '\0');
	memset(line, 'x', (1 << 20) - 1);
	line[(1 << 20) - 1] = '\0';
	for (int i = 0; i < 1 << 8; i++)
		add(&buffer, "%.4096s", line);
	add(&buffer, "\ngood - a!b - x\nopen - a!c[*?\n");
	equal(load_buffer(&buffer), 0, "a NUL byte and a line of 1 MB");
	is_str(notes,
	       "pooltag: rules.txt:1:11: NUL byte (if this file is UTF-16, save it as UTF-8); "
	       "this "
	       "line is ignored\n"
	       "pooltag: rules.txt:2:4097: the line is longer than 4096 bytes; this line is "
	       "ignored\n",
	       "a note for each");
	is_str(rule_of("/a", "b", NULL), "good 3", "the line after them");
	is_str(rule_of("/a", "c[xyz", NULL), "open 4", "an unclosed bracket is a bracket");
	free(line);
}

/* Rules tried by one look-up. */
static uint64_t cost(const char *path, const char *linker, const char *readable)
{
	uint64_t before = sites_rules_tried();
	struct sites_rule_match match;

	(void)sites_rules_match(path, linker, readable, &match);
	return sites_rules_tried() - before;
}

/* Loads MANY rules of the form `format` (a number goes in) and looks MANY functions up. */
static void look_up_many(const char *rule_format, const char *module_format,
			 const char *function_format, const char *name)
{
	struct buffer buffer = {NULL, 0, 0};
	uint64_t sum = 0;
	int wrong = 0;

	for (int i = 0; i < MANY; i++) {
		add(&buffer, "%04x - ", i & 0xffff);
		/* The formats are this file's own, with one %05d each. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		add(&buffer, rule_format, i, i);
#pragma GCC diagnostic pop
		add(&buffer, "\n");
	}
	equal(load_buffer(&buffer), 0, name);
	is_str(notes, "", "without a note");
	equal_counts(MANY, 0, 0, 0, "all are there");
	for (int i = 0; i < MANY; i++) {
		char module[64], function[64];
		struct sites_rule_match match = {0, POOLTAG_RULE_POOL_ANY, 0};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(module, sizeof(module), module_format, i);
		snprintf(function, sizeof(function), function_format, i);
#pragma GCC diagnostic pop
		sum += cost(module, function, NULL);
		wrong += !sites_rules_match(module, function, NULL, &match) ||
			 match.line != (uint32_t)i + 1;
	}
	equal(wrong, 0, "each function has its rule");
	ok(sum / MANY <= TRIED_MAX, "few rules are tried for each");
	diag("%s: %.2f rules tried per look-up", name, (double)sum / MANY);
	is_str(rule_of("/lib/libother.so", "unrelated", "unrelated"), "none", "and others none");
	ok(cost("/lib/libother.so", "unrelated", "unrelated") <= TRIED_MAX,
	   "nor is much tried for them");
}

static void test_many_rules(void)
{
	look_up_many("prog!function_%05d - x", "/bin/prog", "function_%05d", "exact functions");
	look_up_many("prog!function_%05d* - x", "/bin/prog", "function_%05d_x", "prefixes");
	look_up_many("*!*_%05d_function - x", "/bin/prog", "any_%05d_function", "suffixes");
	look_up_many("*!*q%05dq* - x", "/bin/prog", "in_q%05dq_side", "parts in the middle");
	look_up_many("libm%05d.so!init - x", "/lib/libm%05d.so", "init",
		     "one function, many modules");
	look_up_many("libm%05d.so*!* - x", "/lib/libm%05d.so.1", "f", "modules alone");
	look_up_many("/opt/%05d/*!* - x", "/opt/%05d/lib.so", "f", "paths");
}

static void test_vague_rules(void)
{
	struct buffer buffer = {NULL, 0, 0};

	for (int i = 0; i < MANY; i++)
		add(&buffer, "same - *!*a*b*c* - x\n");
	equal(load_buffer(&buffer), 0, "one vague rule 100,000 times");
	is_str(notes, "", "without a note");
	is_str(rule_of("/m", "xaxbxcx", NULL), "same 1", "the first applies");
	equal((long long)cost("/m", "none", NULL), 1, "and is tried once");

	/* 2^17 patterns without two literal bytes in a row. */
	for (int i = 0; i < MANY; i++) {
		add(&buffer, "v%03x - *!*", i & 0xfff);
		for (int bit = 0; bit < 17; bit++)
			add(&buffer, "%c*", i >> bit & 1 ? 'a' : 'b');
		add(&buffer, "\n");
	}
	add(&buffer, "good - *!abaa\n");
	equal(load_buffer(&buffer), 0, "100,000 different vague rules");
	equal_counts(SITES_RULE_KEY_MAX + 1, 0, 0, MANY - SITES_RULE_KEY_MAX,
		     "as many as announced are taken");
	notes[strcspn(notes, "\n")] = '\0';
	is_str(notes,
	       "pooltag: rules.txt:257:8: over 256 rules are as vague as this one (give it more "
	       "literal characters); this line is ignored",
	       "the rest is refused with a note");
	is_str(rule_of("/m", "abaa", NULL), "good 100001", "an exact one is not vague");
	ok(cost("/m", "none", NULL) <= SITES_RULE_KEY_MAX, "no look-up tries more");
}

static void test_deep_globs(void)
{
	struct buffer buffer = {NULL, 0, 0};
	char name[4097];

	add(&buffer, "deep - m!");
	for (int i = 0; i < 1300; i++)
		add(&buffer, "*a");
	add(&buffer, "b\nstar - m!");
	for (int i = 0; i < 4000; i++)
		add(&buffer, "*");
	add(&buffer, "zzzzz\n");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	equal(load_buffer(&buffer), 0, "globs of a thousand *");
	is_str(notes, "", "without a note");
	is_str(rule_of("/m", name, NULL), "none", "no match in the end");
	name[4095] = 'b';
	is_str(rule_of("/m", name, NULL), "deep 1", "a match in the end");
	is_str(rule_of("/m", "zzzzz", NULL), "star 2", "a match for 4,000 *");
	equal(load_text("one  - m!**abcdx\ntwo  - m!*abcdx\n"), 0, "** and *");
	equal((long long)cost("/m", "abcdx_", NULL), 1, "are the same glob");
}

/* --- privileged programs ---------------------------------------------------------------------- */

/* A copy of this program that belongs to another user and is setuid loads nothing. */
static void test_privileged(const char *self)
{
	struct buffer copy = {NULL, 0, 0};
	const char *name = "a privileged program reads no rules";
	int status = -1;
	pid_t child;

#ifdef POOLTAG_TEST_SANITIZED
	ok(1, "%s # SKIP the sanitizers do not work in one", name);
	(void)self;
	return;
#endif
	if (geteuid() != 0) {
		ok(1, "%s # SKIP only root can make a setuid program of another user", name);
		return;
	}
	copy.text = read_sample(self, &copy.size);
	write_file("setuid", copy.text, copy.size);
	free(copy.text);
	if (copy.size == 1 << 20 || chown("setuid", 65534, 65534) != 0 ||
	    chmod("setuid", 04755) != 0 || chmod(".", 0755) != 0)
		printf("Bail out! no setuid program\n");
	fflush(stdout);
	child = fork();
	if (child == 0) {
		execl("./setuid", "setuid", "--privileged", (char *)NULL);
		_exit(126);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", name);
}

static int privileged(void)
{
	return sites_rules_load("rules.txt") == -EPERM ? 0 : 1;
}

static void clean_up(const char *directory)
{
	static const char *const files[] = {"rules.txt", "crlf.txt", "fifo", "huge", "setuid"};

	for (size_t i = 0; i < COUNT(files); i++)
		unlink(files[i]);
	rmdir(directory);
}

int main(int argc, char **argv)
{
	char directory[] = "/tmp/pooltag-rules.XXXXXX";
	char *sample, *self;

	if (argc == 2 && strcmp(argv[1], "--privileged") == 0)
		return privileged();
	if (argc != 2) {
		fprintf(stderr, "usage: rules_test WINDOWS_LIKE_FILE\n");
		return 2;
	}
	sample = must(realpath(argv[1], NULL));
	self = must(realpath("/proc/self/exe", NULL));
	if (mkdtemp(directory) == NULL || chdir(directory) != 0) {
		printf("Bail out! no temporary directory\n");
		return 1;
	}
	test_lines();
	test_mutations();
	test_long_lines();
	test_tag_patterns();
	test_reader();
	test_windows_file(sample);
	test_specificity();
	test_order_of_file();
	test_wrappers();
	test_messages();
	test_unreadable();
	test_many_errors();
	test_nul_and_long();
	test_many_rules();
	test_vague_rules();
	test_deep_globs();
	test_privileged(self);
	clean_up(directory);
	free(sample);
	free(self);
	return done();
}
