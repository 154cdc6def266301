/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.h - the formats as data, and one way to write each
 *
 * Callers: cmd/. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_FORMAT_H
#define POOLMON_EXPORT_FORMAT_H

#include "model/host.h"
#include "model/model.h"
#include "symbols/symbols.h"

#include <stdio.h>

enum format_id {

#define EXPORT_FORMAT(id, name, kind, help) FORMAT_##id,
#include "export/formats.def"
	FORMAT_MAX
};

enum format_kind { FORMAT_STREAM, FORMAT_SERIES, FORMAT_SINGLE };

/* What stacks are weighed by. */
enum format_value {

#define EXPORT_VALUE(id, name, unit, plus, minus, weight, help) FORMAT_VALUE_##id,
#include "export/values.def"
	FORMAT_VALUE_MAX
};

/* Which stacks a profile has. */
enum format_stacks {
	FORMAT_STACKS_BEST,    /* of each process: by site, else sampled, else one call */
	FORMAT_STACKS_EXACT,   /* by site, else one call */
	FORMAT_STACKS_SAMPLED, /* sampled, else by site, else one call */
};

/* What the command line says about a format. */
struct format_options {
	bool batch; /* one of several snapshots */
	bool first; /* of them */
	enum format_value value;
	enum format_stacks stacks;
	const struct host_figures *host; /* NULL: none */
	struct symbols *symbols; /* for functions and lines; NULL: those the segments name */
	size_t column_count;     /* 0: all */
	const enum model_column_id *columns;
};

struct format_info {
	const char *name;
	enum format_kind kind;
};

struct format_value_info {
	const char *name;
	const char *unit;
	const char *help;
};

extern const struct format_info formats[FORMAT_MAX];
extern const struct format_value_info format_values[FORMAT_VALUE_MAX];

/* The value called `name`; -1: none. */
int format_value_by_name(const char *name);

/* Writes the model. Returns 0 or a negative errno. */
int format_write(enum format_id id, const struct model *model, const struct format_options *options,
		 FILE *out);

#endif
