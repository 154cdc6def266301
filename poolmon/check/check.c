/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/check.h"

#include "check/frames.h"
#include "common/memory.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

const struct check_class_text check_classes[CHECK_CLASSES] = {
#define CHECK_CLASS(id, name, fails, shown, help) [CHECK_##id] = {name, fails, shown, help},
#include "check/classes.def"
};

const struct check_outcome_text check_outcomes[CHECK_OUTCOMES] = {
#define CHECK_OUTCOME(id, name, kind, text) [CHECK_OUTCOME_##id] = {name, CHECK_##kind, text},
#include "check/outcomes.def"
};

_Static_assert((int)CHECK_DEFINITE == (int)POOLTAG_LEAK_DEFINITE, "classes.def");
_Static_assert((int)CHECK_IGNORED == (int)POOLTAG_LEAK_IGNORED, "classes.def");
_Static_assert((int)CHECK_UNSCANNED == (int)POOLTAG_LEAK_CLASSES, "classes.def");

void check_init(struct check *check, const struct check_options *options)
{
	memset(check, 0, sizeof(*check));
	check->options = options;
}

static void check_finding_fini(struct check_finding *finding)
{
	frames_fini(finding);
	free(finding->key);
	free(finding->module);
	free(finding->function);
	free(finding->exe);
}

void check_fini(struct check *check)
{
	for (size_t i = 0; i < check->process_count; i++) {
		free(check->processes[i].exe);
		free(check->processes[i].reason);
	}
	for (size_t i = 0; i < check->finding_count; i++)
		check_finding_fini(&check->findings[i]);
	for (size_t i = 0; i < check->note_count; i++)
		free(check->notes[i]);
	reader_snapshot_drop(check->snapshot);
	free(check->processes);
	free(check->findings);
	free(check->lost);
	free(check->pointers);
	free(check->notes);
	suppressions_fini(&check->suppressions);
	baseline_fini(&check->baseline);
}

void check_move(struct check *from, struct check *to)
{
	struct check empty;

	check_init(&empty, from->options);
	empty.command = from->command;
	empty.suppressions = from->suppressions;
	empty.baseline = from->baseline;
	empty.baseline_given = from->baseline_given;
	*to = *from;
	memset(&to->suppressions, 0, sizeof(to->suppressions));
	memset(&to->baseline, 0, sizeof(to->baseline));
	*from = empty;
}

void check_note(struct check *check, char *text)
{
	char *note = memory_zeroed(4 * strlen(text) + 1, 1);

	text_escape(text, strlen(text), note);
	free(text);
	for (size_t i = 0; i < check->note_count; i++) {
		if (strcmp(check->notes[i], note) == 0) {
			free(note);
			return;
		}
	}
	check->notes = memory_resized(check->notes, check->note_count + 1, sizeof(char *));
	check->notes[check->note_count++] = note;
}

static unsigned check_default_classes(bool fails)
{
	unsigned bits = 0;

	for (int class = 0; class < CHECK_CLASSES; class ++) {
		if (fails ? check_classes[class].fails : check_classes[class].shown)
			bits |= 1u << class;
	}
	return bits;
}

unsigned check_failing_classes(const struct check_options *options)
{
	return options->fails ? options->fails : check_default_classes(true);
}

unsigned check_shown_classes(const struct check_options *options)
{
	return (options->shows ? options->shows : check_default_classes(false)) |
	       check_failing_classes(options);
}

const char *check_verdict_name(enum check_verdict verdict)
{
	static const char *const names[] = {
		[CHECK_CLEAN] = "clean",
		[CHECK_LEAKS] = "leaks",
		[CHECK_OVER_BUDGET] = "over budget",
		[CHECK_CORRUPT] = "corruption",
		[CHECK_IMPOSSIBLE] = "could not check",
	};

	return names[verdict];
}

const char *check_status_name(enum check_status status)
{
	static const char *const names[CHECK_STATUSES] = {
		[CHECK_COUNTS] = "counts",
		[CHECK_INFORMS] = "informs",
		[CHECK_SMALL] = "small",
		[CHECK_SUPPRESSED] = "suppressed",
		[CHECK_OWNED] = "suppressed-owner",
		[CHECK_KNOWN] = "known",
	};

	return names[status];
}

int check_exit_status(const struct check *check)
{
	static const int statuses[] = {
		[CHECK_CLEAN] = 0,
		[CHECK_LEAKS] = 23,
		[CHECK_OVER_BUDGET] = 24,
		[CHECK_CORRUPT] = 25,
		[CHECK_IMPOSSIBLE] = CHECK_STATUS_IMPOSSIBLE,
	};

	return statuses[check->verdict];
}
