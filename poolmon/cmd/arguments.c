/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/arguments.h"

#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CMD_IN(command)        (1u << CMD_##command)
#define CMD_IN_ALL             ((1u << CMD_MAX) - 1)
#define ARGUMENTS_INTERVAL_MIN 0.1
#define ARGUMENTS_INTERVAL_MAX 86400.0
#define ARGUMENTS_HELP_WIDTH   78
/* The limits of the library's options stack= and rules=. */
#define ARGUMENTS_STACK_MAX 64
#define ARGUMENTS_RULES_MAX 255

enum arguments_id {

#define CMD_OPTION(id, name, letters, argument, commands, help) ARGUMENTS_##id,
#include "cmd/options.def"
	ARGUMENTS_MAX,
	ARGUMENTS_SORT_LETTER, /* one of columns.def */
};

static const struct {
	const char *name;
	const char *letters;
	const char *argument;
	unsigned commands;
	const char *help;
} arguments_options[ARGUMENTS_MAX] = {

#define CMD_OPTION(id, name, letters, argument, commands, help) \
	[ARGUMENTS_##id] = {name, letters, argument, commands, help},
#include "cmd/options.def"
};

static const struct {
	const char *name;
	const char *operands;
	const char *help;
} arguments_commands[CMD_MAX] = {

#define CMD_COMMAND(id, name, operands, help) [CMD_##id] = {name, operands, help},
#include "cmd/commands.def"
};

static int arguments_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int arguments_error(const char *format, ...)
{
	va_list list;

	fputs("poolmon: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("; see poolmon --help\n", stderr);
	return -EINVAL;
}

static int arguments_group(struct arguments *arguments, const char *value)
{
	static const char names[] =
#define MODEL_GROUP(id, name, heading, next, help) ", " name
#include "model/groups.def"
		;
	int group = model_group_by_name(value);

	if (group < 0)
		return arguments_error("--group: '%s' is not one of %s", value, names + 2);
	arguments->model.group = (enum model_group)group;
	return 0;
}

static int arguments_sort(struct arguments *arguments, const char *value)
{
	int column = value[0] && !value[1] ? model_column_by_key(value[0])
					   : model_column_by_name(value, strlen(value));

	if (column < 0)
		return arguments_error("--sort: there is no column '%s'", value);
	arguments->model.sort = (enum model_column_id)column;
	return 0;
}

static int arguments_columns(struct arguments *arguments, const char *value)
{
	arguments->columns.count = 0;
	while (1) {
		size_t length = strcspn(value, ",");
		int column = model_column_by_name(value, length);

		if (column < 0)
			return arguments_error("--columns: there is no column '%.*s'", (int)length,
					       value);
		if (arguments->columns.count == MODEL_COLUMN_MAX)
			return arguments_error("--columns: more columns than there are");
		arguments->columns.ids[arguments->columns.count++] = (enum model_column_id)column;
		if (!value[length])
			return 0;
		value += length + 1;
	}
}

static int arguments_interval(struct arguments *arguments, const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end || !isfinite(seconds) || seconds < ARGUMENTS_INTERVAL_MIN ||
	    seconds > ARGUMENTS_INTERVAL_MAX)
		return arguments_error("--interval: '%s' is not a number of seconds from %g to %g",
				       value, ARGUMENTS_INTERVAL_MIN, ARGUMENTS_INTERVAL_MAX);
	arguments->interval = seconds;
	return 0;
}

static int arguments_count(struct arguments *arguments, const char *value)
{
	if (text_to_number(value, UINT64_MAX, &arguments->count) || arguments->count == 0)
		return arguments_error("--count: '%s' is not a number from 1", value);
	return 0;
}

static int arguments_pid(struct arguments *arguments, const char *value)
{
	size_t count = arguments->model.pid_count;
	uint32_t *pids = memory_resized((uint32_t *)(uintptr_t)arguments->model.pids, count + 1,
					sizeof(*pids));
	uint64_t pid = 0;
	int error = text_to_number(value, INT32_MAX, &pid);

	arguments->model.pids = pids;
	if (error || pid == 0)
		return arguments_error("--pid: '%s' is not a process number", value);
	pids[count] = (uint32_t)pid;
	arguments->model.pid_count++;
	return 0;
}

static void arguments_append(const char *const **list, size_t *count, const char *value)
{
	const char **longer =
		memory_resized((const char **)(uintptr_t)*list, *count + 1, sizeof(*longer));

	longer[(*count)++] = value;
	*list = longer;
}

static int arguments_tag(const char *const **list, size_t *count, char letter, const char *value)
{
	if (!*value)
		return arguments_error("-%c: the tag follows at once, as in -%cNtf*", letter,
				       letter);
	arguments_append(list, count, value);
	return 0;
}

static int arguments_option(struct arguments *arguments, const char *value)
{
	const char *equals = strchr(value, '=');

	if (!equals || equals == value || strchr(value, ':'))
		return arguments_error("--option: '%s' is not key=value without ':'", value);
	arguments_append((const char *const **)(uintptr_t)&arguments->options,
			 &arguments->option_count, value);
	return 0;
}

static int arguments_stack(struct arguments *arguments, const char *value)
{
	uint64_t depth;

	if (text_to_number(value, ARGUMENTS_STACK_MAX, &depth))
		return arguments_error("--stack: '%s' is not a number from 0 to %d", value,
				       ARGUMENTS_STACK_MAX);
	free(arguments->stack_option);
	arguments->stack_option = memory_printed("stack=%s", value);
	return 0;
}

/* The command's children may change directory, so the library gets an absolute path. */
static int arguments_rules(struct arguments *arguments, const char *value)
{
	char *path = realpath(value, NULL);
	int error = 0;

	if (!path || access(path, R_OK) != 0)
		error = arguments_error("--rules: %s: %s", value, strerror(errno));
	else if (strchr(path, ':') || strlen(path) > ARGUMENTS_RULES_MAX)
		error = arguments_error("--rules: the path '%s' holds a colon or is longer than %d "
					"characters, which POOLTAG_OPTIONS cannot express",
					path, ARGUMENTS_RULES_MAX);
	if (error == 0) {
		free(arguments->rules_option);
		arguments->rules_option = memory_printed("rules=%s", path);
	}
	free(path);
	return error;
}

static int arguments_older(struct arguments *arguments, const char *value)
{
	if (text_to_duration(value, &arguments->older_ns))
		return arguments_error("--older: '%s' is not a length of time such as 90s, 10m, 2h "
				       "or 1d",
				       value);
	return 0;
}

static int arguments_file(const char **to, const char *name, const char *value)
{
	if (!*value)
		return arguments_error("--%s: the name is empty", name);
	*to = value;
	return 0;
}

static int arguments_output(struct arguments *arguments, enum format_id id, const char *value)
{
	arguments->outputs[id].asked = true;
	return value ? arguments_file(&arguments->outputs[id].file, formats[id].name, value) : 0;
}

static int arguments_value(struct arguments *arguments, const char *value)
{
	int id = format_value_by_name(value);

	if (id < 0)
		return arguments_error("--value: '%s' is not one of alloc_objects, alloc_space, "
				       "inuse_objects, inuse_space",
				       value);
	arguments->value = (enum format_value)id;
	return 0;
}

static int arguments_stacks(struct arguments *arguments, const char *value)
{
	if (strcmp(value, "exact") == 0)
		arguments->stacks = FORMAT_STACKS_EXACT;
	else if (strcmp(value, "sampled") == 0)
		arguments->stacks = FORMAT_STACKS_SAMPLED;
	else
		return arguments_error("--stacks: '%s' is neither exact nor sampled", value);
	return 0;
}

static int arguments_apply(struct arguments *arguments, enum arguments_id id, const char *value)
{
	struct model_options *model = &arguments->model;

	switch (id) {
	case ARGUMENTS_ONCE:
		arguments->once = true;
		return 0;
	case ARGUMENTS_BATCH:
		arguments->batch = true;
		return 0;
#define EXPORT_FORMAT(id, name, kind, help) \
	case ARGUMENTS_##id:                \
		return arguments_output(arguments, FORMAT_##id, value);
#include "export/formats.def"
	case ARGUMENTS_VALUE:
		return arguments_value(arguments, value);
	case ARGUMENTS_STACKS:
		return arguments_stacks(arguments, value);
	case ARGUMENTS_LISTEN:
		return arguments_file(&arguments->listen, "listen", value);
	case ARGUMENTS_DIFF_JSON:
	case ARGUMENTS_LIST_JSON:
		arguments->json = true;
		return 0;
	case ARGUMENTS_INTERVAL:
		return arguments_interval(arguments, value);
	case ARGUMENTS_COUNT:
		return arguments_count(arguments, value);
	case ARGUMENTS_PID:
		return arguments_pid(arguments, value);
	case ARGUMENTS_GROUP:
		return arguments_group(arguments, value);
	case ARGUMENTS_SORT:
		return arguments_sort(arguments, value);
	case ARGUMENTS_COLUMNS:
		return arguments_columns(arguments, value);
	case ARGUMENTS_DIR:
		return arguments_file(&arguments->dir, "dir", value);
	case ARGUMENTS_CHECK:
		return arguments_file(&arguments->check_file, "check", value);
	case ARGUMENTS_DEBUG_DIR:
		return arguments_file(&arguments->debug_dir, "debug-dir", value);
	case ARGUMENTS_POOLS:
		model->pools = (model->pools + 1) % MODEL_POOLS_MAX;
		return 0;
	case ARGUMENTS_TOTALS:
		arguments->totals = true;
		return 0;
	case ARGUMENTS_CHANGE:
		model->by_change = !model->by_change;
		return 0;
	case ARGUMENTS_PLAIN:
		arguments->plain = true;
		return 0;
	case ARGUMENTS_INCLUDE:
		return arguments_tag(&model->includes, &model->include_count, 'i', value);
	case ARGUMENTS_EXCLUDE:
		return arguments_tag(&model->excludes, &model->exclude_count, 'x', value);
	case ARGUMENTS_RUN_JSON:
		return arguments_file(&arguments->json_file, "json", value);
	case ARGUMENTS_REPORT:
		arguments->report = true;
		return 0;
	case ARGUMENTS_KEEP:
		arguments->keep = true;
		return 0;
	case ARGUMENTS_STACK:
		return arguments_stack(arguments, value);
	case ARGUMENTS_RULES:
		return arguments_rules(arguments, value);
	case ARGUMENTS_OPTION:
		return arguments_option(arguments, value);
	case ARGUMENTS_OLDER:
		return arguments_older(arguments, value);
	case ARGUMENTS_VERSION:
		arguments->version = true;
		return 0;
	case ARGUMENTS_HELP:
		arguments->help = true;
		return 0;
	case ARGUMENTS_SORT_LETTER:
		model->sort = (enum model_column_id)model_column_by_key(*value);
		return 0;
	case ARGUMENTS_MAX:
		break;
	}
	return -EINVAL;
}

/*
 * Takes "--name", "--name=value" or "--name value"; *at is at the word and moves past what it took.
 * A value that may be left out follows '=' only; without, NULL is applied.
 */
static int arguments_long(struct arguments *arguments, char ***at)
{
	const char *word = **at + 2;
	size_t length = strcspn(word, "=");

	(*at)++;
	for (int id = 0; id < ARGUMENTS_MAX; id++) {
		const char *value = word + length;

		if (strlen(arguments_options[id].name) != length ||
		    strncmp(arguments_options[id].name, word, length) != 0 ||
		    !(arguments_options[id].commands & 1u << arguments->command))
			continue;
		if (!*arguments_options[id].argument) {
			if (*value)
				return arguments_error("--%s takes no value",
						       arguments_options[id].name);
		} else if (*value) {
			value++;
		} else if (*arguments_options[id].argument == '[') {
			value = NULL;
		} else if (!**at) {
			return arguments_error("--%s needs %s", arguments_options[id].name,
					       arguments_options[id].argument);
		} else {
			value = *(*at)++;
		}
		return arguments_apply(arguments, (enum arguments_id)id, value);
	}
	return arguments_error("unknown option '--%.*s'%s%s", (int)length, word,
			       arguments->command ? " of poolmon " : "",
			       arguments_commands[arguments->command].name);
}

/* Takes "-x", "/x" or "-xVALUE". */
static int arguments_short(struct arguments *arguments, char ***at)
{
	const char *word = *(*at)++;

	for (int id = 0; word[1] && id < ARGUMENTS_MAX; id++) {
		if (!strchr(arguments_options[id].letters, word[1]) ||
		    !(arguments_options[id].commands & 1u << arguments->command))
			continue;
		if (!*arguments_options[id].argument && word[2])
			break;
		return arguments_apply(arguments, (enum arguments_id)id, word + 2);
	}
	if (arguments->command == CMD_SHOW && word[1] && !word[2] &&
	    model_column_by_key(word[1]) >= 0)
		return arguments_apply(arguments, ARGUMENTS_SORT_LETTER, word + 1);
	return arguments_error("unknown option '%s'%s%s", word,
			       arguments->command ? " of poolmon " : "",
			       arguments_commands[arguments->command].name);
}

/* Takes the command's name, if there is one. */
static void arguments_command(struct arguments *arguments, char ***at)
{
	const char *word = **at ? **at : "";

	for (int id = 0; *word && id < CMD_MAX; id++) {
		if (strcmp(arguments_commands[id].name, word) == 0) {
			arguments->command = (enum cmd_command)id;
			(*at)++;
			return;
		}
	}
}

bool arguments_exports(const struct arguments *arguments)
{
	for (int id = 0; id < FORMAT_MAX; id++) {
		if (arguments->outputs[id].asked)
			return true;
	}
	return false;
}

/* Whether as many operands are there as the command takes. */
static int arguments_check_operands(const struct arguments *arguments)
{
	static const size_t wanted[CMD_MAX] = {[CMD_SNAP] = 1, [CMD_DIFF] = 2};
	size_t count = 0;

	if (arguments->command == CMD_RUN && !arguments->operands[0])
		return arguments_error("run: what? poolmon run -- COMMAND ARG...");
	if (arguments->command == CMD_RUN)
		return 0;
	while (arguments->operands[count])
		count++;
	if (count > wanted[arguments->command])
		return arguments_error(wanted[arguments->command]
					       ? "'%s' is one word too many"
					       : "'%s' is neither a command nor an option",
				       arguments->operands[wanted[arguments->command]]);
	if (count < wanted[arguments->command])
		return arguments_error("%s: what? poolmon %s %s",
				       arguments_commands[arguments->command].name,
				       arguments_commands[arguments->command].name,
				       arguments_commands[arguments->command].operands);
	return 0;
}

/* Whether what goes to standard output can go there. */
static int arguments_check_outputs(const struct arguments *arguments)
{
	const struct arguments_output *outputs = arguments->outputs;
	const char *first = NULL;

	if (arguments->value != FORMAT_VALUE_MAX && !outputs[FORMAT_FOLDED].asked)
		return arguments_error("--value needs --folded");
	if (arguments->stacks != FORMAT_STACKS_BEST && !outputs[FORMAT_FOLDED].asked &&
	    !outputs[FORMAT_PPROF].asked)
		return arguments_error("--stacks needs --pprof or --folded");
	for (int id = 0; id < FORMAT_MAX; id++) {
		if (!outputs[id].asked || outputs[id].file)
			continue;
		if (first)
			return arguments_error("--%s and --%s cannot both go to standard output; "
					       "give one a file, as in --%s=FILE",
					       first, formats[id].name, formats[id].name);
		first = formats[id].name;
		if (arguments->batch && formats[id].kind == FORMAT_SINGLE && arguments->count != 1)
			return arguments_error("--%s is one snapshot; with --batch it needs a file "
					       "to replace, as in --%s=FILE",
					       first, first);
	}
	return 0;
}

static int arguments_check_diff(const struct arguments *arguments)
{
	const struct layout_choice *choice = &arguments->columns;
	const char *bad = NULL;

	if (arguments->model.group == MODEL_GROUP_STACK ||
	    arguments->model.group == MODEL_GROUP_THREAD)
		return arguments_error("diff: --group=%s: such rows have no names to compare by",
				       model_groups[arguments->model.group].name);
	if (model_columns[arguments->model.sort].kind != MODEL_KIND_NUMBER ||
	    arguments->model.sort == MODEL_COLUMN_PID)
		bad = model_columns[arguments->model.sort].json;
	for (size_t i = 0; !bad && i < choice->count; i++) {
		if (model_columns[choice->ids[i]].kind != MODEL_KIND_NUMBER ||
		    choice->ids[i] == MODEL_COLUMN_PID)
			bad = model_columns[choice->ids[i]].json;
	}
	return bad ? arguments_error("diff: '%s' is not a number that changes", bad) : 0;
}

static int arguments_check(const struct arguments *arguments, bool separated)
{
	int error;

	if (arguments->help || arguments->version)
		return 0;
	error = arguments_check_operands(arguments);
	if (error == 0)
		error = arguments_check_outputs(arguments);
	if (error == 0 && arguments->command == CMD_DIFF)
		error = arguments_check_diff(arguments);
	if (error)
		return error;
	if (separated && arguments->command != CMD_RUN)
		return arguments_error("'--' belongs to poolmon run");
	if (arguments->once && (arguments->batch || arguments->count))
		return arguments_error("--once contradicts --batch and --count");
	if (arguments->count && !arguments->batch)
		return arguments_error("--count needs --batch");
	return 0;
}

int arguments_parse(struct arguments *arguments, char **argv)
{
	char **at = argv[0] ? argv + 1 : argv;
	char **kept;
	bool separated = false;

	memset(arguments, 0, sizeof(*arguments));
	arguments->interval = 5;
	arguments->value = FORMAT_VALUE_MAX; /* not given */
	arguments_command(arguments, &at);
	arguments->model.sort =
		arguments->command == CMD_DIFF ? MODEL_COLUMN_BYTES : MODEL_COLUMN_TAG;
	/* Operands move to the words already read: options may stand between them. */
	arguments->operands = at;
	kept = at;
	while (*at && !separated) {
		int error = 0;

		if (strcmp(*at, "--") == 0) {
			separated = true;
			at++;
		} else if (strncmp(*at, "--", 2) == 0) {
			error = arguments_long(arguments, &at);
		} else if ((*at)[0] == '-' ||
			   ((*at)[0] == '/' && !*arguments_commands[arguments->command].operands)) {
			error = arguments_short(arguments, &at);
		} else if (arguments->command == CMD_RUN) {
			break;
		} else {
			*kept++ = *at++;
		}
		if (error)
			return error;
	}
	if (arguments->command == CMD_RUN || separated)
		arguments->operands = at;
	else
		*kept = NULL;
	if (arguments_check(arguments, separated))
		return -EINVAL;
	if (arguments->value == FORMAT_VALUE_MAX)
		arguments->value = FORMAT_VALUE_INUSE_SPACE;
	return 0;
}

void arguments_fini(struct arguments *arguments)
{
	free((void *)(uintptr_t)arguments->model.pids);
	free((void *)(uintptr_t)arguments->model.includes);
	free((void *)(uintptr_t)arguments->model.excludes);
	free(arguments->stack_option);
	free(arguments->rules_option);
	free(arguments->options);
}

/* Prints `term` and beside it `help`, broken into lines. */
static void arguments_help_item(FILE *out, const char *term, const char *help)
{
	int indent = 24;
	int at = fprintf(out, "  %-20s  ", term);

	if (at > indent) {
		fprintf(out, "\n%*s", indent, "");
		at = indent;
	}
	while (*help) {
		int length = (int)strcspn(help, " ");

		if (at > indent && at + 1 + length > ARGUMENTS_HELP_WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else if (at > indent) {
			at += fprintf(out, " ");
		}
		at += fprintf(out, "%.*s", length, help);
		help += length + (help[length] == ' ');
	}
	fputc('\n', out);
}

static void arguments_help_option(FILE *out, int id)
{
	char term[64] = "";
	size_t used = 0;
	const char *argument = arguments_options[id].argument;

	for (const char *letter = arguments_options[id].letters; *letter; letter++)
		used += (size_t)snprintf(term + used, sizeof(term) - used, "%s-%c%s",
					 used ? ", " : "", *letter, argument);
	if (*arguments_options[id].name)
		snprintf(term + used, sizeof(term) - used, "%s--%s%s%s", used ? ", " : "",
			 arguments_options[id].name, *argument && *argument != '[' ? "=" : "",
			 argument);
	arguments_help_item(out, term, arguments_options[id].help);
}

static void arguments_help_options(FILE *out, enum cmd_command command)
{
	char term[8];

	if (*arguments_commands[command].name)
		fprintf(out, "\npoolmon %s:\n", arguments_commands[command].name);
	else
		fputs("\nOptions (letters may also follow a '/', as on Windows):\n", out);
	for (int id = 0; id < ARGUMENTS_MAX; id++) {
		if (arguments_options[id].commands & 1u << command)
			arguments_help_option(out, id);
	}
	for (int id = 0; command == CMD_SHOW && id < MODEL_COLUMN_MAX; id++) {
		char help[64];

		if (!model_columns[id].key)
			continue;
		snprintf(term, sizeof(term), "-%c", model_columns[id].key);
		snprintf(help, sizeof(help), "sort by %s", model_columns[id].heading);
		arguments_help_item(out, term, help);
	}
}

void arguments_help(FILE *out)
{
	fputs("Usage: poolmon [OPTION...]              the pools of all processes, live\n", out);
	for (int id = 1; id < CMD_MAX; id++)
		fprintf(out, "       poolmon %s [OPTION...]%s%s\n", arguments_commands[id].name,
			*arguments_commands[id].operands ? " " : "",
			arguments_commands[id].operands);
	fputs("\nCommands:\n", out);
	for (int id = 1; id < CMD_MAX; id++)
		arguments_help_item(out, arguments_commands[id].name, arguments_commands[id].help);
	for (int id = 0; id < CMD_MAX; id++)
		arguments_help_options(out, (enum cmd_command)id);
	fputs("\nColumns, for --sort and --columns:\n", out);
	for (int id = 0; id < MODEL_COLUMN_MAX; id++)
		arguments_help_item(out, model_columns[id].json, model_columns[id].help);
	fputs("\nGroups, for --group; Enter shows the next one of a line:\n", out);
	for (int id = 0; id < MODEL_GROUP_MAX; id++)
		arguments_help_item(out, model_groups[id].name, model_groups[id].help);
	fputs("\nThe table is about the processes that run. One that crashed is counted in the "
	      "title;\n"
	      "`poolmon list` names it, `poolmon --pid P` shows its last figures, --json has it "
	      "too.\n"
	      "A process of another pid namespace counts as running: nobody here can tell.\n"
	      "\nExit status: 0, of `diff` whether or not there is a difference; 1 when something "
	      "cannot be\n"
	      "written; 2 for a command line that cannot be obeyed, or a file that cannot be "
	      "read; of `run`,\n"
	      "that of the command, 128 + N when signal N ended it, 127 when it was not found, "
	      "126 when it\n"
	      "could not be executed.\n"
	      "\nExamples:\n"
	      "  poolmon run -- redis-server             start a program under pooltag\n"
	      "  poolmon -b                              who has the most memory\n"
	      "  poolmon -b -(                           who is growing\n"
	      "  poolmon --once --group=module           one table, per library\n"
	      "  poolmon run --json=out.json -- ./tests  figures of a whole test run\n"
	      "  poolmon snap a.json.gz                  the figures now, to compare with\n"
	      "  poolmon diff a.json.gz live             what has grown since\n"
	      "  poolmon --folded --pid=P | flamegraph.pl > p.svg\n",
	      out);
}
