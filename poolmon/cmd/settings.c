/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/settings.h"

#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTINGS_INTERVAL_MIN 0.1
#define SETTINGS_INTERVAL_MAX 86400.0
/* The limits of the library's options stack= and rules=. */
#define SETTINGS_STACK_MAX 64
#define SETTINGS_RULES_MAX 255

static int settings_group(struct arguments *arguments, const char *value)
{
	static const char names[] =
#define MODEL_GROUP(id, name, heading, next, help) ", " name
#include "model/groups.def"
		;
	int group = model_group_by_name(value);

	if (group < 0)
		return words_error("--group: '%s' is not one of %s", value, names + 2);
	arguments->model.group = (enum model_group)group;
	arguments->preset_group = false;
	return 0;
}

static int settings_sort(struct arguments *arguments, const char *value)
{
	int column = value[0] && !value[1] ? model_column_by_key(value[0])
					   : model_column_by_name(value, strlen(value));

	if (column < 0)
		return words_error("--sort: there is no column '%s'", value);
	arguments->model.sort = (enum model_column_id)column;
	return 0;
}

static int settings_columns(struct arguments *arguments, const char *value)
{
	arguments->columns.count = 0;
	arguments->columns.fitting = false;
	while (1) {
		size_t length = strcspn(value, ",");
		int column = model_column_by_name(value, length);

		if (column < 0)
			return words_error("--columns: there is no column '%.*s'", (int)length,
					   value);
		if (arguments->columns.count == MODEL_COLUMN_MAX)
			return words_error("--columns: more columns than there are");
		arguments->columns.ids[arguments->columns.count++] = (enum model_column_id)column;
		if (!value[length])
			return 0;
		value += length + 1;
	}
}

static int settings_interval(struct arguments *arguments, const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end || !isfinite(seconds) || seconds < SETTINGS_INTERVAL_MIN ||
	    seconds > SETTINGS_INTERVAL_MAX)
		return words_error("--interval: '%s' is not a number of seconds from %g to %g",
				   value, SETTINGS_INTERVAL_MIN, SETTINGS_INTERVAL_MAX);
	arguments->interval = seconds;
	return 0;
}

static int settings_count(struct arguments *arguments, const char *value)
{
	if (text_to_number(value, UINT64_MAX, &arguments->count) || arguments->count == 0)
		return words_error("--count: '%s' is not a number from 1", value);
	return 0;
}

static int settings_pid(struct arguments *arguments, const char *value)
{
	size_t count = arguments->model.pid_count;
	uint32_t *pids = memory_resized((uint32_t *)(uintptr_t)arguments->model.pids, count + 1,
					sizeof(*pids));
	uint64_t pid = 0;
	int error = text_to_number(value, INT32_MAX, &pid);

	arguments->model.pids = pids;
	if (error || pid == 0)
		return words_error("--pid: '%s' is not a process number", value);
	pids[count] = (uint32_t)pid;
	arguments->model.pid_count++;
	return 0;
}

static void settings_append(const char *const **list, size_t *count, const char *value)
{
	const char **longer =
		memory_resized((const char **)(uintptr_t)*list, *count + 1, sizeof(*longer));

	longer[(*count)++] = value;
	*list = longer;
}

static int settings_tag(const char *const **list, size_t *count, char letter, const char *value)
{
	if (!*value)
		return words_error("-%c: the tag follows at once, as in -%cNtf*", letter, letter);
	settings_append(list, count, value);
	return 0;
}

static int settings_option(struct arguments *arguments, const char *value)
{
	const char *equals = strchr(value, '=');

	if (!equals || equals == value || strchr(value, ':'))
		return words_error("--option: '%s' is not key=value without ':'", value);
	settings_append((const char *const **)(uintptr_t)&arguments->options,
			&arguments->option_count, value);
	return 0;
}

static int settings_stack(struct arguments *arguments, const char *value)
{
	uint64_t depth;

	if (text_to_number(value, SETTINGS_STACK_MAX, &depth))
		return words_error("--stack: '%s' is not a number from 0 to %d", value,
				   SETTINGS_STACK_MAX);
	free(arguments->stack_option);
	arguments->stack_option = memory_printed("stack=%s", value);
	return 0;
}

