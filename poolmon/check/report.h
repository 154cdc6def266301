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

#define CHECK_FORMAT(id, name, append, help) REPORT_##id,
#include "check/formats.def"
	REPORT_MAX
};

struct report_writer {
	const char *name;
	bool append;
	void (*write)(const struct check *check, FILE *out);
};

extern const struct report_writer report_writers[REPORT_MAX];

#define CHECK_FORMAT(id, name, append, help) \
	void check_write_##name(const struct check *check, FILE *out);
#include "check/formats.def"

#endif
