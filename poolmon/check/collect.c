/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * collect.c - from a snapshot to the processes and findings of a check
 *
 * The same place in several processes is one finding. What a fork child had from its parent is the
 * parent's to lose: of each site as many blocks as it inherited are left out of the child's result,
 * those that are not lost first.
 */
#include "check/check.h"
#include "check/frames.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "model/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLLECT_KEY_HEAD sizeof("00112233 255")

/* What one process has at one site. */
struct collect_item {
	char *key;
	const struct reader_process *process;
	size_t site;
	struct check_sum sums[CHECK_CLASSES];
	size_t finding; /* it became part of */
};

struct collect {
	struct check *check;
	unsigned classes; /* that findings are made of */
	size_t count;
	size_t allocated;
	struct collect_item *items;
};

static enum check_outcome collect_unscanned(const struct reader_process *process)
{
	switch (process->state) {
	case READER_EXITED:
		return CHECK_OUTCOME_ENDED;
	case READER_EXECED:
		return CHECK_OUTCOME_EXECED;
	case READER_CRASHED:
		return CHECK_OUTCOME_SIGNAL;
	case READER_LIVE:
	case READER_UNKNOWN:
	case READER_STATE_MAX:
		break;
	}
	return CHECK_OUTCOME_RUNNING;
}

/* When a complete scan was made, if not at the end. */
static char *collect_moment(const struct reader_process *process)
{
	switch ((enum pooltag_scan_trigger)process->leaks.scan.trigger) {
	case POOLTAG_SCAN_BY_PROGRAM:
		return memory_text("when the program asked for it, not at its end");
	case POOLTAG_SCAN_BY_REQUEST:
		return memory_text("while it ran");
	case POOLTAG_SCAN_AT_EXIT:
		break;
	}
	return NULL;
}

static void collect_outcome(struct check_process *to, const struct reader_process *process)
{
	const struct pooltag_scan *scan = &process->leaks.scan;
	char escaped[4 * sizeof(scan->reason) + 1];

	switch ((enum pooltag_scan_state)scan->state) {
	case POOLTAG_SCAN_COMPLETE:
		to->outcome = CHECK_OUTCOME_SCANNED;
		to->reason = collect_moment(process);
		return;
	case POOLTAG_SCAN_FAILED:
		to->outcome = CHECK_OUTCOME_BROKEN;
		text_escape(scan->reason, strlen(scan->reason), escaped);
		to->reason = memory_text(escaped);
		return;
	case POOLTAG_SCAN_OFF:
		to->outcome = CHECK_OUTCOME_OFF;
		return;
	case POOLTAG_SCAN_RUNNING:
		to->outcome = reader_state_runs(process->state) ? CHECK_OUTCOME_RUNNING
								: CHECK_OUTCOME_BROKEN;
		to->reason = memory_text(reader_state_runs(process->state)
						 ? "and is being scanned"
						 : "the process ended in the middle of it");
		return;
	case POOLTAG_SCAN_NONE:
		break;
	}
	to->outcome = collect_unscanned(process);
}

/* What a site has in use; `inherited`: of it, what came from the parent. */
static struct check_sum collect_live(const struct reader_process *process, size_t site,
				     struct check_sum *ret_inherited)
{
	const struct pooltag_cell *cell = &process->sums[site];
	struct check_sum live = {.blocks = cell->allocs - cell->frees,
				 .bytes = check_difference(cell->alloc_bytes, cell->free_bytes)};

	*ret_inherited = (struct check_sum){0};
	if (process->inherited) {
		cell = &process->inherited[site];
		ret_inherited->blocks = cell->allocs - cell->frees;
		ret_inherited->bytes = check_difference(cell->alloc_bytes, cell->free_bytes);
	}
	return live;
}

/* Takes `inherited` blocks away from the classes of a leak. */
static void collect_disinherit(struct collect_item *item, uint64_t inherited)
{
	static const enum check_class order[] = {CHECK_REACHABLE, CHECK_IGNORED, CHECK_POSSIBLE,
						 CHECK_INDIRECT, CHECK_DEFINITE};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && inherited; i++) {
		struct check_sum *sum = &item->sums[order[i]];
		uint64_t taken = inherited < sum->blocks ? inherited : sum->blocks;

		if (taken)
			sum->bytes -= taken == sum->blocks ? sum->bytes
							   : sum->bytes / sum->blocks * taken;
		sum->blocks -= taken;
		inherited -= taken;
	}
}