/* The command's children may change directory, so the library gets an absolute path. */
static int settings_rules(struct arguments *arguments, const char *value)
{
	char *path = realpath(value, NULL);
	int error = 0;

	if (!path || access(path, R_OK) != 0)
		error = words_error("--rules: %s: %s", value, strerror(errno));
	else if (strchr(path, ':') || strlen(path) > SETTINGS_RULES_MAX)
		error = words_error("--rules: the path '%s' holds a colon or is longer than %d "
				    "characters, which POOLTAG_OPTIONS cannot express",
				    path, SETTINGS_RULES_MAX);
	if (error == 0) {
		free(arguments->rules_option);
		arguments->rules_option = memory_printed("rules=%s", path);
	}
	free(path);
	return error;
}

static int settings_older(struct arguments *arguments, const char *value)
{
	if (text_to_duration(value, &arguments->older_ns))
		return words_error("--older: '%s' is not a length of time such as 90s, 10m, 2h "
				   "or 1d",
				   value);
	return 0;
}

static int settings_file(const char **to, const char *name, const char *value)
{
	if (!*value)
		return words_error("--%s: the name is empty", name);
	*to = value;
	return 0;
}

static int settings_output(struct arguments *arguments, enum format_id id, const char *value)
{
	arguments->outputs[id].asked = true;
	return value ? settings_file(&arguments->outputs[id].file, formats[id].name, value) : 0;
}

/* Of a letter whose file is a word of its own, NULL when there is none. */
static int settings_file_asked(struct arguments_output *output, char letter, const char *value)
{
	if (value && !*value)
		return words_error("-%c: the file's name is empty", letter);
	output->asked = true;
	output->file = value;
	return 0;
}

static int settings_session(struct model_options *model, const char *value)
{
	uint64_t session = 0;

	if (*value && text_to_number(value, UINT32_MAX, &session))
		return words_error("-s: '%s' is not the number of a session", value);
	model->sessions = *value ? MODEL_SESSIONS_ONE : MODEL_SESSIONS_ALL;
	model->session = (uint32_t)session;
	return 0;
}

static int settings_value(struct arguments *arguments, const char *value)
{
	int id = format_value_by_name(value);

	if (id < 0)
		return words_error("--value: '%s' is not one of alloc_objects, alloc_space, "
				   "inuse_objects, inuse_space",
				   value);
	arguments->value = (enum format_value)id;
	return 0;
}

static int settings_stacks(struct arguments *arguments, const char *value)
{
	if (strcmp(value, "exact") == 0)
		arguments->stacks = FORMAT_STACKS_EXACT;
	else if (strcmp(value, "sampled") == 0)
		arguments->stacks = FORMAT_STACKS_SAMPLED;
	else
		return words_error("--stacks: '%s' is neither exact nor sampled", value);
	return 0;
}

static int settings_view(struct arguments *arguments, const char *value)
{
	static const char names[] =
#define VIEW_PRESET(id, name, group, sort, only, columns, help) ", " name
#include "view/presets.def"
		;
	int id = presets_by_name(value);

	if (id < 0)
		return words_error("--view: '%s' is not one of %s", value, names + 2);
	arguments->preset = (enum presets_id)id;
	/* As with the key v: a group that a view brought goes with it. */
	if (arguments->preset_group)
		arguments->model.group = arguments->group_before;
	arguments->group_before = arguments->model.group;
	presets_apply(arguments->preset, &arguments->columns, &arguments->model);
	arguments->preset_group = arguments->model.group != arguments->group_before;
	return 0;
}

static int settings_states(struct arguments *arguments, const char *value)
{
	static const char names[] =
#define MODEL_STATES(id, name, title, help) ", " name
#include "model/states.def"
		;
	int states = model_states_by_name(value);

	if (states < 0)
		return words_error("--states: '%s' is not one of %s", value, names + 2);
	arguments->model.states = (enum model_states)states;
	return 0;
}

static int settings_theme(struct arguments *arguments, const char *value)
{
	static const char *const themes[VIEW_THEME_MAX] = {

#define VIEW_THEME(id, name, help) [VIEW_THEME_##id] = name,
#include "view/themes.def"
	};

	for (int id = 0; id < VIEW_THEME_MAX; id++) {
		if (strcmp(themes[id], value) == 0) {
			arguments->theme = (enum view_theme)id;
			return 0;
		}
	}
	return words_error("--theme: '%s' is not dark, light or mono", value);
}

