/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_settings.h"

#include "cmd/words.h"
#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_WAIT_NS 5000000000ull

void check_settings_init(struct check_settings *settings)
{
	settings->options.max.blocks = UINT64_MAX;
	settings->options.max.bytes = UINT64_MAX;
	settings->warm_up = 1;
	settings->wait_ns = CHECK_WAIT_NS;
}

void check_settings_fini(struct check_settings *settings)
{
	for (size_t i = 0; i < settings->options.budget_count; i++)
		free(settings->options.budgets[i].pattern);
	free(settings->options.budgets);
	free(settings->suppressions);
}

static int check_settings_classes(unsigned *to, const char *option, const char *value)
{
	unsigned classes = 0;

	while (1) {
		size_t length = strcspn(value, ",");
		int class = 0;

		while (class < CHECK_GROWN &&
		       (strlen(check_classes[class].name) != length ||
			strncmp(check_classes[class].name, value, length) != 0))
			class ++;
		if (class >= CHECK_GROWN)
			return words_error("--%s: '%.*s' is none of definite, indirect, possible, "
					   "reachable, ignored and unscanned",
					   option, (int)length, value);
		classes |= 1u << class;
		if (!value[length])
			break;
		value += length + 1;
	}
	*to = classes;
	return 0;
}

/* Parses a number of bytes with an optional k, m or g. Returns 0 or -EINVAL. */
static int check_settings_bytes(uint64_t *to, const char *option, const char *value)
{
	uint64_t bytes = 0;

	if (text_to_size(value, &bytes))
		return words_error("--%s: '%s' is not a number of bytes such as 100, 4k, 2m or 1g",
				   option, value);
	*to = bytes;
	return 0;
}

static int check_settings_number(uint64_t *to, const char *option, const char *value, uint64_t min)
{
	uint64_t number = 0;

	if (text_to_number(value, UINT32_MAX, &number) || number < min)
		return words_error("--%s: '%s' is not a number from %u", option, value,
				   (unsigned)min);
	*to = number;
	return 0;
}

static int check_settings_budget(struct check_options *options, const char *option, bool peak,
				 const char *value)
{
	const char *equals = strrchr(value, '=');
	struct check_budget *budget;
	uint64_t limit = 0;

	if (!equals || equals == value || text_to_size(equals + 1, &limit))
		return words_error("--%s: '%s' is not TAG=BYTES, as in Fo*=64k", option, value);
	options->budgets =
		memory_resized(options->budgets, options->budget_count + 1, sizeof(*budget));
	budget = &options->budgets[options->budget_count++];
	*budget =
		(struct check_budget){.pattern = memory_text(value), .peak = peak, .limit = limit};
	budget->pattern[equals - value] = '\0';
	return 0;
}

static int check_settings_file(const char **to, const char *option, const char *value)
{
	if (!*value)
		return words_error("--%s: the name is empty", option);
	*to = value;
	return 0;
}

static int check_settings_suppressions(struct check_settings *settings, const char *value)
{
	settings->suppressions =
		memory_resized(settings->suppressions, settings->suppression_count + 1,
			       sizeof(*settings->suppressions));
	return check_settings_file(&settings->suppressions[settings->suppression_count++],
				   "suppressions", value);
}

static int check_settings_wait(struct check_settings *settings, const char *value)
{
	if (text_to_duration(value, &settings->wait_ns))
		return words_error("--wait: '%s' is not a length of time such as 0, 5, 1.5 or 2m",
				   value);
	return 0;
}

static int check_settings_flag(bool *to)
{
	*to = true;
	return 0;
}

int check_settings_apply(struct check_settings *settings, int id, const char *value)
{
	struct check_options *options = &settings->options;

	switch (id) {
	case WORDS_FAIL_ON:
		return check_settings_classes(&options->fails, "fail-on", value);
	case WORDS_SHOW_CLASSES:
		return check_settings_classes(&options->shows, "show", value);
	case WORDS_MIN_BYTES:
		return check_settings_bytes(&options->min_bytes, "min-bytes", value);
	case WORDS_MAX_BYTES:
		return check_settings_bytes(&options->max.bytes, "max-bytes", value);
	case WORDS_MAX_BLOCKS:
		return check_settings_number(&options->max.blocks, "max-blocks", value, 0);
	case WORDS_BUDGET:
		return check_settings_budget(options, "budget", false, value);
	case WORDS_PEAK_BUDGET:
		return check_settings_budget(options, "peak-budget", true, value);
	case WORDS_SUPPRESSIONS:
		return check_settings_suppressions(settings, value);
	case WORDS_NO_BUILTIN:
		return check_settings_flag(&options->no_builtin);
	case WORDS_LIST_SUPPRESSIONS:
		return check_settings_flag(&settings->list_suppressions);
	case WORDS_BASELINE:
		return check_settings_file(&settings->baseline, "baseline", value);
	case WORDS_UPDATE_BASELINE:
		return check_settings_flag(&settings->update_baseline);
	case WORDS_GROWTH:
		return check_settings_number(&settings->growth, "growth", value, 1);
	case WORDS_WARM_UP:
		settings->warm_up_given = true;
		return check_settings_number(&settings->warm_up, "warm-up", value, 0);
	case WORDS_NOW:
		return check_settings_flag(&settings->now);
	case WORDS_WAIT:
		return check_settings_wait(settings, value);
#define CHECK_FORMAT(id, name, append, framed, named, help) \
	case WORDS_CHECK_##id:                              \
		return check_settings_file(&settings->reports[REPORT_##id], #name, value);
#include "check/formats.def"
	default:
		return -EINVAL;
	}
}
