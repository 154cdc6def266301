/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/modules.h"
#include "lib/base/arena.h"
#include "lib/base/program.h"
#include "lib/base/text.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

static struct sites_module *modules;
static char program[4096];
static uintptr_t program_start, program_end;

/* The loader knows a program with gaps between its segments segment by segment only. */
static void find_program(void)
{
	const ElfW(Phdr) *segment = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	uintptr_t load_address = 0, start = UINTPTR_MAX, end = 0;

	for (unsigned long i = 0; segment != NULL && i < getauxval(AT_PHNUM); i++)
		if (segment[i].p_type == PT_PHDR)
			load_address = (uintptr_t)segment - segment[i].p_vaddr;
		else if (segment[i].p_type == PT_LOAD) {
			start = base_min(start, segment[i].p_vaddr);
			end = base_max(end, segment[i].p_vaddr + segment[i].p_memsz);
		}
	if (start < end) {
		program_start = load_address + start / BASE_PAGE_SIZE * BASE_PAGE_SIZE;
		program_end = load_address + end;
	}
}

void sites_modules_init(void)
{
	base_program_path(program, sizeof(program));
	find_program();
}

/* Where the file of an address is mapped; 0, or -1 when no file is there. */
static int find_object(uintptr_t address, struct dl_find_object *ret_object)
{
	const char *name;

	if (_dl_find_object((void *)address, ret_object) != 0 || ret_object->dlfo_link_map == NULL)
		return -1;
	name = ret_object->dlfo_link_map->l_name;
	if ((name == NULL || name[0] == '\0') && program_start != 0) {
		ret_object->dlfo_map_start = (void *)program_start;
		ret_object->dlfo_map_end = (void *)program_end;
	}
	return 0;
}

static int is_at(const struct sites_module *module, const struct dl_find_object *object)
{
	return !module->unloaded && module->start == (uintptr_t)object->dlfo_map_start &&
	       module->end == (uintptr_t)object->dlfo_map_end;
}

int sites_module_is_loaded(const struct sites_module *module, uintptr_t address)
{
	struct dl_find_object object;

	return find_object(address, &object) == 0 && is_at(module, &object);
}

/* The GNU build id in the notes of a mapped file. */
static void find_build_id(struct sites_module *module)
{
	const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)module->start;
	const ElfW(Phdr) *segment = (const ElfW(Phdr) *)(module->start + elf->e_phoff);

	if (elf->e_ident[EI_MAG0] != ELFMAG0 || elf->e_ident[EI_MAG1] != ELFMAG1 ||
	    elf->e_phoff + (uintptr_t)elf->e_phnum * sizeof(*segment) > BASE_PAGE_SIZE)
		return;
	for (int i = 0; i < elf->e_phnum; i++) {
		uintptr_t at = module->load_address + segment[i].p_vaddr;
		uintptr_t end = at + segment[i].p_memsz;

		if (segment[i].p_type != PT_NOTE || at < module->start || end > module->end)
			continue;
		while (at + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
			uintptr_t name = at + sizeof(*note);
			uintptr_t data = name + base_round_up(note->n_namesz, 4);

			at = data + base_round_up(note->n_descsz, 4);
			if (at > end || note->n_type != NT_GNU_BUILD_ID ||
			    note->n_descsz > SITES_BUILD_ID_MAX || note->n_namesz != 4 ||
			    !base_string_equal((const char *)name, "GNU"))
				continue;
			module->build_id_size = note->n_descsz;
			for (uint32_t b = 0; b < note->n_descsz; b++)
				module->build_id[b] = ((const uint8_t *)data)[b];
		}
	}
}

static struct sites_module *remember(const struct dl_find_object *object, const char *path)
{
	size_t length = base_string_length(path);
	struct sites_module *module = base_arena_take(sizeof(*module) + length + 1);
	char *copy;

	if (module == NULL)
		return NULL;
	copy = (char *)(module + 1);
	for (size_t i = 0; i < length; i++)
		copy[i] = path[i];
	module->path = copy;
	module->start = (uintptr_t)object->dlfo_map_start;
	module->end = (uintptr_t)object->dlfo_map_end;
	module->load_address = object->dlfo_link_map->l_addr;
	module->number = SITES_UNPUBLISHED;
	find_build_id(module);
	module->next = modules;
	modules = module;
	return module;
}

struct sites_module *sites_module_of(uintptr_t address)
{
	struct dl_find_object object;
	const char *path;

	if (find_object(address, &object) != 0)
		return NULL;
	path = object.dlfo_link_map->l_name;
	if (path == NULL || path[0] == '\0')
		path = program;
	for (struct sites_module *module = modules; module != NULL; module = module->next)
		if (is_at(module, &object) && base_string_equal(module->path, path))
			return module;
	return remember(&object, path);
}

int sites_module_covers(uintptr_t address)
{
	for (struct sites_module *module = modules; module != NULL; module = module->next)
		if (!module->unloaded && address >= module->start && address < module->end)
			return 1;
	return 0;
}

unsigned sites_modules_forget_unloaded(void)
{
	struct dl_find_object object;
	unsigned forgotten = 0;

	for (struct sites_module *module = modules; module != NULL; module = module->next)
		if (!module->unloaded && _dl_find_object((void *)module->start, &object) != 0) {
			module->unloaded = 1;
			forgotten++;
		}
	return forgotten;
}

static int ends_stem(char c)
{
	return c == '\0' || c == '.' || c == '-' || (c >= '0' && c <= '9');
}

pooltag_tag sites_module_tag(const struct sites_module *module)
{
	char stem[5] = "    ";
	const char *name;
	int length = 0;

	if (module == NULL)
		return POOLTAG_TAG('A', 'n', 'o', 'n');
	name = base_path_tail(module->path);
	if (name[0] == 'l' && name[1] == 'i' && name[2] == 'b' && !ends_stem(name[3]) &&
	    !ends_stem(name[4]))
		name += 3;
	while (length < 4 && !ends_stem(name[length])) {
		stem[length] = name[length];
		length++;
	}
	/* A name that starts with a digit or a dot: as it stands. */
	for (int whole = length == 0; whole && length < 4 && name[length] != '\0'; length++)
		stem[length] = name[length];
	return pooltag_tag_from_text(stem);
}
