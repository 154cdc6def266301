/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reap.c - removes the files of processes that are gone
 *
 * Files of another pid namespace stay: whether their processes run, nobody here can tell. Files
 * that are not segments stay, too.
 */
#include "cmd/cmd.h"
#include "cmd/session.h"

#include <errno.h>
#include <string.h>

static bool reap_is_due(const struct reader_snapshot *snapshot,
			const struct reader_process *process, uint64_t older_ns)
{
	uint64_t age = snapshot->real_ns > process->created_real_ns
			       ? snapshot->real_ns - process->created_real_ns
			       : 0;

	return !reader_state_runs(process->state) && age >= older_ns;
}

int cmd_reap(const struct arguments *arguments)
{
	struct session session;
	size_t removed = 0;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, true);
	status = session_tell(&session, session_refresh(&session));
	for (size_t i = 0; status == 0 && i < session.snapshot->process_count; i++) {
		const struct reader_process *process = &session.snapshot->processes[i];
		int error;

		if (!reap_is_due(session.snapshot, process, arguments->older_ns))
			continue;
		error = reader_remove(process);
		if (error == 0) {
			printf("removed %u (%s, %s)\n", process->pid, reader_process_name(process),
			       reader_state_name(process->state));
			removed++;
		} else if (error != -ENOENT) {
			fprintf(stderr, "poolmon: %s: %s\n", process->path, strerror(-error));
			status = 1;
			break;
		}
	}
	if (status == 0 && removed == 0)
		puts("nothing to remove");
	session_fini(&session);
	return status;
}
