/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/blocks_settings.h"

#include "cmd/words.h"
#include "common/text.h"
#include "model/model.h"

#include <string.h>

#define BLOCKS_SETTINGS_COUNT   20
#define BLOCKS_SETTINGS_WAIT_NS 5000000000u

void blocks_settings_init(struct blocks_settings *settings)
{
	*settings = (struct blocks_settings){.count = BLOCKS_SETTINGS_COUNT,
					     .wait_ns = BLOCKS_SETTINGS_WAIT_NS};
}

static int blocks_settings_tag(struct blocks_question *question, const char *value)
{
	if (!*value || strlen(value) > sizeof(pooltag_tag))
		return words_error("--tag: '%s' is not a tag of one to four characters", value);
	question->tagged = true;
	question->tag = pooltag_tag_from_text(value);
	return 0;
}

static int blocks_settings_pool(struct blocks_question *question, const char *value)
{
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++) {
		if (strcmp(value, model_pool_name(pool)) == 0) {
			question->pooled = true;
			question->pool = (uint8_t)pool;
			return 0;
		}
	}
	return words_error("--pool: '%s' is neither Paged nor Nonp", value);
}

static int blocks_settings_count(struct blocks_settings *settings, const char *value)
{
	uint64_t count = 0;

	if (text_to_number(value, POOLTAG_BLOCKS_MAX, &count) || count == 0)
		return words_error("--count: '%s' is not a number from 1 to %u", value,
				   POOLTAG_BLOCKS_MAX);
	settings->count = (size_t)count;
	return 0;
}

int blocks_settings_apply(struct blocks_settings *settings, int id, const char *value)
{
	switch (id) {
	case WORDS_BLOCKS_TAG:
		return blocks_settings_tag(&settings->question, value);
	case WORDS_BLOCKS_POOL:
		return blocks_settings_pool(&settings->question, value);
	case WORDS_BLOCKS_COUNT:
		return blocks_settings_count(settings, value);
	case WORDS_BLOCKS_MIN:
		if (text_to_size(value, &settings->question.least))
			return words_error("--min: '%s' is not a number of bytes such as 100, 4k, "
					   "2m or 1g",
					   value);
		return 0;
	default:
		if (text_to_duration(value, &settings->wait_ns))
			return words_error("--wait: '%s' is not a length of time such as 0, 5, "
					   "1.5 or 2m",
					   value);
		return 0;
	}
}
