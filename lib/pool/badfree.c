/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/badfree.h"
#include "lib/base/mappings.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/heap/header.h"
#include "lib/heap/sizes.h"
#include "lib/pool/check.h"
#include "lib/pool/identify.h"
#include "lib/sites/cfi.h"
#include "lib/sites/modules.h"
#include <sys/auxv.h>

static void interior(struct base_text *text, const void *inside, const struct pool_identified *what)
{
	size_t distance = (size_t)((uintptr_t)inside - (uintptr_t)what->block);

	base_text_add(text, "BAD_POOL_CALLER (0xC2, 0x46): free of ");
	base_text_hex(text, (uintptr_t)inside);
	base_text_add(text, ", which is ");
	base_text_unsigned(text, distance);
	base_text_add(text, distance == 1 ? " byte into " : " bytes into ");
	pool_identified_text(text, what);
}

static void overwritten(struct base_text *text, const struct pool_identified *what)
{
	if (pool_check_overwritten_text(text, what->block, what->charge))
		return;
	base_text_add(text, "BAD_POOL_HEADER (0x19, 0x20): the header of block ");
	base_text_hex(text, (uintptr_t)what->block);
	base_text_add(text, " is overwritten: more than ");
	base_text_unsigned(text, what->charge - HEAP_HEADER_SIZE);
	base_text_add(text,
		      " bytes were written to it (a buffer overrun), or it was never allocated; "
		      "header ");
	base_text_hex(text, *heap_header_of((void *)(uintptr_t)what->block, what->charge));
}

/* --- addresses outside our pages ------------------------------------------------------------ */

static int on_stack(uintptr_t address)
{
	uintptr_t here = (uintptr_t)&address;

	return address >= here && address < sites_stack_limit(here);
}

/* libc's own heap ends at the program break: the usual place of a foreign block. */
static int in_break(uintptr_t address, const struct sites_module *program)
{
	return program != NULL && address > program->end &&
	       address < (uintptr_t)BASE_SYSCALL1(SYS_brk, 0);
}

void pool_check_foreign(const void *block)
{
	uintptr_t address = (uintptr_t)block;
	const struct sites_module *module;
	struct pool_identified what;
	char buffer[900];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	if ((address & 15) == 0 && in_break(address, sites_module_of(getauxval(AT_ENTRY))))
		return;
	base_text_add(&text, "BAD_POOL_CALLER (0xC2, 0x46): free of ");
	base_text_hex(&text, address);
	what = pool_identify(block);
	module = sites_module_of(address);
	if (what.identity == POOL_IS_INSIDE) {
		text = base_text_in(buffer, sizeof(buffer));
		interior(&text, block, &what);
	} else if (on_stack(address)) {
		base_text_add(&text, ", which is on the stack");
	} else if (module != NULL) {
		base_text_add(&text, ", which lies in ");
		base_text_add(&text, base_path_tail(module->path));
		base_text_char(&text, '+');
		base_text_hex(&text, address - module->load_address);
		base_text_add(&text, ": a variable, not a block");
	} else if (!base_is_mapped(address, 1)) {
		base_text_add(&text, ", where no memory is mapped");
	} else if ((address & 15) != 0) {
		base_text_add(&text, ", which is not the start of a block");
	} else {
		return;
	}
	pool_check_fatal(buffer, what.identity == POOL_IS_FOREIGN ? NULL : what.block);
}

void pool_bad_free(const void *block)
{
	char buffer[900];
	struct base_text text = base_text_in(buffer, sizeof(buffer));
	struct pool_identified what = pool_identify(block);

	if (what.identity == POOL_IS_NO_BLOCK)
		pool_check_freed(block, &what);
	switch (what.identity) {
	case POOL_IS_INSIDE:
		interior(&text, block, &what);
		break;
	case POOL_IS_FREED:
		base_text_add(&text, "BAD_POOL_CALLER (0xC2, 0x7): double free of ");
		pool_identified_text(&text, &what);
		pool_check_freed_text(&text, what.block);
		break;
	case POOL_IS_OVERWRITTEN:
		overwritten(&text, &what);
		break;
	case POOL_IS_LIVE:
	case POOL_IS_NO_BLOCK:
	case POOL_IS_FOREIGN:
		base_text_add(&text, "BAD_POOL_CALLER (0xC2, 0x46): free of ");
		base_text_hex(&text, (uintptr_t)block);
		base_text_add(&text, ", which is not the start of a block");
	}
	pool_check_fatal(buffer, what.identity == POOL_IS_FOREIGN ? NULL : what.block);
}
