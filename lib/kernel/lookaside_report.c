/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/lookaside_report.h"
#include "lib/base/report.h"
#include "lib/kernel/bugcheck.h"
#include "lib/pool/describe.h"

void kernel_list_not_made(const kernel_list *list, const char *what, const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xcb, (uintptr_t)list, 0, 0);
	base_text_add(&bug.text, what);
	base_text_add(&bug.text, " lookaside list ");
	base_text_hex(&bug.text, (uintptr_t)list);
	base_text_add(&bug.text, ", which is not initialised, or deleted");
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

void kernel_list_made_twice(const kernel_list *list, const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xca, (uintptr_t)list, 0, 0);
	base_text_add(&bug.text, "initialisation of lookaside list ");
	base_text_hex(&bug.text, (uintptr_t)list);
	base_text_add(&bug.text, ", which is active");
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

void kernel_list_too_small(const kernel_list *list, size_t size, const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xcd, (uintptr_t)list, size,
			LOOKASIDE_MINIMUM_BLOCK_SIZE);
	base_text_add(&bug.text, "lookaside list of blocks of ");
	base_text_unsigned(&bug.text, size);
	base_text_add(&bug.text, " bytes; the least is 8");
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

void kernel_list_note_outstanding(const struct kernel_list_record *record,
				  const void *return_address)
{
	char buffer[300];
	char tag[5];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	pooltag_tag_to_text(record->plan.tag, tag);
	base_text_add(&text, "lookaside list of tag ");
	base_text_add(&text, tag);
	base_text_add(&text, " deleted with ");
	base_text_unsigned(&text, record->outstanding);
	base_text_add(&text, record->outstanding == 1 ? " block" : " blocks");
	base_text_add(&text, " not given back, by ");
	pool_describe_text(&text, (uintptr_t)return_address);
	base_note(buffer);
}

void kernel_list_written(const void *entry, const void *at)
{
	struct pool_identified what = pool_identify(entry);
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_CAUGHT_MODIFYING_FREED_POOL, (uintptr_t)at, 1, 0, 0);
	base_text_add(&bug.text, "byte ");
	base_text_unsigned(&bug.text, (uintptr_t)at - (uintptr_t)entry);
	base_text_add(&bug.text, " was written after the free to its lookaside list: ");
	if (what.identity == POOL_IS_LIVE)
		pool_identified_text(&bug.text, &what);
	else
		base_text_hex(&bug.text, (uintptr_t)entry);
	kernel_bug_close(&bug);
}

void kernel_list_freed_twice(const void *entry, const void *return_address)
{
	struct pool_identified what = pool_identify(entry);
	struct kernel_bug bug;

	kernel_bug_open(&bug, BAD_POOL_CALLER, 0x7, 0, 0, (uintptr_t)entry);
	base_text_add(&bug.text, "double free to its lookaside list of ");
	if (what.identity == POOL_IS_LIVE)
		pool_identified_text(&bug.text, &what);
	else
		base_text_hex(&bug.text, (uintptr_t)entry);
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}
