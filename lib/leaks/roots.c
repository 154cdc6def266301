/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/roots.h"
#include "lib/base/atomic.h"
#include "lib/base/lock.h"
#include "lib/base/sys.h"
#include "lib/heap/map.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>

/* Glibc's loader: the stack the process started with. */
extern void *__libc_stack_end;

/* In a thread descriptor of glibc, from the thread pointer on. */
#define DTV_POINTER sizeof(void *)

/* An entry of a vector of dynamic thread-local storage; the one before the first is the count. */
struct dtv_entry {
	uintptr_t value;
	uintptr_t allocated; /* 0 for static storage */
};

#define DTV_ENTRIES_MAX 65536u

/* Of namespaces of dlmopen, which may be a ring while a thread changes them. */
#define MODULES_MAX 65536u

/* Glibc aligns descriptors to it. */
#define CACHE_LINE 64

/* --- modules -------------------------------------------------------------------------------- */

struct gathering {
	struct leaks_roots *roots;
	int error;
};

static int lies_in(const struct dl_phdr_info *module, uintptr_t address)
{
	for (int i = 0; i < module->dlpi_phnum; i++)
		if (module->dlpi_phdr[i].p_type == PT_LOAD &&
		    address - (module->dlpi_addr + module->dlpi_phdr[i].p_vaddr) <
			    module->dlpi_phdr[i].p_memsz)
			return 1;
	return 0;
}

static void note_loader(struct leaks_roots *roots, const struct dl_phdr_info *module)
{
	roots->loader[0] = UINTPTR_MAX;
	for (int i = 0; i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
		uintptr_t start = module->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		roots->loader[0] = base_min(roots->loader[0], start);
		roots->loader[1] = base_max(roots->loader[1], start + segment->p_memsz);
	}
}

static void note_own_tls(struct leaks_roots *roots, const struct dl_phdr_info *module)
{
	for (int i = 0; i < module->dlpi_phnum; i++)
		if (module->dlpi_phdr[i].p_type == PT_TLS && module->dlpi_tls_data != NULL) {
			roots->own_tls[0] = (uintptr_t)module->dlpi_tls_data -
					    (uintptr_t)__builtin_thread_pointer();
			roots->own_tls[1] = roots->own_tls[0] + module->dlpi_phdr[i].p_memsz;
		}
}

static int add_module(struct dl_phdr_info *module, size_t size, void *argument)
{
	struct gathering *gathering = argument;

	(void)size;
	if (lies_in(module, (uintptr_t)&leaks_roots_gather)) {
		note_own_tls(gathering->roots, module);
		return 0;
	}
	if (lies_in(module, (uintptr_t)&__libc_stack_end))
		note_loader(gathering->roots, module);
	for (int i = 0; i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
		uintptr_t start = module->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0 &&
		    leaks_ranges_add(&gathering->roots->data,
				     (struct leaks_range){start, start + segment->p_memsz, 0}))
			gathering->error = -ENOMEM;
	}
	return gathering->error;
}

static struct {
	size_t tls, descriptor; /* 0: not asked yet */
} sizes;

/* How much around a thread pointer is its thread's. Private to glibc, so asked for by name. */
void leaks_roots_measure(void)
{
	void (*static_info)(size_t *, size_t *) = (void (*)(size_t *, size_t *))(uintptr_t)dlsym(
		RTLD_DEFAULT, "_dl_get_tls_static_info");
	const uint32_t *descriptor = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");
	size_t tls = 16 * BASE_PAGE_SIZE;
	size_t alignment;

	if (static_info != NULL)
		static_info(&tls, &alignment);
	/* Without the name: more than any so far had, and mappings end where they end. */
	sizes.descriptor = descriptor != NULL ? *descriptor : BASE_PAGE_SIZE;
	sizes.tls = tls;
}

/* --- registered regions --------------------------------------------------------------------- */

static struct {
	struct base_lock lock;
	struct leaks_ranges ranges;
} regions;

int leaks_region_add(uintptr_t start, uintptr_t end)
{
	int error;

	base_lock_take(&regions.lock);
	error = leaks_ranges_add(&regions.ranges, (struct leaks_range){start, end, 0});
	base_lock_drop(&regions.lock);
	return error;
}

