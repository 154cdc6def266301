// SPDX-License-Identifier: BSD-2-Clause
/* snapshot.c - snapshot files, plain or compressed: what is accepted can be written and compared */
#include "export/diff.h"
#include "export/snap.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *out;
	struct snap snap;
	char *text;

	if (!out)
		out = fopen("/dev/null", "we");
	if (snap_load(&snap, fuzz_file(data, size), &text) != 0) {
		fuzz_demand(text != NULL && text[0] != '\0');
		free(text);
		return 0;
	}
	fuzz_demand(snap_save(&snap, false, out) == 0);
	snap_fini(&snap);
	return 0;
}
