/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * openmetrics.h - the figures as OpenMetrics 1.0 text, or in Prometheus' older text format
 *
 * Of every process the model shows: counters and gauges per tag and pool, labels pid, exe, tag and
 * pool; the process counters of counters.def, labels pid and exe; and how many processes there are
 * in which state. Processes that would share pid and exe (of two pid namespaces, or of two
 * generations) have a label `segment`, too, so that no series comes twice. The families derive from
 * counters.def and metrics.def. Callers: format.c, cmd/export.c. Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_OPENMETRICS_H
#define POOLMON_EXPORT_OPENMETRICS_H

#include "model/model.h"

#include <stdio.h>

enum openmetrics_form {
	OPENMETRICS_TEXT,    /* OpenMetrics 1.0.0 */
	OPENMETRICS_CLASSIC, /* Prometheus text format 0.0.4 */
};

/* The content type of a form. */
const char *openmetrics_type(enum openmetrics_form form);

/* Returns 0 or a negative errno. */
int openmetrics_write(const struct model *model, enum openmetrics_form form, FILE *out);

#endif
