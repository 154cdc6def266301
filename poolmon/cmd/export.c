/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export.c - metrics over HTTP until a signal ends it
 */
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "common/memory.h"
#include "export/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_LISTEN "127.0.0.1:9870"

/* The server's thread calls this, and nobody else touches the session while it runs. */
static int export_render(void *context, enum openmetrics_form form, char **ret_text,
			 size_t *ret_size)
{
	struct session *session = context;
	int error = session_refresh(session);
	FILE *out;

	if (error)
		return error;
	out = open_memstream(ret_text, ret_size);
	if (!out)
		memory_exhausted();
	error = openmetrics_write(session->model, form, out);
	if (fclose(out) == EOF)
		memory_exhausted();
	return error;
}

static int export_serve(struct session *session, const sigset_t *signals)
{
	const char *listen = session->arguments->listen;
	struct server *server;
	char *text;

	if (server_start(listen ? listen : EXPORT_LISTEN, export_render, session, &server, &text)) {
		fprintf(stderr, "poolmon: export: %s\n", text);
		free(text);
		return ARGUMENTS_USAGE_STATUS;
	}
	printf("poolmon: metrics at http://%s/metrics\n", server_address(server));
	fflush(stdout);
	while (sigwaitinfo(signals, NULL) < 0 && errno == EINTR)
		continue;
	server_stop(server);
	return 0;
}

int cmd_export(const struct arguments *arguments)
{
	struct session session;
	sigset_t signals;
	int status;

	/* Before the server's thread starts, which inherits the mask. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	session_init(&session, arguments, &arguments->model, arguments->dir, false);
	/* A directory that is not there should be told now, not to the first who asks. */
	status = session_tell(&session, session_refresh(&session));
	if (status == 0)
		status = export_serve(&session, &signals);
	session_fini(&session);
	return status;
}