int leaks_region_remove(uintptr_t start, uintptr_t end)
{
	struct leaks_ranges *ranges = &regions.ranges;
	int error = -ENOENT;

	base_lock_take(&regions.lock);
	for (size_t i = ranges->count; i-- > 0 && error != 0;)
		if (ranges->items[i].start == start && ranges->items[i].end == end) {
			ranges->items[i] = ranges->items[--ranges->count];
			error = 0;
		}
	base_lock_drop(&regions.lock);
	return error;
}

static int add_regions(struct leaks_roots *roots)
{
	int error = 0;

	base_lock_take(&regions.lock);
	for (size_t i = 0; i < regions.ranges.count && error == 0; i++)
		error = leaks_ranges_add(&roots->data, regions.ranges.items[i]);
	base_lock_drop(&regions.lock);
	return error;
}

int leaks_roots_gather(struct leaks_roots *roots, uintptr_t self_stack)
{
	struct gathering gathering = {.roots = roots};

	*roots = (struct leaks_roots){
		.self_stack = self_stack,
		.self_tid = (uint32_t)BASE_SYSCALL0(SYS_gettid),
		.main_tid = (uint32_t)BASE_SYSCALL0(SYS_getpid),
	};
	if (sizes.tls == 0)
		leaks_roots_measure();
	roots->tls_size = sizes.tls;
	roots->descriptor_size = sizes.descriptor;
	dl_iterate_phdr(add_module, &gathering);
	return gathering.error != 0 ? gathering.error : add_regions(roots);
}

void leaks_roots_drop(struct leaks_roots *roots)
{
	leaks_ranges_drop(&roots->data);
	leaks_ranges_drop(&roots->mappings);
}

/* --- mappings ------------------------------------------------------------------------------- */

static int hexadecimal_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uintptr_t address_in(const char **at)
{
	uintptr_t value = 0;

	for (; hexadecimal_of(**at) >= 0; ++*at)
		value = value << 4 | (uintptr_t)hexadecimal_of(**at);
	return value;
}

/* A line of /proc/self/maps: start-end rwxp offset device inode path. */
static int add_mapping(struct leaks_ranges *mappings, const char *line)
{
	struct leaks_range range = {.start = address_in(&line)};

	if (*line++ != '-')
		return -EINVAL;
	range.end = address_in(&line);
	if (line[0] != ' ' || (line[1] != 'r' && line[1] != '-'))
		return -EINVAL;
	range.flags = (line[1] == 'r' ? LEAKS_READABLE : 0) | (line[2] == 'w' ? LEAKS_WRITABLE : 0);
	return leaks_ranges_add(mappings, range);
}

/* Takes the complete lines out of the buffer: how many bytes were, or a negative errno. */
static long add_lines(struct leaks_ranges *mappings, char *buffer, size_t length)
{
	size_t done = 0;

	for (size_t i = 0; i < length; i++) {
		int error;

		if (buffer[i] != '\n')
			continue;
		buffer[i] = '\0';
		error = add_mapping(mappings, buffer + done);
		if (error != 0)
			return error;
		done = i + 1;
	}
	return (long)done;
}

static int is_mapped(const struct leaks_roots *roots, uintptr_t start, size_t bytes)
{
	const struct leaks_range *range = leaks_ranges_find(&roots->mappings, start);

	return range != NULL && (range->flags & LEAKS_READABLE) && range->end - start >= bytes;
}

/* The writable segments of a module that dl_iterate_phdr does not tell. 0 or -ENOMEM. */
static int add_distant(struct leaks_roots *roots, const struct link_map *module)
{
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)module->l_addr;
	const ElfW(Phdr) * segment;

	if (!is_mapped(roots, module->l_addr, sizeof(*header)) || header->e_ident[0] != ELFMAG0)
		return 0;
	segment = (const ElfW(Phdr) *)(module->l_addr + header->e_phoff);
	if (!is_mapped(roots, (uintptr_t)segment, header->e_phnum * sizeof(*segment)))
		return 0;
	for (; segment < (const ElfW(Phdr) *)(module->l_addr + header->e_phoff) + header->e_phnum;
	     segment++) {
		uintptr_t start = module->l_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0 &&
		    leaks_ranges_add(&roots->data,
				     (struct leaks_range){start, start + segment->p_memsz, 0}))
			return -ENOMEM;
	}
	return 0;
}

/*
 * Modules of the namespaces that dlmopen made. A thread may have been changing the lists, so nothing
 * is read that is not there.
 */
