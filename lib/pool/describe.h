/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * describe.h - what an address is called, and what its sites are tagged
 *
 * Purpose: joins modules, symbols, wrapper tables and rules into the record of a site, on its first
 * sight.
 * Callers: lib/pool and what stands on it. Locking: the caller holds pool_state.lock,
 * but for pool_describe_text. Context: slow paths; no heap allocation.
 */
#ifndef LIB_POOL_DESCRIBE_H
#define LIB_POOL_DESCRIBE_H

#include "lib/base/compiler.h"
#include "lib/base/text.h"
#include <pooltag/segment.h>

/* Fills everything of a site's record but its frames. */
void pool_describe_site(uintptr_t return_address, struct pooltag_site *ret_record);

/* Publishes a stack; the number of its first frame, or STATS_NONE. */
uint32_t pool_describe_frames(const uintptr_t *addresses, uint32_t depth);

/* 1 when the function a return address lies in is an allocation wrapper. */
int pool_is_wrapper(uintptr_t return_address);

/*
 * The readable name of the function at a return address, if the file at `path` is the one loaded
 * there; else "". Takes no lock.
 */
void pool_describe_function(uintptr_t return_address, const char *path, char *function,
			    size_t capacity);

/*
 * Adds "module!function+0x12", or "module+0x1234".
 * Takes no lock: for reports of a process about to end.
 */
void pool_describe_text(struct base_text *text, uintptr_t address);

#endif
