/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/symbols.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/sites/dynamic.h"
#include "lib/sites/elf_file.h"
#include <errno.h>
#include <sys/mman.h>

#define SYMBOLS_MAX    (UINT32_C(1) << 26)
#define NAME_MAX_BYTES ((uint64_t)65536)
#define ALIASES_MAX    64 /* of one address that are compared */
#define CHUNK          128
#define DEBUG_PATH_MAX 96

/* How widely a symbol is seen; the lower the better its name. */
enum binding { BINDING_GLOBAL, BINDING_WEAK, BINDING_LOCAL };

#define NAME_BITS 30
#define NAME_MASK ((UINT32_C(1) << NAME_BITS) - 1)

/* Addresses are counted from the start of the module's mapping. */
struct entry {
	uint32_t start;
	uint32_t end;   /* while the table is built: the symbol's size */
	uint32_t reach; /* the greatest end of this and all entries before it */
	uint32_t name;  /* offset in the strings; enum binding in the two bits above */
};

struct symbols_index {
	const struct entry *entries;
	const char **names; /* atomic; of the first entry of each address, NULL: not yet read */
	uint32_t count;
	const char *path; /* of the file the names are in, NULL: in memory */
	struct sites_file_identity identity;
	struct sites_extent strings; /* in the file */
	struct sites_dynamic dynamic;
};

/* A module without any symbol. */
static struct symbols_index nothing;

/* Where symbols are collected. */
struct builder {
	const struct sites_module *module;
	struct entry *entries;
	uint32_t count, capacity;
	uint64_t strings_size;
};

static uint32_t binding_of(const Elf64_Sym *symbol)
{
	unsigned binding = ELF64_ST_BIND(symbol->st_info);

	return binding == STB_LOCAL  ? BINDING_LOCAL
	       : binding == STB_WEAK ? BINDING_WEAK
				     : BINDING_GLOBAL;
}

static void add(struct builder *builder, const Elf64_Sym *symbol)
{
	const struct sites_module *module = builder->module;
	unsigned type = ELF64_ST_TYPE(symbol->st_info);
	uint64_t start = module->load_address + symbol->st_value - module->start;

	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol->st_shndx == SHN_UNDEF ||
	    start >= module->end - module->start || start >= UINT32_MAX || symbol->st_name == 0 ||
	    symbol->st_name >= builder->strings_size || symbol->st_name > NAME_MASK ||
	    builder->count == builder->capacity)
		return;
	builder->entries[builder->count++] = (struct entry){
		.start = (uint32_t)start,
		.end = (uint32_t)base_min(symbol->st_size, UINT32_MAX),
		.name = symbol->st_name | binding_of(symbol) << NAME_BITS,
	};
}

/* One pass of a stable radix sort by 8 bits; 0 when all are equal in them and nothing was done. */
static int sort_pass(const struct entry *from, struct entry *to, uint32_t count, unsigned shift)
{
	uint32_t places[256] = {0};
	uint32_t place = 0;

	for (uint32_t i = 0; i < count; i++)
		places[from[i].start >> shift & 255]++;
	if (places[from[0].start >> shift & 255] == count)
		return 0;
	for (unsigned i = 0; i < 256; i++) {
		uint32_t n = places[i];

		places[i] = place;
		place += n;
	}
	for (uint32_t i = 0; i < count; i++)
		to[places[from[i].start >> shift & 255]++] = from[i];
	return 1;
}

static uint32_t first_alias(const struct entry *entries, uint32_t i)
{
	while (i > 0 && entries[i - 1].start == entries[i].start)
		i--;
	return i;
}

/* Sizes become ends, for all names of an address alike. */
static void set_ends(struct entry *entries, uint32_t count, uint32_t limit)
{
	uint32_t next = limit;

	for (uint32_t last = count; last > 0;) {
		uint32_t first = first_alias(entries, last - 1);
		uint32_t start = entries[first].start, size = 0, end;

		for (uint32_t i = first; i < last; i++)
			size = (uint32_t)base_max(size, entries[i].end);
		end = size == 0 ? next : size < limit - start ? start + size : limit;
		for (uint32_t i = first; i < last; i++)
			entries[i].end = end;
		next = start;
		last = first;
	}
	for (uint32_t i = 0; i < count; i++)
		entries[i].reach = i > 0 && entries[i - 1].reach > entries[i].end
					   ? entries[i - 1].reach
					   : entries[i].end;
}

static size_t table_bytes(uint32_t count)
{
	return base_round_up(count * sizeof(struct entry), BASE_PAGE_SIZE);
}

