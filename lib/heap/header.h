/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * header.h - the pool header, the last 8 bytes of a block
 *
 * Layout, from bit 0:  requested size 14 | site 24 | check 26
 * The check is a keyed hash of the block's address and the other 38 bits. A block that is free has
 * the same header with every bit of the check turned over, so that a second free still knows what
 * the block was. Standing at the end, an overrun destroys the header of the block that overran.
 *
 * Callers: pool. Locking: none. Context: any; inline only.
 */
#ifndef LIB_HEAP_HEADER_H
#define LIB_HEAP_HEADER_H

#include "lib/base/compiler.h"

#define HEAP_HEADER_SIZE_BITS    14
#define HEAP_HEADER_SITE_BITS    24
#define HEAP_HEADER_CONTENT_BITS (HEAP_HEADER_SIZE_BITS + HEAP_HEADER_SITE_BITS)
#define HEAP_HEADER_CONTENT_MASK (((uint64_t)1 << HEAP_HEADER_CONTENT_BITS) - 1)
#define HEAP_HEADER_CHECK_MASK   (~HEAP_HEADER_CONTENT_MASK)

/* The key of the check, random per process; set once during init. */
extern BASE_HIDDEN uint64_t heap_header_secret;

BASE_INLINE uint64_t *heap_header_of(void *block, size_t class_size)
{
	return (uint64_t *)((char *)block + class_size - sizeof(uint64_t));
}

/* An odd multiplier: the top 26 bits, which are the check, depend on every bit below. */
BASE_INLINE uint64_t heap_header_hash(const void *block, uint64_t content)
{
	uint64_t mixed = ((uint64_t)(uintptr_t)block + heap_header_secret) ^ content;

	return mixed * 0x9e3779b97f4a7c15u;
}

BASE_INLINE uint64_t heap_header_make(const void *block, uint64_t content)
{
	return content | (heap_header_hash(block, content) & HEAP_HEADER_CHECK_MASK);
}

BASE_INLINE uint64_t heap_header_content(uint32_t site, size_t requested)
{
	return (uint64_t)site << HEAP_HEADER_SIZE_BITS | requested;
}

BASE_INLINE int heap_header_valid(const void *block, uint64_t header)
{
	uint64_t content = header & HEAP_HEADER_CONTENT_MASK;

	return (heap_header_hash(block, content) ^ header) >> HEAP_HEADER_CONTENT_BITS == 0;
}

/* The header of a live block made that of a free one, or the other way round. */
BASE_INLINE uint64_t heap_header_flip(uint64_t header)
{
	return header ^ HEAP_HEADER_CHECK_MASK;
}

BASE_INLINE uint32_t heap_header_site(uint64_t header)
{
	return (uint32_t)(header >> HEAP_HEADER_SIZE_BITS) & ((1u << HEAP_HEADER_SITE_BITS) - 1);
}

BASE_INLINE size_t heap_header_requested(uint64_t header)
{
	return header & (((size_t)1 << HEAP_HEADER_SIZE_BITS) - 1);
}

#endif
