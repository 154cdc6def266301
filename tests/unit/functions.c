/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names that poolmon's sorted symbol tables give to addresses, against those of libdwfl, which
 * looks at one symbol after the other: for this program with symbols that overlap in all the ways
 * there are, for libraries of the system, with and without their debug files.
 */
#include "symbols/functions.h"
#include "tests/harness/tap.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES 1500 /* addresses of a large table; each takes libdwfl half a millisecond */

/* clang-format off */
#define SYMBOL(name, binding, type, at, bytes) \
	binding " " name "\n.type " name ", " type "\n.set " name ", odd + " #at "\n.size " name ", " #bytes "\n"
#define LABEL(name, binding, at) \
	binding " " name "\n.set " name ", odd + " #at "\n"

__asm__(".pushsection .text.odd, \"ax\", @progbits\n"
	"odd: .skip 4096, 0x90\n"
	SYMBOL("odd_outer",     ".globl", "@function", 0,    1024) /* others lie in it */
	SYMBOL("odd_inner",     ".globl", "@function", 256,  256)
	SYMBOL("odd_weak",      ".weak",  "@function", 320,  64)  /* closer than a global one */
	SYMBOL("odd_late",      ".globl", "@function", 64,   600) /* farther, and better bound */
	SYMBOL("odd_short",     ".weak",  "@function", 256,  16)
	SYMBOL("odd_same_a",    ".globl", "@function", 700,  32)
	SYMBOL("odd_same_b",    ".globl", "@function", 700,  32)
	SYMBOL("odd_same_less", ".globl", "@function", 700,  16)
	SYMBOL("odd_object",    ".globl", "@object",   1100, 32)
	SYMBOL("odd_unique",    ".globl", "@gnu_unique_object", 1104, 8)
	SYMBOL("odd_nothing",   ".globl", "@notype",   1140, 32)
	SYMBOL("odd_thread",    ".globl", "@tls_object", 1180, 32) /* no code, whatever it says */
	SYMBOL("odd_local",     ".local", "@function", 1200, 256)
	SYMBOL("odd_local_in",  ".local", "@function", 1300, 16)
	SYMBOL("odd_hidden",    ".weak",  "@function", 1310, 4)
	LABEL("odd_label",       ".globl", 1600) /* nothing that has a size is near */
	LABEL("odd_label_same",  ".globl", 1600)
	LABEL("odd_label_local", ".local", 1700)
	LABEL("odd_label_last",  ".globl", 1800)
	LABEL("odd_label_in",    ".globl", 2050) /* inside of the next one */
	SYMBOL("odd_cover",     ".globl", "@function", 2000, 100)
	LABEL("odd_label_end",   ".globl", 2100)
	SYMBOL("odd_local_end", ".local", "@function", 2096, 32)
	SYMBOL("odd_far",       ".weak",  "@function", 3000, 0x7fffffffffffffff)
	".popsection\n");
/* clang-format on */

static char no_paths_text[] = ":/nowhere";
static char *no_paths = no_paths_text;
static char *usual_paths; /* NULL: libdwfl's own */

static const Dwfl_Callbacks with_debug = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
	.debuginfo_path = &usual_paths,
};
static const Dwfl_Callbacks without_debug = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
	.debuginfo_path = &no_paths,
};

struct tally {
	unsigned asked, named, wrong;
};

static void compare(Dwfl_Module *module, struct functions *functions, GElf_Addr address,
		    struct tally *tally)
{
	GElf_Off offset = 0, wanted_offset = 0;
	GElf_Sym symbol;
	const char *name = functions_find(functions, address, &offset);
	const char *wanted =
		dwfl_module_addrinfo(module, address, &wanted_offset, &symbol, NULL, NULL, NULL);

	tally->asked++;
	tally->named += wanted != NULL;
	if ((!name && !wanted) ||
	    (name && wanted && strcmp(name, wanted) == 0 && offset == wanted_offset))
		return;
	if (tally->wrong++ < 5)
		diag("0x%llx: %s+%llu instead of %s+%llu", (unsigned long long)address,
		     name ? name : "nothing", (unsigned long long)offset,
		     wanted ? wanted : "nothing", (unsigned long long)wanted_offset);
}

/* Around the ends of symbols, and anywhere. */
static void compare_all(Dwfl_Module *module, struct tally *tally)
{
	struct functions *functions = functions_create(module);
	int count = dwfl_module_getsymtab(module);
	GElf_Addr low, high;

	dwfl_module_info(module, NULL, &low, &high, NULL, NULL, NULL, NULL);
	for (int i = 0; i < SAMPLES / 5 && count > 0; i++) {
		int at = count <= SAMPLES / 5 ? i : (int)((unsigned)rand() % (unsigned)count);
		GElf_Sym symbol;
		GElf_Addr start = 0;

		if (at >= count ||
		    !dwfl_module_getsym_info(module, at, &symbol, &start, NULL, NULL, NULL))
			continue;
		compare(module, functions, start, tally);
		compare(module, functions, start - 1, tally);
		compare(module, functions, start + symbol.st_size / 2, tally);
		compare(module, functions, start + symbol.st_size - 1, tally);
		compare(module, functions, start + symbol.st_size, tally);
	}
	for (int i = 0; i < SAMPLES / 5; i++)
		compare(module, functions, low + (unsigned)rand() % (high - low + 4096), tally);
	functions_destroy(functions);
}

/* Every address of the odd section. */
static void compare_odd(Dwfl_Module *module, struct tally *tally)
{
	struct functions *functions = functions_create(module);
	int count = dwfl_module_getsymtab(module);

	for (int i = 1; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr start;
		const char *name =
			dwfl_module_getsym_info(module, i, &symbol, &start, NULL, NULL, NULL);

		for (GElf_Addr at = 0; name && strcmp(name, "odd_outer") == 0 && at < 4700; at++)
			compare(module, functions, start + at, tally);
	}
	functions_destroy(functions);
}

static void check_file(const char *path, const Dwfl_Callbacks *callbacks,
		       void (*how)(Dwfl_Module *module, struct tally *tally), const char *what)
{
	struct tally tally = {0};
	Dwfl *dwfl = dwfl_begin(callbacks);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Dwfl_Module *module;

	dwfl_report_begin(dwfl);
	module = dwfl_report_elf(dwfl, path, path, fd, 0, true);
	dwfl_report_end(dwfl, NULL, NULL);
	if (module)
		how(module, &tally);
	ok(module && tally.wrong == 0 && tally.named > tally.asked / 20,
	   "%s of %s: %u addresses, %u of them in functions", what, path, tally.asked, tally.named);
	dwfl_end(dwfl);
}

/* The file that a name of a library is in. */
static void check_library(const char *name)
{
	Dl_info info;
	char *path;

	if (!dladdr(dlsym(RTLD_DEFAULT, name), &info) || !(path = realpath(info.dli_fname, NULL)))
		return;
	check_file(path, &with_debug, compare_all, "symbols");
	check_file(path, &without_debug, compare_all, "dynamic symbols");
	free(path);
}

int main(void)
{
	srand(1);
	check_file("/proc/self/exe", &with_debug, compare_odd, "odd symbols");
	check_file("/proc/self/exe", &with_debug, compare_all, "all symbols");
	check_library("malloc");
	check_library("dwfl_begin");
	check_library("_r_debug");
	return done();
}
