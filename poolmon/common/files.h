/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h - small files as a whole, and where this program is
 *
 * Callers: every layer of poolmon. Allocates; no locks.
 */
#ifndef POOLMON_COMMON_FILES_H
#define POOLMON_COMMON_FILES_H

#include <stddef.h>

/* The content of a file, a NUL behind it, or NULL with errno set. To be freed. */
char *files_read(const char *path, size_t *ret_size);

/*
 * Opens a file for reading whose name somebody else has written: only a regular file is opened,
 * since opening a pipe may wait and opening a device may do something. Returns the descriptor, or
 * -1.
 */
int files_open_regular(const char *path);

/* The directory that this program's file is in, or NULL. To be freed. */
char *files_own_directory(void);

#endif
