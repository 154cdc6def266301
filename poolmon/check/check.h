/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h - a leak check as data: what was looked at, what was found, what it means
 *
 * The way: collect.c takes processes and findings out of a snapshot; verdict.c says of each finding
 * whether it counts, by suppressions, baseline and limits, and what the check comes to; the writers
 * (report_*.c) write the same struct and decide nothing.
 *
 * Callers: check/, cmd/check.c. Allocates; no locks.
 */
#ifndef POOLMON_CHECK_CHECK_H
#define POOLMON_CHECK_CHECK_H

#include "check/baseline.h"
#include "check/sum.h"
#include "check/suppressions.h"
#include "reader/reader.h"
#include "symbols/symbols.h"

enum check_class {

#define CHECK_CLASS(id, name, fails, shown, help) CHECK_##id,
#include "check/classes.def"
	CHECK_CLASSES
};

struct check_class_text {
	const char *name;
	bool fails; /* by default */
	bool shown; /* by default */
	const char *help;
};

extern const struct check_class_text check_classes[CHECK_CLASSES];

/* What an outcome means for the whole. */
enum check_outcome_kind { CHECK_CHECKED, CHECK_UNCHECKED, CHECK_FAILED, CHECK_KINDS };

enum check_outcome {

#define CHECK_OUTCOME(id, name, kind, text) CHECK_OUTCOME_##id,
#include "check/outcomes.def"
	CHECK_OUTCOMES
};

struct check_outcome_text {
	const char *name;
	enum check_outcome_kind kind;
	const char *text;
};

extern const struct check_outcome_text check_outcomes[CHECK_OUTCOMES];

/* A process, or a program that a process was before it called exec. */
struct check_process {
	uint32_t pid;
	uint32_t generation;
	char *exe;
	enum check_outcome outcome;
	char *reason;          /* more than the outcome says, NULL: nothing */
	struct check_sum live; /* in use at its end, without what it had from its parent */
	uint64_t allocs;
	uint64_t scanned_bytes;
	uint64_t scan_ns;
};

/* A call on the way to the allocation. Texts are valid UTF-8 without control characters. */
struct check_frame {
	char *module;    /* path; "" when in no file */
	char *function;  /* "": not known */
	char *file;      /* NULL: not known */
	int line;        /* 0: not known */
	uint64_t offset; /* of the return address in the module's file */
};

/* What is to be said of a finding. */
enum check_status {
	CHECK_COUNTS,     /* it makes the check fail, as far as the limits allow */
	CHECK_INFORMS,    /* none of its blocks is of a class that fails */
	CHECK_SMALL,      /* under --min-bytes */
	CHECK_SUPPRESSED, /* by `suppression` */
	CHECK_OWNED,      /* nothing points to it but what is suppressed, or what hangs on that */
	CHECK_KNOWN,      /* within the baseline */
	CHECK_STATUSES
};

/* A place that allocated blocks which are still there: a tag, a pool and a stack. */
struct check_finding {
	const struct reader_process *process; /* of one that it is in, of check's snapshot */
	size_t site;                          /* of that process */
	char *key;                            /* same for the same place in all processes */
	pooltag_tag tag;
	uint8_t pool;
	/* Base name of the innermost frame's; with `function` what a baseline knows. */
	char *module;
	char *function; /* "": not known */
	bool named;     /* by frames_name(); before, the frames are return addresses in modules */
	size_t frame_count;
	struct check_frame *frames; /* innermost first, inlined ones included */
	struct check_sum sums[CHECK_CLASSES];
	struct check_sum failing; /* of the classes that fail */
	struct check_sum before;  /* that the baseline allows */
	size_t process_count;     /* in which it is */
	uint32_t pid;             /* of one of them */
	char *exe;
	enum check_status status;
	struct suppression *suppression; /* that matches, NULL: none */
};

