/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list.c - which processes there are, and which files are not read
 */
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "common/text.h"

#include <inttypes.h>

static void list_process(const struct reader_process *process)
{
	char age[32] = "-";
	char pid[16];

	if (process->age_ns)
		text_from_duration(process->age_ns, age, sizeof(age));
	snprintf(pid, sizeof(pid), process->generation ? "%u.%u" : "%u", process->pid,
		 process->generation);
	printf("%9s %-8s %6s %7zu %14" PRIu64 " %14" PRIu64 "  %s%s%s\n", pid,
	       reader_state_name(process->state), age, process->tables->site_count,
	       process->bytes[POOLTAG_POOL_PAGED], process->bytes[POOLTAG_POOL_NONPAGED],
	       process->exe, process->dropped ? "  [figures missing: a table is full]" : "",
	       process->clamped ? "  [figures damaged]" : "");
}

static void list_print(const struct reader_snapshot *snapshot)
{
	if (snapshot->process_count)
		printf("%9s %-8s %6s %7s %14s %14s  %s\n", "Pid", "State", "Age", "Sites",
		       "Paged Bytes", "Nonp Bytes", "Program");
	else
		puts("No process runs under pooltag; `poolmon run -- COMMAND` starts one.");
	for (size_t i = 0; i < snapshot->process_count; i++)
		list_process(&snapshot->processes[i]);
	for (size_t i = 0; i < snapshot->refusal_count; i++)
		printf("not read: %s %s\n", snapshot->refusals[i].path, snapshot->refusals[i].text);
}

int cmd_list(const struct arguments *arguments)
{
	struct session session;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, true);
	status = session_tell(&session, session_refresh(&session));
	if (status == 0 && arguments->json)
		status = session_print(&session, true, true, stdout);
	else if (status == 0)
		list_print(session.snapshot);
	session_fini(&session);
	return status;
}
