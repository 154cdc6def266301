/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target.h - whether the library can be the allocator of a program, told from the program's file
 *
 * Callers: the commands that start programs, to say why one left nothing. Allocates.
 */
#ifndef POOLMON_CMD_TARGET_H
#define POOLMON_CMD_TARGET_H

/*
 * Why a preloaded library is not the allocator of `command`, which is looked for as execvp does: it
 * is static, of another architecture or C library, privileged, built with a sanitizer, or brings an
 * allocator. For a script its interpreter counts. One line without an end, e.g. "/bin/x is
 * statically linked, so nothing can be preloaded into it", which the caller frees; NULL when
 * nothing stands against it, or the file cannot be read.
 */
char *target_obstacle(const char *command);

#endif
