// SPDX-License-Identifier: BSD-2-Clause
/* suppressions.c - files of suppressions: read, matched, printed, and what was printed read again */
#include "check/suppressions.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* What is printed must be a file that says the same. */
static void read_again(const struct suppressions *suppressions)
{
	struct suppressions again = {0};
	char *text = NULL;
	char *error = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	suppressions_print(suppressions, out);
	fclose(out);
	fuzz_demand(suppressions_add_text(&again, "printed", text, &error) == 0);
	fuzz_demand(again.count == suppressions->count);
	suppressions_fini(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const texts[] = {"_dl_allocate_tls_init", "g_type_register_static",
					    "/lib/x86_64-linux-gnu/libc.so.6", ""};
	struct suppressions suppressions = {0};
	char *error = NULL;

	if (suppressions_add_text(&suppressions, "text", fuzz_text(data, size), &error) != 0) {
		fuzz_demand(error != NULL && strchr(error, '\n') == NULL);
		free(error);
	} else {
		suppressions_find(&suppressions, texts, 4, "libc.so.6");
		read_again(&suppressions);
	}
	suppressions_fini(&suppressions);
	/* A file is only another way to the same text. */
	if (size % 16 != 0)
		return 0;
	suppressions = (struct suppressions){0};
	error = NULL;
	suppressions_add_file(&suppressions, fuzz_file(data, size), &error);
	free(error);
	suppressions_fini(&suppressions);
	return 0;
}
