/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refresh.c - what one refresh of poolmon's live view costs
 *
 * Makes a directory of PROCESSES segments with SITES call sites each, of which each has a cell
 * in one of two shards, and prints the CPU and wall time of a refresh: reading, the model, and
 * drawing on 132 columns. refresh [PROCESSES [SITES [ROUNDS]]]
 */
#include "fixture/fixture.h"
#include "model/model.h"
#include "view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double refresh_seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One more block in the first `cells` cells of each segment, as programs that run make them. */
static void refresh_touch_all(const char *dir, int processes, int cells)
{
	char path[128];

	for (int p = 0; p < processes; p++) {
		snprintf(path, sizeof(path), "%s/%u.%u", dir, FIXTURE_MANY_PID + (unsigned)p,
			 FIXTURE_MANY_START + (unsigned)p);
		for (int cell = 0; cell < cells; cell++)
			fixture_move(path, (size_t)cell, 1, 0, 10, 32);
	}
}

static void refresh_round(struct reader *reader, struct view *view, struct frame *frame)
{
	struct reader_snapshot *snapshot;

	if (reader_refresh(reader, &snapshot))
		exit(1);
	model_update(view->model, snapshot);
	reader_snapshot_drop(snapshot);
	view_render(view, frame);
}

static void refresh_measure(const char *what, const char *dir, int processes, int rounds, int cells)
{
	struct model_options options = {.sort = MODEL_COLUMN_BYTES};
	struct reader *reader = reader_create(dir);
	struct view view = {.model = model_create(&options), .highlight = true, .library = ""};
	struct frame frame;
	struct rusage usage;
	double cpu = 0;
	double wall = 0;

	frame_init(&frame, 50, 132);
	for (int i = 0; i < rounds + 2; i++) {
		double cpu_before;
		double wall_before;

		refresh_touch_all(dir, processes, cells);
		cpu_before = refresh_seconds(CLOCK_PROCESS_CPUTIME_ID);
		wall_before = refresh_seconds(CLOCK_MONOTONIC);
		refresh_round(reader, &view, &frame);
		if (i < 2)
			continue; /* the first learn what is there */
		cpu += refresh_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
		wall += refresh_seconds(CLOCK_MONOTONIC) - wall_before;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%s: %.1f ms CPU (%.2f %% of a core at one a second), %.1f ms wall, %ld MB\n", what,
	       cpu * 1e3 / rounds, cpu * 100 / rounds, wall * 1e3 / rounds, usage.ru_maxrss / 1024);
	frame_fini(&frame);
	model_destroy(view.model);
	reader_destroy(reader);
}

int main(int argc, char **argv)
{
	int processes = argc > 1 ? atoi(argv[1]) : 200;
	int sites = argc > 2 ? atoi(argv[2]) : 2000;
	int rounds = argc > 3 ? atoi(argv[3]) : 20;
	char dir[] = "/dev/shm/poolmon-refresh-XXXXXX";
	char command[64];

	if (processes < 1 || sites < 1 || !mkdtemp(dir))
		return 1;
	fixture_many(dir, processes, sites, 1);
	printf("%d processes of %d sites each\n", processes, sites);
	refresh_measure("all at rest", dir, processes, rounds, 0);
	refresh_measure("all active", dir, processes, rounds, 1);
	refresh_measure("all active at every site", dir, processes, rounds, sites);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) == 0 ? 0 : 1;
}
