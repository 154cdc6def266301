/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/report.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/pool/check.h"
#include "lib/pool/describe.h"
#include "lib/pool/identify.h"
#include "lib/verify/ledger.h"
#include "lib/verify/special.h"
#include "lib/verify/stack.h"

static struct verify_entry known_of(const void *block)
{
	return verify_special_owns(block) ? verify_special_entry(block) : verify_ledger_get(block);
}

void verify_report_caller(struct base_text *text, const char *what, uint32_t number)
{
	const struct verify_stack *stack = verify_stack_of(number);

	if (stack == NULL)
		return;
	base_text_add(text, what);
	pool_describe_text(text, stack->addresses[0]);
}

void verify_report_block(struct base_text *text, const void *block, const struct pool_found *found)
{
	struct pool_identified what = {
		.block = block, .requested = found->requested, .site = found->site};

	pool_identified_text(text, &what);
}

void verify_report_damage(struct base_text *text, struct verify_damage damage)
{
	base_text_unsigned(text, damage.count);
	base_text_add(text, damage.count == 1 ? " byte at offset " : " bytes at offset ");
	if ((ptrdiff_t)damage.offset < 0)
		base_text_char(text, '-');
	base_text_unsigned(text, (ptrdiff_t)damage.offset < 0 ? -damage.offset : damage.offset);
	base_text_add(text, damage.count == 1 ? ", now " : ", the first now ");
	base_text_hex(text, damage.first);
	base_text_char(text, ',');
}

void pool_check_freed_text(struct base_text *text, const void *block)
{
	if (pool_checks.blocks)
		verify_report_caller(text, ", freed by ", known_of(block).freed);
}

/* The ledger knows sizes up to a few pages; of larger blocks the page map keeps it for a while. */
static size_t size_of(const void *block, const struct verify_entry *entry)
{
	uint64_t record = heap_map_get(block);

	return entry->size == VERIFY_SIZE_MORE && (record & HEAP_MAP_RECORD)
		       ? heap_map_requested(record)
		       : entry->size;
}

int pool_check_freed(const void *block, struct pool_identified *ret_what)
{
	struct verify_entry entry;
	const struct verify_stack *stack;

	if (!pool_checks.blocks)
		return 0;
	entry = known_of(block);
	stack = verify_stack_of(entry.allocated);
	if (stack == NULL || entry.freed == VERIFY_NO_STACK)
		return 0;
	*ret_what = (struct pool_identified){.identity = POOL_IS_FREED,
					     .block = block,
					     .requested = size_of(block, &entry),
					     .site = stack->site};
	return 1;
}

/* The block that follows in the page, as far as it is known. */
static void add_next(struct base_text *text, const void *block, size_t class_size)
{
	const char *next = (const char *)block + class_size;
	struct verify_entry entry = known_of(next);
	const struct verify_stack *stack = verify_stack_of(entry.allocated);

	base_text_add(text, " by a write before the start of ");
	if (stack != NULL) {
		pool_identified_text(text, &(struct pool_identified){
						   .block = next,
						   .requested = entry.size,
						   .site = stack->site,
					   });
		verify_report_caller(text, ", freed by ", entry.freed);
	} else {
		base_text_add(text, "what follows at ");
		base_text_hex(text, (uintptr_t)next);
	}
}

int pool_check_overwritten_text(struct base_text *text, const void *block, size_t class_size)
{
	struct verify_entry entry;
	const struct verify_stack *stack;
	struct pool_found found;

	if (!pool_checks.blocks)
		return 0;
	entry = known_of(block);
	stack = verify_stack_of(entry.allocated);
	if (stack == NULL)
		return 0;
	found = (struct pool_found){
		.site = stack->site,
		.requested = entry.size,
		.charge = class_size,
		.header = heap_header_of((void *)(uintptr_t)block, class_size),
	};
	base_text_add(text, "BAD_POOL_HEADER (0x19, 0x20): the header of ");
	verify_report_block(text, block, &found);
	verify_report_caller(text, ", freed by ", entry.freed);
	base_text_add(text, ", is overwritten");
	/* What stands between the block's bytes and its header tells which way the write came. */
	if (entry.size + HEAP_HEADER_SIZE > class_size)
		return 1;
	if (verify_block_behind(block, &found).count == 0)
		add_next(text, block, class_size);
	else
		base_text_add(text, " by a write behind its end");
	return 1;
}

/* "allocated: a!b+0x1 < a!c+0x2 < ..." in a line, outermost calls last. */
static void add_stack(const char *what, uint32_t number)
{
	const struct verify_stack *stack = verify_stack_of(number);
	char buffer[VERIFY_LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	if (stack == NULL)
		return;
	base_text_add(&text, what);
	for (uint32_t i = 0; i < stack->depth; i++) {
		if (i > 0)
			base_text_add(&text, " < ");
		pool_describe_text(&text, stack->addresses[i]);
	}
	base_report(buffer);
}

static void add_stacks(const void *block, uint32_t freeing)
{
	struct verify_entry entry = known_of(block);

	add_stack("  allocated: ", entry.allocated);
	add_stack("  freed: ", entry.freed);
	add_stack("  now: ", freeing);
}

void verify_report_note(const struct base_text *text, const void *block, uint32_t freeing)
{
	base_report(text->start);
	add_stacks(block, freeing);
}

/*
 * Only the first of several reports is made. Another thread waits for the end that is near, but not
 * for ever; the same one, in a signal handler of the host, ends at once.
 */
static void begin_fatal(void)
{
	static uint32_t reporter;
	struct timespec second = {.tv_sec = 1};
	uint32_t self = (uint32_t)BASE_SYSCALL0(SYS_gettid);
	uint32_t nobody = 0;

	if (__atomic_compare_exchange_n(&reporter, &nobody, self, 0, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return;
	if (nobody != self)
		BASE_SYSCALL2(SYS_nanosleep, &second, NULL);
	base_abort();
}

void verify_report_fatal(const struct base_text *text, const void *block, uint32_t freeing)
{
	begin_fatal();
	verify_report_note(text, block, freeing);
	base_abort();
}

void pool_check_fatal(const char *line, const void *block)
{
	begin_fatal();
	base_report(line);
	if (pool_checks.blocks && block != NULL)
		add_stacks(block, VERIFY_NO_STACK);
	base_abort();
}