static int add_namespaces(struct leaks_roots *roots)
{
	const struct r_debug_extended *space = (const struct r_debug_extended *)&_r_debug;
	uint32_t modules = 0;

	if (_r_debug.r_version < 2)
		return 0;
	while ((space = space->r_next) != NULL &&
	       is_mapped(roots, (uintptr_t)space, sizeof(*space)))
		for (const struct link_map *module = space->base.r_map;
		     module != NULL && is_mapped(roots, (uintptr_t)module, sizeof(*module)) &&
		     modules++ < MODULES_MAX;
		     module = module->l_next)
			if (add_distant(roots, module) != 0)
				return -ENOMEM;
	return 0;
}

int leaks_roots_map(struct leaks_roots *roots)
{
	static char buffer[64 * 1024];
	long fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	size_t length = 0;
	long n, done;

	if (fd < 0)
		return (int)fd;
	while ((n = BASE_SYSCALL3(SYS_read, fd, buffer + length, sizeof(buffer) - length)) > 0) {
		length += (size_t)n;
		done = add_lines(&roots->mappings, buffer, length);
		if (done < 0) {
			n = done;
			break;
		}
		for (size_t i = (size_t)done; i < length; i++)
			buffer[i - (size_t)done] = buffer[i];
		length -= (size_t)done;
	}
	BASE_SYSCALL1(SYS_close, fd);
	return n < 0 ? (int)n : add_namespaces(roots);
}

/* --- what to read --------------------------------------------------------------------------- */

/* The readable parts of a range. */
static void visit_readable(const struct leaks_roots *roots, struct leaks_range range, int in_block,
			   leaks_visit *visit)
{
	for (size_t i = 0; i < roots->mappings.count; i++) {
		const struct leaks_range *mapping = &roots->mappings.items[i];
		uintptr_t start = base_max(range.start, mapping->start);
		uintptr_t end = base_min(range.end, mapping->end);

		if (start < end && (mapping->flags & LEAKS_READABLE))
			visit(start, end, in_block);
	}
}

/* A range around the library's own thread-local storage. */
static void visit_around_own(const struct leaks_roots *roots, uintptr_t pointer,
			     struct leaks_range range, leaks_visit *visit)
{
	struct leaks_range below = {range.start, base_min(range.end, pointer + roots->own_tls[0]),
				    0};
	struct leaks_range above = {base_max(range.start, pointer + roots->own_tls[1]), range.end,
				    0};

	if (pointer == 0 || roots->own_tls[0] == roots->own_tls[1]) {
		visit_readable(roots, range, 0, visit);
		return;
	}
	if (below.start < below.end)
		visit_readable(roots, below, 0, visit);
	if (above.start < above.end)
		visit_readable(roots, above, 0, visit);
}

/* The blocks of dynamic thread-local storage of a thread, and the vector that knows them. */
static void visit_dynamic_tls(const struct leaks_roots *roots, uintptr_t pointer,
			      leaks_visit *visit)
{
	const struct dtv_entry *vector = *(const struct dtv_entry *const *)(pointer + DTV_POINTER);
	uintptr_t count;

	if (!is_mapped(roots, (uintptr_t)(vector - 1), 2 * sizeof(*vector)))
		return;
	count = vector[-1].value;
	if (count > DTV_ENTRIES_MAX ||
	    !is_mapped(roots, (uintptr_t)vector, (count + 1) * sizeof(*vector)))
		return;
	for (uintptr_t i = 1; i <= count; i++)
		if (vector[i].allocated != 0)
			visit(vector[i].allocated, 0, 1);
}

static void visit_thread_pointer(const struct leaks_roots *roots, uintptr_t pointer,
				 leaks_visit *visit)
{
	struct leaks_range own = {pointer + roots->descriptor_size - roots->tls_size,
				  pointer + roots->descriptor_size, 0};

	if (!is_mapped(roots, pointer, 2 * sizeof(void *)))
		return;
	visit_around_own(roots, pointer, own, visit);
	visit_dynamic_tls(roots, pointer, visit);
}

/* The mapping of an address, whole. */
static struct leaks_range mapping_of(const struct leaks_roots *roots, uintptr_t address)
{
	const struct leaks_range *range = leaks_ranges_find(&roots->mappings, address);

	return range != NULL ? *range : (struct leaks_range){0};
}

/*
 * The used part of a stack. A thread runs on a stack not its own after swapcontext, or on the
 * alternate stack of a signal: then all of its own is a root, since what of it is in use cannot be
 * told, and the used part of the one it is on.
 */
