/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/tagfiles.h"

#include "cmd/localtag.h"
#include "common/files.h"
#include "common/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAGFILES_GENERAL "pooltag.txt"
#define TAGFILES_LOCAL   "localtag.txt"

/* Reads a file. Returns 0, or the exit status after one line. */
static int tagfiles_read(struct owners *owners, enum owners_source source, char letter,
			 const char *path)
{
	struct owners_faults faults;
	size_t size;
	char *text = files_read(path, &size);

	if (!text) {
		fprintf(stderr, "poolmon: -%c: %s: %s\n", letter, path, strerror(errno));
		return ARGUMENTS_USAGE_STATUS;
	}
	owners_add(owners, source, text, size, &faults);
	free(text);
	if (faults.count)
		fprintf(stderr,
			"poolmon: -%c: %s:%" PRIu64 ":%zu: %s; %" PRIu64
			" such line%s not used, `poolmon tags --check=%s` shows which\n",
			letter, path, faults.line, faults.column, faults.reason, faults.count,
			faults.count == 1 ? " is" : "s are", path);
	return 0;
}

/* As PoolMon looks for it: here, then beside the program. */
static int tagfiles_read_general(struct owners *owners, const char *file)
{
	char *directory;
	char *beside;
	int status;

	if (file)
		return tagfiles_read(owners, OWNERS_GENERAL, 'g', file);
	if (access(TAGFILES_GENERAL, F_OK) == 0)
		return tagfiles_read(owners, OWNERS_GENERAL, 'g', TAGFILES_GENERAL);
	directory = files_own_directory();
	beside = memory_printed("%s/" TAGFILES_GENERAL, directory ? directory : "");
	if (access(beside, F_OK) == 0) {
		status = tagfiles_read(owners, OWNERS_GENERAL, 'g', beside);
	} else {
		fprintf(stderr,
			"poolmon: -g: no " TAGFILES_GENERAL
			" in the current directory and none in %s; name one, as in -g FILE\n",
			directory ? directory : "that of poolmon");
		status = ARGUMENTS_USAGE_STATUS;
	}
	free(beside);
	free(directory);
	return status;
}

static int tagfiles_read_local(struct owners *owners, const char *file, const char *dir)
{
	if (!file && access(TAGFILES_LOCAL, F_OK) < 0 && errno == ENOENT) {
		int status = localtag_create(TAGFILES_LOCAL, dir);

		if (status)
			return status;
	}
	return tagfiles_read(owners, OWNERS_LOCAL, 'c', file ? file : TAGFILES_LOCAL);
}

int tagfiles_load(struct arguments *arguments)
{
	int status = 0;

	if (!arguments->local.asked && !arguments->general.asked)
		return 0;
	arguments->model.owners = owners_create();
	if (arguments->local.asked)
		status = tagfiles_read_local(arguments->model.owners, arguments->local.file,
					     arguments->dir);
	if (status == 0 && arguments->general.asked)
		status = tagfiles_read_general(arguments->model.owners, arguments->general.file);
	return status;
}
