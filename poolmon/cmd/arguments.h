/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arguments.h - the command line
 *
 * getopt_long cannot do PoolMon's '/' and glued letters, so this reads the words itself, by the
 * tables of commands.def and options.def. Callers: main.c and cmd/. Allocates; no locks. What is
 * wrong is one line on stderr.
 */
#ifndef POOLMON_CMD_ARGUMENTS_H
#define POOLMON_CMD_ARGUMENTS_H

#include "cmd/blocks_settings.h"
#include "cmd/check_settings.h"
#include "export/format.h"
#include "model/model.h"
#include "view/view.h"

#include <stdbool.h>
#include <stdio.h>

#define ARGUMENTS_USAGE_STATUS 2 /* exit status for a command line that cannot be obeyed */

enum cmd_command {

#define CMD_COMMAND(id, name, operands, help) CMD_##id,
#include "cmd/commands.def"
	CMD_MAX
};

/* Something that may have a file. */
struct arguments_output {
	bool asked;
	const char *file; /* NULL: standard output, or the default */
};

/* What the words say. */
struct arguments {
	enum cmd_command command;
	bool help;
	bool version;
	bool once;
	bool batch;
	bool json; /* list, diff */
	struct arguments_output outputs[FORMAT_MAX];
	enum format_value value;
	enum format_stacks stacks;
	const char *listen;               /* NULL: the default */
	struct arguments_output local;    /* -c */
	struct arguments_output general;  /* -g */
	struct arguments_output poolsnap; /* -n */
	bool memory_lines;                /* -r */
	bool totals;
	bool plain;
	bool mark;
	bool graphs;
	enum view_theme theme; /* MAX: not given */
	enum presets_id preset;
	bool preset_group; /* the group came with it */
	enum model_group group_before;
	char *config; /* what the configuration file holds, since options point into it */
	bool report;
	bool keep;
	char *stack_option; /* "stack=N", NULL: not given */
	char *rules_option; /* "rules=/path", NULL: not given */
	double interval;    /* seconds */
	uint64_t count;     /* tables, 0: no end */
	uint64_t older_ns;
	const char *dir;        /* NULL: the default */
	const char *check_file; /* NULL: the default */
	const char *debug_dir;  /* NULL: the usual ones */
	const char *json_file;
	struct check_settings check;
	struct blocks_settings blocks;
	struct layout_choice columns;
	struct model_options model; /* its lists are owned by this struct */
	size_t option_count;
	const char **options; /* for the library, "key=value" */
	char **operands;      /* words of argv that are no options, NULL-terminated; of run and
				 check, the rest */
};

/* Reads argv. Returns 0, or -EINVAL after one line on stderr. Release with arguments_fini(). */
int arguments_parse(struct arguments *arguments, char **argv);
void arguments_fini(struct arguments *arguments);

/* Whether anything but the table is to be written. */
bool arguments_exports(const struct arguments *arguments);

#endif
