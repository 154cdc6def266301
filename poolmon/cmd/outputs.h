/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outputs.h - what --json, --csv, --openmetrics, --pprof and --folded ask for
 *
 * Callers: batch.c. Allocates; no locks.
 */
#ifndef POOLMON_CMD_OUTPUTS_H
#define POOLMON_CMD_OUTPUTS_H

#include "cmd/session.h"

struct outputs {
	const struct arguments *arguments;
	FILE *streams[FORMAT_MAX]; /* files to which every snapshot is added */
};

/* Opens what is added to. Returns 0, or the exit status after one line on stderr. */
int outputs_open(struct outputs *outputs, const struct arguments *arguments);

/* Writes the session's model to all; `first`: for the first time. Returns as outputs_open(). */
int outputs_write(struct outputs *outputs, const struct session *session, bool first);

/* Returns as outputs_open(): what was written last may fail only here. */
int outputs_close(struct outputs *outputs);

#endif
