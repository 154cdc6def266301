// SPDX-License-Identifier: BSD-2-Clause
/* baseline.c - baseline files: what is accepted is in order, and every line can be found */
#include "check/baseline.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct baseline baseline = {0};
	static FILE *out;
	char *error = NULL;

	if (!out)
		out = fopen("/dev/null", "we");
	if (baseline_load(&baseline, fuzz_file(data, size), &error) != 0) {
		fuzz_demand(error != NULL && strchr(error, '\n') == NULL);
		free(error);
		return 0;
	}
	for (size_t i = 0; i < baseline.count; i++) {
		const struct baseline_line *line = &baseline.lines[i];

		fuzz_demand(baseline_find(&baseline, line->class, line->tag, line->place) == line);
	}
	baseline_write(&baseline, out);
	baseline_fini(&baseline);
	return 0;
}
