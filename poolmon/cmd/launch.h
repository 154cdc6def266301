/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * launch.h - starts a command under pooltag and waits for it
 *
 * The library is put into the child's environment only: poolmon itself never runs under it. A
 * launch has a random number, which the library writes into every segment of the command and of
 * whatever the command starts.
 *
 * Callers: run.c, check.c. Allocates; changes the signal mask while it waits. What goes wrong is
 * one line on stderr that begins with the command's name.
 */
#ifndef POOLMON_CMD_LAUNCH_H
#define POOLMON_CMD_LAUNCH_H

#include "cmd/arguments.h"
#include "reader/reader.h"

#include <sys/types.h>

#define LAUNCH_FAILED 1 /* exit status: poolmon's own work could not be done */

struct launch {
	const char *name; /* of poolmon's command, for messages */
	char **command;   /* and its arguments */
	uint64_t id;
	char *library;
	char *options;   /* POOLTAG_OPTIONS of the child */
	char *preload;   /* LD_PRELOAD of the child */
	char *directory; /* where the segments are, NULL: the default */
	bool started;    /* the command could be executed */
	pid_t child;     /* that was the command */
};

/*
 * Finds the library and puts the options together: those of the environment, then of the command
 * line, then `own` ("key=value:key=value") and what every launch needs. Returns 0, or the exit
 * status. Release with launch_fini() in any case.
 */
int launch_prepare(struct launch *launch, const char *name, const struct arguments *arguments,
		   const char *own);
void launch_fini(struct launch *launch);

/* Starts the command and waits for it, handing signals on. Returns its exit status, 128 + N after
 * signal N, 127 when there is no such command and 126 when it cannot be executed. */
int launch_run(struct launch *launch);

/* Removes the files of those processes of the launch that are gone. */
void launch_clean(const struct launch *launch, const struct reader_snapshot *snapshot);

#endif
