/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snap.h - all figures at one moment, in memory and as a file
 *
 * A snapshot file is JSON, schema "poolmon-snapshot/1", gzip'ed when its name ends in .gz:
 *
 * {"schema", "poolmon" (version), "host", "time" (seconds, wall clock),
 *  "processes": [{"pid", "exe", "state", "ppid", "uid", "generation", "start_ticks", "created",
 *    "dropped", "modules": [{"path", "build_id"}],
 *    "rows": [{"tag", "type", "module", "function", "offset", and the counters of counters.def}]}]}
 *
 * A row is a call site: `offset` is bytes into the function, or without one into the file; counters
 * count from the start of the process and are raw, so that every column can be had from them. Each
 * row stands on a line of its own and rows are sorted, so that diff(1) has something to say, too.
 * Readers ignore keys they do not know, and take counters that are missing as 0; the number in the
 * schema changes when that would not do. Files of older versions stay readable.
 *
 * Callers: diff.c, cmd/. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_SNAP_H
#define POOLMON_EXPORT_SNAP_H

#include "export/tag_text.h"
#include "model/model.h"

#include <stdio.h>

#define SNAP_SCHEMA "poolmon-snapshot/1"

struct snap_row {
	char tag[TAG_TEXT_SIZE];
	uint8_t pool;   /* enum pooltag_pool */
	char *module;   /* last component of its path */
	char *function; /* "": not known */
	uint64_t offset;
	struct pooltag_cell cell;
};

struct snap_module {
	char *path;
	char build_id[2 * 20 + 1]; /* hexadecimal; "": none */
};

struct snap_process {
	uint32_t pid;
	uint32_t ppid;
	uint32_t uid;
	uint32_t generation;
	uint64_t start_ticks;
	uint64_t created_ns; /* wall clock */
	uint64_t dropped;
	char *exe;
	char *state; /* as reader_state_name() has it */
	size_t module_count;
	struct snap_module *modules;
	size_t row_count;
	struct snap_row *rows;
};

struct snap {
	char *host;
	uint64_t time_ns; /* wall clock */
	size_t process_count;
	struct snap_process *processes;
};

/*
 * The figures of the model's snapshot: of all its processes, whatever their state, or of those the
 * options pids name. Release with snap_fini().
 */
void snap_take(struct snap *snap, const struct model *model);

/*
 * Reads a file. Returns 0, or -1 with one sentence in *ret_text, which the caller frees: what is
 * wrong and where.
 */
int snap_load(struct snap *snap, const char *path, char **ret_text);

void snap_fini(struct snap *snap);

/* Writes a file's content, compressed or not. Returns 0 or a negative errno. */
int snap_save(const struct snap *snap, bool compressed, FILE *out);

#endif
