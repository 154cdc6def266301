/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/target.h"
#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TARGET_SCRIPTS 4 /* interpreters of interpreters, as the kernel follows them */

/* Runtimes that must themselves be the allocator; and what programs built with them are. */
static const struct {
	const char *library;
	const char *name;
} target_sanitizers[] = {
	{"libasan.so", "AddressSanitizer"},     {"libclang_rt.asan", "AddressSanitizer"},
	{"libtsan.so", "ThreadSanitizer"},      {"libclang_rt.tsan", "ThreadSanitizer"},
	{"libhwasan.so", "HWAddressSanitizer"}, {"liblsan.so", "LeakSanitizer"},
};

/* The same, linked statically: a function that each brings. */
static const struct {
	const char *function;
	const char *name;
} target_functions[] = {
	{"__asan_init", "AddressSanitizer"},
	{"__tsan_init", "ThreadSanitizer"},
	{"__msan_init", "MemorySanitizer"},
	{"__hwasan_init", "HWAddressSanitizer"},
};

/* The file that execvp would take for `command`; NULL when there is none. */
static char *target_find(const char *command)
{
	const char *path = getenv("PATH");
	char *copy;
	char *rest;
	char *found = NULL;
	char *directory;

	if (strchr(command, '/'))
		return memory_text(command);
	copy = memory_text(path ? path : "/bin:/usr/bin");
	rest = copy;
	while (!found && (directory = strsep(&rest, ":"))) {
		found = memory_printed("%s/%s", *directory ? directory : ".", command);
		if (access(found, X_OK) != 0) {
			free(found);
			found = NULL;
		}
	}
	free(copy);
	return found;
}

/* The interpreter that the first line of a script names; NULL when `file` is none. */
static char *target_interpreter(int file)
{
	char line[256];
	ssize_t got = pread(file, line, sizeof(line) - 1, 0);
	char *start = line + 2;

	if (got < 2)
		return NULL;
	line[got] = '\0';
	if (strncmp(line, "#!", 2) != 0)
		return NULL;
	start += strspn(start, " \t");
	start[strcspn(start, " \t\n")] = '\0';
	return *start ? memory_text(start) : NULL;
}

/* The dynamic section's string at `offset`, or "". */
static const char *target_string(Elf *elf, const GElf_Shdr *section, size_t offset)
{
	const char *string = elf_strptr(elf, section->sh_link, offset);

	return string ? string : "";
}

static char *target_needs(const char *path, Elf *elf, Elf_Scn *scn, const GElf_Shdr *section)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry); i++) {
		const char *library;

		if (entry.d_tag != DT_NEEDED)
			continue;
		library = target_string(elf, section, entry.d_un.d_val);
		for (size_t j = 0; j < sizeof(target_sanitizers) / sizeof(target_sanitizers[0]);
		     j++)
			if (strncmp(library, target_sanitizers[j].library,
				    strlen(target_sanitizers[j].library)) == 0)
				return memory_printed("%s is built with %s, which must be its "
						      "allocator",
						      path, target_sanitizers[j].name);
	}
	return NULL;
}

static char *target_defines(const char *path, Elf *elf, Elf_Scn *scn, const GElf_Shdr *section)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	bool own_malloc = false;
	GElf_Sym symbol;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *name;

		if (symbol.st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			continue;
		name = target_string(elf, section, symbol.st_name);
		for (size_t j = 0; j < sizeof(target_functions) / sizeof(target_functions[0]); j++)
			if (strcmp(name, target_functions[j].function) == 0)
				return memory_printed("%s is built with %s, which must be its "
						      "allocator",
						      path, target_functions[j].name);
		own_malloc |= strcmp(name, "malloc") == 0;
	}
	return own_malloc ? memory_printed("%s brings its own malloc", path) : NULL;
}

/* What the sections of a program for this machine tell. */
static char *target_read_sections(const char *path, Elf *elf)
{
	char *obstacle = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr section;

	while (!obstacle && (scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &section))
			continue;
		if (section.sh_type == SHT_DYNAMIC)
			obstacle = target_needs(path, elf, scn, &section);
		else if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB)
			obstacle = target_defines(path, elf, scn, &section);
	}
	return obstacle;
}

/* The loader the program asks for, in `ret_loader`; "" when it asks for none. */
static void target_loader(int file, Elf *elf, char *ret_loader, size_t size)
{
	size_t count = 0;
	GElf_Phdr header;

	ret_loader[0] = '\0';
	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++) {
		ssize_t got;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_INTERP)
			continue;
		got = pread(file, ret_loader, header.p_filesz < size ? header.p_filesz : size - 1,
			    (off_t)header.p_offset);
		ret_loader[got > 0 ? got : 0] = '\0';
	}
}

static char *target_read_elf(const char *path, int file, Elf *elf)
{
	char loader[256];
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return NULL;
	if (header.e_ident[EI_CLASS] != ELFCLASS64)
		return memory_printed("%s is a 32-bit program, and libpooltag.so a 64-bit library",
				      path);
	if (header.e_machine != EM_X86_64)
		return memory_printed("%s is for another architecture than libpooltag.so", path);
	target_loader(file, elf, loader, sizeof(loader));
	if (!*loader)
		return memory_printed(
			"%s is statically linked, so nothing can be preloaded into it", path);
	if (strstr(loader, "ld-musl"))
		return memory_printed("%s uses another C library than glibc (%s)", path, loader);
	return target_read_sections(path, elf);
}

/* Whether executing the file gains rights, so that the loader ignores LD_PRELOAD. */
static bool target_privileged(int file)
{
	struct stat status;
	char capabilities[64];

	if (fstat(file, &status) < 0)
		return false;
	return ((status.st_mode & S_ISUID) && status.st_uid != geteuid()) ||
	       ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		status.st_gid != getegid()) ||
	       (geteuid() != 0 &&
		fgetxattr(file, "security.capability", capabilities, sizeof(capabilities)) > 0);
}

/* What stands against the file at `path`; or, in `ret_next`, the interpreter to look at instead. */
static char *target_read(const char *path, char **ret_next)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *obstacle = NULL;
	Elf *elf;

	*ret_next = NULL;
	if (file < 0)
		return NULL;
	if (target_privileged(file)) {
		obstacle = memory_printed("%s is privileged (set-uid or the like), so the loader "
					  "ignores LD_PRELOAD",
					  path);
	} else if (!(*ret_next = target_interpreter(file))) {
		elf_version(EV_CURRENT);
		elf = elf_begin(file, ELF_C_READ, NULL);
		obstacle = elf ? target_read_elf(path, file, elf) : NULL;
		elf_end(elf);
	}
	close(file);
	return obstacle;
}

char *target_obstacle(const char *command)
{
	char *path = target_find(command);
	char *obstacle = NULL;

	for (int i = 0; path && !obstacle && i < TARGET_SCRIPTS; i++) {
		char *next;

		obstacle = target_read(path, &next);
		free(path);
		path = next;
	}
	free(path);
	return obstacle;
}
