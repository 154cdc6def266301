/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gzip.h - bytes as a gzip file
 *
 * The header holds neither name nor time: equal bytes make equal files. Callers: export/.
 * Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_GZIP_H
#define POOLMON_EXPORT_GZIP_H

#include <stddef.h>
#include <stdio.h>

/* Returns 0 or a negative errno. */
int gzip_write(const void *bytes, size_t size, FILE *out);

#endif
