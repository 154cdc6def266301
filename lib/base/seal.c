/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/seal.h"
#include "lib/base/sys.h"
#include <link.h>
#include <sys/mman.h>

/* The file's own ELF header, which the linker names; its first mapped byte. */
extern const char __ehdr_start[] BASE_HIDDEN;

/* As the loader does it: the whole pages of the segment PT_GNU_RELRO. */
static void protect(int protection)
{
	const char *base = __ehdr_start;
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)(const void *)base;
	const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(const void *)(base + header->e_phoff);

	for (unsigned i = 0; i < header->e_phnum; i++) {
		uintptr_t start =
			base_round_down((uintptr_t)base + segments[i].p_vaddr, BASE_PAGE_SIZE);
		uintptr_t end =
			base_round_down((uintptr_t)base + segments[i].p_vaddr + segments[i].p_memsz,
					BASE_PAGE_SIZE);

		if (segments[i].p_type == PT_GNU_RELRO && start < end)
			BASE_SYSCALL3(SYS_mprotect, start, end - start, protection);
	}
}

void base_seal_open(void)
{
	protect(PROT_READ | PROT_WRITE);
}

void base_seal_close(void)
{
	protect(PROT_READ);
}
