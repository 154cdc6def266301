/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/owners.h"

#include "common/memory.h"
#include "common/text.h"
#include "pooltag/rules.h"

#include <stdlib.h>
#include <string.h>

#define OWNERS_NOBODY "Unknown Driver"

/* A line of a file. */
struct owners_entry {
	struct pooltag_rule_line tag; /* its texts are gone */
	char *text;
};

struct owners_file {
	size_t count;
	size_t allocated;
	struct owners_entry *entries;
};

/* What has been asked for already. */
struct owners_answer {
	pooltag_tag tag;
	char *text; /* NULL: an empty slot */
};

struct owners {
	struct owners_file files[OWNERS_SOURCE_MAX];
	size_t answer_count;
	size_t slot_count; /* a power of two */
	struct owners_answer *slots;
};

struct owners *owners_create(void)
{
	struct owners *owners = memory_zeroed(1, sizeof(*owners));

	owners->slot_count = 64;
	owners->slots = memory_zeroed(owners->slot_count, sizeof(*owners->slots));
	return owners;
}

void owners_destroy(struct owners *owners)
{
	if (!owners)
		return;
	for (int source = 0; source < OWNERS_SOURCE_MAX; source++) {
		for (size_t i = 0; i < owners->files[source].count; i++)
			free(owners->files[source].entries[i].text);
		free(owners->files[source].entries);
	}
	for (size_t i = 0; i < owners->slot_count; i++)
		free(owners->slots[i].text);
	free(owners->slots);
	free(owners);
}

static void owners_add_line(struct owners_file *file, const struct pooltag_rule_line *line)
{
	struct owners_entry *entry;

	memory_reserve(&file->entries, &file->allocated, file->count, sizeof(*file->entries));
	entry = &file->entries[file->count++];
	entry->tag = *line;
	entry->text = memory_zeroed(4 * line->text.length + 1, 1);
	text_escape(line->text.start, line->text.length, entry->text);
}

void owners_add(struct owners *owners, enum owners_source source, const char *text, size_t size,
		struct owners_faults *ret_faults)
{
	struct pooltag_rule_reader reader;
	const char *start;
	size_t length;

	memset(ret_faults, 0, sizeof(*ret_faults));
	pooltag_rule_reader_init(&reader, text, size);
	while (pooltag_rule_reader_next(&reader, &start, &length)) {
		struct pooltag_rule_line line;
		enum pooltag_line_kind kind = pooltag_rule_parse(start, length, &line);

		if (kind == POOLTAG_LINE_DESCRIPTION || kind == POOLTAG_LINE_RULE)
			owners_add_line(&owners->files[source], &line);
		if (kind == POOLTAG_LINE_ERROR && ret_faults->count++ == 0) {
			ret_faults->line = reader.line_number;
			ret_faults->column = line.column;
			ret_faults->reason = line.reason;
		}
	}
}

/* The entry with most characters of its own, and of those the first. */
static const struct owners_entry *owners_best(const struct owners_file *file, pooltag_tag tag)
{
	const struct owners_entry *best = NULL;

	for (size_t i = 0; i < file->count; i++) {
		const struct owners_entry *entry = &file->entries[i];

		if (pooltag_rule_describes(&entry->tag, tag) &&
		    (!best || entry->tag.tag_literals > best->tag.tag_literals))
			best = entry;
	}
	return best;
}

static char *owners_compose(const struct owners *owners, pooltag_tag tag)
{
	const struct owners_entry *local = owners_best(&owners->files[OWNERS_LOCAL], tag);
	const struct owners_entry *general = owners_best(&owners->files[OWNERS_GENERAL], tag);

	if (!local && !general)
		return memory_text(OWNERS_NOBODY);
	return memory_printed("%s%s%s%s%s%s", local ? "[" : "", local ? local->text : "",
			      local ? "]" : "", general ? "[" : "", general ? general->text : "",
			      general ? "]" : "");
}

/* The slot that has `tag` or could have it. */
static struct owners_answer *owners_slot(struct owners *owners, pooltag_tag tag)
{
	size_t at = (size_t)(tag * 0x9e3779b1u >> 7) & (owners->slot_count - 1);

	while (owners->slots[at].text && owners->slots[at].tag != tag)
		at = (at + 1) & (owners->slot_count - 1);
	return &owners->slots[at];
}

static void owners_grow(struct owners *owners)
{
	struct owners_answer *old = owners->slots;
	size_t count = owners->slot_count;

	owners->slot_count *= 2;
	owners->slots = memory_zeroed(owners->slot_count, sizeof(*owners->slots));
	for (size_t i = 0; i < count; i++) {
		if (old[i].text)
			*owners_slot(owners, old[i].tag) = old[i];
	}
	free(old);
}

const char *owners_of(struct owners *owners, pooltag_tag tag)
{
	struct owners_answer *answer = owners_slot(owners, tag);

	if (answer->text)
		return answer->text;
	if (2 * ++owners->answer_count > owners->slot_count) {
		owners_grow(owners);
		answer = owners_slot(owners, tag);
	}
	*answer = (struct owners_answer){.tag = tag, .text = owners_compose(owners, tag)};
	return answer->text;
}
