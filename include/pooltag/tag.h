/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tag.h - the four-character tag
 *
 * A tag is four bytes in display order: byte 0 is the leftmost character and, on the little-endian
 * machines pooltag runs on, the least significant byte of the number. 'Fred' typed as a C
 * multi-character constant in a Windows driver is therefore shown as `derF`, as PoolMon shows it.
 *
 * Compiles alone as C11 and C++17. No function here allocates, fails or keeps state, so all may be
 * called from anywhere, signal handlers included.
 */
#ifndef POOLTAG_TAG_H
#define POOLTAG_TAG_H

#include <stdint.h>

/* A tag as a number. 0 is "no tag". */
typedef uint32_t pooltag_tag;

/* The tag of four characters in display order, usable in constant expressions. */
#define POOLTAG_TAG(a, b, c, d)                                                   \
	((pooltag_tag)(unsigned char)(a) | (pooltag_tag)(unsigned char)(b) << 8 | \
	 (pooltag_tag)(unsigned char)(c) << 16 | (pooltag_tag)(unsigned char)(d) << 24)

/* The two kinds of pool. The numbers are part of the segment format. */
enum pooltag_pool { POOLTAG_POOL_PAGED = 0, POOLTAG_POOL_NONPAGED = 1, POOLTAG_POOL_MAX = 2 };

/*
 * The tag of the first four bytes of `text`, padded with blanks when it is shorter; bytes after the
 * fourth are ignored. `text` is a NUL-terminated string.
 */
static inline pooltag_tag pooltag_tag_from_text(const char *text)
{
	pooltag_tag tag = 0;
	int ended = 0;

	for (int i = 0; i < 4; i++) {
		ended = ended || text[i] == '\0';
		tag |= (pooltag_tag)(unsigned char)(ended ? ' ' : text[i]) << (8 * i);
	}
	return tag;
}

/*
 * Writes the four bytes of `tag` and a NUL into `text`, every byte outside 0x20..0x7e replaced by
 * '.', which is what WinDbg shows for it. For terminals and logs.
 */
static inline void pooltag_tag_to_text(pooltag_tag tag, char text[5])
{
	for (int i = 0; i < 4; i++) {
		unsigned char byte = (unsigned char)(tag >> (8 * i));

		text[i] = (char)(byte >= 0x20 && byte <= 0x7e ? byte : '.');
	}
	text[4] = '\0';
}

#endif
