/* SPDX-License-Identifier: BSD-2-Clause */
#include "symbols/files.h"

#include "common/demangle.h"
#include "common/files.h"
#include "common/memory.h"
#include "symbols/functions.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_OPEN_MOST  32 /* modules held open: their debug information is mapped */
#define FILES_USUAL_PATH ":.debug:/usr/lib/debug"

/* A range of code and its compilation unit. */
struct files_range {
	Dwarf_Addr low;
	Dwarf_Addr high;
	Dwarf_Die unit;
};

/* A module's file while it is open. */
struct files_open {
	Dwfl *dwfl;          /* NULL: there is no file to believe */
	Dwfl_Module *module; /* of dwfl, its only one */
	const char *note;
	struct functions *functions; /* NULL: not asked for yet */
	bool ranged;                 /* ranges are filled in */
	size_t range_count;
	size_t ranges_allocated;
	struct files_range *ranges; /* by low */
};

struct files {
	char *directory;
	char *path; /* for libdwfl, separated by ':' */
	Dwfl_Callbacks callbacks;
	size_t open_count;
	struct files_module *open[FILES_OPEN_MOST];
	uint64_t clock;
};

struct files *files_create(const char *directory)
{
	struct files *files = memory_zeroed(1, sizeof(*files));

	files->directory = directory ? memory_text(directory) : NULL;
	files->path = directory ? memory_printed("%s:%s", FILES_USUAL_PATH, directory)
				: memory_text(FILES_USUAL_PATH);
	files->callbacks.find_elf = dwfl_build_id_find_elf;
	files->callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
	files->callbacks.section_address = dwfl_offline_section_address;
	files->callbacks.debuginfo_path = &files->path;
	return files;
}

void files_destroy(struct files *files)
{
	while (files->open_count)
		files_close(files, files->open[0]);
	free(files->directory);
	free(files->path);
	free(files);
}

static void files_let_go(struct files_open *open)
{
	if (open->dwfl)
		dwfl_end(open->dwfl);
	open->dwfl = NULL;
	open->module = NULL;
}

void files_close(struct files *files, struct files_module *module)
{
	if (!module->open)
		return;
	for (size_t i = 0; i < files->open_count; i++) {
		if (files->open[i] == module)
			files->open[i] = files->open[--files->open_count];
	}
	functions_destroy(module->open->functions);
	files_let_go(module->open);
	free(module->open->ranges);
	free(module->open);
	module->open = NULL;
}

static bool files_has_build_id(Dwfl_Module *module, const struct files_module *wanted)
{
	const unsigned char *bits;
	GElf_Addr address;
	int size = dwfl_module_build_id(module, &bits, &address);

	return size == (int)wanted->build_id_size &&
	       memcmp(bits, wanted->build_id, wanted->build_id_size) == 0;
}

/* Opens the file `path` as the module's, if it is that. Returns whether it is. */
static bool files_try(struct files *files, const struct files_module *module,
		      struct files_open *now, const char *path)
{
	int fd = files_open_regular(path); /* the name is whatever the process wrote */

	if (fd < 0)
		return false;
	now->dwfl = dwfl_begin(&files->callbacks);
	if (now->dwfl) {
		dwfl_report_begin(now->dwfl);
		now->module = dwfl_report_elf(now->dwfl, path, path, fd, 0, true);
		dwfl_report_end(now->dwfl, NULL, NULL);
	}
	if (!now->module) {
		close(fd);
		now->note = "its file cannot be read";
		files_let_go(now);
		return false;
	}
	if (module->build_id_size && !files_has_build_id(now->module, module)) {
		now->note = "its file is of another build (the build-ids differ)";
		files_let_go(now);
		return false;
	}
	return true;
}

/* The debug file that stands for the module's own, by build-id. */
static bool files_try_debug(struct files *files, const struct files_module *module,
			    struct files_open *now, const char *directory)
{
	char digits[2 * sizeof(module->build_id) + 1];
	char *path;
	bool found;

	if (module->build_id_size < 2)
		return false;
	for (size_t i = 0; i < module->build_id_size; i++)
		sprintf(digits + 2 * i, "%02x", module->build_id[i]);
	path = memory_printed("%s/.build-id/%.2s/%s.debug", directory, digits, digits + 2);
	found = files_try(files, module, now, path);
	free(path);
	return found;
}

