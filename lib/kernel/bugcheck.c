/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/bugcheck.h"
#include "lib/base/report.h"
#include "lib/pool/describe.h"
#include <pooltag/ddk/ntddk.h>

static const struct {
	uint32_t code;
	const char *name;
} names[] = {

#define POOLTAG_BUG_CHECK(name, code) {code, #name},
#include <pooltag/ddk/parts/bugchecks.def>
};

static const char *name_of(uint32_t code)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "BUG_CHECK";
}

/* 0x and capital digits, as Microsoft's documentation writes codes. */
static void add_number(struct base_text *text, uint64_t value)
{
	int digits = 1;

	while (digits < 16 && value >> (4 * digits) != 0)
		digits++;
	base_text_add(text, "0x");
	while (digits-- > 0)
		base_text_char(text, "0123456789ABCDEF"[value >> (4 * digits) & 15]);
}

void kernel_bug_open(struct kernel_bug *bug, uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3,
		     uint64_t p4)
{
	const uint64_t numbers[] = {code, p1, p2, p3, p4};

	bug->text = base_text_in(bug->line, sizeof(bug->line));
	base_text_add(&bug->text, name_of(code));
	for (size_t i = 0; i < BASE_ARRAY_SIZE(numbers); i++) {
		base_text_add(&bug->text, i == 0 ? " (" : ", ");
		add_number(&bug->text, numbers[i]);
	}
	base_text_add(&bug->text, "): ");
}

void kernel_bug_caller(struct kernel_bug *bug, const void *return_address)
{
	if (return_address == NULL)
		return;
	base_text_add(&bug->text, ", called by ");
	pool_describe_text(&bug->text, (uintptr_t)return_address);
}

void kernel_bug_close(struct kernel_bug *bug)
{
	base_report(bug->line);
	base_abort();
}

void kernel_add_irql(struct base_text *text, uint32_t irql)
{
	base_text_add(text, "IRQL ");
	base_text_unsigned(text, irql);
	base_text_add(text, irql == PASSIVE_LEVEL    ? " (PASSIVE_LEVEL)"
			    : irql == APC_LEVEL      ? " (APC_LEVEL)"
			    : irql == DISPATCH_LEVEL ? " (DISPATCH_LEVEL)"
						     : " (a device's)");
}

void kernel_bug_check(uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3, uint64_t p4,
		      const char *what, const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, code, p1, p2, p3, p4);
	base_text_add(&bug.text, what);
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

BASE_EXPORT void KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
			      ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
			      ULONG_PTR BugCheckParameter4)
{
	kernel_bug_check(BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3,
			 BugCheckParameter4, "KeBugCheckEx", __builtin_return_address(0));
}

BASE_EXPORT void KeBugCheck(ULONG BugCheckCode)
{
	kernel_bug_check(BugCheckCode, 0, 0, 0, 0, "KeBugCheck", __builtin_return_address(0));
}

BASE_EXPORT void PooltagListCorrupt(const LIST_ENTRY *entry)
{
	struct kernel_bug bug;

	/* 3: LIST_ENTRY corrupted, a double remove for one. */
	kernel_bug_open(&bug, KERNEL_SECURITY_CHECK_FAILURE, 3, (uintptr_t)entry, 0, 0);
	base_text_add(&bug.text, "the neighbours of LIST_ENTRY ");
	base_text_hex(&bug.text, (uintptr_t)entry);
	base_text_add(&bug.text, " do not point back to it: removed twice, or overwritten");
	kernel_bug_caller(&bug, __builtin_return_address(0));
	kernel_bug_close(&bug);
}
