/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions of this program and of libc against what readelf says, then of forged files: 200,000
 * symbols, overlaps, aliases, and headers and tables with random bytes in them.
 */
#include "lib/sites/symbols.h"
#include "tests/harness/tap.h"
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MANY   200000u
#define STRIDE 16u

/* Room for the forged symbols' addresses in the program's own mapping. */
static char room[MANY * STRIDE + 4096];

/* What readelf lists. */
#define LISTED_MAX 20000

static struct listed {
	uintptr_t value;
	unsigned long size;
	int rank; /* 0 global, 1 weak, 2 local */
	char name[96];
} listed[LISTED_MAX];

static int listed_count;

/* Exported, with size and name. */
int exported_function(int a);
int exported_alias(int a) __attribute__((weak, alias("exported_function")));

__attribute__((noinline)) int exported_function(int a)
{
	return a * 3 + (int)getpid();
}

static __attribute__((noinline)) int private_function(int a)
{
	return a * 5 + (int)getpid();
}

static void list(const char *path, const char *what)
{
	char command[512], line[1024], type[16], bind[16], visibility[16], section[16], name[512];
	unsigned long long value;
	unsigned long size;
	FILE *pipe;

	snprintf(command, sizeof(command), "readelf -W %s '%s'", what, path);
	pipe = popen(command, "r");
	listed_count = 0;
	while (pipe != NULL && fgets(line, sizeof(line), pipe) != NULL) {
		struct listed *entry = &listed[listed_count];

		if (sscanf(line, " %*d: %llx %lu %15s %15s %15s %15s %511s", &value, &size, type,
			   bind, visibility, section, name) != 7 ||
		    (strcmp(type, "FUNC") != 0 && strcmp(type, "IFUNC") != 0) ||
		    strcmp(section, "UND") == 0 || listed_count == LISTED_MAX - 1 ||
		    strlen(name) >= sizeof(entry->name))
			continue;
		name[strcspn(name, "@")] = '\0';
		entry->value = value;
		entry->size = size;
		entry->rank = strcmp(bind, "LOCAL") == 0 ? 2 : strcmp(bind, "WEAK") == 0;
		strcpy(entry->name, name);
		listed_count++;
	}
	if (pipe != NULL)
		pclose(pipe);
}

static int is_better(const struct listed *a, const struct listed *b)
{
	size_t x = strlen(a->name), y = strlen(b->name);

	if (a->rank != b->rank)
		return a->rank < b->rank;
	return x != y ? x < y : strcmp(a->name, b->name) < 0;
}

static const char *best_name(uintptr_t value)
{
	const struct listed *best = NULL;

	for (int i = 0; i < listed_count; i++)
		if (listed[i].value == value && (best == NULL || is_better(&listed[i], best)))
			best = &listed[i];
	return best->name;
}

/* Every function at its first and last byte. */
static void check_listed(struct sites_module *module, const char *title)
{
	int wrong = 0;

	for (int i = 0; i < listed_count; i++) {
		uintptr_t start = module->load_address + listed[i].value;
		const char *name = best_name(listed[i].value);
		struct sites_symbol symbol;

		if (sites_symbol_at(module, start, &symbol) != 0 || symbol.start != start ||
		    strcmp(symbol.name, name) != 0) {
			printf("# %s at its start\n", name);
			wrong++;
		}
		if (listed[i].size > 0 &&
		    (sites_symbol_at(module, start + listed[i].size - 1, &symbol) != 0 ||
		     symbol.start < start)) {
			printf("# %s at its end\n", name);
			wrong++;
		}
	}
	ok(listed_count > 3 && wrong == 0, "%d functions of %s", listed_count, title);
}

static void check_none(struct sites_module *module)
{
	struct sites_symbol symbol = {.name = "untouched"};

	ok(sites_symbol_at(module, module->start, &symbol) == -ENOENT,
	   "the ELF header is no function");
	ok(sites_symbol_at(module, module->end, &symbol) == -ENOENT, "behind the module");
	ok(sites_symbol_at(module, module->start - 1, &symbol) == -ENOENT,
	   "in front of the module");
	ok(strcmp(symbol.name, "untouched") == 0, "nothing is set on failure");
}