/* A limit of the bytes that tags have in use in a process. */
struct check_budget {
	char *pattern; /* of tags */
	bool peak;     /* of the most that were in use at once, not of those at the end */
	uint64_t limit;
	bool over;
	uint64_t used;     /* most in one process; of a peak so many certainly were */
	uint32_t used_pid; /* by which */
	uint64_t most;     /* of a peak: in no process were more */
	uint32_t most_pid;
};

struct check_options {
	unsigned fails;       /* bits of enum check_class; 0: the default */
	unsigned shows;       /* besides those that fail; 0: the default */
	uint64_t min_bytes;   /* of a finding, fewer do not count */
	struct check_sum max; /* of all findings together, so much is allowed */
	size_t budget_count;
	struct check_budget *budgets;
	bool no_builtin;
};

/* Exit status when the check, or part of it, could not be performed. */
#define CHECK_STATUS_IMPOSSIBLE 26

/* What the check comes to. */
enum check_verdict {
	CHECK_CLEAN,
	CHECK_LEAKS,
	CHECK_OVER_BUDGET,
	CHECK_CORRUPT,
	CHECK_IMPOSSIBLE, /* something could not be checked, and nothing worse was found */
};

/* A lost block of a process. */
struct check_lost {
	size_t finding; /* SIZE_MAX: of none */
	enum check_class class;
	uint64_t bytes;
	bool owned; /* it is suppressed, or hangs on one that is */
};

/* A pointer in a lost block to another one: their numbers. */
struct check_pointer {
	size_t from;
	size_t to;
};

struct check {
	const struct check_options *options;
	const char *command; /* for people */
	struct suppressions suppressions;
	struct baseline baseline;
	bool baseline_given;
	struct reader_snapshot *snapshot; /* that the findings are of, NULL: none yet */
	struct symbols *symbols;          /* for their names */
	size_t process_count;
	size_t processes_allocated;
	struct check_process *processes;
	size_t kinds[CHECK_KINDS]; /* how many processes */
	size_t finding_count;
	size_t findings_allocated;
	struct check_finding *findings; /* most bytes first */
	size_t lost_count;
	struct check_lost *lost; /* of all processes */
	size_t pointer_count;
	struct check_pointer *pointers; /* in order of `from` */
	size_t opaque;                  /* processes with lost blocks that are not in `lost` */
	struct check_sum totals[CHECK_CLASSES]; /* of all, whatever their status */
	struct check_sum counted;               /* of those whose status is COUNTS */
	size_t places;                          /* how many of those there are */
	uint64_t corruptions;  /* processes in which the library reported misuse of memory */
	size_t stale_baseline; /* lines of the baseline for which nothing was found any more */
	size_t note_count;
	char **notes; /* lines that have to be said */
	enum check_verdict verdict;
};

void check_init(struct check *check, const struct check_options *options);
void check_fini(struct check *check);

/*
 * Moves what was collected from one check to another, empty one; the sources of the verdict stay.
 */
void check_move(struct check *from, struct check *to);

/* Adds a line to be said; frees `text`. */
void check_note(struct check *check, char *text);

/*
 * Takes over what the processes of a snapshot with READER_WANT_LEAKS and READER_WANT_STACKS tell.
 * May be called once. What has no name yet is looked up in `symbols` when it is needed.
 */
void check_collect(struct check *check, const struct reader_snapshot *snapshot,
		   struct symbols *symbols);

/* Adds a process that nothing is known of. */
void check_add_absent(struct check *check, uint32_t pid, const char *exe,
		      enum check_outcome outcome, char *reason);

/* Says of a process in which nothing was counted that it could not be; takes `reason` over. */
void check_mark_absent(struct check *check, struct check_process *process, char *reason);

/* Judges what was collected; fills in the rest. */
void check_judge(struct check *check);

/* 0, or the exit status of `poolmon check` for the verdict. */
int check_exit_status(const struct check *check);

/* The words for a verdict in JSON, "clean", "leaks", ... */
const char *check_verdict_name(enum check_verdict verdict);
const char *check_status_name(enum check_status status);

/* The classes that fail and those that are shown, as bits. */
unsigned check_failing_classes(const struct check_options *options);
unsigned check_shown_classes(const struct check_options *options);

#endif
