/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pprof.h - a profile as `go tool pprof` and others read it: gzip'ed profile.proto
 *
 * The four values of values.def per stack, inuse_space being the default; labels tag, pool,
 * program and pid; modules as mappings with their build ids, so that pprof names functions and
 * lines itself where it finds the files. Comments say how the stacks were come by. Callers:
 * format.c. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_PPROF_H
#define POOLMON_EXPORT_PPROF_H

#include "export/format.h"

/* Returns 0 or a negative errno. */
int pprof_write(const struct model *model, const struct format_options *options, FILE *out);

#endif
