/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csv.h - the rows as CSV (RFC 4180)
 *
 * A line of names, as in columns.def, then the rows in the order of the table, numbers without
 * separators or units. Of several snapshots the names come once, and `time` is the first column:
 * seconds, wall clock. Callers: format.c. Does not allocate; no locks.
 */
#ifndef POOLMON_EXPORT_CSV_H
#define POOLMON_EXPORT_CSV_H

#include "export/format.h"

/* Returns 0 or a negative errno. */
int csv_write(const struct model *model, const struct format_options *options, FILE *out);

#endif
