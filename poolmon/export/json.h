/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - the model as JSON, schema "poolmon/1"
 *
 * {"schema", "time" (seconds, wall clock), "group",
 *  "processes": every process with its state and counters, shown or not; of a run, its own only,
 *  "rows": one per row in the order of the table, keys as in columns.def,
 *  "totals": {"Paged": {...}, "Nonp": {...}},
 *  "unreadable": [{"path", "reason", "text"}]}
 * Tags are strings; bytes outside printable ASCII are written \xNN.
 *
 * Callers: cmd/. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_JSON_H
#define POOLMON_EXPORT_JSON_H

#include "model/model.h"

#include <stdio.h>

/* Writes the model, indented or as one line. Returns 0 or a negative errno. */
int json_write(const struct model *model, bool indented, FILE *out);

#endif
