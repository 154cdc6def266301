/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/columns.h"

#include <string.h>

const struct model_column model_columns[MODEL_COLUMN_MAX] = {
#define MODEL_COLUMN(id, heading, json, key, kind, narrow, wide, rank, change, groups, help) \
	[MODEL_COLUMN_##id] = {heading, json, key,  MODEL_KIND_##kind,                       \
			       narrow,  wide, rank, MODEL_COLUMN_##change,                   \
			       groups,  help},
#include "model/columns.def"
};

const struct model_group_info model_groups[MODEL_GROUP_MAX] = {
#define MODEL_GROUP(id, name, heading, next, help) \
	[MODEL_GROUP_##id] = {name, heading, MODEL_GROUP_##next, help},
#include "model/groups.def"
};

int model_column_by_key(int key)
{
	for (int i = 0; i < MODEL_COLUMN_MAX; i++) {
		if (key && model_columns[i].key == key)
			return i;
	}
	return -1;
}

int model_column_by_name(const char *name, size_t length)
{
	for (int i = 0; i < MODEL_COLUMN_MAX; i++) {
		if (strlen(model_columns[i].json) == length &&
		    memcmp(model_columns[i].json, name, length) == 0)
			return i;
	}
	return -1;
}

int model_group_by_name(const char *name)
{
	for (int i = 0; i < MODEL_GROUP_MAX; i++) {
		if (strcmp(model_groups[i].name, name) == 0)
			return i;
	}
	return -1;
}
