/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/pattern.h"

#include <stddef.h>
#include <string.h>

/* The first place in `text` where the `length` bytes of `piece` stand; NULL: nowhere. */
static const char *pattern_find(const char *text, const char *piece, size_t length)
{
	return memmem(text, strlen(text), piece, length);
}

bool pattern_matches(const char *pattern, const char *text)
{
	bool anchored = *pattern == '^';
	size_t length = strlen(pattern += anchored);
	bool to_end = length && pattern[length - 1] == '$';

	length -= to_end;
	while (1) {
		const char *star = memchr(pattern, '*', length);
		size_t piece = star ? (size_t)(star - pattern) : length;
		size_t left = strlen(text);

		if (!star && to_end) /* the last piece stands at the end, and nowhere before */
			return left >= piece && (!anchored || left == piece) &&
			       memcmp(text + left - piece, pattern, piece) == 0;
		if (anchored && (left < piece || memcmp(text, pattern, piece) != 0))
			return false;
		if (!anchored)
			text = pattern_find(text, pattern, piece);
		if (!text || !star)
			return text;
		text += piece;
		pattern += piece + 1;
		length -= piece + 1;
		anchored = false;
	}
}
