/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - a judged check in the formats of formats.def
 *
 * Callers: cmd/check.c. Allocates; no locks. Whether all could be written, ferror(3) tells.
 */
#ifndef POOLMON_CHECK_REPORT_H
#define POOLMON_CHECK_REPORT_H

#include "check/check.h"

#include <stdio.h>

enum report_format {

#define CHECK_FORMAT(id, name, append, framed, named, help) REPORT_##id,
#include "check/formats.def"
	REPORT_MAX
};

/* Findings by what is said of them: bits of enum check_status. */
enum report_findings {
	REPORT_NONE = 0,
	REPORT_COUNTS = 1u << CHECK_COUNTS,
	REPORT_OTHERS = 1u << CHECK_INFORMS | 1u << CHECK_SMALL,
	REPORT_EVERY = (1u << CHECK_STATUSES) - 1,
};

struct report_writer {
	const char *name;
	bool append;
	unsigned framed; /* enum report_findings: whose stacks it shows */
	unsigned named;  /* whose functions it shows */
	void (*write)(const struct check *check, FILE *out);
};

extern const struct report_writer report_writers[REPORT_MAX];

/* Looks up the names that the format shows and nobody needed before, and writes. */
void report_write(struct check *check, enum report_format id, FILE *out);

/* What report_write() uses. */
#define CHECK_FORMAT(id, name, append, framed, named, help) \
	void check_write_##name(const struct check *check, FILE *out);
#include "check/formats.def"

#endif
