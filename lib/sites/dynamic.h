/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dynamic.h - the dynamic symbols of a loaded module, in memory
 *
 * Purpose: the last source of function names, for stripped files and for those that can no longer
 * be read. Callers: sites/symbols.c. Locking: none. Context: slow paths; never allocates. Only what
 * lies in a readable segment of the module is looked at. The module must be loaded.
 */
#ifndef LIB_SITES_DYNAMIC_H
#define LIB_SITES_DYNAMIC_H

#include "lib/sites/modules.h"
#include <elf.h>

struct sites_dynamic {
	const Elf64_Sym *symbols;
	uint64_t count;
	const char *strings;
	uint64_t strings_size;
};

/* 0, or -ENOENT when the module has none or they are not as they should be. */
int sites_dynamic_find(const struct sites_module *module, struct sites_dynamic *ret_dynamic);

#endif
