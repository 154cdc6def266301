/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * localtag.h - which programs on this system use which tags, as a tag file
 *
 * PoolMon finds the tags in the code of the drivers of its machine. Here both are asked that know:
 * the segments say which file's code has allocated what under which tag, and the code of those
 * files says which tags it gives as constants. Callers: tagfiles.c. Allocates; no locks.
 */
#ifndef POOLMON_CMD_LOCALTAG_H
#define POOLMON_CMD_LOCALTAG_H

/*
 * Makes the file `path`, which must not exist, of the segments in `dir` (NULL: the default), and
 * says so as PoolMon does. Returns 0, or the exit status after one line on stderr.
 */
int localtag_create(const char *path, const char *dir);

#endif
