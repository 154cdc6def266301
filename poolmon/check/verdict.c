/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.c - what a finding counts for, and what the check comes to
 *
 * In this order: suppressions, thresholds, baseline, limits of the whole, budgets.
 */
#include "check/check.h"
#include "check/describe.h"
#include "check/frames.h"
#include "common/memory.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define VERDICT_LOST (1u << CHECK_DEFINITE | 1u << CHECK_INDIRECT | 1u << CHECK_POSSIBLE)

static struct check_sum verdict_sum(const struct check_finding *finding, unsigned classes)
{
	struct check_sum sum = {0};

	for (int class = 0; class < CHECK_CLASSES; class ++) {
		if (classes & 1u << class)
			check_sum_add(&sum, &finding->sums[class]);
	}
	return sum;
}

/* Whether a frame is of the C library, which allocates for others. */
static bool verdict_is_libc(const struct check_frame *frame)
{
	return strncmp(text_base_name(frame->module), "libc.so", sizeof("libc.so") - 1) == 0;
}

/* The base name of the module whose code allocated, the C library left out. */
static const char *verdict_owner(const struct check_finding *finding)
{
	for (size_t i = 0; i < finding->frame_count; i++) {
		if (!verdict_is_libc(&finding->frames[i]))
			return text_base_name(finding->frames[i].module);
	}
	return "";
}

/* The modules of a finding's frames and, if it is named, their functions and files. */
static const char **verdict_texts(const struct check_finding *finding, size_t *ret_count)
{
	const char **texts = memory_zeroed(3 * finding->frame_count, sizeof(*texts));
	size_t count = 0;

	for (size_t i = 0; i < finding->frame_count; i++) {
		const struct check_frame *frame = &finding->frames[i];
		const char *parts[] = {frame->module, finding->named ? frame->function : NULL,
				       finding->named ? frame->file : NULL};

		for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
			if (parts[part] && *parts[part])
				texts[count++] = parts[part];
		}
	}
	*ret_count = count;
	return texts;
}

/* Finds the suppression of a finding by the functions, files and modules of its frames. */
static struct suppression *verdict_suppression(const struct check *check,
					       struct check_finding *finding)
{
	const char *owner = verdict_owner(finding);
	struct suppression *suppression;
	size_t count;
	const char **texts = verdict_texts(finding, &count);

	/* Names are expensive, and most of what is suppressed is so by its module. */
	if (!suppressions_find_early(&check->suppressions, texts, count, owner, &suppression)) {
		free(texts);
		frames_name(check, finding);
		owner = verdict_owner(finding);
		texts = verdict_texts(finding, &count);
		suppression = suppressions_find(&check->suppressions, texts, count, owner);
	}
	free(texts);
	return suppression;
}

/* Finds the suppression of each finding and adds up what each suppression matches. */
static void verdict_match(struct check *check, unsigned fails)
{
	for (size_t i = 0; i < check->finding_count; i++) {
		struct check_finding *finding = &check->findings[i];
		struct check_sum sum = verdict_sum(finding, fails | VERDICT_LOST);

		finding->failing = verdict_sum(finding, fails);
		finding->suppression = sum.blocks ? verdict_suppression(check, finding) : NULL;
		if (finding->suppression) {
			check_sum_add(&finding->suppression->found, &sum);
			finding->suppression->places++;
		}
	}
}

static enum check_status verdict_status(const struct check_finding *finding)
{
	if (finding->suppression && !suppression_exceeded(finding->suppression))
		return CHECK_SUPPRESSED;
	return finding->failing.blocks == 0 ? CHECK_INFORMS : CHECK_COUNTS;
}

/* Places that leak fewer bytes than --min-bytes do not count. */
static void verdict_trim(struct check *check)
{
	for (size_t i = 0; i < check->finding_count; i++) {
		struct check_finding *finding = &check->findings[i];

		if (finding->status == CHECK_COUNTS &&
		    finding->failing.bytes < check->options->min_bytes)
			finding->status = CHECK_SMALL;
	}
}

