/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * constants.h - the tags that are constants in a program's code
 *
 * Callers: cmd/. Allocates for a moment; no locks. Nothing is executed, and nothing outside the
 * file is looked at, whatever it holds.
 */
#ifndef POOLMON_SYMBOLS_CONSTANTS_H
#define POOLMON_SYMBOLS_CONSTANTS_H

#include "pooltag/tag.h"

/*
 * Calls `found` with every tag that the code of the ELF file at `path` loads as the argument of a
 * function that allocates with a tag; more than once where it does so more than once. A file that
 * imports no such function, or is no x86-64 ELF file, has none.
 */
void constants_find(const char *path, void (*found)(void *context, pooltag_tag tag), void *context);

#endif