static struct entry *map_table(uint32_t capacity)
{
	void *table = base_map_memory(table_bytes(capacity), PROT_READ | PROT_WRITE, MAP_NORESERVE);

	return base_is_error(table) ? NULL : table;
}

/* Gives the table's memory back except the first `kept` entries. */
static void trim_table(struct entry *table, uint32_t capacity, uint32_t kept)
{
	size_t all = table_bytes(capacity), part = table_bytes(kept);

	if (part < all)
		base_munmap((char *)table + part, all - part);
}

/* The index of what was collected; the builder's table is used or given back. */
static int finish(struct builder *builder, struct symbols_index *index)
{
	const struct sites_module *module = builder->module;
	struct entry *from = builder->entries, *to = map_table(builder->capacity);
	void *names = base_map_memory(
		base_round_up((builder->count + 1) * sizeof(char *), BASE_PAGE_SIZE),
		PROT_READ | PROT_WRITE, MAP_NORESERVE);

	if (to == NULL || base_is_error(names) || builder->count == 0) {
		trim_table(from, builder->capacity, 0);
		if (to != NULL)
			trim_table(to, builder->capacity, 0);
		if (!base_is_error(names))
			base_munmap(names, base_round_up((builder->count + 1) * sizeof(char *),
							 BASE_PAGE_SIZE));
		return builder->count == 0 ? -ENOENT : -ENOMEM;
	}
	for (unsigned shift = 0; shift < 32; shift += 8)
		if (sort_pass(from, to, builder->count, shift)) {
			struct entry *sorted = to;

			to = from;
			from = sorted;
		}
	trim_table(to, builder->capacity, 0);
	trim_table(from, builder->capacity, builder->count);
	set_ends(from, builder->count, (uint32_t)base_min(module->end - module->start, UINT32_MAX));
	index->entries = from;
	index->count = builder->count;
	index->names = names;
	return 0;
}

static int start_builder(struct builder *builder, const struct sites_module *module,
			 uint64_t symbols, uint64_t strings_size)
{
	*builder = (struct builder){
		.module = module,
		.capacity = (uint32_t)base_min(symbols, SYMBOLS_MAX),
		.strings_size = strings_size,
	};
	if (builder->capacity == 0)
		return -ENOENT;
	builder->entries = map_table(builder->capacity);
	return builder->entries != NULL ? 0 : -ENOMEM;
}

/* The symbol table of an open file. What cannot be read any more is left out. */
static int index_open_file(const struct sites_module *module, const struct sites_elf_file *file,
			   struct symbols_index *index)
{
	struct sites_extent symbols;
	struct builder builder;
	Elf64_Sym *chunk;
	const size_t chunk_size = 2730 * sizeof(*chunk); /* just below 64 KiB */
	int error = sites_elf_find_symbols(file, &symbols, &index->strings);

	if (error != 0)
		return error;
	error = start_builder(&builder, module, symbols.size / sizeof(*chunk), index->strings.size);
	if (error != 0)
		return error;
	chunk = base_map_memory(base_round_up(chunk_size, BASE_PAGE_SIZE), PROT_READ | PROT_WRITE,
				0);
	if (base_is_error(chunk)) {
		trim_table(builder.entries, builder.capacity, 0);
		return -ENOMEM;
	}
	for (uint64_t at = 0; symbols.size - at >= sizeof(*chunk);) {
		size_t bytes = base_min(symbols.size - at, chunk_size);

		bytes -= bytes % sizeof(*chunk);
		if (sites_elf_read(file, symbols.offset + at, chunk, bytes) != 0)
			break;
		for (size_t i = 0; i < bytes / sizeof(*chunk); i++)
			add(&builder, &chunk[i]);
		at += bytes;
	}
	base_munmap(chunk, base_round_up(chunk_size, BASE_PAGE_SIZE));
	return finish(&builder, index);
}

static const char *keep_text(const char *text)
{
	size_t size = base_string_length(text) + 1;
	char *copy = base_arena_take(size);

	for (size_t i = 0; copy != NULL && i < size; i++)
		copy[i] = text[i];
	return copy;
}

static int index_file(const struct sites_module *module, const char *path,
		      int (*is_right)(const struct sites_elf_file *, const struct sites_module *),
		      struct symbols_index *index)
{
	struct sites_elf_file file;
	int error = sites_elf_open(path, &file);

