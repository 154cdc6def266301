// SPDX-License-Identifier: BSD-2-Clause
/*
 * symbols.c - the symbol tables of an ELF file, as the library reads them
 *
 * The bytes are the file, and, as far as they go, what is mapped of it, so that the file passes for
 * the module's and the dynamic symbols are read as well.
 */
#include "lib/sites/symbols.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE_MOST (64u << 10)

/* A module that is always there. */
int sites_module_is_loaded(const struct sites_module *module, uintptr_t address)
{
	return address >= module->start && address < module->end;
}

/* The start of the mapping: behind it nothing can be touched. */
static char *image(void)
{
	static char *start;

	if (start != NULL)
		return start;
	start = mmap(NULL, SIZE_MOST + BASE_PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED || mprotect(start + SIZE_MOST, BASE_PAGE_SIZE, PROT_NONE) != 0)
		abort();
	return start;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sites_module module = {.build_id_size = 0};
	struct sites_symbol symbol;
	size_t mapped = base_round_up(size, BASE_PAGE_SIZE);
	char *end = image() + SIZE_MOST;

	if (size == 0 || size > SIZE_MOST)
		return 0;
	module.start = (uintptr_t)end - mapped;
	module.end = (uintptr_t)end;
	module.load_address = module.start;
	module.path = fuzz_file(data, size);
	memset((char *)module.start, 0, mapped);
	memcpy((char *)module.start, data, size);
	for (uintptr_t at = module.start; at < module.end; at += 61)
		if (sites_symbol_at(&module, at, &symbol) == 0)
			fuzz_demand(symbol.start <= at && strlen(symbol.name) < SIZE_MOST);
	fuzz_reset();
	return 0;
}
