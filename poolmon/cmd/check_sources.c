/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_sources.h"

#include "cmd/arguments.h"
#include "cmd/outfile.h"
#include "common/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int check_sources_file(struct check *check, const char *option, const char *path)
{
	char *error = NULL;

	if (suppressions_add_file(&check->suppressions, path, &error) == 0)
		return 0;
	fprintf(stderr, "poolmon: check: %s: %s\n", option, error);
	free(error);
	return ARGUMENTS_USAGE_STATUS;
}

/*
 * The value of suppressions= in LSAN_OPTIONS, the last one; NULL: there is none. Options stand
 * between colons, commas, blanks; a value may be in quotes.
 */
static char *check_sources_lsan(const char *text)
{
	static const char separators[] = " ,:\n\t\r";
	static const char key[] = "suppressions=";
	char *path = NULL;

	while (*(text += strspn(text, separators))) {
		size_t name = strcspn(text, "=");
		const char *value = text + name + (text[name] == '=');
		bool quoted = *value == '"' || *value == '\'';
		const char end[2] = {*value, '\0'};
		size_t length = quoted ? strcspn(value + 1, end) : strcspn(value, separators);

		if (strncmp(text, key, sizeof(key) - 1) == 0) {
			free(path);
			path = memory_printed("%.*s", (int)length, value + quoted);
		}
		text = value + quoted + length;
		text += quoted && *text;
	}
	return path;
}

static int check_sources_baseline(struct check *check, const struct check_settings *settings)
{
	char *text = NULL;
	int error;

	if (!settings->baseline)
		return 0;
	check->baseline_given = true;
	error = baseline_load(&check->baseline, settings->baseline, &text);
	if (error && !(error == -ENOENT && settings->update_baseline))
		fprintf(stderr, "poolmon: check: --baseline: %s\n", text);
	else
		error = 0;
	free(text);
	return error ? ARGUMENTS_USAGE_STATUS : 0;
}

int check_sources_load(struct check *check, const struct check_settings *settings)
{
	const char *lsan = getenv("LSAN_OPTIONS");
	char *path = lsan ? check_sources_lsan(lsan) : NULL;
	int status = 0;

	for (size_t i = 0; status == 0 && i < settings->suppression_count; i++)
		status = check_sources_file(check, "--suppressions", settings->suppressions[i]);
	if (status == 0 && path && *path)
		status = check_sources_file(check, "LSAN_OPTIONS: suppressions", path);
	free(path);
	if (!settings->options.no_builtin)
		suppressions_add_builtin(&check->suppressions);
	return status ? status : check_sources_baseline(check, settings);
}

int check_sources_update(struct check *check, const struct check_settings *settings,
			 int command_status)
{
	struct outfile file;
	int error;

	if (!settings->update_baseline)
		return 0;
	if (command_status || check->kinds[CHECK_FAILED] || !check->kinds[CHECK_CHECKED]) {
		fprintf(stderr,
			"poolmon: check: %s stays as it was: not everything could be checked\n",
			settings->baseline);
		return 0;
	}
	error = outfile_begin(&file, settings->baseline);
	if (error == 0) {
		baseline_write(&check->baseline, file.out);
		error = outfile_end(&file, 0);
	}
	if (error) {
		fprintf(stderr, "poolmon: check: --baseline: %s: %s\n", settings->baseline,
			strerror(-error));
		return CHECK_STATUS_IMPOSSIBLE;
	}
	fprintf(stderr, "poolmon: check: baseline %s written\n", settings->baseline);
	if (check->verdict == CHECK_LEAKS)
		check->verdict = CHECK_CLEAN;
	return 0;
}