	if (error != 0)
		return error;
	error = is_right(&file, module) ? index_open_file(module, &file, index) : -ENOENT;
	index->identity = file.identity;
	sites_elf_close(&file);
	if (error != 0)
		return error;
	/* Without a path no name can be read; the index is lost then, as is all memory. */
	index->path = keep_text(path);
	return index->path != NULL ? 0 : -ENOMEM;
}

static void debug_path(const struct sites_module *module, char *path)
{
	static const char digits[] = "0123456789abcdef";
	struct base_text text = base_text_in(path, DEBUG_PATH_MAX);

	base_text_add(&text, "/usr/lib/debug/.build-id/");
	for (uint32_t i = 0; i < module->build_id_size; i++) {
		base_text_char(&text, digits[module->build_id[i] >> 4]);
		base_text_char(&text, digits[module->build_id[i] & 15]);
		if (i == 0)
			base_text_char(&text, '/');
	}
	base_text_add(&text, ".debug");
}

static int index_memory(const struct sites_module *module, struct symbols_index *index)
{
	struct builder builder;
	int error = sites_dynamic_find(module, &index->dynamic);

	if (error == 0)
		error = start_builder(&builder, module, index->dynamic.count,
				      index->dynamic.strings_size);
	if (error != 0)
		return error;
	for (uint64_t i = 0; i < index->dynamic.count; i++)
		add(&builder, &index->dynamic.symbols[i]);
	index->path = NULL;
	return finish(&builder, index);
}

static int index_files(const struct sites_module *module, struct symbols_index *index)
{
	char path[DEBUG_PATH_MAX];
	int error = -ENOENT;

	/* The vdso's name is no path. */
	if (module->path[0] == '/' || base_path_tail(module->path) != module->path)
		error = index_file(module, module->path, sites_elf_is_module, index);
	/* A program that was moved or replaced; a library is not its file. */
	if (error != 0 && error != -ENOMEM)
		error = index_file(module, "/proc/self/exe", sites_elf_is_module, index);
	if (error != 0 && error != -ENOMEM && module->build_id_size > 1) {
		debug_path(module, path);
		error = index_file(module, path, sites_elf_has_build_id, index);
	}
	return error;
}

static void discard(const struct symbols_index *index)
{
	base_munmap((void *)(uintptr_t)index->entries, table_bytes(index->count));
	base_munmap(index->names,
		    base_round_up((index->count + 1) * sizeof(char *), BASE_PAGE_SIZE));
}

