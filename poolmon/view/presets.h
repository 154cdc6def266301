/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * presets.h - views of the table by what they are for
 *
 * Callers: view/, cmd/. Allocates nothing; no locks.
 */
#ifndef POOLMON_VIEW_PRESETS_H
#define POOLMON_VIEW_PRESETS_H

#include "view/layout.h"

enum presets_id {

#define VIEW_PRESET(id, name, group, sort, only, columns, help) PRESETS_##id,
#include "view/presets.def"
	PRESETS_MAX
};

struct presets_info {
	const char *name;
	const char *help;
};

extern const struct presets_info presets[PRESETS_MAX];

/* The view called `name`; -1: none. */
int presets_by_name(const char *name);

/* Makes the columns and options those of a view. A group that it does not name stays. */
void presets_apply(enum presets_id id, struct layout_choice *choice, struct model_options *options);

#endif
