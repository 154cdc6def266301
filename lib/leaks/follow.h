/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * follow.h - reads blocks, and what the pointers in them lead to, and so on
 *
 * Purpose: nearly all of a scan's time is waiting for memory, so whatever is to be looked at is
 * fetched first and waits in a ring for its turn: a word that looks like a pointer for the entry of
 * the page it points to, a pointer for the mark of its block, a block to be read for its first
 * line. Blocks that are to be read later are gray (marks.h), and their pages stand in a work
 * list, so that nothing can overflow, whatever points where.
 *
 * A block is read once, from its start to its requested end, at addresses divisible by 8.
 *
 * A large heap is read by several threads (team.h), to the same result.
 *
 * Callers: leaks/mark.c, by one thread but for leaks_follow_page. Locking: none. Context: raw
 * mappings only.
 */
#ifndef LIB_LEAKS_FOLLOW_H
#define LIB_LEAKS_FOLLOW_H

#include "lib/leaks/index.h"
#include <pooltag/segment.h>

/* Once there are index, marks and tally. 0 or -ENOMEM. */
int leaks_follow_start(void);

/*
 * What the blocks are that are read from now on, and whether a pointer into the middle of a block
 * counts as one to its start, so that the block is read, too, or makes it a hit.
 */
void leaks_follow_as(enum pooltag_leak_class class, int any_pointer);

/* Reads the words of a range that is no block; leaks_follow_all has to come. */
void leaks_follow_range(uintptr_t start, uintptr_t end);

/* The same for the gray blocks of a page of small blocks; any thread may say so. */
void leaks_follow_page(uint32_t ordinal);

/* The same for a big block, which becomes gray if it is white or hit. */
void leaks_follow_big(struct leaks_big *big);

/* Reads what is gray, and what that makes gray, until there is nothing left. */
void leaks_follow_all(void);

/* Reads all that a lost block leads to; where that is the block itself, it says nothing of it. */
void leaks_follow_lost(struct leaks_block block);

#endif
