/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lost.h - the lost blocks, and which of them has a pointer to which
 *
 * Purpose: a suppression is one of a call site, and what hangs on a block of that site is
 * suppressed with it, as if the block were a root. Who judges knows suppressions and no pointers;
 * so the lost blocks are told with the pointers between them. There are few, or so many that nobody
 * would read of each: beyond POOLTAG_LOST_MAX records none are told.
 *
 * Callers: leaks/mark.c. Locking: none, the child has one thread. Context: raw mappings only.
 */
#ifndef LIB_LEAKS_LOST_H
#define LIB_LEAKS_LOST_H

#include "lib/base/compiler.h"
#include <pooltag/segment.h>

/* Notes which blocks are lost: those that are white when reachable and possible ones are done. */
void leaks_lost_gather(void);

/*
 * Writes the records, once lost blocks are white when they are definite and dead else. There are so
 * many `sites`. Returns how many records.
 */
uint32_t leaks_lost_tell(struct pooltag_lost *records, uint32_t sites);

#endif
