// SPDX-License-Identifier: BSD-2-Clause
/* aligned.c - the memalign family, with every power of two up to two pages and beyond */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void use(void *block, size_t alignment, size_t size, int keep)
{
	if (block == NULL || (uintptr_t)block % alignment != 0) {
		printf("%p is not a block of alignment %zu\n", block, alignment);
		exit(1);
	}
	memset(block, 0x5a, size);
	if (!keep)
		free(block);
}

int main(void)
{
	int number = 0;

	for (size_t alignment = 16; alignment <= 65536; alignment *= 2) {
		for (size_t size = 1; size < 200000; size = size * 3 + 1) {
			void *block = NULL;

			use(memalign(alignment, size), alignment, size, number++ % 7 == 0);
			use(aligned_alloc(alignment, size), alignment, size, number++ % 7 == 0);
			if (posix_memalign(&block, alignment, size) != 0)
				return 1;
			use(block, alignment, size, number++ % 7 == 0);
			/* The moved block need not keep the alignment; the counts must. */
			block = realloc(memalign(alignment, size), size * 2);
			use(block, 1, size * 2, number++ % 7 == 0);
		}
	}
	use(valloc(100), 4096, 100, 0);
	use(valloc(5000), 4096, 5000, 1);
	printf("%d blocks\n", number);
	return 0;
}
