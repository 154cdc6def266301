/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h - the files of modules and their debug information, read with libdw
 *
 * Callers: symbols.c, one thread: libdw has no locks. Allocates. May take long: a
 * debug file is decompressed, or fetched by debuginfod.
 */
#ifndef POOLMON_SYMBOLS_FILES_H
#define POOLMON_SYMBOLS_FILES_H

#include "symbols/symbols.h"

/* A module as its process had it. */
struct files_module {
	char *path;
	char *root;           /* another name of it through /proc/PID/root, or NULL */
	size_t build_id_size; /* bytes, 0: none */
	uint8_t build_id[20];
	struct files_open *open; /* NULL: not open now */
	uint64_t used;           /* when last, for closing the one that was used least recently */
};

struct files;

/* `directory` (or NULL) holds debug files, too. */
struct files *files_create(const char *directory);
void files_destroy(struct files *files);

/* Finds what stands at file address `address` of `module`; fills in all but `known`. */
void files_find(struct files *files, struct files_module *module, uint64_t address,
		struct symbols_answer *answer);

/* Lets go of a module's file. */
void files_close(struct files *files, struct files_module *module);

#endif
