/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/growth.h"

#include <string.h>

#define GROWTH_ALL ((1u << CHECK_CLASSES) - 1)

void growth_options(const struct check_options *options, struct check_options *ret_options)
{
	*ret_options = *options;
	ret_options->fails = GROWTH_ALL;
	ret_options->shows = GROWTH_ALL;
}

static struct check_sum growth_sum(const struct check_finding *finding)
{
	struct check_sum sum = {0};

	for (int class = 0; class < CHECK_CLASSES; class ++)
		check_sum_add(&sum, &finding->sums[class]);
	return sum;
}

/* The finding of the same place. Both lists are as they were collected: sorted by key. */
static const struct check_finding *growth_find(const struct check *check, const char *key)
{
	size_t low = 0;
	size_t high = check->finding_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(check->findings[middle].key, key);

		if (order == 0)
			return &check->findings[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Whether the place grows; then its sums are what it has more. */
static bool growth_take(const struct check *before, struct check_finding *finding,
			uint64_t iterations)
{
	const struct check_finding *old = growth_find(before, finding->key);
	struct check_sum less = old ? growth_sum(old) : (struct check_sum){0};
	struct check_sum sum = growth_sum(finding);

	sum.blocks -= less.blocks < sum.blocks ? less.blocks : sum.blocks;
	sum.bytes -= less.bytes < sum.bytes ? less.bytes : sum.bytes;
	memset(finding->sums, 0, sizeof(finding->sums));
	if (sum.blocks < iterations && sum.bytes / GROWTH_BYTES < iterations)
		return false;
	/* A block that became larger is one, too. */
	sum.blocks += sum.blocks == 0;
	finding->sums[CHECK_GROWN] = sum;
	return true;
}

void growth_compare(const struct check *before, struct check *after, uint64_t iterations,
		    struct check_options *options)
{
	*options = *after->options;
	options->fails = 1u << CHECK_GROWN;
	options->shows = options->fails;
	after->options = options;
	for (size_t i = 0; i < after->finding_count; i++) {
		struct check_finding *finding = &after->findings[i];

		if (growth_take(before, finding, iterations))
			check_sum_add(&after->totals[CHECK_GROWN], &finding->sums[CHECK_GROWN]);
	}
}
