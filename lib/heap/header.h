/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * header.h - the pool header, the last 8 bytes of a block
 *
 * Layout, from bit 0:  requested size 16 | site 20, its lowest 4 bits last | 0 2 | check 26
 * The check is a keyed hash of the block's address and the other 38 bits. A block that is free has
 * the same header with every bit of the check turned over, so that a second free still knows what
 * the block was. Standing at the end, an overrun destroys the header of the block that overran.
 *
 * Callers: pool. Locking: none. Context: any; inline only.
 */
#ifndef LIB_HEAP_HEADER_H
#define LIB_HEAP_HEADER_H

#include "lib/base/compiler.h"

#define HEAP_HEADER_SIZE_BITS    16
#define HEAP_HEADER_SITE_BITS    20
#define HEAP_HEADER_CONTENT_BITS 38
#define HEAP_HEADER_CONTENT_MASK (((uint64_t)1 << HEAP_HEADER_CONTENT_BITS) - 1)
#define HEAP_HEADER_CHECK_MASK   (~HEAP_HEADER_CONTENT_MASK)

/*
 * A site's lowest bits stand behind the others, which so are a word of their own in memory: free
 * has a table indexed by them.
 */
#define HEAP_HEADER_LOW_BITS  4
#define HEAP_HEADER_LOW_SHIFT (HEAP_HEADER_SIZE_BITS + HEAP_HEADER_SITE_BITS - HEAP_HEADER_LOW_BITS)

/*
 * As many low bits are set as the check has, so that in a product with it the check itself is
 * negated; the next one is not, or the highest bits of the content would not reach the check.
 */
#define HEAP_HEADER_FACTOR 0x9e3779b97bffffffu
_Static_assert(HEAP_HEADER_FACTOR << (HEAP_HEADER_CONTENT_BITS - 1) == HEAP_HEADER_CHECK_MASK >> 1,
	       "-1 modulo the range of the check, and not of twice that");

/* Parts of a header that are read or written for themselves. */
typedef uint16_t __attribute__((may_alias)) heap_header_half;
typedef uint32_t __attribute__((may_alias)) heap_header_word;

/* The key of the check, random per process; set once during init. */
extern BASE_HIDDEN uint64_t heap_header_secret;

BASE_INLINE uint64_t *heap_header_of(void *block, size_t class_size)
{
	return (uint64_t *)((char *)block + class_size - sizeof(uint64_t));
}

/* The top 26 bits, which are the check, depend on every bit below. */
BASE_INLINE uint64_t heap_header_hash(const void *block, uint64_t header)
{
	return ((uint64_t)(uintptr_t)block + heap_header_secret + header) * HEAP_HEADER_FACTOR;
}

BASE_INLINE uint64_t heap_header_make(const void *block, uint64_t content)
{
	return content | (heap_header_hash(block, content) & HEAP_HEADER_CHECK_MASK);
}

BASE_INLINE uint64_t heap_header_content(uint32_t site, size_t requested)
{
	const uint32_t low = ((uint32_t)1 << HEAP_HEADER_LOW_BITS) - 1;

	return (uint64_t)(site & low) << HEAP_HEADER_LOW_SHIFT |
	       (uint64_t)(site >> HEAP_HEADER_LOW_BITS) << HEAP_HEADER_SIZE_BITS | requested;
}

/* The hash of a whole header is that of its content less the check, which leaves none of it. */
BASE_INLINE int heap_header_valid(const void *block, uint64_t header)
{
	return heap_header_hash(block, header) >> HEAP_HEADER_CONTENT_BITS == 0;
}

/* The header of a live block made that of a free one, or the other way round. */
BASE_INLINE uint64_t heap_header_flip(uint64_t header)
{
	return header ^ HEAP_HEADER_CHECK_MASK;
}

/* The same in its place. */
BASE_INLINE void heap_header_flip_at(uint64_t *header_at)
{
	((heap_header_word *)header_at)[1] ^= (uint32_t)(HEAP_HEADER_CHECK_MASK >> 32);
}

/* The site's number without its lowest bits. */
BASE_INLINE uint32_t heap_header_site_high(const uint64_t *header_at)
{
	return ((const heap_header_half *)header_at)[1];
}

BASE_INLINE uint32_t heap_header_site_low(uint64_t header)
{
	return (uint32_t)(header >> HEAP_HEADER_LOW_SHIFT) &
	       (((uint32_t)1 << HEAP_HEADER_LOW_BITS) - 1);
}

BASE_INLINE uint32_t heap_header_site(uint64_t header)
{
	return (uint32_t)(uint16_t)(header >> HEAP_HEADER_SIZE_BITS) << HEAP_HEADER_LOW_BITS |
	       heap_header_site_low(header);
}

BASE_INLINE size_t heap_header_requested(uint64_t header)
{
	return (uint16_t)header;
}

#endif
