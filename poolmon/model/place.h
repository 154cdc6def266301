/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - where a site is, in words
 *
 * Callers: model/ and export/. Allocates for a moment; no locks. What is written is valid UTF-8
 * without control characters; names longer than the buffer are shortened in the middle with "...".
 */
#ifndef POOLMON_MODEL_PLACE_H
#define POOLMON_MODEL_PLACE_H

#include "reader/reader.h"

#define PLACE_SIZE 512

/* "libc.so.6", or a phrase in brackets when the site is in no file. */
void place_module(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

/* "dictAddRaw" (C++ and Rust as written in the source), or "" when it is not known. */
void place_function(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

/* "redis-server!dictAddRaw", or the module alone when the function is not known. */
void place_of(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

/* "redis-server!dictAddRaw+0x1c", or "redis-server+0x2f31c": one call, not just its function. */
void place_exact(const struct reader_process *process, size_t site, char out[PLACE_SIZE]);

/* "libc.so.6+0x27249": a call by its file and the address it returns to there. */
void place_frame(const struct reader_process *process, const struct reader_frame *frame,
		 char out[PLACE_SIZE]);

/* "io_thd_1", "io_thd_1 (3 threads)" where threads shared a shard one after the other. */
void place_thread(const struct reader_shard *shard, char out[PLACE_SIZE]);

#endif
