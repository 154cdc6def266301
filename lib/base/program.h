/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - what the running program is called
 *
 * Callers: stats, sites. Locking: none. Context: never allocates, may run before init.
 */
#ifndef LIB_BASE_PROGRAM_H
#define LIB_BASE_PROGRAM_H

#include "lib/base/compiler.h"

/*
 * The absolute path of the executable, NUL-terminated, "" when it cannot be told: the name it was
 * started by when that is an absolute path to the same file (redis-server, not the redis-check-rdb
 * it is a link to), else what /proc/self/exe says. Returns its length; longer paths are cut.
 */
size_t base_program_path(char *path, size_t capacity);

#endif