/* Which lost blocks are suppressed, or hang on one that is: as if those were roots of the scan. */
static void verdict_follow(struct check *check)
{
	size_t *first = memory_zeroed(check->lost_count + 2, sizeof(*first));
	size_t *pending = memory_zeroed(check->lost_count + 1, sizeof(*pending));
	size_t count = 0;

	for (size_t i = 0; i < check->pointer_count; i++)
		first[check->pointers[i].from + 1]++;
	for (size_t i = 0; i < check->lost_count; i++) {
		size_t finding = check->lost[i].finding;

		first[i + 1] += first[i];
		check->lost[i].owned =
			finding != SIZE_MAX && check->findings[finding].status == CHECK_SUPPRESSED;
		if (check->lost[i].owned)
			pending[count++] = i;
	}
	while (count > 0) {
		size_t from = pending[--count];

		for (size_t i = first[from]; i < first[from + 1]; i++) {
			struct check_lost *to = &check->lost[check->pointers[i].to];

			if (to->owned)
				continue;
			to->owned = true;
			pending[count++] = check->pointers[i].to;
		}
	}
	free(pending);
	free(first);
}

/* Takes what hangs on suppressed blocks away from what a finding has. */
static void verdict_take(struct check_finding *finding, const struct check_sum *owned,
			 unsigned fails)
{
	struct check_sum left[CHECK_CLASSES];
	uint64_t failing = 0;

	for (int class = 0; class < CHECK_CLASSES; class ++) {
		left[class].blocks =
			check_difference(finding->sums[class].blocks, owned[class].blocks);
		left[class].bytes =
			left[class].blocks
				? check_difference(finding->sums[class].bytes, owned[class].bytes)
				: 0;
		if (fails & 1u << class)
			failing += left[class].blocks;
	}
	if (failing == 0) {
		finding->status = CHECK_OWNED;
		return;
	}
	memcpy(finding->sums, left, sizeof(left));
	finding->failing = verdict_sum(finding, fails);
}

/* What only suppressed blocks point to is suppressed, too. */
static void verdict_own(struct check *check, unsigned fails)
{
	struct check_sum(*owned)[CHECK_CLASSES] =
		memory_zeroed(check->finding_count + 1, sizeof(*owned));

	verdict_follow(check);
	for (size_t i = 0; i < check->lost_count; i++) {
		const struct check_lost *lost = &check->lost[i];
		const struct check_sum sum = {1, lost->bytes};

		if (lost->owned && lost->finding != SIZE_MAX)
			check_sum_add(&owned[lost->finding][lost->class], &sum);
	}
	for (size_t i = 0; i < check->finding_count; i++) {
		if (check->findings[i].status == CHECK_COUNTS)
			verdict_take(&check->findings[i], owned[i], fails);
	}
	free(owned);
}

/*
 * Where too many blocks are lost, or by an older library, it is not told what points to what. When
 * all definite ones are suppressed, so is what hangs on them; else it counts, and a line says why.
 */
static void verdict_guess(struct check *check)
{
	size_t suppressed = 0;
	bool all = true;

	for (size_t i = 0; i < check->finding_count; i++) {
		if (check->findings[i].sums[CHECK_DEFINITE].blocks == 0)
			continue;
		suppressed += check->findings[i].status == CHECK_SUPPRESSED;
		all &= check->findings[i].status == CHECK_SUPPRESSED;
	}
	if (suppressed && !all)
		check_note(check, memory_text("more blocks are lost than are told one by one: some "
					      "that hang on suppressed ones may count"));
	for (size_t i = 0; suppressed && all && i < check->finding_count; i++) {
		struct check_finding *finding = &check->findings[i];

		if (finding->status == CHECK_COUNTS &&
		    finding->failing.blocks == finding->sums[CHECK_INDIRECT].blocks)
			finding->status = CHECK_OWNED;
	}
}

/* The line of the baseline for a class of a finding. */
static struct baseline_line *verdict_line(struct check *check, const struct check_finding *finding,
					  int class)
{
	char *place = describe_place(finding);
	char tag[BASELINE_TAG_SIZE];
	struct baseline_line *line;

	baseline_tag(finding->tag, tag);
	line = baseline_get(&check->baseline, class, tag, place);
	free(place);
	return line;
}