/* The place without what differs from process to process. */
static char *collect_key(const struct reader_process *process, size_t site)
{
	const struct reader_site *at = &process->tables->sites[site];
	struct reader_frame alone = {.address = at->address, .module = at->module};
	const struct reader_frame *frames =
		reader_frames(process, at->first_frame, at->frame_count);
	size_t count = frames ? at->frame_count : 1;
	char *key = memory_resized(NULL, COLLECT_KEY_HEAD + count * (1 + PLACE_SIZE), 1);
	char *end = key + sprintf(key, "%08" PRIx32 " %u", at->tag, at->pool);

	for (size_t i = 0; i < count; i++) {
		*end++ = ' ';
		place_frame(process, frames ? &frames[i] : &alone, end);
		end += strlen(end);
	}
	return memory_resized(key, (size_t)(end - key) + 1, 1);
}

/* Adds what the item holds to the totals, and keeps it if it is to be told. */
static void collect_add(struct collect *collect, const struct collect_item *item)
{
	uint64_t blocks = 0;

	for (int class = 0; class < CHECK_CLASSES; class ++) {
		check_sum_add(&collect->check->totals[class], &item->sums[class]);
		if (collect->classes & 1u << class)
			blocks += item->sums[class].blocks;
	}
	if (blocks == 0)
		return;
	memory_reserve(&collect->items, &collect->allocated, collect->count,
		       sizeof(*collect->items));
	collect->items[collect->count] = *item;
	collect->items[collect->count++].key = collect_key(item->process, item->site);
}

static void collect_leaks(struct collect *collect, const struct reader_process *process)
{
	for (size_t i = 0; i < process->leaks.count; i++) {
		const struct pooltag_leak *leak = &process->leaks.leaks[i];
		struct collect_item item = {.process = process, .site = leak->site};
		struct check_sum inherited;

		for (int class = 0; class < POOLTAG_LEAK_CLASSES; class ++) {
			item.sums[class].blocks = leak->blocks[class];
			item.sums[class].bytes = leak->bytes[class];
		}
		collect_live(process, leak->site, &inherited);
		collect_disinherit(&item, inherited.blocks);
		collect_add(collect, &item);
	}
}

/* Everything in use of a process that was not scanned. */
static void collect_rest(struct collect *collect, const struct reader_process *process)
{
	for (size_t site = 0; site < process->tables->site_count; site++) {
		struct collect_item item = {.process = process, .site = site};
		struct check_sum inherited;
		struct check_sum live = collect_live(process, site, &inherited);

		item.sums[CHECK_UNSCANNED].blocks = check_difference(live.blocks, inherited.blocks);
		item.sums[CHECK_UNSCANNED].bytes = check_difference(live.bytes, inherited.bytes);
		collect_add(collect, &item);
	}
}

/* The charge of blocks of some tags, in one process. */
struct collect_charge {
	uint64_t now;  /* in use */
	uint64_t peak; /* the largest peak of a site that is known */
	uint64_t most; /* peaks of all sites together can have been so high */
};

static void collect_charge(const struct reader_process *process, size_t site,
			   struct collect_charge *charge)
{
	const struct pooltag_cell *cell = &process->sums[site];
	uint64_t most = cell->alloc_charge;

	charge->now += check_difference(cell->alloc_charge, cell->free_charge);
	if (process->peaks) {
		const struct pooltag_peak *peak = &process->peaks[site];

		if (peak->most < most)
			most = peak->most;
		if (peak->found <= most && peak->found > charge->peak)
			charge->peak = peak->found;
	}
	charge->most = number_sum(charge->most, most);
}

/* What of the process counts against a budget. */
static void collect_budget(struct check_budget *budget, const struct reader_process *process)
{
	struct collect_charge charge = {0};

	for (size_t site = 0; site < process->tables->site_count; site++) {
		pooltag_tag tag = process->tables->sites[site].tag;

		if (text_matches(budget->pattern, (const char *)&tag, sizeof(tag)))
			collect_charge(process, site, &charge);
	}
	if (budget->peak && charge.peak > charge.now)
		charge.now = charge.peak;
	if (charge.now >= budget->used) {
		budget->used = charge.now;
		budget->used_pid = process->pid;
	}
	if (charge.most >= budget->most) {
		budget->most = charge.most;
		budget->most_pid = process->pid;
	}
}

static struct check_process *collect_append(struct check *check)
{
	struct check_process *process;

	memory_reserve(&check->processes, &check->processes_allocated, check->process_count,
		       sizeof(*check->processes));
	process = &check->processes[check->process_count++];
	memset(process, 0, sizeof(*process));
	return process;
}

