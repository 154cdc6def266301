/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/ledger.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	size_t offset;
} ledger_fields[] = {
	{"Rss", offsetof(struct ledger, rss)},
	{"Pss", offsetof(struct ledger, pss)},
	{"Pss_Anon", offsetof(struct ledger, anonymous)},
	{"Pss_File", offsetof(struct ledger, file)},
	{"Pss_Shmem", offsetof(struct ledger, shared)},
	{"SwapPss", offsetof(struct ledger, swap)},
};

/* Takes a line "Pss:   123 kB". */
static void ledger_take_line(struct ledger *ledger, const char *line)
{
	size_t length = strcspn(line, ":");

	for (size_t i = 0; i < sizeof(ledger_fields) / sizeof(ledger_fields[0]); i++) {
		uint64_t bytes;

		if (strlen(ledger_fields[i].name) != length || !line[length] ||
		    strncmp(ledger_fields[i].name, line, length) != 0)
			continue;
		bytes = 1024 * strtoull(line + length + 1, NULL, 10);
		memcpy((char *)ledger + ledger_fields[i].offset, &bytes, sizeof(bytes));
	}
}

void ledger_take(struct ledger *ret_ledger, const struct reader_process *process)
{
	char path[48];
	char line[256];
	FILE *file;

	memset(ret_ledger, 0, sizeof(*ret_ledger));
	snprintf(path, sizeof(path), "/proc/%u/smaps_rollup", process->host_pid);
	file = process->host_pid ? fopen(path, "re") : NULL;
	/* Everybody may open it, not everybody may read it. */
	while (file && fgets(line, sizeof(line), file))
		ledger_take_line(ret_ledger, line);
	if (file)
		fclose(file);
	if (ret_ledger->rss == 0) {
		ret_ledger->unreadable = 1;
		return;
	}
	ret_ledger->processes = 1;
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
		ret_ledger->pools += process->bytes[pool];
}

void ledger_add(struct ledger *ledger, const struct ledger *more)
{
	ledger->pools += more->pools;
	ledger->rss += more->rss;
	ledger->pss += more->pss;
	ledger->anonymous += more->anonymous;
	ledger->file += more->file;
	ledger->shared += more->shared;
	ledger->swap += more->swap;
	ledger->processes += more->processes;
	ledger->unreadable += more->unreadable;
}
