/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/usage.h"

#include "cmd/words.h"

#include <string.h>

#define USAGE_WIDTH 78

/* Prints `term` and beside it `help`, broken into lines. */
static void usage_item(FILE *out, const char *term, const char *help)
{
	int indent = 24;
	int at = fprintf(out, "  %-20s  ", term);

	if (at > indent) {
		fprintf(out, "\n%*s", indent, "");
		at = indent;
	}
	while (*help) {
		int length = (int)strcspn(help, " ");

		if (at > indent && at + 1 + length > USAGE_WIDTH) {
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

static void usage_option(FILE *out, int id)
{
	char term[64] = "";
	size_t used = 0;
	const char *argument = words_options[id].argument;

	for (const char *letter = words_options[id].letters; *letter; letter++)
		used += (size_t)snprintf(term + used, sizeof(term) - used, "%s-%c%s",
					 used ? ", " : "", *letter, argument);
	if (*words_options[id].name)
		snprintf(term + used, sizeof(term) - used, "%s--%s%s%s", used ? ", " : "",
			 words_options[id].name, *argument && *argument != '[' ? "=" : "",
			 argument);
	usage_item(out, term, words_options[id].help);
}

static void usage_options(FILE *out, enum cmd_command command)
{
	char term[8];

	if (*words_commands[command].name)
		fprintf(out, "\npoolmon %s:\n", words_commands[command].name);
	else
		fputs("\nOptions (letters may also follow a '/', as on Windows):\n", out);
	for (int id = 0; id < WORDS_MAX; id++) {
		if (words_options[id].commands & 1u << command)
			usage_option(out, id);
	}
	for (int id = 0; command == CMD_SHOW && id < MODEL_COLUMN_MAX; id++) {
		char help[64];

		if (!model_columns[id].key)
			continue;
		snprintf(term, sizeof(term), "-%c", model_columns[id].key);
		snprintf(help, sizeof(help), "sort by %s", model_columns[id].heading);
		usage_item(out, term, help);
	}
}

void usage_print(FILE *out)
{
	fputs("Usage: poolmon [OPTION...]              the pools of all processes, live\n", out);
	for (int id = 1; id < CMD_MAX; id++)
		fprintf(out, "       poolmon %s [OPTION...]%s%s\n", words_commands[id].name,
			*words_commands[id].operands ? " " : "", words_commands[id].operands);
	fputs("\nCommands:\n", out);
	for (int id = 1; id < CMD_MAX; id++)
		usage_item(out, words_commands[id].name, words_commands[id].help);
	for (int id = 0; id < CMD_MAX; id++)
		usage_options(out, (enum cmd_command)id);
	fputs("\nColumns, for --sort and --columns:\n", out);
	for (int id = 0; id < MODEL_COLUMN_MAX; id++)
		usage_item(out, model_columns[id].json, model_columns[id].help);
	fputs("\nGroups, for --group; Enter shows the next one of a line:\n", out);
	for (int id = 0; id < MODEL_GROUP_MAX; id++)
		usage_item(out, model_groups[id].name, model_groups[id].help);
	fputs("\nViews, for --view and the key v:\n", out);
	for (int id = 0; id < PRESETS_MAX; id++)
		usage_item(out, presets[id].name, presets[id].help);
	fputs("\nClasses, for --fail-on and --show:\n", out);
	for (int class = 0; class < CHECK_GROWN; class ++)
		usage_item(out, check_classes[class].name, check_classes[class].help);
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
	      "could not be executed; of `check` the same, and of a command that succeeds 23 for "
	      "leaks, 24\n"
	      "over budget, 25 corrupted memory, 26 when something could not be checked.\n"
	      "On Windows -h ends with status -1; here help that was asked for is a success.\n"
	      "\nEnvironment:\n"
	      "  POOLTAG_LIBRARY   the libpooltag.so that `run` puts in front of a command; "
	      "without,\n"
	      "                    the one beside poolmon, else the installed one\n"
	      "  POOLTAG_OPTIONS   options of the library, key=value:key=value, see libpooltag(3)\n"
	      "  DEBUGINFOD_URLS   servers of debug information\n"
	      "  NO_COLOR          when not empty, the screen has no colours\n"
	      "\nExamples:\n"
	      "  poolmon run -- redis-server             start a program under pooltag\n"
	      "  poolmon -b                              who has the most memory\n"
	      "  poolmon -b -(                           who is growing\n"
	      "  poolmon --once --group=module           one table, per library\n"
	      "  poolmon run --json=out.json -- ./tests  figures of a whole test run\n"
	      "  poolmon check -- ./tests                fail if they, or what they start, leak\n"
	      "  poolmon snap a.json.gz                  the figures now, to compare with\n"
	      "  poolmon diff a.json.gz live             what has grown since\n"
	      "  poolmon --folded --pid=P | flamegraph.pl > p.svg\n",
	      out);
}
