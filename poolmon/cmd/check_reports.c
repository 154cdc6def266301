/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_reports.h"

#include "cmd/outfile.h"
#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *check_reports_path(const char *pattern, const char *command)
{
	char *path = memory_text("");

	while (*pattern) {
		size_t plain = strcspn(pattern, "%");
		char *longer;

		if (plain)
			longer = memory_printed("%s%.*s", path, (int)plain, pattern);
		else if (pattern[1] == 'p')
			longer = memory_printed("%s%d", path, (int)getpid());
		else if (pattern[1] == 'e')
			longer = memory_printed("%s%s", path, text_base_name(command));
		else
			longer = memory_printed("%s%%", path);
		free(path);
		path = longer;
		pattern += plain ? plain : pattern[1] && strchr("pe%", pattern[1]) ? 2u : 1u;
	}
	return path;
}

/* Adds the report to the end of a file. */
static int check_reports_append(struct check *check, enum report_format id, const char *path)
{
	FILE *out = fopen(path, "ae");
	int error = out ? 0 : -errno;

	if (!out)
		return error;
	report_write(check, id, out);
	if (ferror(out))
		error = -EIO;
	if (fclose(out) == EOF && error == 0)
		error = -errno;
	return error;
}

static int check_reports_replace(struct check *check, enum report_format id, const char *path)
{
	struct outfile file;
	int error = outfile_begin(&file, path);

	if (error)
		return error;
	report_write(check, id, file.out);
	return outfile_end(&file, 0);
}

static int check_reports_one(struct check *check, enum report_format id, const char *pattern,
			     const char *command)
{
	const struct report_writer *writer = &report_writers[id];
	char *path = check_reports_path(pattern, command);
	int error;

	errno = 0;
	if (strcmp(path, "-") == 0) {
		report_write(check, id, stdout);
		error = fflush(stdout) == EOF || ferror(stdout) ? errno ? -errno : -EIO : 0;
	} else if (writer->append) {
		error = check_reports_append(check, id, path);
	} else {
		error = check_reports_replace(check, id, path);
	}
	if (error)
		fprintf(stderr, "poolmon: check: --%s=%s: %s\n", writer->name, path,
			strerror(-error));
	free(path);
	return error;
}

int check_reports_write(struct check *check, const struct check_settings *settings,
			const char *command)
{
	int status = 0;

	if (!settings->reports[REPORT_TEXT])
		report_write(check, REPORT_TEXT, stderr);
	for (int id = 0; id < REPORT_MAX; id++) {
		const char *path = settings->reports[id];

		if (path && check_reports_one(check, (enum report_format)id, path, command))
			status = CHECK_STATUS_IMPOSSIBLE;
	}
	return status;
}
