/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks.c - the largest blocks of a process, which it is asked for
 */
#include "model/blocks.h"

#include "cmd/cmd.h"
#include "cmd/session.h"
#include "export/json_build.h"

#include <inttypes.h>
#include <string.h>

#define BLOCKS_STATUS_IMPOSSIBLE 26 /* as that of poolmon check */

static json_t *blocks_json_entry(const struct blocks_entry *entry)
{
	json_t *object = json_or_exit(json_object());
	char address[24];

	snprintf(address, sizeof(address), "0x%" PRIx64, entry->address);
	json_put_text(object, "address", address);
	json_put_number(object, "requested", entry->requested);
	json_put_number(object, "bytes", entry->charge);
	if (entry->known) {
		json_put_tag(object, "tag", entry->tag);
		json_put_text(object, "type", model_pool_name(entry->pool));
		json_put_text(object, "place", entry->place);
	}
	return object;
}

static int blocks_print_json(const struct blocks *blocks, size_t count)
{
	json_t *root = json_or_exit(json_object());
	json_t *list = json_or_exit(json_array());
	int failed;

	for (size_t i = 0; i < count; i++)
		json_append(list, blocks_json_entry(&blocks->entries[i]));
	json_put_text(root, "schema", "poolmon/1");
	json_put_number(root, "pid", blocks->pid);
	json_put_text(root, "process", blocks->process);
	json_put_text(root, "what", blocks->what);
	json_put_number(root, "min", blocks->least);
	json_put_number(root, "count", blocks->count);
	json_put_number(root, "requested", blocks->requested);
	json_put_number(root, "bytes", blocks->charge);
	json_put_number(root, "duration_ns", blocks->duration_ns);
	json_put(root, "blocks", list);
	failed = json_dumpf(root, stdout, JSON_INDENT(2)) != 0;
	putchar('\n');
	json_decref(root);
	return failed;
}

static void blocks_print(const struct blocks *blocks, size_t count)
{
	char line[BLOCKS_LINE_SIZE];

	blocks_title(blocks, line, sizeof(line));
	puts(line);
	if (count)
		puts(blocks_heading);
	for (size_t i = 0; i < count; i++) {
		blocks_line(&blocks->entries[i], line, sizeof(line));
		puts(line);
	}
}

/* The process that runs under the number asked for; NULL after a line. */
static const struct reader_process *blocks_process(const struct session *session)
{
	uint32_t pid = session->arguments->model.pids[0];

	for (size_t i = 0; i < session->snapshot->process_count; i++) {
		const struct reader_process *process = &session->snapshot->processes[i];

		if (process->pid == pid && reader_state_runs(process->state))
			return process;
	}
	fprintf(stderr, "poolmon: blocks: process %u has ended: only one that runs can be asked\n",
		pid);
	return NULL;
}

static int blocks_show(struct session *session)
{
	const struct blocks_settings *settings = &session->arguments->blocks;
	const struct reader_process *process = blocks_process(session);
	struct blocks blocks;
	size_t count;
	int status = 0;
	int error;

	if (!process)
		return BLOCKS_STATUS_IMPOSSIBLE;
	error = blocks_ask(&blocks, process, &settings->question, settings->wait_ns);
	if (error) {
		fprintf(stderr, "poolmon: blocks: process %u: %s\n", process->pid,
			blocks_reason(error));
		return BLOCKS_STATUS_IMPOSSIBLE;
	}
	count = blocks.listed < settings->count ? blocks.listed : settings->count;
	if (session->arguments->json)
		status = blocks_print_json(&blocks, count);
	else
		blocks_print(&blocks, count);
	blocks_fini(&blocks);
	return status;
}

int cmd_blocks(const struct arguments *arguments)
{
	struct session session;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, true);
	status = session_take(&session);
	if (status == 0)
		status = blocks_show(&session);
	session_fini(&session);
	return status;
}
