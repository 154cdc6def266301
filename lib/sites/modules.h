/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modules.h - code address -> loaded file
 *
 * Purpose: which executable or library a return address lies in, found through glibc's
 * _dl_find_object, which takes no lock and does not allocate. Modules are remembered for ever, so
 * that sites of an unloaded module keep its name; the same addresses used by another file later are
 * another module.
 * Callers: pool/charge.c, under its lock. Context: slow paths; memory from the arena.
 */
#ifndef LIB_SITES_MODULES_H
#define LIB_SITES_MODULES_H

#include "lib/base/compiler.h"
#include <pooltag/tag.h>

#define SITES_BUILD_ID_MAX 20
#define SITES_UNPUBLISHED  UINT32_MAX

struct sites_module {
	struct sites_module *next;
	uint32_t unloaded;    /* 1: its addresses are not its own any more */
	uintptr_t start, end; /* of its mapping */
	uintptr_t load_address;
	const char *path; /* owned by the table */
	uint32_t number;  /* SITES_UNPUBLISHED until the caller gives it one */
	uint32_t build_id_size;
	uint8_t build_id[SITES_BUILD_ID_MAX];
	struct symbols_index *symbols; /* of symbols.c; NULL until a function is asked for */
};

/* Remembers the name of the main program, which the loader does not know. */
void sites_modules_init(void);

/* The module of a code address; NULL for code outside every loaded file, or without memory. */
struct sites_module *sites_module_of(uintptr_t address);

/* 1 while `address` lies in the module's mapping: only then may its memory be read. */
int sites_module_is_loaded(const struct sites_module *module, uintptr_t address);

/* 1 when a module that is loaded now covers the address. Looks only at modules met so far. */
int sites_module_covers(uintptr_t address);

/*
 * After dlclose: modules whose addresses no loaded file covers any more are not found again, though
 * their records stay. Returns how many.
 */
unsigned sites_modules_forget_unloaded(void);

/*
 * The tag named after a module: the first four characters of the file's name without "lib" in front
 * and without what follows the first '.', '-' or digit after that; too short names keep "lib".
 * libcrypto.so.3 -> cryp, libc.so.6 -> libc, python3.11 -> pyth. Code outside files: Anon.
 */
pooltag_tag sites_module_tag(const struct sites_module *module);

#endif
