/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * identify.h - what an address is to the pools
 *
 * Purpose: tells a live block from a freed one, from the middle of one, from a block whose header
 * is gone, and from addresses that no pool ever handed out. Reports and the driver kit's checks
 * ask.
 * Callers: lib/pool, lib/kernel, lib/verify. Locking: none. Context: anywhere; reads only the page
 * map, the block and private tables; allocates nothing.
 */
#ifndef LIB_POOL_IDENTIFY_H
#define LIB_POOL_IDENTIFY_H

#include "lib/base/compiler.h"
#include "lib/base/text.h"

enum pool_identity {
	POOL_IS_LIVE,        /* the start of a block in use */
	POOL_IS_INSIDE,      /* inside a block in use */
	POOL_IS_FREED,       /* the start of a block that was freed, the last one there */
	POOL_IS_OVERWRITTEN, /* where a block would start whose header is none */
	POOL_IS_NO_BLOCK,    /* in our pages, but not in a block in use */
	POOL_IS_FOREIGN,     /* the page map knows nothing of it */
};

/* All but `block` holds for LIVE, INSIDE and FREED only. */
struct pool_identified {
	enum pool_identity identity;
	const void *block; /* its start; of OVERWRITTEN too */
	size_t requested;
	size_t charge;
	uint32_t site;
};

struct pool_identified pool_identify(const void *address);

/* Adds "block 0x7f.. of 20 bytes, tag redi, allocated by redis-server!main+0x1234". */
void pool_identified_text(struct base_text *text, const struct pool_identified *what);

#endif