void check_add_absent(struct check *check, uint32_t pid, const char *exe,
		      enum check_outcome outcome, char *reason)
{
	struct check_process *process = collect_append(check);

	process->pid = pid;
	process->exe = memory_text(exe);
	process->outcome = outcome;
	process->reason = reason;
	check->kinds[check_outcomes[outcome].kind]++;
}

void check_mark_absent(struct check *check, struct check_process *process, char *reason)
{
	check->kinds[check_outcomes[process->outcome].kind]--;
	process->outcome = CHECK_OUTCOME_ABSENT;
	check->kinds[check_outcomes[process->outcome].kind]++;
	free(process->reason);
	process->reason = reason;
}

static void collect_program_suppressions(struct check *check, const struct reader_process *process)
{
	uint32_t offset = process->leaks.scan.suppressions;
	char *origin;
	char *error = NULL;

	if (!offset)
		return;
	origin = memory_printed("%s's __lsan_default_suppressions", reader_process_name(process));
	for (size_t i = 0; i < check->suppressions.count; i++) {
		/* Each process of a program says the same. */
		if (strncmp(check->suppressions.items[i]->origin, origin, strlen(origin)) == 0)
			offset = 0;
	}
	if (offset && suppressions_add_text(&check->suppressions, origin,
					    process->tables->strings + offset, &error)) {
		check_note(check,
			   memory_printed("not all suppressions of the program hold: %s", error));
		free(error);
	}
	free(origin);
}

static void collect_process(struct collect *collect, const struct reader_process *process)
{
	struct check *check = collect->check;
	struct check_process *to = collect_append(check);

	to->pid = process->pid;
	to->generation = process->generation;
	to->exe = memory_text(process->exe);
	to->scanned_bytes = process->leaks.scan.root_bytes + process->leaks.scan.heap_bytes;
	to->scan_ns = process->leaks.scan.duration_ns;
	collect_outcome(to, process);
	for (size_t site = 0; site < process->tables->site_count; site++) {
		struct check_sum inherited;
		struct check_sum live = collect_live(process, site, &inherited);

		to->live.blocks += check_difference(live.blocks, inherited.blocks);
		to->live.bytes += check_difference(live.bytes, inherited.bytes);
		to->allocs += process->sums[site].allocs;
	}
	check->kinds[check_outcomes[to->outcome].kind]++;
	if (process->flags & POOLTAG_FLAG_REPORTED) {
		check->corruptions++;
		check_note(check,
			   memory_printed("process %u (%s): misuse of memory was reported on "
					  "its standard error",
					  process->pid, reader_process_name(process)));
	}
	if (process->dropped)
		check_note(check, memory_printed("process %u (%s): %" PRIu64
						 " names or counters are missing, because a table "
						 "is full; raise segment_max=",
						 process->pid, reader_process_name(process),
						 process->dropped));
	if (process->leaks.scan.threads_missed)
		check_note(check, memory_printed("process %u (%s): the registers of %u threads "
						 "could not be had; leaks may be missing",
						 process->pid, reader_process_name(process),
						 process->leaks.scan.threads_missed));
	collect_program_suppressions(check, process);
	for (size_t i = 0; i < check->options->budget_count; i++)
		collect_budget(&check->options->budgets[i], process);
	if (to->outcome == CHECK_OUTCOME_SCANNED)
		collect_leaks(collect, process);
	else
		collect_rest(collect, process);
}

/* What the process started that cannot have been looked at. */
static void collect_unwatched(struct check *check, const struct reader_process *process)
{
	const struct pooltag_scan *scan = &process->leaks.scan;
	char name[4 * sizeof(scan->unwatched_name) + sizeof("...")];
	char more[32] = "";

	if (scan->unwatched == 0)
		return;
	text_escape(scan->unwatched_name,
		    strnlen(scan->unwatched_name, sizeof(scan->unwatched_name)), name);
	if (scan->unwatched_name[sizeof(scan->unwatched_name) - 1])
		strcat(name, "...");
	if (scan->unwatched > 1)
		snprintf(more, sizeof(more), " and %" PRIu32 " more", scan->unwatched - 1);
	check_add_absent(check, process->pid, process->exe, CHECK_OUTCOME_UNWATCHED,
			 memory_printed("%s%s, statically linked or with an environment "
					"without LD_PRELOAD",
					name, more));
}

static int collect_compare(const void *left, const void *right)
{
	const struct collect_item *a = left;
	const struct collect_item *b = right;

	return strcmp(a->key, b->key);
}

