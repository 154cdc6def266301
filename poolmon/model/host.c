/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/host.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host_field {
	const char *name;
	uint64_t *value;
};

/* Reads "name value" lines (a ':' after the name is skipped) of a /proc file. */
static void host_read(const char *path, const struct host_field *fields, size_t count)
{
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		size_t length = strcspn(line, ": ");

		for (size_t i = 0; i < count; i++) {
			if (strlen(fields[i].name) == length &&
			    memcmp(fields[i].name, line, length) == 0)
				*fields[i].value = strtoull(line + length + 1, NULL, 10);
		}
	}
	fclose(file);
}

/* Anonymous resident bytes of a process; UINT64_MAX when nobody can tell. */
static uint64_t host_anonymous(const struct reader_process *process)
{
	char path[32];
	char text[128];
	unsigned long long resident;
	unsigned long long shared;
	ssize_t length;
	int fd;

	if (process->state != READER_LIVE)
		return UINT64_MAX;
	snprintf(path, sizeof(path), "/proc/%u/statm", process->host_pid);
	/* Without a stream, which costs as much again, and there is one file for each process. */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return UINT64_MAX;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2 || resident < shared)
		return UINT64_MAX;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t host_paged_resident(const struct model *model)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);
	uint64_t sum = 0;

	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];
		uint64_t paged = process->bytes[POOLTAG_POOL_PAGED];
		uint64_t limit;

		if (!model_selects(model, process))
			continue;
		limit = host_anonymous(process);
		sum += paged < limit ? paged : limit;
	}
	return sum;
}

void host_sample(struct host *host, const struct model *model, struct host_figures *ret_figures)
{
	uint64_t slab = 0;
	uint64_t stacks = 0;
	uint64_t tables = 0;
	uint64_t faults = 0;
	const struct host_field memory[] = {
		{"MemTotal", &ret_figures->memory},
		{"MemAvailable", &ret_figures->available},
		{"Committed_AS", &ret_figures->commit},
		{"CommitLimit", &ret_figures->limit},
		{"SUnreclaim", &slab},
		{"KernelStack", &stacks},
		{"PageTables", &tables},
	};
	const struct host_field events[] = {{"pgfault", &faults}};

	memset(ret_figures, 0, sizeof(*ret_figures));
	host_read("/proc/meminfo", memory, sizeof(memory) / sizeof(memory[0]));
	host_read("/proc/vmstat", events, sizeof(events) / sizeof(events[0]));
	ret_figures->kernel = slab + stacks + tables;
	if (host->page_faults && faults >= host->page_faults)
		ret_figures->page_faults = faults - host->page_faults;
	host->page_faults = faults;
	if (ret_figures->commit > host->peak)
		host->peak = ret_figures->commit;
	ret_figures->peak = host->peak;
	ret_figures->nonpaged = model_pool_bytes(model, POOLTAG_POOL_NONPAGED) / 1024;
	ret_figures->paged = model_pool_bytes(model, POOLTAG_POOL_PAGED) / 1024;
	ret_figures->paged_resident = host_paged_resident(model) / 1024;
}

void host_line(const struct host_figures *figures, int line,
	       char ret_fields[HOST_FIELDS][HOST_FIELD_SIZE])
{
	static const struct {
		const char *label;
		int width;
		const char *unit;
	} shapes[HOST_LINES][HOST_FIELDS] = {
		{{" Memory:", 8, "K"},
		 {" Avail:", 8, "K"},
		 {"  PageFlts:", 6, ""},
		 {"   InRam Krnl:", 5, "K"},
		 {" P:", 5, "K"}},
		{{" Commit:", 7, "K"},
		 {" Limit:", 7, "K"},
		 {" Peak:", 7, "K"},
		 {"            Pool N:", 5, "K"},
		 {" P:", 5, "K"}},
	};

	const uint64_t values[HOST_LINES][HOST_FIELDS] = {
		{figures->memory, figures->available, figures->page_faults, figures->kernel,
		 figures->paged_resident},
		{figures->commit, figures->limit, figures->peak, figures->nonpaged, figures->paged},
	};

	for (int i = 0; i < HOST_FIELDS; i++)
		snprintf(ret_fields[i], HOST_FIELD_SIZE, "%s%*" PRIu64 "%s", shapes[line][i].label,
			 shapes[line][i].width, values[line][i], shapes[line][i].unit);
}