/* Passes over what the baseline allows. */
static void verdict_compare(struct check *check, unsigned fails)
{
	for (size_t i = 0; i < check->finding_count; i++) {
		struct check_finding *finding = &check->findings[i];

		if (finding->status == CHECK_COUNTS)
			frames_name_function(check, finding);
		for (int class = 0; finding->status == CHECK_COUNTS && class < CHECK_CLASSES;
		     class ++) {
			if (fails & 1u << class && finding->sums[class].blocks)
				check_sum_add(&verdict_line(check, finding, class)->found,
					      &finding->sums[class]);
		}
	}
	for (size_t i = 0; i < check->finding_count; i++) {
		struct check_finding *finding = &check->findings[i];
		bool grew = finding->status != CHECK_COUNTS;

		for (int class = 0; !grew && class < CHECK_CLASSES; class ++) {
			const struct baseline_line *line;

			if (!(fails & 1u << class) || finding->sums[class].blocks == 0)
				continue;
			line = verdict_line(check, finding, class);
			check_sum_add(&finding->before, &line->allowed);
			grew = line->found.blocks > line->allowed.blocks ||
			       line->found.bytes > line->allowed.bytes;
		}
		if (!grew)
			finding->status = CHECK_KNOWN;
	}
	for (size_t i = 0; i < check->baseline.count; i++)
		check->stale_baseline += check->baseline.lines[i].found.blocks == 0;
}

static int verdict_by_size(const void *left, const void *right)
{
	const struct check_finding *a = left;
	const struct check_finding *b = right;

	if (a->status != b->status)
		return a->status < b->status ? -1 : 1;
	if (a->failing.bytes != b->failing.bytes)
		return a->failing.bytes < b->failing.bytes ? 1 : -1;
	for (int class = 0; class < CHECK_CLASSES; class ++) {
		if (a->sums[class].bytes != b->sums[class].bytes)
			return a->sums[class].bytes < b->sums[class].bytes ? 1 : -1;
	}
	return strcmp(a->key, b->key);
}

/* Whether what counts is more than is allowed altogether. */
static bool verdict_exceeds(const struct check *check)
{
	const struct check_sum *max = &check->options->max;

	if (max->blocks == UINT64_MAX && max->bytes == UINT64_MAX)
		return check->counted.blocks > 0;
	return check->counted.blocks > max->blocks || check->counted.bytes > max->bytes;
}

/* Whether one is exceeded; of a peak that only may have been, that is noted. */
static bool verdict_budgets(struct check *check)
{
	bool over = false;

	for (size_t i = 0; i < check->options->budget_count; i++) {
		struct check_budget *budget = &check->options->budgets[i];

		budget->over = budget->used > budget->limit;
		over |= budget->over;
		if (budget->peak && !budget->over && budget->most > budget->limit)
			check_note(check, describe_doubt(budget));
	}
	return over;
}

void check_judge(struct check *check)
{
	unsigned fails = check_failing_classes(check->options);
	bool over = verdict_budgets(check);

	verdict_match(check, fails);
	for (size_t i = 0; i < check->finding_count; i++)
		check->findings[i].status = verdict_status(&check->findings[i]);
	verdict_own(check, fails);
	if (check->opaque)
		verdict_guess(check);
	verdict_trim(check);
	verdict_compare(check, fails);
	for (size_t i = 0; i < check->finding_count; i++) {
		if (check->findings[i].status != CHECK_COUNTS)
			continue;
		check_sum_add(&check->counted, &check->findings[i].failing);
		check->places++;
	}
	if (check->finding_count)
		qsort(check->findings, check->finding_count, sizeof(*check->findings),
		      verdict_by_size);
	if (check->corruptions)
		check->verdict = CHECK_CORRUPT;
	else if (verdict_exceeds(check))
		check->verdict = CHECK_LEAKS;
	else if (over)
		check->verdict = CHECK_OVER_BUDGET;
	else if (check->kinds[CHECK_FAILED] || !check->kinds[CHECK_CHECKED])
		check->verdict = CHECK_IMPOSSIBLE;
}
