// SPDX-License-Identifier: BSD-2-Clause
/* demangle.c - linker names as poolmon shows them */
#include "common/demangle.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = demangle_name(fuzz_text(data, size));

	fuzz_demand(name != NULL);
	free(name);
	return 0;
}
