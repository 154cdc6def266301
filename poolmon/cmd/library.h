/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * library.h - where libpooltag.so is
 *
 * Callers: cmd/. Allocates; no locks.
 */
#ifndef POOLMON_CMD_LIBRARY_H
#define POOLMON_CMD_LIBRARY_H

#define LIBRARY_NAME     "libpooltag.so"
#define LIBRARY_VARIABLE "POOLTAG_LIBRARY" /* environment: the path, and nothing else is tried */

/*
 * The path: the environment's, else that of the build tree poolmon stands in, else where it is
 * installed. The caller frees it. NULL: there is none.
 */
char *library_find(void);

#endif