/* The index of a module without one: that of the first source that has functions. */
static int build(struct sites_module *module, struct symbols_index **ret_index)
{
	struct symbols_index *expected = NULL, *index = base_arena_take(sizeof(*index));
	int error;

	if (index == NULL)
		return -ENOMEM;
	error = index_files(module, index);
	if (error != 0 && error != -ENOMEM)
		error = index_memory(module, index);
	if (error == -ENOMEM)
		return error;
	if (error != 0)
		index = &nothing;
	if (!__atomic_compare_exchange_n(&module->symbols, &expected, index, 0, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		if (index != &nothing)
			discard(index);
		index = expected;
	}
	*ret_index = index;
	return 0;
}

/* Some bytes of the strings from `offset` on: how many, 0 at the end, negative errno. */
static long read_strings(const struct symbols_index *index, const struct sites_elf_file *file,
			 uint64_t offset, char *buffer, size_t size)
{
	uint64_t all = index->path != NULL ? index->strings.size : index->dynamic.strings_size;
	int error;

	if (offset >= all)
		return 0;
	size = base_min(size, all - offset);
	if (index->path != NULL) {
		error = sites_elf_read(file, index->strings.offset + offset, buffer, size);
		return error != 0 ? error : (long)size;
	}
	for (size_t i = 0; i < size; i++)
		buffer[i] = index->dynamic.strings[offset + i];
	return (long)size;
}

/*
 * The length of the name at `offset` without its symbol version (@@V), or a negative errno. One
 * that does not end is no name.
 */
static long name_length(const struct symbols_index *index, const struct sites_elf_file *file,
			uint64_t offset)
{
	char chunk[CHUNK];

	for (uint64_t length = 0; length < NAME_MAX_BYTES;) {
		long n = read_strings(index, file, offset + length, chunk, sizeof(chunk));

		if (n <= 0)
			return n < 0 ? n : -ENOENT;
		for (long i = 0; i < n; i++)
			if (chunk[i] == '\0' || (chunk[i] == '@' && length + (uint64_t)i > 0))
				return (long)length + i;
		length += (uint64_t)n;
	}
	return -ENAMETOOLONG;
}

/* Whether the name at `a` comes before that at `b` of the same length. */
static int comes_before(const struct symbols_index *index, const struct sites_elf_file *file,
			uint64_t a, uint64_t b, long length)
{
	char x[CHUNK], y[CHUNK];

	for (long done = 0; done < length; done += CHUNK) {
		size_t size = base_min((size_t)(length - done), CHUNK);

		if (read_strings(index, file, a + (uint64_t)done, x, size) != (long)size ||
		    read_strings(index, file, b + (uint64_t)done, y, size) != (long)size)
			return 0;
		for (size_t i = 0; i < size; i++)
			if (x[i] != y[i])
				return (unsigned char)x[i] < (unsigned char)y[i];
	}
	return 0;
}

/* The best of the names of the address of entry `first`: its length, or a negative errno. */
static long choose_alias(const struct symbols_index *index, const struct sites_elf_file *file,
			 uint32_t first, uint32_t *ret_name)
{
	const struct entry *entries = index->entries;
	uint32_t best_binding = BINDING_LOCAL, compared = 0;
	long best = -ENOENT;

	for (uint32_t i = first; i < index->count && entries[i].start == entries[first].start; i++)
		best_binding = (uint32_t)base_min(best_binding, entries[i].name >> NAME_BITS);
	for (uint32_t i = first;
	     i < index->count && entries[i].start == entries[first].start && compared < ALIASES_MAX;
	     i++) {
		uint32_t name = entries[i].name & NAME_MASK;
		long length;

		if (entries[i].name >> NAME_BITS != best_binding)
			continue;
		compared++;
		length = name_length(index, file, name);
		if (length < 0 && best < 0)
			best = length;
		if (length <= 0 || (best > 0 && length > best) ||
		    (length == best && !comes_before(index, file, name, *ret_name, length)))
			continue;
		best = length;
		*ret_name = name;
	}
	return best;
}

static int read_name(const struct symbols_index *index, const struct sites_elf_file *file,
		     uint32_t first, const char **ret_name)
{
	const char *expected = NULL;
	uint32_t offset = 0;
	long length = choose_alias(index, file, first, &offset);
	char *name;

	if (length < 0)
		return (int)length;
	name = base_arena_take((size_t)length + 1);
	if (name == NULL)
		return -ENOMEM;
	if (read_strings(index, file, offset, name, (size_t)length) != length)
		return -ENOENT;
	name[length] = '\0';
	/* The same pointer always, also when two threads ask at once. */
	*ret_name = __atomic_compare_exchange_n(&index->names[first], &expected, name, 0,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
			    ? name
			    : expected;
	return 0;
}

/* The entry of the innermost symbol that contains `offset`: the first of its address, or -ENOENT.
 */
static int find(const struct symbols_index *index, uint32_t offset, uint32_t *ret_first)
{
	uint32_t low = 0, high = index->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (index->entries[middle].start <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low > 0 && index->entries[low - 1].reach > offset; low--)
		if (index->entries[low - 1].end > offset) {
			*ret_first = first_alias(index->entries, low - 1);
			return 0;
		}
	return -ENOENT;
}

static int name_of(const struct sites_module *module, const struct symbols_index *index,
		   uint32_t first, uintptr_t address, const char **ret_name)
{
	struct sites_elf_file file;
	int error;

	*ret_name = base_load_acquire(&index->names[first]);
	if (*ret_name != NULL)
		return 0;
	if (index->path == NULL)
		return sites_module_is_loaded(module, address)
			       ? read_name(index, NULL, first, ret_name)
			       : -ENOENT;
	error = sites_elf_open(index->path, &file);
	if (error != 0)
		return error;
	error = sites_elf_same(&file.identity, &index->identity)
			? read_name(index, &file, first, ret_name)
			: -ENOENT;
	sites_elf_close(&file);
	return error;
}

int sites_symbol_at(struct sites_module *module, uintptr_t address, struct sites_symbol *ret_symbol)
{
	struct symbols_index *index = base_load_acquire(&module->symbols);
	uint32_t first;
	const char *name;
	int error;

	if (address < module->start || address >= module->end ||
	    address - module->start >= UINT32_MAX)
		return -ENOENT;
	if (index == NULL) {
		if (!sites_module_is_loaded(module, address))
			return -ENOENT;
		error = build(module, &index);
		if (error != 0)
			return error;
	}
	error = find(index, (uint32_t)(address - module->start), &first);
	if (error == 0)
		error = name_of(module, index, first, address, &name);
	if (error != 0)
		return error;
	*ret_symbol = (struct sites_symbol){
		.name = name,
		.start = module->start + index->entries[first].start,
	};
	return 0;
}
