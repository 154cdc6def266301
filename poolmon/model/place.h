/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - where a site is, in words
 *
 * Callers: model/ and export/. Does not allocate; no locks. What is written is valid UTF-8 without
 * control characters; names longer than the buffer are shortened in the middle with "...".
 */
#ifndef POOLMON_MODEL_PLACE_H
#define POOLMON_MODEL_PLACE_H

#include "reader/reader.h"

#define PLACE_SIZE 512

/* "libc.so.6", or a phrase in brackets when the site is in no file. */
void place_module(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

/* The last component of the path of module `module` of the process. */
void place_module_name(const struct reader_process *process, uint32_t module, char out[PLACE_SIZE]);

/* "dictAddRaw", or "" when it is not known. */
void place_function(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

/* "redis-server!dictAddRaw", or the module alone when the function is not known. */
void place_of(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

/* "redis-server!dictAddRaw+0x1c", or "redis-server+0x2f31c": one call, not just its function. */
void place_exact(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

#endif
