/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/report.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/leaks/names.h"
#include "lib/leaks/suppress.h"
#include "lib/stats/segment.h"
#include <pooltag/tag.h>
#include <sys/mman.h>

#define LINE_MAX 1000

static uint64_t lost_bytes(const struct pooltag_leak *leak)
{
	return leak->bytes[POOLTAG_LEAK_DEFINITE] + leak->bytes[POOLTAG_LEAK_INDIRECT];
}

static uint64_t lost_blocks(const struct pooltag_leak *leak)
{
	return leak->blocks[POOLTAG_LEAK_DEFINITE] + leak->blocks[POOLTAG_LEAK_INDIRECT];
}

static void add_count(struct base_text *text, uint64_t n, const char *what)
{
	base_text_unsigned(text, n);
	base_text_char(text, ' ');
	base_text_add(text, what);
	if (n != 1)
		base_text_char(text, 's');
}

/* "48 bytes in 1 block" */
static void add_amount(struct base_text *text, uint64_t bytes, uint64_t blocks)
{
	add_count(text, bytes, "byte");
	base_text_add(text, " in ");
	add_count(text, blocks, "block");
}

static void say_frame(uint32_t site, uint32_t n)
{
	char buffer[LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));
	struct leaks_frame frame;

	leaks_frame_of(site, n, &frame);
	base_text_add(&text, "    #");
	base_text_unsigned(&text, n);
	base_text_char(&text, ' ');
	base_text_hex(&text, frame.address);
	if (frame.function[0] != '\0') {
		base_text_add(&text, " in ");
		base_text_add(&text, frame.function);
	}
	if (frame.module[0] != '\0') {
		base_text_add(&text, " (");
		base_text_add(&text, frame.module);
		base_text_char(&text, ')');
	}
	base_say(buffer);
}

static void say_site(const struct pooltag_leak *leak)
{
	char buffer[LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));
	char tag[5];

	if (leak->blocks[POOLTAG_LEAK_DEFINITE] > 0) {
		add_amount(&text, leak->bytes[POOLTAG_LEAK_DEFINITE],
			   leak->blocks[POOLTAG_LEAK_DEFINITE]);
		base_text_add(&text, " definitely lost");
	}
	if (leak->blocks[POOLTAG_LEAK_INDIRECT] > 0) {
		base_text_add(&text, text.length > 0 ? ", " : "");
		add_amount(&text, leak->bytes[POOLTAG_LEAK_INDIRECT],
			   leak->blocks[POOLTAG_LEAK_INDIRECT]);
		base_text_add(&text, " indirectly lost");
	}
	base_text_add(&text, ", tag ");
	pooltag_tag_to_text(stats_site_record(leak->site)->tag, tag);
	base_text_add(&text, tag);
	base_text_add(&text, ", allocated by");
	base_say(buffer);
	for (uint32_t i = 0; i < leaks_frame_count(leak->site); i++)
		say_frame(leak->site, i);
}

/* Larger losses first; sites of equal ones in the order in which they were first seen. */
static int goes_before(const struct pooltag_leak *a, const struct pooltag_leak *b)
{
	if (lost_bytes(a) != lost_bytes(b))
		return lost_bytes(a) > lost_bytes(b);
	return a->site < b->site;
}

static void sort(const struct pooltag_leak **leaks, uint32_t n)
{
	for (uint32_t gap = n / 2; gap > 0; gap /= 2)
		for (uint32_t i = gap; i < n; i++) {
			const struct pooltag_leak *moved = leaks[i];
			uint32_t to = i;

			for (; to >= gap && goes_before(moved, leaks[to - gap]); to -= gap)
				leaks[to] = leaks[to - gap];
			leaks[to] = moved;
		}
}

/* The last line; its form is the one that greps of logs know from sanitizers. */
static void say_summary(uint64_t bytes, uint64_t blocks, uint64_t suppressed)
{
	char buffer[LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	base_text_add(&text, "SUMMARY: ");
	base_text_unsigned(&text, bytes);
	base_text_add(&text, " byte(s) leaked in ");
	base_text_unsigned(&text, blocks);
	base_text_add(&text, " allocation(s)");
	if (suppressed > 0) {
		base_text_add(&text, ", besides ");
		base_text_unsigned(&text, suppressed);
		base_text_add(&text, " suppressed");
	}
	base_say(buffer);
}

int leaks_report(const struct leaks_result *result, const char *suppressions)
{
	size_t room = base_round_up(result->sites * sizeof(void *), BASE_PAGE_SIZE);
	const struct pooltag_leak **leaks =
		base_map_memory(room, PROT_READ | PROT_WRITE, MAP_NORESERVE);
	uint64_t bytes = 0, blocks = 0, suppressed = 0;
	uint32_t n = 0;

	if (base_is_error(leaks)) {
		base_say("no memory for a report of leaks");
		return 1;
	}
	for (uint32_t site = 0; site < result->sites; site++) {
		const struct pooltag_leak *leak = &result->leaks[site];

		if (lost_blocks(leak) == 0)
			continue;
		if (leaks_is_suppressed(suppressions, site)) {
			suppressed += lost_blocks(leak);
			continue;
		}
		leaks[n++] = leak;
		bytes += lost_bytes(leak);
		blocks += lost_blocks(leak);
	}
	sort(leaks, n);
	for (uint32_t i = 0; i < n; i++)
		say_site(leaks[i]);
	if (n > 0)
		say_summary(bytes, blocks, suppressed);
	base_munmap(leaks, room);
	return n > 0;
}
