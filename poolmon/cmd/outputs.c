/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/outputs.h"

#include "cmd/outfile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define OUTPUTS_FAILED 1

static int outputs_tell(enum format_id id, const char *file, int error)
{
	if (error == 0)
		return 0;
	if (file)
		fprintf(stderr, "poolmon: --%s=%s: %s\n", formats[id].name, file, strerror(-error));
	else
		fprintf(stderr, "poolmon: cannot write: %s\n", strerror(-error));
	return OUTPUTS_FAILED;
}

int outputs_open(struct outputs *outputs, const struct arguments *arguments)
{
	const struct arguments_output *pprof = &arguments->outputs[FORMAT_PPROF];

	if (pprof->asked && !pprof->file && isatty(STDOUT_FILENO)) {
		fputs("poolmon: --pprof is not for terminals; give it a file, as in "
		      "--pprof=FILE\n",
		      stderr);
		return ARGUMENTS_USAGE_STATUS;
	}
	memset(outputs, 0, sizeof(*outputs));
	outputs->arguments = arguments;
	for (int id = 0; id < FORMAT_MAX; id++) {
		const char *file = arguments->outputs[id].file;

		if (!file || formats[id].kind != FORMAT_STREAM)
			continue;
		outputs->streams[id] = fopen(file, "we");
		if (!outputs->streams[id]) {
			int status = outputs_tell((enum format_id)id, file, -errno);

			(void)outputs_close(outputs);
			return status;
		}
	}
	return 0;
}

static int outputs_flushed(FILE *out, int error)
{
	errno = 0;
	if (error == 0 && (fflush(out) == EOF || ferror(out)))
		error = errno ? -errno : -EIO;
	return error;
}

/* Writes one format. Returns 0 or a negative errno. */
static int outputs_write_one(const struct outputs *outputs, const struct session *session,
			     enum format_id id, const struct format_options *options)
{
	const char *path = outputs->arguments->outputs[id].file;
	FILE *stream = path ? outputs->streams[id] : stdout;
	struct outfile file;
	int error;

	errno = 0;
	if (stream)
		return outputs_flushed(stream, format_write(id, session->model, options, stream));
	error = outfile_begin(&file, path);
	if (error)
		return error;
	return outfile_end(&file, format_write(id, session->model, options, file.out));
}

int outputs_write(struct outputs *outputs, const struct session *session, bool first)
{
	const struct arguments *arguments = outputs->arguments;
	const struct format_options options = {
		.batch = arguments->batch,
		.first = first,
		.value = arguments->value,
		.stacks = arguments->stacks,
		.host = &session->view.host,
		.symbols = session->symbols,
		.column_count = arguments->columns.count,
		.columns = arguments->columns.ids,
	};

	for (int id = 0; id < FORMAT_MAX; id++) {
		int status;

		if (!arguments->outputs[id].asked)
			continue;
		status = outputs_tell(
			(enum format_id)id, arguments->outputs[id].file,
			outputs_write_one(outputs, session, (enum format_id)id, &options));
		if (status)
			return status;
	}
	return 0;
}

int outputs_close(struct outputs *outputs)
{
	int status = 0;

	for (int id = 0; id < FORMAT_MAX; id++) {
		FILE *stream = outputs->streams[id];

		outputs->streams[id] = NULL;
		errno = 0;
		if (stream && fclose(stream) == EOF && status == 0)
			status = outputs_tell((enum format_id)id,
					      outputs->arguments->outputs[id].file,
					      errno ? -errno : -EIO);
	}
	return status;
}
