/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern.h - LeakSanitizer's patterns
 *
 * A pattern stands for every text that contains it: `*` in it for any bytes, a `^` at its start and
 * a `$` at its end tie it to those of the text; every other byte is itself.
 *
 * Callers: the library's own leak report and poolmon check, which suppress the same leaks. Compiles
 * alone as C11 and C++17. Locking: none. Context: nothing here allocates or keeps state.
 */
#ifndef POOLTAG_PATTERN_H
#define POOLTAG_PATTERN_H

#include <stddef.h>

/* Whether the `length` bytes of `pattern` stand for `text`. */
static inline int pooltag_pattern_matches(const char *pattern, size_t length, const char *text)
{
	const char *end = pattern + length;
	int at_start = pattern < end && *pattern == '^';
	int at_end = (pattern += at_start) < end && end[-1] == '$';
	/*
	 * Where to go on when the text turns out to differ: what follows the last star, one later.
	 */
	const char *again = at_start ? NULL : pattern;
	const char *tried = text;

	end -= at_end;
	for (;;) {
		if (pattern < end && *pattern == '*') {
			again = ++pattern;
			tried = text;
		} else if (pattern < end && *text != '\0' && *pattern == *text) {
			pattern++;
			text++;
		} else if (pattern == end && (!at_end || *text == '\0')) {
			return 1;
		} else if (again == NULL || *text == '\0') {
			return 0;
		} else {
			pattern = again;
			text = ++tried;
		}
	}
}

#endif
