// SPDX-License-Identifier: BSD-2-Clause
/* elf.c - ELF files as poolmon reads them itself: where code is mapped, tags that are constants */
#include "export/elf_text.h"
#include "symbols/constants.h"
#include "tests/fuzz/fuzz.h"

static void count(void *context, pooltag_tag tag)
{
	size_t *found = context;

	(void)tag;
	++*found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);
	struct elf_text text;
	size_t found = 0;

	if (elf_text_find(path, &text) == 0)
		fuzz_demand(text.address % 4096 == 0 && text.offset % 4096 == 0);
	constants_find(path, count, &found);
	/* A tag is at least an instruction of five bytes. */
	fuzz_demand(found <= size / 5);
	return 0;
}
