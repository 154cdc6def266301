/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/session.h"

#include "cmd/library.h"
#include "export/json.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

/* Whether the terminal says that its background is light: the last number is its colour. */
static bool session_is_light(void)
{
	const char *colours = getenv("COLORFGBG");
	const char *background = colours ? strrchr(colours, ';') : NULL;

	return background && (strcmp(background, ";7") == 0 || strcmp(background, ";15") == 0);
}

void session_init(struct session *session, const struct arguments *arguments,
		  const struct model_options *model, const char *dir, bool patient)
{
	memset(session, 0, sizeof(*session));
	session->arguments = arguments;
	session->wants = READER_WANT_PEAKS;
	session->dir = dir;
	session->reader = reader_create(dir);
	session->model = model_create(model);
	session->symbols = symbols_create(arguments->debug_dir, patient);
	session->library = library_find();
	session->view.model = session->model;
	session->view.symbols = session->symbols;
	session->view.choice = arguments->columns;
	session->view.highlight = !arguments->plain;
	session->view.totals = arguments->totals;
	session->view.interval = arguments->interval;
	session->view.preset = arguments->preset;
	session->view.graphs = arguments->graphs;
	session->view.theme = arguments->theme < VIEW_THEME_MAX ? arguments->theme
			      : session_is_light()              ? VIEW_THEME_LIGHT
								: VIEW_THEME_DARK;
	session->view.plain = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	if (model->filter)
		snprintf(session->view.filter, sizeof(session->view.filter), "%s", model->filter);
	session->view.library = session->library ? session->library : LIBRARY_NAME;
}

void session_fini(struct session *session)
{
	blocks_fini(&session->view.largest.blocks);
	symbols_destroy(session->symbols);
	model_destroy(session->model);
	reader_snapshot_drop(session->snapshot);
	reader_destroy(session->reader);
	free(session->library);
}

/* What the columns on the screen need: enum reader_wants bits. */
static unsigned session_columns_want(const struct session *session)
{
	const struct model_options *options = model_settings(session->model);
	enum model_column_id ids[MODEL_COLUMN_MAX];
	size_t count = layout_columns(&session->view.choice, options->group, ids);
	bool peaks = options->sort == MODEL_COLUMN_PEAK || options->sort == MODEL_COLUMN_PEAK_MOST;

	for (size_t i = 0; i < count; i++)
		peaks |= ids[i] == MODEL_COLUMN_PEAK || ids[i] == MODEL_COLUMN_PEAK_MOST;
	return peaks ? READER_WANT_PEAKS : 0;
}

int session_refresh(struct session *session)
{
	struct reader_snapshot *snapshot;
	int error;

	reader_want(session->reader,
		    session->wants | model_wants(session->model) | session_columns_want(session));
	error = reader_refresh(session->reader, &snapshot);
	if (error)
		return error;
	model_update(session->model, snapshot);
	reader_snapshot_drop(session->snapshot);
	session->snapshot = snapshot;
	if (session->arguments->mark && !session->marked) {
		session->marked = true;
		model_mark(session->model);
	}
	host_sample(&session->host, session->model, &session->view.host);
	return 0;
}

int session_tell(const struct session *session, int error)
{
	if (error == 0)
		return 0;
	fprintf(stderr, "poolmon: directory %s: %s\n", session->dir, strerror(-error));
	return ARGUMENTS_USAGE_STATUS;
}

int session_check_pids(const struct session *session)
{
	const struct model_options *options = model_settings(session->model);

	for (size_t i = 0; i < options->pid_count; i++) {
		size_t at = 0;

		while (at < session->snapshot->process_count &&
		       session->snapshot->processes[at].pid != options->pids[i])
			at++;
		if (at < session->snapshot->process_count)
			continue;
		fprintf(stderr,
			"poolmon: --pid %u: no such process under pooltag; poolmon list shows "
			"which "
			"there are\n",
			options->pids[i]);
		return ARGUMENTS_USAGE_STATUS;
	}
	return 0;
}

int session_take(struct session *session)
{
	int status = session_tell(session, session_refresh(session));

	return status ? status : session_check_pids(session);
}

int session_print(struct session *session, bool json, bool indented, FILE *out)
{
	int error = 0;

	errno = 0;
	if (json)
		error = json_write(session->model, &session->view.host, session->symbols, indented,
				   out);
	else
		view_write(&session->view, out);
	if (error == 0 && (fflush(out) == EOF || ferror(out)))
		error = errno ? -errno : -EIO;
	if (error == 0)
		return 0;
	fprintf(stderr, "poolmon: cannot write: %s\n", strerror(-error));
	return 1;
}
