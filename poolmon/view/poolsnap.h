/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poolsnap.h - a snapshot as PoolMon's -n writes it, for programs that read such files
 *
 * The wide layout of 64-bit Windows: two lines of the machine, an empty line, the heading, an empty
 * line, a row per tag and pool. No title and no changes. Callers: cmd/. Allocates nothing; no
 * locks.
 */
#ifndef POOLMON_VIEW_POOLSNAP_H
#define POOLMON_VIEW_POOLSNAP_H

#include "model/host.h"
#include "model/model.h"

#include <stdio.h>

/* `host->page_faults` is the number since boot here. */
void poolsnap_write(const struct model *model, const struct host_figures *host, FILE *out);

#endif