/* Makes a finding of the items [first, last), which are of one place. */
static void collect_finding(struct collect *collect, size_t first, size_t last)
{
	struct check *check = collect->check;
	struct collect_item *item = &collect->items[first];
	struct check_finding *finding;
	char text[PLACE_SIZE];

	memory_reserve(&check->findings, &check->findings_allocated, check->finding_count,
		       sizeof(*check->findings));
	finding = &check->findings[check->finding_count++];
	memset(finding, 0, sizeof(*finding));
	finding->process = item->process;
	finding->site = item->site;
	finding->key = memory_text(item->key);
	finding->tag = item->process->tables->sites[item->site].tag;
	finding->pool = item->process->tables->sites[item->site].pool;
	finding->pid = item->process->pid;
	finding->exe = memory_text(item->process->exe);
	place_module(item->process, item->site, text);
	finding->module = memory_text(text);
	place_function(item->process, item->site, text);
	finding->function = memory_text(text);
	frames_make(finding);
	for (size_t i = first; i < last; i++) {
		collect->items[i].finding = check->finding_count - 1;
		for (int class = 0; class < CHECK_CLASSES; class ++)
			check_sum_add(&finding->sums[class], &collect->items[i].sums[class]);
		finding->process_count +=
			i == first || collect->items[i].process != collect->items[i - 1].process;
	}
}

/* The finding of each site of a process; SIZE_MAX: none. */
static size_t *collect_findings(const struct collect *collect, const struct reader_process *process)
{
	size_t count = process->tables->site_count;
	size_t *findings = memory_zeroed(count + 1, sizeof(*findings));

	for (size_t i = 0; i < count; i++)
		findings[i] = SIZE_MAX;
	for (size_t i = 0; i < collect->count; i++) {
		if (collect->items[i].process == process)
			findings[collect->items[i].site] = collect->items[i].finding;
	}
	return findings;
}

/* Takes over how the lost blocks of a process hang together. */
static void collect_lost(struct collect *collect, const struct reader_process *process)
{
	const struct reader_leaks *leaks = &process->leaks;
	struct check *check = collect->check;
	size_t pointers = leaks->lost_count - leaks->lost_blocks;
	size_t *findings = collect_findings(collect, process);

	check->lost = memory_resized(check->lost, check->lost_count + leaks->lost_blocks,
				     sizeof(*check->lost));
	check->pointers = memory_resized(check->pointers, check->pointer_count + pointers,
					 sizeof(*check->pointers));
	for (size_t i = 0; i < pointers; i++) {
		const struct pooltag_lost *pointer = &leaks->lost[leaks->lost_blocks + i];

		check->pointers[check->pointer_count++] =
			(struct check_pointer){.from = check->lost_count + pointer->from,
					       .to = check->lost_count + pointer->bytes};
	}
	for (size_t i = 0; i < leaks->lost_blocks; i++) {
		const struct pooltag_lost *block = &leaks->lost[i];

		check->lost[check->lost_count++] =
			(struct check_lost){.finding = findings[block->site],
					    .class = (enum check_class)block->from,
					    .bytes = block->bytes};
	}
	free(findings);
}

/* Whether blocks of the process were lost, and which is not told. */
static bool collect_is_opaque(const struct reader_process *process)
{
	uint64_t indirect = 0;

	for (size_t i = 0; i < process->leaks.count; i++)
		indirect += process->leaks.leaks[i].blocks[POOLTAG_LEAK_INDIRECT];
	return indirect && process->leaks.lost_blocks == 0;
}

void check_collect(struct check *check, const struct reader_snapshot *snapshot,
		   struct symbols *symbols)
{
	struct collect collect = {.check = check, .classes = check_shown_classes(check->options)};

	check->snapshot = reader_snapshot_hold(snapshot);
	check->symbols = symbols;
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		collect_process(&collect, process);
		collect_unwatched(check, process);
	}
	if (collect.count)
		qsort(collect.items, collect.count, sizeof(*collect.items), collect_compare);
	for (size_t first = 0, last; first < collect.count; first = last) {
		last = first + 1;
		while (last < collect.count &&
		       collect_compare(&collect.items[first], &collect.items[last]) == 0)
			last++;
		collect_finding(&collect, first, last);
	}
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		check->opaque += collect_is_opaque(process);
		if (process->leaks.lost_blocks)
			collect_lost(&collect, process);
	}
	for (size_t i = 0; i < collect.count; i++)
		free(collect.items[i].key);
	free(collect.items);
}