static bool files_same(const char *a, const char *b)
{
	struct stat one;
	struct stat other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/* The usual name is better than /proc's: debug directories mirror it. */
static bool files_try_all(struct files *files, const struct files_module *module,
			  struct files_open *now)
{
	bool foreign = module->root && access(module->root, R_OK) == 0 &&
		       !files_same(module->root, module->path);

	now->note = "its file is gone";
	if (foreign && files_try(files, module, now, module->root))
		return true;
	/* Without a build-id a file of this name in another file system is just any file. */
	if (!(foreign && module->build_id_size == 0) && files_try(files, module, now, module->path))
		return true;
	return files_try_debug(files, module, now, "/usr/lib/debug") ||
	       (files->directory && files_try_debug(files, module, now, files->directory));
}

static struct files_open *files_open(struct files *files, struct files_module *module)
{
	size_t oldest = 0;

	module->used = ++files->clock;
	if (module->open)
		return module->open;
	if (files->open_count == FILES_OPEN_MOST) {
		for (size_t i = 1; i < files->open_count; i++) {
			if (files->open[i]->used < files->open[oldest]->used)
				oldest = i;
		}
		files_close(files, files->open[oldest]);
	}
	module->open = memory_zeroed(1, sizeof(*module->open));
	files->open[files->open_count++] = module;
	if (files_try_all(files, module, module->open))
		module->open->note = NULL;
	return module->open;
}

static int files_compare_ranges(const void *left, const void *right)
{
	const struct files_range *a = left;
	const struct files_range *b = right;

	return (a->low > b->low) - (a->low < b->low);
}

/*
 * Compilers may leave .debug_aranges out, which libdw relies on: this is the same from the units.
 */
static void files_fill_ranges(struct files_open *now)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = NULL;

	now->ranged = true;
	while ((unit = dwfl_module_nextcu(now->module, unit, &bias))) {
		Dwarf_Addr base;
		Dwarf_Addr low;
		Dwarf_Addr high;
		ptrdiff_t at = 0;

		while ((at = dwarf_ranges(unit, at, &base, &low, &high)) > 0) {
			memory_reserve(&now->ranges, &now->ranges_allocated, now->range_count,
				       sizeof(*now->ranges));
			now->ranges[now->range_count++] =
				(struct files_range){low + bias, high + bias, *unit};
		}
	}
	if (now->range_count)
		qsort(now->ranges, now->range_count, sizeof(*now->ranges), files_compare_ranges);
}

/* The compilation unit of an address. Returns whether there is one. */
static bool files_unit(struct files_open *now, Dwarf_Addr address, Dwarf_Die *unit,
		       Dwarf_Addr *bias)
{
	Dwarf_Die *found = dwfl_module_addrdie(now->module, address, bias);
	size_t low = 0;
	size_t high;

	if (found) {
		*unit = *found;
		return true;
	}
	if (!dwfl_module_getdwarf(now->module, bias))
		return false;
	if (!now->ranged)
		files_fill_ranges(now);
	high = now->range_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (now->ranges[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address >= now->ranges[low - 1].high)
		return false;
	*unit = now->ranges[low - 1].unit;
	return true;
}

static char *files_function(const char *name)
{
	char *plain = demangle_name(name);
	char *escaped = memory_escaped(plain);

	free(plain);
	return escaped;
}

/* The name of a subroutine: C++ and Rust say more in the linker's, C means its own. */
static const char *files_die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		name = dwarf_formstring(&attribute);
	return name && (strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0)
		       ? name
		       : dwarf_diename(die);
}

static void files_add(struct symbols_answer *answer, const char *function, const char *file,
		      int line)
{
	answer->places = memory_resized(answer->places, answer->count + 1, sizeof(*answer->places));
	answer->places[answer->count++] = (struct symbols_place){
		.function = function ? files_function(function) : NULL,
		.file = file ? memory_escaped(file) : NULL,
		.line = line,
	};
}

/* Where the code of an inlined subroutine stands in the one around it. */
static void files_call_site(Dwarf_Die *unit, Dwarf_Die *die, const char **file, int *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *names;
	Dwarf_Word value;

	*file = NULL;
	*line = 0;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &value) == 0 &&
	    dwarf_getsrcfiles(unit, &names, NULL) == 0)
		*file = dwarf_filesrc(names, value, NULL, NULL);
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &value) == 0)
		*line = (int)value;
}

/*
 * Follows the scopes outwards to the function. The scopes of an address lead from an inlined
 * subroutine to where it was defined; those of its entry lead to where it was inlined.
 */
static void files_add_scopes(Dwarf_Die *unit, Dwarf_Addr address, const char *file, int line,
			     struct symbols_answer *answer)
{
	Dwarf_Die *scopes = NULL;
	Dwarf_Die innermost;
	int count = dwarf_getscopes(unit, address, &scopes);

	if (count <= 0)
		return;
	innermost = scopes[0];
	free(scopes);
	scopes = NULL;
	count = dwarf_getscopes_die(&innermost, &scopes);
	for (int i = 0; i < count; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram)
			files_add(answer, files_die_name(&scopes[i]), file, line);
		if (tag == DW_TAG_subprogram)
			break;
		if (tag == DW_TAG_inlined_subroutine)
			files_call_site(unit, &scopes[i], &file, &line);
	}
	free(scopes);
}

void files_find(struct files *files, struct files_module *module, uint64_t address,
		struct symbols_answer *answer)
{
	struct files_open *now = files_open(files, module);
	Dwarf_Addr bias = 0;
	Dwarf_Die unit;
	Dwarf_Line *line;
	const char *file = NULL;
	const char *function;
	GElf_Off offset;
	int number = 0;

	answer->note = now->note;
	if (!now->module)
		return;
	if (files_unit(now, address, &unit, &bias)) {
		line = dwarf_getsrc_die(&unit, address - bias);
		if (line) {
			file = dwarf_linesrc(line, NULL, NULL);
			dwarf_lineno(line, &number);
		}
		files_add_scopes(&unit, address - bias, file, number, answer);
	} else {
		answer->note = dwfl_module_getdwarf(now->module, &bias)
				       ? "its debug information does not cover this code"
				       : "no debug information found";
	}
	if (answer->count)
		return;
	if (!now->functions)
		now->functions = functions_create(now->module);
	function = functions_find(now->functions, address, &offset);
	if (function)
		answer->offset = offset + 1;
	if (function || file)
		files_add(answer, function, file, number);
}
