/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/checks.h"

#include "cmd/words.h"

/* A check is of a command, or of one process that runs. */
static int checks_check(const struct arguments *arguments)
{
	const struct check_settings *check = &arguments->check;
	bool command = arguments->operands[0];

	if (check->list_suppressions)
		return command ? words_error("check: --list-suppressions runs no command") : 0;
	if (!command && arguments->model.pid_count == 0)
		return words_error("check: what? poolmon check -- COMMAND ARG...");
	if (arguments->model.pid_count > 1 || (command && arguments->model.pid_count))
		return words_error("check: either one --pid or a command");
	if (check->now && arguments->model.pid_count == 0)
		return words_error("check: --now needs --pid");
	if (check->update_baseline && !check->baseline)
		return words_error("check: --update-baseline needs --baseline=F");
	if (check->growth && !command)
		return words_error("check: --growth needs a command");
	if (check->warm_up_given && !check->growth)
		return words_error("check: --warm-up needs --growth");
	return 0;
}

/* Whether as many operands are there as the command takes. */
static int checks_operands(const struct arguments *arguments)
{
	static const size_t wanted[CMD_MAX] = {[CMD_SNAP] = 1, [CMD_DIFF] = 2};
	size_t count = 0;

	if (arguments->command == CMD_CHECK)
		return checks_check(arguments);
	if (arguments->command == CMD_RUN && !arguments->operands[0])
		return words_error("run: what? poolmon run -- COMMAND ARG...");
	if (arguments->command == CMD_RUN)
		return 0;
	while (arguments->operands[count])
		count++;
	if (count > wanted[arguments->command])
		return words_error(wanted[arguments->command]
					   ? "'%s' is one word too many"
					   : "'%s' is neither a command nor an option",
				   arguments->operands[wanted[arguments->command]]);
	if (count < wanted[arguments->command])
		return words_error("%s: what? poolmon %s %s",
				   words_commands[arguments->command].name,
				   words_commands[arguments->command].name,
				   words_commands[arguments->command].operands);
	return 0;
}

/* Whether what goes to standard output can go there. */
static int checks_outputs(const struct arguments *arguments)
{
	const struct arguments_output *outputs = arguments->outputs;
	const char *first = NULL;

	if (arguments->value != FORMAT_VALUE_MAX && !outputs[FORMAT_FOLDED].asked)
		return words_error("--value needs --folded");
	if (arguments->stacks != FORMAT_STACKS_BEST && !outputs[FORMAT_FOLDED].asked &&
	    !outputs[FORMAT_PPROF].asked)
		return words_error("--stacks needs --pprof or --folded");
	for (int id = 0; id < FORMAT_MAX; id++) {
		if (!outputs[id].asked || outputs[id].file)
			continue;
		if (first)
			return words_error("--%s and --%s cannot both go to standard output; "
					   "give one a file, as in --%s=FILE",
					   first, formats[id].name, formats[id].name);
		first = formats[id].name;
		if (arguments->batch && formats[id].kind == FORMAT_SINGLE && arguments->count != 1)
			return words_error("--%s is one snapshot; with --batch it needs a file "
					   "to replace, as in --%s=FILE",
					   first, first);
	}
	return 0;
}

static int checks_diff(const struct arguments *arguments)
{
	const struct layout_choice *choice = &arguments->columns;
	const char *bad = NULL;

	if (arguments->model.group == MODEL_GROUP_STACK ||
	    arguments->model.group == MODEL_GROUP_SIZE ||
	    arguments->model.group == MODEL_GROUP_THREAD)
		return words_error("diff: --group=%s: such rows have no names to compare by",
				   model_groups[arguments->model.group].name);
	if (model_columns[arguments->model.sort].kind != MODEL_KIND_NUMBER)
		bad = model_columns[arguments->model.sort].json;
	for (size_t i = 0; !bad && i < choice->count; i++) {
		if (model_columns[choice->ids[i]].kind != MODEL_KIND_NUMBER)
			bad = model_columns[choice->ids[i]].json;
	}
	return bad ? words_error("diff: '%s' is not a number that changes", bad) : 0;
}

/* -n writes rows as PoolMon has them, once. */
static int checks_poolsnap(const struct arguments *arguments)
{
	if (!arguments->poolsnap.asked)
		return arguments->memory_lines ? words_error("-r needs -n") : 0;
	if (arguments->once || arguments->batch || arguments_exports(arguments))
		return words_error("-n writes a snapshot of its own; it goes with none of --once, "
				   "--batch and the formats");
	if (arguments->columns.count || arguments->model.group != MODEL_GROUP_TAG)
		return words_error("-n writes PoolMon's rows; it goes with neither --columns nor "
				   "--group");
	return 0;
}

/* Whether Mapped_Driver is asked for where there is one. */
static int checks_owners(const struct arguments *arguments)
{
	const struct layout_choice *choice = &arguments->columns;
	bool wanted = arguments->model.sort == MODEL_COLUMN_OWNER;

	for (size_t i = 0; i < choice->count; i++)
		wanted |= choice->ids[i] == MODEL_COLUMN_OWNER;
	if (wanted && !choice->owners)
		return words_error("mapped_driver needs a tag file, -g or -c");
	if (choice->owners && arguments->model.group != MODEL_GROUP_TAG)
		return words_error("-g and -c say who tags belong to; --group=%s has rows of "
				   "something else",
				   model_groups[arguments->model.group].name);
	return 0;
}

int checks_arguments(const struct arguments *arguments, bool separated)
{
	int error;

	if (arguments->help || arguments->version)
		return 0;
	error = checks_operands(arguments);
	if (error == 0)
		error = checks_outputs(arguments);
	if (error == 0)
		error = checks_poolsnap(arguments);
	if (error == 0)
		error = checks_owners(arguments);
	if (error == 0 && arguments->command == CMD_BLOCKS && arguments->model.pid_count != 1)
		error = words_error("blocks: give --pid once: the process to ask");
	if (error == 0 && arguments->command == CMD_DIFF)
		error = checks_diff(arguments);
	if (error)
		return error;
	if (separated && !words_starts(arguments->command))
		return words_error("'--' belongs to poolmon run and poolmon check");
	if (arguments->once && (arguments->batch || arguments->count))
		return words_error("--once contradicts --batch and --count");
	if (arguments->count && !arguments->batch)
		return words_error("--count needs --batch");
	return 0;
}