static void visit_stack(const struct leaks_roots *roots, uintptr_t used, uintptr_t pointer,
			uintptr_t bottom, leaks_visit *visit)
{
	struct leaks_range own = mapping_of(roots, bottom - 1);
	struct leaks_range on = mapping_of(roots, used);

	if (used - own.start >= bottom - own.start) {
		if (heap_map_get((const void *)used) != 0)
			visit(used, 0, 1);
		else if (used != 0)
			visit_around_own(roots, pointer, (struct leaks_range){used, on.end, 0},
					 visit);
		used = own.start;
	}
	visit_around_own(roots, pointer, (struct leaks_range){used, bottom, 0}, visit);
}

/*
 * Whether a thread's descriptor stands at `at`: it points to itself in two places, and has the
 * thread's number where the one of the scanning thread has its own.
 */
static int is_descriptor(const struct leaks_roots *roots, uintptr_t at, uint32_t tid)
{
	const uintptr_t *words = (const uintptr_t *)at;
	uintptr_t self = (uintptr_t)__builtin_thread_pointer();

	if (words[0] != at || words[2] != at)
		return 0;
	for (size_t i = 0; i + sizeof(tid) <= roots->descriptor_size; i += sizeof(tid))
		if (*(const uint32_t *)(self + i) == roots->self_tid &&
		    *(const uint32_t *)(at + i) == tid)
			return 1;
	return 0;
}

/*
 * The thread pointer of a thread that did not tell it: descriptors lie at a cache line, above the
 * thread's stack or, the first one's, in a mapping of the loader's. 0 when there is none.
 */
static uintptr_t find_pointer(const struct leaks_roots *roots, uint32_t tid)
{
	for (size_t i = 0; i < roots->mappings.count; i++) {
		const struct leaks_range *mapping = &roots->mappings.items[i];

		if ((mapping->flags & (LEAKS_READABLE | LEAKS_WRITABLE)) !=
		    (LEAKS_READABLE | LEAKS_WRITABLE))
			continue;
		for (uintptr_t at = base_round_down(mapping->end - 1, CACHE_LINE);
		     at >= mapping->start; at -= CACHE_LINE) {
			if (heap_map_get((const void *)at) != 0)
				at = base_round_down(at, BASE_PAGE_SIZE);
			else if (mapping->end - at >= roots->descriptor_size &&
				 is_descriptor(roots, at, tid))
				return at;
		}
	}
	return 0;
}

/* A thread that could not be held: all of its stack may be in use. */
static void visit_missed(const struct leaks_roots *roots, const struct leaks_thread *thread,
			 leaks_visit *visit)
{
	uintptr_t pointer = find_pointer(roots, thread->tid);

	if (pointer != 0)
		visit_thread_pointer(roots, pointer, visit);
	if (pointer != 0 && thread->tid != roots->main_tid)
		visit_readable(roots, mapping_of(roots, pointer - 1), 0, visit);
	if (thread->tid == roots->main_tid)
		visit_readable(roots, mapping_of(roots, (uintptr_t)__libc_stack_end), 0, visit);
	if (thread->stack != 0)
		visit_readable(roots, mapping_of(roots, thread->stack), 0, visit);
}

static void visit_thread(const struct leaks_roots *roots, uint32_t tid, uintptr_t used,
			 uintptr_t pointer, leaks_visit *visit)
{
	uintptr_t bottom = pointer;

	if (tid == roots->main_tid)
		bottom = mapping_of(roots, (uintptr_t)__libc_stack_end).end;
	visit_thread_pointer(roots, pointer, visit);
	visit_stack(roots, used, pointer, bottom, visit);
}

void leaks_roots_visit(const struct leaks_roots *roots, const struct leaks_threads *threads,
		       leaks_visit *visit)
{
	for (size_t i = 0; i < roots->data.count; i++)
		visit_readable(roots, roots->data.items[i], 0, visit);
	visit_thread(roots, roots->self_tid, roots->self_stack,
		     (uintptr_t)__builtin_thread_pointer(), visit);
	for (uint32_t i = 0; i < threads->count; i++) {
		const struct leaks_thread *thread = &threads->items[i];

		if (base_load_relaxed(&thread->state) == LEAKS_THREAD_GONE)
			continue;
		if (thread->pointer == 0) {
			visit_missed(roots, thread, visit);
			continue;
		}
		visit_thread(roots, thread->tid, thread->stack, thread->pointer, visit);
		if (thread->registers[0] != 0)
			visit_readable(
				roots,
				(struct leaks_range){thread->registers[0], thread->registers[1], 0},
				1, visit);
	}
}