int settings_apply(struct arguments *arguments, enum words_id id, const char *value)
{
	struct model_options *model = &arguments->model;

	switch (id) {
	case WORDS_ONCE:
		arguments->once = true;
		return 0;
	case WORDS_BATCH:
		arguments->batch = true;
		return 0;
#define EXPORT_FORMAT(id, name, kind, help) \
	case WORDS_##id:                    \
		return settings_output(arguments, FORMAT_##id, value);
#include "export/formats.def"
#define CMD_OPTION(id, name, letters, argument, commands, help) case WORDS_##id:
#include "cmd/check_options.def"
#undef CMD_OPTION
		return check_settings_apply(&arguments->check, id, value);
	case WORDS_BLOCKS_TAG:
	case WORDS_BLOCKS_POOL:
	case WORDS_BLOCKS_MIN:
	case WORDS_BLOCKS_COUNT:
	case WORDS_BLOCKS_WAIT:
		return blocks_settings_apply(&arguments->blocks, id, value);
	case WORDS_VALUE:
		return settings_value(arguments, value);
	case WORDS_STACKS:
		return settings_stacks(arguments, value);
	case WORDS_LISTEN:
		return settings_file(&arguments->listen, "listen", value);
	case WORDS_BLOCKS_JSON:
	case WORDS_DIFF_JSON:
	case WORDS_LIST_JSON:
		arguments->json = true;
		return 0;
	case WORDS_INTERVAL:
		return settings_interval(arguments, value);
	case WORDS_COUNT:
		return settings_count(arguments, value);
	case WORDS_PID:
		return settings_pid(arguments, value);
	case WORDS_GROUP:
		return settings_group(arguments, value);
	case WORDS_SORT:
		return settings_sort(arguments, value);
	case WORDS_COLUMNS:
		return settings_columns(arguments, value);
	case WORDS_DIR:
		return settings_file(&arguments->dir, "dir", value);
	case WORDS_CHECK:
		return settings_file(&arguments->check_file, "check", value);
	case WORDS_VIEW:
		return settings_view(arguments, value);
	case WORDS_REVERSE:
		model->reverse = true;
		return 0;
	case WORDS_FILTER:
		model->filter = *value ? value : NULL;
		return 0;
	case WORDS_STATES:
		return settings_states(arguments, value);
	case WORDS_MARK:
		arguments->mark = true;
		return 0;
	case WORDS_MEMORY:
		model->memory = true;
		return 0;
	case WORDS_GRAPHS:
		arguments->graphs = true;
		return 0;
	case WORDS_THEME:
		return settings_theme(arguments, value);
	case WORDS_CONFIG:
		return 0; /* read before everything else */
	case WORDS_DEBUG_DIR:
		return settings_file(&arguments->debug_dir, "debug-dir", value);
	case WORDS_POOLS:
		model->pools = (model->pools + 1) % MODEL_POOLS_MAX;
		return 0;
	case WORDS_TOTALS:
		arguments->totals = true;
		return 0;
	case WORDS_CHANGE:
		model->by_change = !model->by_change;
		return 0;
	case WORDS_PLAIN:
		arguments->plain = true;
		return 0;
	case WORDS_INCLUDE:
		return settings_tag(&model->includes, &model->include_count, 'i', value);
	case WORDS_EXCLUDE:
		return settings_tag(&model->excludes, &model->exclude_count, 'x', value);
	case WORDS_GENERAL:
		return settings_file_asked(&arguments->general, 'g', value);
	case WORDS_LOCAL:
		return settings_file_asked(&arguments->local, 'c', value);
	case WORDS_POOLSNAP:
		return settings_file_asked(&arguments->poolsnap, 'n', value);
	case WORDS_MEMORY_LINES:
		arguments->memory_lines = true;
		return 0;
	case WORDS_SESSION:
		return settings_session(model, value);
	case WORDS_RUN_JSON:
		return settings_file(&arguments->json_file, "json", value);
	case WORDS_REPORT:
		arguments->report = true;
		return 0;
	case WORDS_KEEP:
		arguments->keep = true;
		return 0;
	case WORDS_STACK:
		return settings_stack(arguments, value);
	case WORDS_RULES:
		return settings_rules(arguments, value);
	case WORDS_OPTION:
		return settings_option(arguments, value);
	case WORDS_OLDER:
		return settings_older(arguments, value);
	case WORDS_VERSION:
		arguments->version = true;
		return 0;
	case WORDS_HELP:
		arguments->help = true;
		return 0;
	case WORDS_SORT_LETTER:
		model->sort = (enum model_column_id)model_column_by_key(*value);
		return 0;
	case WORDS_MAX:
		break;
	}
	return -EINVAL;
}
