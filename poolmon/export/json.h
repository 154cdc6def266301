/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - the model as JSON, schema "poolmon/1"
 *
 * {"schema", "time" (seconds, wall clock), "group", "baseline" (its time, when figures are the
 *      difference to one), "watched" (seconds, when there was more than one refresh),
 *  "host": the figures of the header lines as they stand there, kilobytes but for "page_faults",
 *  "processes": every process with its state and counters, shown or not; of a run, its own only;
 *      "memory" (see model/ledger.h) when it was asked for, "host_pid" where it differs,
 *  "rows": one per row in the order of the table, keys as in columns.def, and as far as the group
 *      has them: "module", "function", "symbol" (its linker name where that differs); of sites and
 *      stacks "file" and "line" in that function, "inlined" (what was inlined there, innermost
 *      first, each {"function", "file", "line"}: the first is where memory was asked for), "note"
 *      (what was missing to say so), "stack" (innermost first, each {"module", "offset",
 *      "function", "file", "line", "inlined", "note"}); of sites that is the stack with the most
 *      bytes; of sampled stacks "sampled", "share" (percent), and of the figures only the allocs;
 *      of threads "thread", "tid", "threads"; of sizes "estimated" when the size is a mean; in a
 *      tree "parent" (pid, 0: none); "history" (the most Bytes in each of up to 64 equal parts of
 *      the time watched) when there was more than one refresh,
 *  "totals": {"Paged": {...}, "Nonp": {...}},
 *  "memory": of the shown processes, when it was asked for,
 *  "unreadable": [{"path", "reason", "text"}]}
 * Tags are strings; bytes outside printable ASCII are written \xNN.
 *
 * Callers: cmd/. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_JSON_H
#define POOLMON_EXPORT_JSON_H

#include "model/host.h"
#include "model/model.h"
#include "symbols/symbols.h"

#include <stdio.h>

/*
 * Writes the model, indented or as one line. `host` may be NULL. `symbols` must wait for its
 * answers. Returns 0 or a negative errno.
 */
int json_write(const struct model *model, const struct host_figures *host, struct symbols *symbols,
	       bool indented, FILE *out);

#endif
