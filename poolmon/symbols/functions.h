/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * functions.h - the functions of a file by its symbol tables
 *
 * The answers are those of dwfl_module_addrinfo(), which looks at every symbol for every address;
 * here the tables are read once, and sorted.
 *
 * Callers: files.c, always the same thread: libdw has no locks. Allocates.
 */
#ifndef POOLMON_SYMBOLS_FUNCTIONS_H
#define POOLMON_SYMBOLS_FUNCTIONS_H

#include <elfutils/libdwfl.h>

struct functions;

/* Those of `module`, which has to stay open for as long as they are asked for. */
struct functions *functions_create(Dwfl_Module *module);
void functions_destroy(struct functions *functions);

/* The name of the function at `address` and how far into it that is, or NULL: there is none. */
const char *functions_find(struct functions *functions, GElf_Addr address, GElf_Off *ret_offset);

#endif
