/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/presets.h"

#include <string.h>

#define PRESETS_ONLY_EVERYTHING 0
#define PRESETS_ONLY_SUSPECTS   1
#define PRESETS_ONLY_TREE       2

static const struct {
	enum model_group group;
	enum model_column_id sort;
	int only;
	const char *columns;
} presets_shapes[PRESETS_MAX] = {

#define VIEW_PRESET(id, name, group, sort, only, columns, help) \
	[PRESETS_##id] = {MODEL_GROUP_##group, MODEL_COLUMN_##sort, PRESETS_ONLY_##only, columns},
#include "view/presets.def"
};

const struct presets_info presets[PRESETS_MAX] = {

#define VIEW_PRESET(id, name, group, sort, only, columns, help) [PRESETS_##id] = {name, help},
#include "view/presets.def"
};

int presets_by_name(const char *name)
{
	for (int id = 0; id < PRESETS_MAX; id++) {
		if (strcmp(presets[id].name, name) == 0)
			return id;
	}
	return -1;
}

void presets_apply(enum presets_id id, struct layout_choice *choice, struct model_options *options)
{
	const char *names = presets_shapes[id].columns;

	*choice = (struct layout_choice){.owners = choice->owners, .fitting = true};
	while (*names) {
		size_t length = strcspn(names, ",");

		choice->ids[choice->count++] =
			(enum model_column_id)model_column_by_name(names, length);
		names += length + (names[length] == ',');
	}
	if (presets_shapes[id].group != MODEL_GROUP_MAX)
		options->group = presets_shapes[id].group;
	if (presets_shapes[id].sort != MODEL_COLUMN_MAX)
		options->sort = presets_shapes[id].sort;
	options->suspects = presets_shapes[id].only == PRESETS_ONLY_SUSPECTS;
	options->tree = presets_shapes[id].only == PRESETS_ONLY_TREE;
	options->reverse = false;
}
