/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_file.h - reads pieces of an ELF file, believing none of them
 *
 * Purpose: where the symbol table of a file is, and whether the file is the one that is mapped.
 * Callers: sites/symbols.c. Locking: none. Context: slow paths; never allocates. Every offset and
 * size is checked against the file's size, and reading past the end is an error, not a crash.
 */
#ifndef LIB_SITES_ELF_FILE_H
#define LIB_SITES_ELF_FILE_H

#include "lib/sites/modules.h"

/* Which file it was; another one at the same path differs in one of them. */
struct sites_file_identity {
	uint64_t device, inode, size;
	int64_t changed_s, changed_ns;
};

struct sites_elf_file {
	int fd;
	struct sites_file_identity identity;
};

/* A piece of a file. */
struct sites_extent {
	uint64_t offset, size;
};

/* Opens a regular file for reading: 0 or a negative errno. Close it soon: hosts count their fds. */
int sites_elf_open(const char *path, struct sites_elf_file *ret_file);
void sites_elf_close(struct sites_elf_file *file);

/* Exactly `size` bytes at `offset`: 0, or a negative errno, -EINVAL where the file ends before. */
int sites_elf_read(const struct sites_elf_file *file, uint64_t offset, void *buffer, size_t size);

/* Whether it is the same file, neither replaced nor written to: 1 or 0. */
int sites_elf_same(const struct sites_file_identity *a, const struct sites_file_identity *b);

/*
 * Whether the file is `module`'s: 1 or 0. The build ids must be equal where both have one; without,
 * the program headers must be those in memory.
 */
int sites_elf_is_module(const struct sites_elf_file *file, const struct sites_module *module);

/* Whether the file has the build id of `module`, which must have one: 1 or 0. */
int sites_elf_has_build_id(const struct sites_elf_file *file, const struct sites_module *module);

/* The symbol table (SHT_SYMTAB) and its strings: 0, -ENOENT when stripped, -EINVAL. */
int sites_elf_find_symbols(const struct sites_elf_file *file, struct sites_extent *ret_symbols,
			   struct sites_extent *ret_strings);

#endif