static void check_other_build(const struct sites_module *self)
{
	struct sites_module other = *self;
	struct sites_symbol symbol;

	other.symbols = NULL;
	other.build_id[0] ^= 0xff;
	ok(sites_symbol_at(&other, (uintptr_t)exported_function, &symbol) == 0 &&
		   strcmp(symbol.name, "exported_function") == 0,
	   "another build's file is not used, the dynamic symbols are");
	ok(sites_symbol_at(&other, (uintptr_t)private_function, &symbol) == -ENOENT ||
		   strcmp(symbol.name, "private_function") != 0,
	   "which do not have private functions");
}

/* A file that has this program's headers, a symbol table and strings of our making. */
struct forged {
	int fd;
	char path[64];
	struct sites_module module;
	Elf64_Off symbols, strings;
	size_t size;
};

static void put(struct forged *forged, size_t offset, const void *data, size_t size)
{
	if (pwrite(forged->fd, data, size, (off_t)offset) != (ssize_t)size)
		printf("# short write\n");
	if (offset + size > forged->size)
		forged->size = offset + size;
}

static struct forged forge(const struct sites_module *self, const Elf64_Sym *symbols, size_t count,
			   const char *strings, size_t strings_size)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)self->start;
	struct forged forged = {.fd = memfd_create("forged", 0), .module = *self};
	Elf64_Shdr sections[3] = {0};

	forged.symbols = header->e_shoff + 65536;
	forged.strings = forged.symbols + count * sizeof(*symbols);
	sections[1] = (Elf64_Shdr){
		.sh_type = SHT_SYMTAB,
		.sh_offset = forged.symbols,
		.sh_size = count * sizeof(*symbols),
		.sh_link = 2,
		.sh_entsize = sizeof(*symbols),
	};
	sections[2] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB, .sh_offset = forged.strings, .sh_size = strings_size};
	put(&forged, 0, header, 4096);
	put(&forged, header->e_shoff, sections, sizeof(sections));
	put(&forged, forged.symbols, symbols, count * sizeof(*symbols));
	put(&forged, forged.strings, strings, strings_size);
	snprintf(forged.path, sizeof(forged.path), "/proc/self/fd/%d", forged.fd);
	forged.module.symbols = NULL;
	forged.module.build_id_size = 0;
	return forged;
}

static Elf64_Sym function(const struct sites_module *self, size_t at, size_t size, int binding,
			  unsigned name)
{
	return (Elf64_Sym){
		.st_name = name,
		.st_info = ELF64_ST_INFO(binding, STT_FUNC),
		.st_shndx = 1,
		.st_value = (uintptr_t)room + at - self->load_address,
		.st_size = size,
	};
}

static const char *name_at(struct forged *forged, size_t at)
{
	struct sites_symbol symbol;

	forged->module.path = forged->path;
	return sites_symbol_at(&forged->module, (uintptr_t)room + at, &symbol) == 0 ? symbol.name
										    : "nothing";
}

static void check_name(struct forged *forged, size_t at, const char *expected)
{
	const char *got = name_at(forged, at);

	ok(strcmp(got, expected) == 0, "forged: %s at %zu", expected, at);
	if (strcmp(got, expected) != 0)
		printf("# got %s\n", got);
}

static void check_forged(const struct sites_module *self)
{
	static const char strings[] =
		"\0outer\0inner\0nosize\0weak\0glob_b\0glob_a\0longglobal\0loc\0cut";
	Elf64_Sym symbols[] = {
		function(self, 0, 1000, STB_GLOBAL, 1),  /* outer */
		function(self, 100, 50, STB_LOCAL, 7),   /* inner */
		function(self, 2000, 0, STB_GLOBAL, 13), /* nosize, up to the next */
		function(self, 3000, 16, STB_WEAK, 20),  /* aliases from here */
		function(self, 3000, 16, STB_GLOBAL, 39),
		function(self, 3000, 16, STB_GLOBAL, 25),
		function(self, 3000, 16, STB_GLOBAL, 32),
		function(self, 3000, 16, STB_LOCAL, 50),
		function(self, 4000, 16, STB_GLOBAL, 54), /* a name without end */
		function(self, 5000, 16, STB_GLOBAL, 4000000),
	};
	struct forged forged = forge(self, symbols, sizeof(symbols) / sizeof(symbols[0]), strings,
				     sizeof(strings) - 1);
	const char *before;

	check_name(&forged, 99, "outer");
	check_name(&forged, 100, "inner");
	check_name(&forged, 149, "inner");
	check_name(&forged, 150, "outer");
	check_name(&forged, 999, "outer");
	check_name(&forged, 1000, "nothing");
	check_name(&forged, 2999, "nosize");
	check_name(&forged, 3015, "glob_a");
	check_name(&forged, 3016, "nothing");
	check_name(&forged, 4000, "nothing");
	check_name(&forged, 5000, "nothing");
	before = name_at(&forged, 5);
	ok(before == name_at(&forged, 6), "the same pointer for the same function");
	ok(ftruncate(forged.fd, 100) == 0 && name_at(&forged, 7) == before,
	   "a name that was read stays when the file goes");
	close(forged.fd);
}

