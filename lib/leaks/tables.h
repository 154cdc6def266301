/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables.h - memory for the tables of a scan
 *
 * Callers: lib/leaks. Locking: none. Context: raw mappings only, never the heap: a scan is to find
 * that as it was.
 */
#ifndef LIB_LEAKS_TABLES_H
#define LIB_LEAKS_TABLES_H

#include "lib/base/compiler.h"

/* Zeroed memory, which costs nothing where it is not touched; NULL when there is none. */
void *leaks_map_table(size_t bytes);

/*
 * The same for a table of which nearly every page is used, in no order: in huge pages, where there
 * may be any. Finding a page of the table is a tenth of a scan of many small blocks otherwise.
 */
void *leaks_map_dense(size_t bytes);

#endif
