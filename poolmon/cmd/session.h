/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.h - reader, model, view and host figures of one invocation
 *
 * Callers: cmd/. Allocates; no locks.
 */
#ifndef POOLMON_CMD_SESSION_H
#define POOLMON_CMD_SESSION_H

#include "cmd/arguments.h"
#include "reader/reader.h"
#include "view/view.h"

struct session {
	const struct arguments *arguments;
	const char *dir; /* that is read, NULL: the default; not owned */
	struct reader *reader;
	struct model *model;
	struct symbols *symbols;
	struct reader_snapshot *snapshot; /* the model's */
	struct host host;
	struct view view;
	bool marked;    /* the baseline that was asked for */
	unsigned wants; /* enum reader_wants bits besides those of what is shown */
	char *library;
};

/*
 * `model` may differ from arguments->model, as for a run. A `patient` session waits for files and
 * lines, another one shows them when they are known.
 */
void session_init(struct session *session, const struct arguments *arguments,
		  const struct model_options *model, const char *dir, bool patient);
void session_fini(struct session *session);

/* Takes a new snapshot. Returns 0 or a negative errno, for session_tell(). */
int session_refresh(struct session *session);

/*
 * Says on stderr why session_refresh() failed; not while curses has the terminal. Returns the exit
 * status, 0 when `error` is 0.
 */
int session_tell(const struct session *session, int error);

/* Returns 0 when every --pid exists, or the exit status after one line on stderr. */
int session_check_pids(const struct session *session);

/*
 * Takes the snapshot that a command is about, with every --pid in it. Returns 0, or the exit status
 * after one line on stderr.
 */
int session_take(struct session *session);

/* Prints the model as a table or as JSON on `out`. Returns 0, or the exit status after a line. */
int session_print(struct session *session, bool json, bool indented, FILE *out);

#endif