/* Too large for the stack, and malloc would be the library's. */
static Elf64_Sym many[MANY];
static char many_strings[MANY * 10 + 1];

static void check_many(const struct sites_module *self)
{
	struct timespec before, after;
	struct forged forged;
	struct sites_symbol symbol;
	double ms;
	int wrong = 0;

	for (unsigned i = 0; i < MANY; i++) {
		/* In an order that is neither ascending nor descending. */
		unsigned at = (unsigned)(i * 48271ull % MANY);

		snprintf(many_strings + 1 + i * 10, 10, "fn%06u", at);
		many[i] = function(self, at * STRIDE, STRIDE - 1, STB_GLOBAL, 1 + i * 10);
	}
	forged = forge(self, many, MANY, many_strings, sizeof(many_strings));
	forged.module.path = forged.path;
	clock_gettime(CLOCK_MONOTONIC, &before);
	ok(sites_symbol_at(&forged.module, (uintptr_t)room, &symbol) == 0, "%u symbols", MANY);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (double)(after.tv_sec - before.tv_sec) * 1e3 +
	     (double)(after.tv_nsec - before.tv_nsec) / 1e6;
	printf("# indexed in %.1f ms; quadratic work would run into the time-out\n", ms);
	for (unsigned i = 0; i < MANY; i += 97) {
		char expected[16];

		snprintf(expected, sizeof(expected), "fn%06u", i);
		wrong += strcmp(name_at(&forged, i * STRIDE + 14), expected) != 0;
		wrong += strcmp(name_at(&forged, i * STRIDE + 15), "nothing") != 0;
	}
	ok(wrong == 0, "all found, and nothing between them");
	close(forged.fd);
}

static uint32_t state = 20240229;

static uint32_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Random bytes in the section headers and tables, and random ends of the file. */
static void check_hostile(const struct sites_module *self)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)self->start;
	int sane = 1;

	for (int round = 0; round < 3000; round++) {
		static Elf64_Sym symbols[64];
		struct forged forged;

		for (unsigned i = 0; i < 64; i++)
			symbols[i] = function(self, next_random() % 4000, next_random() % 500,
					      (int)(next_random() % 3), 1 + next_random() % 630);
		forged = forge(self, symbols, 64, many_strings, 640);
		forged.module.path = forged.path;
		for (unsigned n = next_random() % 8; n > 0; n--) {
			static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
			uint8_t byte = next_random() % 2 != 0 ? values[next_random() % 5]
							      : (uint8_t)next_random();
			size_t at = next_random() % 2 != 0
					    ? header->e_shoff + 64 + next_random() % 128
					    : forged.symbols + next_random() % (64 * 24 + 640);

			put(&forged, at, &byte, 1);
		}
		if (next_random() % 3 == 0 &&
		    ftruncate(forged.fd, (off_t)(next_random() % forged.size)) != 0)
			sane = 0;
		for (unsigned q = 0; q < 20; q++) {
			uintptr_t address = (uintptr_t)room + next_random() % 8000;
			struct sites_symbol symbol;

			if (sites_symbol_at(&forged.module, address, &symbol) == 0)
				sane &= symbol.start <= address && strlen(symbol.name) > 0;
		}
		close(forged.fd);
	}
	ok(sane, "3000 forged files with random bytes");
}

int main(void)
{
	struct sites_module *self, *libc;
	struct sites_symbol symbol;

	room[0] = 1;
	sites_modules_init();
	self = sites_module_of((uintptr_t)private_function);
	libc = sites_module_of((uintptr_t)popen);
	if (!ok(self != NULL && libc != NULL, "modules"))
		return done();
	list(self->path, "--syms");
	check_listed(self, "this program");
	ok(sites_symbol_at(self, (uintptr_t)private_function + 1, &symbol) == 0 &&
		   strcmp(symbol.name, "private_function") == 0,
	   "a private function");
	check_none(self);
	check_other_build(self);
	list(libc->path, "--dyn-syms");
	check_listed(libc, "libc");
	check_forged(self);
	check_many(self);
	check_hostile(self);
	return done();
}
