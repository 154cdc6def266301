/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_text.h - where the code of an ELF file is mapped
 *
 * Readers of profiles expect mappings as the kernel makes them: that of the executable segment
 * alone, with its offset in the file. A segment of ours says only where a whole module lies.
 * Callers: pprof.c. Does not allocate; no locks. The file is read, never mapped, and not trusted.
 */
#ifndef POOLMON_EXPORT_ELF_TEXT_H
#define POOLMON_EXPORT_ELF_TEXT_H

#include <stdint.h>

struct elf_text {
	uint64_t address; /* before relocation, page-aligned */
	uint64_t size;    /* bytes, to the segment's end */
	uint64_t offset;  /* in the file, page-aligned */
};

/*
 * Fills in *ret_text for the one executable segment of the file. Returns 0, or a negative errno:
 * there is no such file, it is no 64-bit ELF file, or it has none or several such segments.
 */
int elf_text_find(const char *path, struct elf_text *ret_text);

#endif
