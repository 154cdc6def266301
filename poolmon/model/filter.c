/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/text.h"
#include "model/state.h"

#include <string.h>

const struct model_states_info model_states[MODEL_STATES_MAX] = {
#define MODEL_STATES(id, name, title, help) [MODEL_STATES_##id] = {name, title, help},
#include "model/states.def"
};

int model_states_by_name(const char *name)
{
	for (int i = 0; i < MODEL_STATES_MAX; i++) {
		if (strcmp(model_states[i].name, name) == 0)
			return i;
	}
	return -1;
}

bool model_tag_passes(const struct model_options *options, pooltag_tag tag)
{
	char text[sizeof(tag)];
	bool passes = options->include_count == 0;

	memcpy(text, &tag, sizeof(text));
	for (size_t i = 0; !passes && i < options->include_count; i++)
		passes = text_matches(options->includes[i], text, sizeof(text));
	for (size_t i = 0; passes && i < options->exclude_count; i++)
		passes = !text_matches(options->excludes[i], text, sizeof(text));
	return passes;
}

bool model_pool_passes(const struct model_options *options, unsigned pool)
{
	return options->pools == MODEL_POOLS_BOTH ||
	       (options->pools == MODEL_POOLS_NONPAGED) == (pool == POOLTAG_POOL_NONPAGED);
}

bool model_passes(const struct model *model, const struct reader_site *site)
{
	return model_pool_passes(&model->options, site->pool) &&
	       model_tag_passes(&model->options, site->tag);
}

static bool model_session_passes(const struct model_options *options,
				 const struct reader_process *process)
{
	switch (options->sessions) {
	case MODEL_SESSIONS_ALL:
		return process->login_session != 0;
	case MODEL_SESSIONS_ONE:
		return process->login_session == options->session;
	case MODEL_SESSIONS_SYSTEM:
		break;
	}
	return true;
}

bool model_holds(const struct model *model, const struct model_row *row, const char *words)
{
	bool tagged = model_columns[MODEL_COLUMN_TAG].groups & 1u << model->options.group;
	char tag[5];

	pooltag_tag_to_text(row->tag, tag);
	return (tagged && strcasestr(tag, words)) || strcasestr(row->place, words);
}

static bool model_state_passes(enum model_states states, enum reader_state state)
{
	switch (states) {
	case MODEL_STATES_CRASHED:
		return state == READER_CRASHED;
	case MODEL_STATES_ALL:
		return true;
	case MODEL_STATES_RUNNING:
	case MODEL_STATES_MAX:
		break;
	}
	return reader_state_runs(state);
}

bool model_selects(const struct model *model, const struct reader_process *process)
{
	const struct model_options *options = &model->options;

	if (options->run_id)
		return process->run_id == options->run_id;
	if (!model_session_passes(options, process))
		return false;
	if (options->pid_count == 0)
		return model_state_passes(options->states, process->state);
	for (size_t i = 0; i < options->pid_count; i++) {
		if (options->pids[i] == process->pid)
			return true;
	}
	return false;
}
