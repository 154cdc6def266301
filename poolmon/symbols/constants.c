/* SPDX-License-Identifier: BSD-2-Clause */
#include "symbols/constants.h"

#include "common/files.h"

#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define CONSTANTS_REACH        64           /* bytes from the constant to the call it is for */
#define CONSTANTS_SECTION_MOST (256u << 20) /* bytes; a file with holes can claim any size */

/* "mov $constant, %register" is one byte and the constant. */
enum constants_move {
	CONSTANTS_ESI = 0xbe,
	CONSTANTS_EDX = 0xba,
	CONSTANTS_EDI = 0xbf,
};

/* Functions with a tag among their arguments, and the register it is in. */
static const struct constants_function {
	const char *name;
	enum constants_move move;
} constants_functions[] = {
	{"ExAllocatePool2", CONSTANTS_EDX},
	{"ExAllocatePool3", CONSTANTS_EDX},
	{"ExAllocatePoolPriorityUninitialized", CONSTANTS_EDX},
	{"ExAllocatePoolPriorityZero", CONSTANTS_EDX},
	{"ExAllocatePoolQuotaUninitialized", CONSTANTS_EDX},
	{"ExAllocatePoolQuotaZero", CONSTANTS_EDX},
	{"ExAllocatePoolUninitialized", CONSTANTS_EDX},
	{"ExAllocatePoolWithQuotaTag", CONSTANTS_EDX},
	{"ExAllocatePoolWithTag", CONSTANTS_EDX},
	{"ExAllocatePoolWithTagPriority", CONSTANTS_EDX},
	{"ExAllocatePoolZero", CONSTANTS_EDX},
	{"ExFreePool2", CONSTANTS_ESI},
	{"ExFreePoolWithTag", CONSTANTS_ESI},
	{"pooltag_scope_set", CONSTANTS_EDI},
	{"pooltag_tagged_aligned_alloc", CONSTANTS_EDI},
	{"pooltag_tagged_calloc", CONSTANTS_EDI},
	{"pooltag_tagged_malloc", CONSTANTS_EDI},
	{"pooltag_tagged_realloc", CONSTANTS_EDI},
};

struct constants {
	Elf *elf;
	bool moves[256]; /* that load a tag */
	void (*found)(void *context, pooltag_tag tag);
	void *context;
};

static void constants_import(struct constants *constants, const char *name)
{
	for (size_t i = 0; i < sizeof(constants_functions) / sizeof(constants_functions[0]); i++) {
		if (strcmp(constants_functions[i].name, name) == 0)
			constants->moves[constants_functions[i].move] = true;
	}
}

/* Takes the functions that the file imports. */
static void constants_take_imports(struct constants *constants, Elf_Scn *section,
				   const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = data ? data->d_size / sizeof(Elf64_Sym) : 0;

	for (size_t i = 0; i < count; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx != SHN_UNDEF)
			continue;
		name = elf_strptr(constants->elf, header->sh_link, symbol.st_name);
		if (name)
			constants_import(constants, name);
	}
}

/* Four printable characters of which the first is no blank. */
static bool constants_is_tag(const unsigned char bytes[4])
{
	for (int i = 0; i < 4; i++) {
		if (bytes[i] < ' ' || bytes[i] > '~')
			return false;
	}
	return bytes[0] != ' ';
}

/*
 * Whether a call stands soon behind: "call rel32", "call *rel32(%rip)", or a jump as a tail call.
 */
static bool constants_is_called(const unsigned char *at, const unsigned char *end)
{
	if (end - at > CONSTANTS_REACH)
		end = at + CONSTANTS_REACH;
	for (; end - at >= 5; at++) {
		if (at[0] == 0xe8 || at[0] == 0xe9 ||
		    (at[0] == 0xff && (at[1] == 0x15 || at[1] == 0x25 || (at[1] & 0xf8) == 0xd0)))
			return true;
	}
	return false;
}

static void constants_take_code(struct constants *constants, Elf_Scn *section)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	const unsigned char *at = data ? data->d_buf : NULL;
	const unsigned char *end = at ? at + data->d_size : NULL;

	for (; at && end - at >= 5; at++) {
		pooltag_tag tag;

		if (!constants->moves[*at] || !constants_is_tag(at + 1) ||
		    !constants_is_called(at + 5, end))
			continue;
		memcpy(&tag, at + 1, sizeof(tag));
		constants->found(constants->context, tag);
	}
}

static void constants_sections(struct constants *constants, bool code)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(constants->elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_size > CONSTANTS_SECTION_MOST)
			continue;
		if (code && header.sh_type == SHT_PROGBITS && header.sh_flags & SHF_EXECINSTR)
			constants_take_code(constants, section);
		else if (!code && header.sh_type == SHT_DYNSYM)
			constants_take_imports(constants, section, &header);
	}
}

static bool constants_import_any(const struct constants *constants)
{
	return memchr(constants->moves, true, sizeof(constants->moves));
}

void constants_find(const char *path, void (*found)(void *context, pooltag_tag tag), void *context)
{
	struct constants constants = {.found = found, .context = context};
	int fd = files_open_regular(path);
	GElf_Ehdr header;

	if (fd < 0)
		return;
	elf_version(EV_CURRENT);
	constants.elf = elf_begin(fd, ELF_C_READ, NULL);
	if (constants.elf && gelf_getehdr(constants.elf, &header) &&
	    header.e_machine == EM_X86_64 && header.e_ident[EI_CLASS] == ELFCLASS64) {
		constants_sections(&constants, false);
		if (constants_import_any(&constants))
			constants_sections(&constants, true);
	}
	elf_end(constants.elf);
	close(fd);
}
