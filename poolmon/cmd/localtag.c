/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/localtag.h"

#include "cmd/arguments.h"
#include "common/memory.h"
#include "common/text.h"
#include "pooltag/rules.h"
#include "reader/reader.h"
#include "symbols/constants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOCALTAG_LINE 1024 /* bytes of names in a line; more than that nobody reads */

/* A file that uses a tag. */
struct localtag_use {
	pooltag_tag tag;
	char *name;
};

struct localtag {
	size_t count;
	size_t allocated;
	struct localtag_use *uses;
	size_t path_count;
	size_t paths_allocated;
	const char **paths; /* of files, the snapshot's */
	const char *name;   /* of the file whose constants are being taken */
};

/* Whether a line that begins with the tag is an entry of that tag and no other. */
static bool localtag_is_writable(pooltag_tag tag)
{
	struct pooltag_rule_line line;
	char text[] = "     - x";

	for (int i = 0; i < 4; i++) {
		text[i] = (char)(tag >> (8 * i));
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return pooltag_rule_parse(text, sizeof(text) - 1, &line) == POOLTAG_LINE_DESCRIPTION &&
	       line.tag == tag;
}

static void localtag_add(void *context, pooltag_tag tag)
{
	struct localtag *local = context;
	struct localtag_use *use;

	if (!localtag_is_writable(tag))
		return;
	memory_reserve(&local->uses, &local->allocated, local->count, sizeof(*local->uses));
	use = &local->uses[local->count++];
	use->tag = tag;
	use->name = memory_zeroed(4 * strlen(local->name) + 1, 1);
	text_escape(local->name, strlen(local->name), use->name);
}

static void localtag_add_process(struct localtag *local, const struct reader_process *process)
{
	const struct reader_tables *tables = process->tables;

	for (size_t i = 0; i < tables->site_count; i++) {
		const struct reader_site *site = &tables->sites[i];

		if (site->module == POOLTAG_NO_MODULE)
			continue;
		local->name = text_base_name(tables->strings + tables->modules[site->module].path);
		if (*local->name)
			localtag_add(local, site->tag);
	}
	for (size_t i = 0; i < tables->module_count; i++) {
		memory_reserve(&local->paths, &local->paths_allocated, local->path_count,
			       sizeof(*local->paths));
		local->paths[local->path_count++] = tables->strings + tables->modules[i].path;
	}
}

static int localtag_compare_paths(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The tags in the code of every file once. */
static void localtag_add_constants(struct localtag *local)
{
	if (local->path_count)
		qsort(local->paths, local->path_count, sizeof(*local->paths),
		      localtag_compare_paths);
	for (size_t i = 0; i < local->path_count; i++) {
		if (*local->paths[i] != '/' ||
		    (i > 0 && strcmp(local->paths[i], local->paths[i - 1]) == 0))
			continue;
		local->name = text_base_name(local->paths[i]);
		constants_find(local->paths[i], localtag_add, local);
	}
}

static int localtag_compare(const void *left, const void *right)
{
	const struct localtag_use *a = left;
	const struct localtag_use *b = right;
	uint32_t first = __builtin_bswap32(a->tag); /* in the order of their characters */
	uint32_t second = __builtin_bswap32(b->tag);

	return first != second ? (first < second ? -1 : 1) : strcmp(a->name, b->name);
}

/* The names of a tag from `first` on; returns where the next tag begins. */
static size_t localtag_write_tag(const struct localtag *local, size_t first, FILE *out)
{
	const struct localtag_use *uses = local->uses;
	pooltag_tag tag = uses[first].tag;
	size_t length = 0;
	size_t at = first;

	fprintf(out, "%.4s - ", (const char *)&tag);
	for (; at < local->count && uses[at].tag == tag; at++) {
		if (at > first && strcmp(uses[at].name, uses[at - 1].name) == 0)
			continue;
		if (length > LOCALTAG_LINE)
			continue;
		length += strlen(uses[at].name);
		fprintf(out, "%s%s", at > first ? ", " : "",
			length > LOCALTAG_LINE ? "..." : uses[at].name);
	}
	putc('\n', out);
	return at;
}

/* Returns 0 or a negative errno. */
static int localtag_write(struct localtag *local, const char *path)
{
	FILE *out = fopen(path, "wxe");
	int error = 0;

	if (!out)
		return -errno;
	qsort(local->uses, local->count, sizeof(*local->uses), localtag_compare);
	fputs("// localtag.txt - which programs on this system use which tags, made by poolmon -c\n"
	      "// of the segments of processes and of the constants in their files. Remove it to\n"
	      "// have it made anew.\n",
	      out);
	for (size_t at = 0; at < local->count;)
		at = localtag_write_tag(local, at, out);
	errno = 0;
	if (ferror(out))
		error = -EIO;
	if (fclose(out) == EOF && error == 0)
		error = errno ? -errno : -EIO;
	if (error)
		remove(path);
	return error;
}

static int localtag_make(struct localtag *local, const struct reader_snapshot *snapshot,
			 const char *path)
{
	int error;

	for (size_t i = 0; i < snapshot->process_count; i++)
		localtag_add_process(local, &snapshot->processes[i]);
	localtag_add_constants(local);
	if (local->count == 0) {
		fputs("poolmon: -c: no process has used a tag yet, so there is nothing to make it "
		      "of\n",
		      stderr);
		return ARGUMENTS_USAGE_STATUS;
	}
	error = localtag_write(local, path);
	if (error == 0)
		return 0;
	fprintf(stderr, "poolmon: -c: %s: %s\n", path, strerror(-error));
	return 1;
}

int localtag_create(const char *path, const char *dir)
{
	struct localtag local = {0};
	struct reader_snapshot *snapshot;
	struct reader *reader = reader_create(dir);
	int error = reader_refresh(reader, &snapshot);
	int status = ARGUMENTS_USAGE_STATUS;

	fprintf(stderr, "PoolMon: No %s in current directory\n", path);
	fprintf(stderr, "PoolMon: Creating %s in current directory......\n", path);
	if (error == 0) {
		status = localtag_make(&local, snapshot, path);
		reader_snapshot_drop(snapshot);
	} else {
		fprintf(stderr, "poolmon: directory %s: %s\n", dir, strerror(-error));
	}
	for (size_t i = 0; i < local.count; i++)
		free(local.uses[i].name);
	free(local.uses);
	free(local.paths);
	reader_destroy(reader);
	return status;
}
