/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/dynamic.h"
#include <errno.h>

/* Values of the dynamic section that say where the symbols are. */
struct places {
	uintptr_t symbols, strings, hash, gnu_hash;
	uint64_t strings_size;
};

/* The program headers, or NULL where they are not in the first page. */
static const Elf64_Phdr *headers(const struct sites_module *module, unsigned *ret_count)
{
	const Elf64_Ehdr *elf = (const Elf64_Ehdr *)module->start;

	if (elf->e_ident[EI_MAG0] != ELFMAG0 || elf->e_ident[EI_MAG1] != ELFMAG1 ||
	    elf->e_phentsize != sizeof(Elf64_Phdr) || elf->e_phoff > BASE_PAGE_SIZE ||
	    elf->e_phoff % sizeof(uint64_t) != 0 ||
	    elf->e_phoff + elf->e_phnum * sizeof(Elf64_Phdr) > BASE_PAGE_SIZE)
		return NULL;
	*ret_count = elf->e_phnum;
	return (const Elf64_Phdr *)(module->start + elf->e_phoff);
}

/* Whether [at, at + size) is inside what one segment took from the file. */
static int is_readable(const struct sites_module *module, uintptr_t at, uint64_t size)
{
	unsigned count = 0;
	const Elf64_Phdr *segments = headers(module, &count);

	for (unsigned i = 0; segments != NULL && i < count; i++) {
		uintptr_t start = module->load_address + segments[i].p_vaddr;

		if (segments[i].p_type != PT_LOAD || (segments[i].p_flags & PF_R) == 0 ||
		    start < module->start || start > module->end ||
		    segments[i].p_filesz > module->end - start)
			continue;
		if (at >= start && at - start <= segments[i].p_filesz &&
		    size <= segments[i].p_filesz - (at - start))
			return 1;
	}
	return 0;
}

/* The loader adds the load address to these values in place, except where they are read-only. */
static uintptr_t absolute(const struct sites_module *module, uint64_t value)
{
	return value >= module->start && value < module->end ? value : module->load_address + value;
}

static int find_places(const struct sites_module *module, struct places *places)
{
	unsigned count = 0;
	const Elf64_Phdr *segments = headers(module, &count);

	for (unsigned i = 0; segments != NULL && i < count; i++) {
		uintptr_t at = module->load_address + segments[i].p_vaddr;
		const Elf64_Dyn *entry = (const Elf64_Dyn *)at;
		uint64_t entries = segments[i].p_filesz / sizeof(*entry);

		if (segments[i].p_type != PT_DYNAMIC || at % sizeof(uint64_t) != 0 ||
		    !is_readable(module, at, entries * sizeof(*entry)))
			continue;
		for (; entries > 0 && entry->d_tag != DT_NULL; entries--, entry++) {
			if (entry->d_tag == DT_SYMTAB)
				places->symbols = absolute(module, entry->d_un.d_ptr);
			else if (entry->d_tag == DT_STRTAB)
				places->strings = absolute(module, entry->d_un.d_ptr);
			else if (entry->d_tag == DT_STRSZ)
				places->strings_size = entry->d_un.d_val;
			else if (entry->d_tag == DT_HASH)
				places->hash = absolute(module, entry->d_un.d_ptr);
			else if (entry->d_tag == DT_GNU_HASH)
				places->gnu_hash = absolute(module, entry->d_un.d_ptr);
		}
		return 0;
	}
	return -ENOENT;
}

/* Symbols up to the end of the chain that starts last; what is not in the table has no address. */
static uint64_t count_gnu_hash(const struct sites_module *module, uintptr_t at)
{
	const uint32_t *header = (const uint32_t *)at;
	uint64_t buckets_size, last = 0;
	uintptr_t buckets;

	if (at % sizeof(*header) != 0 || !is_readable(module, at, 4 * sizeof(*header)))
		return 0;
	buckets = at + 4 * sizeof(*header) + (uint64_t)header[2] * sizeof(uint64_t);
	buckets_size = (uint64_t)header[0] * sizeof(uint32_t);
	if (!is_readable(module, buckets, buckets_size))
		return 0;
	for (uint32_t i = 0; i < header[0]; i++)
		last = base_max(last, ((const uint32_t *)buckets)[i]);
	if (last < header[1])
		return 0;
	for (;; last++) {
		uintptr_t link = buckets + buckets_size + (last - header[1]) * sizeof(uint32_t);

		if (!is_readable(module, link, sizeof(uint32_t)))
			return 0;
		if ((*(const uint32_t *)link & 1) != 0)
			return last + 1;
	}
}

static uint64_t count_hash(const struct sites_module *module, uintptr_t at)
{
	const uint32_t *header = (const uint32_t *)at;

	if (at % sizeof(*header) != 0 || !is_readable(module, at, 2 * sizeof(*header)))
		return 0;
	return header[1];
}

int sites_dynamic_find(const struct sites_module *module, struct sites_dynamic *ret_dynamic)
{
	struct places places = {0};
	uint64_t count = 0;

	if (find_places(module, &places) != 0)
		return -ENOENT;
	if (places.gnu_hash != 0)
		count = count_gnu_hash(module, places.gnu_hash);
	if (count == 0 && places.hash != 0)
		count = count_hash(module, places.hash);
	if (count == 0 || places.symbols % sizeof(uint64_t) != 0 ||
	    !is_readable(module, places.symbols, count * sizeof(Elf64_Sym)) ||
	    !is_readable(module, places.strings, places.strings_size))
		return -ENOENT;
	*ret_dynamic = (struct sites_dynamic){
		.symbols = (const Elf64_Sym *)places.symbols,
		.count = count,
		.strings = (const char *)places.strings,
		.strings_size = places.strings_size,
	};
	return 0;
}
