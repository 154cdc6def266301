/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols.h - code address -> function of a module
 *
 * Purpose: the linker name of the function a call site is in. The first of these that has functions
 * is used: the symbol table of the module's file (only if the file is the one that is mapped), that
 * of its debug file in /usr/lib/debug/.build-id, the dynamic symbols in memory.
 * Callers: pool/charge.c, the rules, with or without its lock: nothing here waits, a module asked
 * for by two threads at once is indexed twice and one index thrown away. Context: slow paths, not
 * signal handlers; no heap, no errno. A module that is never asked for is never opened. Files are
 * read, never mapped (one that shrinks would be a SIGBUS), and nothing in them is believed: they
 * may be cut, overlapping or hostile.
 *
 * Cost: 16 bytes for each function of a module asked for, for ever, and 8 for each in the pages
 * that name functions with sites. Names are read from the file when they are asked for, not kept:
 * the string tables of large programs are tens of megabytes.
 */
#ifndef LIB_SITES_SYMBOLS_H
#define LIB_SITES_SYMBOLS_H

#include "lib/sites/modules.h"

struct sites_symbol {
	const char *name; /* linker name without version, valid for ever, always the same pointer */
	uintptr_t start;  /* run-time address of the function */
};

/*
 * The function of `module` that contains the run-time address `address`; for a return address ask
 * for the byte before it, as a call may be the last instruction of its function. A symbol without
 * size reaches to the next one; where symbols overlap the innermost one is taken, and of several at
 * the same address a global one before a weak before a local one, then the shortest name, then the
 * first in byte order. 0; -ENOENT when no symbol contains the address or the file is no longer the
 * one that was indexed; -ENOMEM; -ENAMETOOLONG for names of more than 64 KiB. `ret_symbol` is set
 * on success only.
 */
int sites_symbol_at(struct sites_module *module, uintptr_t address,
		    struct sites_symbol *ret_symbol);

#endif
