// SPDX-License-Identifier: BSD-2-Clause
/* jit.c - machine code made at run time, without frame information; the table is jit.expect */
#include "host.h"

#include <string.h>
#include <sys/mman.h>

void *from_code(void *(*code)(size_t, void *(*)(size_t)), size_t size);

SITE void *from_code(void *(*code)(size_t, void *(*)(size_t)), size_t size)
{
	void *block = code(size, malloc);

	KEEP(block);
	return block;
}

int main(void)
{
	/* push rbp; mov rbp, 1 (no frame); call rsi; pop rbp; ret */
	static const unsigned char code[] = {0x55, 0x48, 0xc7, 0xc5, 0x01, 0x00,
					     0x00, 0x00, 0xff, 0xd6, 0x5d, 0xc3};
	unsigned char *at =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *block;

	MUST(at != MAP_FAILED);
	memcpy(at, code, sizeof(code));
	memcpy(at + 4096 - sizeof(code), code, sizeof(code));
	MUST(mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0);
	MUST(munmap(at + 4096, 4096) == 0);
	for (int i = 0; i < 5; i++) {
		block = from_code((void *(*)(size_t, void *(*)(size_t)))(void *)at, 123);
		free(block);
	}
	/* Its end is the end of the mapping. */
	from_code((void *(*)(size_t, void *(*)(size_t)))(void *)(at + 4096 - sizeof(code)), 77);
	return 0;
}
