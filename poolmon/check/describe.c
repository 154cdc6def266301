/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/describe.h"

#include "common/memory.h"
#include "common/text.h"
#include "export/tag_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(DESCRIBE_TAG_SIZE == TAG_TEXT_SIZE, "tag_text.h");

void describe_tag(pooltag_tag tag, char out[DESCRIBE_TAG_SIZE])
{
	tag_text(tag, out);
}

bool describe_has(const struct check_finding *finding, unsigned classes)
{
	uint64_t blocks = 0;

	for (int class = 0; class < CHECK_CLASSES; class ++)
		blocks += classes & 1u << class ? finding->sums[class].blocks : 0;
	return blocks > 0;
}

char *describe_sum(const struct check_sum *sum)
{
	return memory_printed("%" PRIu64 " byte%s in %" PRIu64 " block%s", sum->bytes,
			      describe_plural(sum->bytes), sum->blocks,
			      describe_plural(sum->blocks));
}

char *describe_in_use(const struct check_sum *sum)
{
	char *text = describe_sum(sum);
	char *longer = memory_printed("%s %s in use", text, sum->bytes == 1 ? "was" : "were");

	free(text);
	return longer;
}

char *describe_sums(const struct check_finding *finding, unsigned classes)
{
	char *text = memory_text("");

	for (int class = 0; class < CHECK_CLASSES; class ++) {
		const struct check_sum *sum = &finding->sums[class];
		char *one;
		char *longer;

		if (!(classes & 1u << class) || sum->blocks == 0)
			continue;
		one = describe_sum(sum);
		longer = memory_printed("%s%s%s: %s", text, *text ? ", " : "",
					check_classes[class].name, one);
		free(one);
		free(text);
		text = longer;
	}
	return text;
}

char *describe_place(const struct check_finding *finding)
{
	return memory_printed("%s%s%s", finding->module, *finding->function ? "!" : "",
			      finding->function);
}

char *describe_frame(const struct check_frame *frame)
{
	const char *module = *frame->module ? text_base_name(frame->module) : "no module";
	const char *function = *frame->function ? frame->function : "(unknown function)";

	if (frame->file && frame->line)
		return memory_printed("%s at %s:%d (%s+0x%" PRIx64 ")", function, frame->file,
				      frame->line, module, frame->offset);
	return memory_printed("%s (%s+0x%" PRIx64 ")", function, module, frame->offset);
}

size_t describe_frame_count(const struct check_finding *finding)
{
	for (size_t i = 0; i < finding->frame_count; i++) {
		if (strcmp(finding->frames[i].function, "main") == 0)
			return i + 1;
	}
	return finding->frame_count;
}

char *describe_process(const struct check_process *process)
{
	const struct check_outcome_text *outcome = &check_outcomes[process->outcome];
	bool told = outcome->kind != CHECK_CHECKED && process->live.blocks;
	char *live = told ? describe_in_use(&process->live) : NULL;
	char *text;

	text = memory_printed("process %u (%s): %s%s%s%s%s", process->pid,
			      text_base_name(process->exe), outcome->text,
			      process->reason ? ": " : "", process->reason ? process->reason : "",
			      live ? "; " : "", live ? live : "");
	free(live);
	return text;
}

char *describe_budget(const struct check_budget *budget)
{
	return memory_printed("tags like %s: %s %" PRIu64 " byte%s in use%s in a process "
			      "(%u), %" PRIu64 " allowed",
			      budget->pattern, budget->peak ? "at least" : "at most", budget->used,
			      describe_plural(budget->used), budget->peak ? " at once" : "",
			      budget->used_pid, budget->limit);
}

char *describe_doubt(const struct check_budget *budget)
{
	return memory_printed("whether tags like %s kept to their peak budget of %" PRIu64
			      " byte%s is not known: in no process were more than %" PRIu64
			      " in use at once (%u), and %" PRIu64 " certainly %s",
			      budget->pattern, budget->limit, describe_plural(budget->limit),
			      budget->most, budget->most_pid, budget->used,
			      budget->used == 1 ? "was" : "were");
}

const char *describe_flaw(const struct suppression *suppression)
{
	if (suppression->expired)
		return "expired";
	if (suppression_exceeded(suppression))
		return "exceeded";
	return suppression->places ? NULL : "unused";
}

static char *describe_verdict(const struct check *check)
{
	switch (check->verdict) {
	case CHECK_LEAKS:
		return memory_printed("%" PRIu64 " byte%s leaked in %" PRIu64 " block%s at %zu "
				      "place%s",
				      check->counted.bytes, describe_plural(check->counted.bytes),
				      check->counted.blocks, describe_plural(check->counted.blocks),
				      check->places, describe_plural(check->places));
	case CHECK_OVER_BUDGET:
		return memory_text("over budget");
	case CHECK_CORRUPT:
		return memory_printed("memory was misused in %" PRIu64 " process%s",
				      check->corruptions, check->corruptions == 1 ? "" : "es");
	case CHECK_IMPOSSIBLE:
		return memory_text("the check could not be performed");
	case CHECK_CLEAN:
		break;
	}
	return memory_text("clean");
}

char *describe_summary(const struct check *check)
{
	char *verdict = describe_verdict(check);
	char *text = memory_printed(
		"SUMMARY: poolmon check: %s; %zu process%s checked, %zu ended unchecked, %zu could "
		"not be checked",
		verdict, check->kinds[CHECK_CHECKED], check->kinds[CHECK_CHECKED] == 1 ? "" : "es",
		check->kinds[CHECK_UNCHECKED], check->kinds[CHECK_FAILED]);

	free(verdict);
	return text;
}

/* FNV-1a; the NUL counts, so that words do not run into each other. */
static uint64_t describe_hash(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	} while (*text++);
	return hash;
}

void describe_fingerprint(const struct check_finding *finding, char out[DESCRIBE_FINGERPRINT_SIZE])
{
	char tag[DESCRIBE_TAG_SIZE];
	uint64_t hash;

	describe_tag(finding->tag, tag);
	hash = describe_hash(0xcbf29ce484222325u, tag);
	hash = describe_hash(hash, finding->module);
	hash = describe_hash(hash, finding->function);
	for (size_t i = 0; i < finding->frame_count; i++) {
		hash = describe_hash(hash, text_base_name(finding->frames[i].module));
		hash = describe_hash(hash, finding->frames[i].function);
	}
	snprintf(out, DESCRIBE_FINGERPRINT_SIZE, "%016" PRIx64, hash);
}
