/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/roots.h"
#include "lib/base/mappings.h"
#include "lib/base/sys.h"
#include "lib/heap/map.h"
#include "lib/leaks/regions.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <sys/auxv.h>

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

/* --- what stays ----------------------------------------------------------------------------- */

static struct {
	uintptr_t loader[2];  /* code and data: start and end */
	uintptr_t own_tls[2]; /* the library's, relative to the thread pointer */
	size_t tls,
		descriptor; /* how much around a thread pointer is its thread's; 0: not asked yet */
} constant;

static int lies_in(const struct dl_phdr_info *module, uintptr_t address)
{
	for (int i = 0; i < module->dlpi_phnum; i++)
		if (module->dlpi_phdr[i].p_type == PT_LOAD &&
		    address - (module->dlpi_addr + module->dlpi_phdr[i].p_vaddr) <
			    module->dlpi_phdr[i].p_memsz)
			return 1;
	return 0;
}

static void note_loader(const struct dl_phdr_info *module)
{
	constant.loader[0] = UINTPTR_MAX;
	for (int i = 0; i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
		uintptr_t start = module->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		constant.loader[0] = base_min(constant.loader[0], start);
		constant.loader[1] = base_max(constant.loader[1], start + segment->p_memsz);
	}
}

static void note_own_tls(const struct dl_phdr_info *module)
{
	for (int i = 0; i < module->dlpi_phnum; i++)
		if (module->dlpi_phdr[i].p_type == PT_TLS && module->dlpi_tls_data != NULL) {
			constant.own_tls[0] = (uintptr_t)module->dlpi_tls_data -
					      (uintptr_t)__builtin_thread_pointer();
			constant.own_tls[1] = constant.own_tls[0] + module->dlpi_phdr[i].p_memsz;
		}
}

static int note_module(struct dl_phdr_info *module, size_t size, void *argument)
{
	(void)size;
	(void)argument;
	if (lies_in(module, (uintptr_t)&leaks_roots_measure))
		note_own_tls(module);
	else if (lies_in(module, (uintptr_t)&__libc_stack_end))
		note_loader(module);
	return 0;
}

/* Sizes are private to glibc, so asked for by name. */
void leaks_roots_measure(void)
{
	void (*static_info)(size_t *, size_t *) = (void (*)(size_t *, size_t *))(uintptr_t)dlsym(
		RTLD_DEFAULT, "_dl_get_tls_static_info");
	const uint32_t *descriptor = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");
	size_t tls = 16 * BASE_PAGE_SIZE;
	size_t alignment;

	if (static_info != NULL)
		static_info(&tls, &alignment);
	dl_iterate_phdr(note_module, NULL);
	/* Without the name: more than any so far had, and mappings end where they end. */
	constant.descriptor = descriptor != NULL ? *descriptor : BASE_PAGE_SIZE;
	constant.tls = tls;
}

void leaks_roots_start(struct leaks_roots *roots, uintptr_t self_stack)
{
	if (constant.tls == 0)
		leaks_roots_measure();
	*roots = (struct leaks_roots){
		.self_stack = self_stack,
		.self_tid = (uint32_t)BASE_SYSCALL0(SYS_gettid),
		.main_tid = (uint32_t)BASE_SYSCALL0(SYS_getpid),
		.loader = {constant.loader[0], constant.loader[1]},
		.own_tls = {constant.own_tls[0], constant.own_tls[1]},
		.tls_size = constant.tls,
		.descriptor_size = constant.descriptor,
	};
}

/* --- mappings ------------------------------------------------------------------------------- */

static int add_mapping(const struct base_mapping *mapping, void *argument)
{
	struct leaks_ranges *mappings = argument;
	uint32_t flags =
		(mapping->readable ? LEAKS_READABLE : 0) | (mapping->writable ? LEAKS_WRITABLE : 0);

	return leaks_ranges_add(mappings,
				(struct leaks_range){mapping->start, mapping->end, flags});
}

static int is_mapped(const struct leaks_roots *roots, uintptr_t start, size_t bytes)
{
	const struct leaks_range *range = leaks_ranges_find(&roots->mappings, start);

	return range != NULL && (range->flags & LEAKS_READABLE) && range->end - start >= bytes;
}

/* --- modules -------------------------------------------------------------------------------- */

struct segments {
	const ElfW(Phdr) * first;
	size_t count;
};

/* Those that the header of a file at `start` tells of; none where there is no such header. */
static struct segments segments_at(const struct leaks_roots *roots, uintptr_t start)
{
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)start;
	struct segments segments;

	if (!is_mapped(roots, start, sizeof(*header)) || header->e_ident[EI_MAG0] != ELFMAG0 ||
	    header->e_ident[EI_MAG1] != ELFMAG1)
		return (struct segments){0};
	segments.first = (const ElfW(Phdr) *)(start + header->e_phoff);
	segments.count = header->e_phnum;
	if (!is_mapped(roots, (uintptr_t)segments.first, segments.count * sizeof(*segments.first)))
		segments.count = 0;
	return segments;
}

/* A file's header is at its load address, unless it was made for a place above 0. */
static struct segments segments_of(const struct leaks_roots *roots, const struct link_map *module)
{
	struct segments segments = segments_at(roots, module->l_addr);
	struct dl_find_object found;

	if (segments.count == 0 && _dl_find_object(module->l_ld, &found) == 0)
		segments = segments_at(roots, (uintptr_t)found.dlfo_map_start);
	return segments;
}

/* Adds the writable segments of a module, unless it is this library. 0 or -ENOMEM. */
static int add_segments(struct leaks_roots *roots, struct segments segments, uintptr_t load_address)
{
	for (size_t i = 0; i < segments.count; i++) {
		const ElfW(Phdr) *segment = &segments.first[i];

		if (segment->p_type == PT_LOAD &&
		    (uintptr_t)&leaks_roots_map - (load_address + segment->p_vaddr) <
			    segment->p_memsz)
			return 0;
	}
	for (size_t i = 0; i < segments.count; i++) {
		const ElfW(Phdr) *segment = &segments.first[i];
		uintptr_t start = load_address + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0 &&
		    leaks_ranges_add(&roots->data,
				     (struct leaks_range){start, start + segment->p_memsz, 0}))
			return -ENOMEM;
	}
	return 0;
}

/* The program need not have its headers in memory; the kernel told where the segments stand. */
static int add_program(struct leaks_roots *roots, const struct link_map *program)
{
	struct segments segments = {(const ElfW(Phdr) *)getauxval(AT_PHDR), getauxval(AT_PHNUM)};

	return add_segments(roots, segments, program->l_addr);
}

/*
 * Modules of all namespaces, the first and those that dlmopen made. The loader's lock is not asked
 * for: a thread that is no more may have held it when the process was forked. So another one may
 * have been changing the lists, and nothing is read that is not there.
 */
static int add_modules(struct leaks_roots *roots)
{
	const struct r_debug_extended *space = (const struct r_debug_extended *)&_r_debug;
	const struct link_map *program = _r_debug.r_map;
	uint32_t modules = 0;
	int error = 0;

	while (space != NULL && error == 0 &&
	       is_mapped(roots, (uintptr_t)space, sizeof(_r_debug))) {
		for (const struct link_map *module = space->base.r_map;
		     module != NULL && error == 0 && modules++ < MODULES_MAX &&
		     is_mapped(roots, (uintptr_t)module, sizeof(*module));
		     module = module->l_next)
			error = module == program ? add_program(roots, module)
						  : add_segments(roots, segments_of(roots, module),
								 module->l_addr);
		space = _r_debug.r_version < 2 ? NULL : space->r_next;
	}
	return error;
}

int leaks_roots_map(struct leaks_roots *roots)
{
	int error = base_each_mapping(add_mapping, &roots->mappings);

	if (error == 0)
		error = add_modules(roots);
	return error != 0 ? error : leaks_regions_add_to(&roots->data);
}

/* --- what to read --------------------------------------------------------------------------- */

/* The readable parts of a range. */
static void visit_readable(const struct leaks_roots *roots, struct leaks_range range, int in_block,
			   leaks_visit *visit)
{
	struct leaks_range part = {.end = range.start};

	while (leaks_ranges_readable(&roots->mappings, part.end, range.end, &part))
		visit(part.start, part.end, in_block);
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

/*
 * A thread that could not be held: all of its stack may be in use. Its storage lies in the same
 * mapping, and the library's own in that is no more a root than elsewhere.
 */
static void visit_missed(const struct leaks_roots *roots, const struct leaks_thread *thread,
			 leaks_visit *visit)
{
	uintptr_t pointer = find_pointer(roots, thread->tid);
	uintptr_t bottom = thread->tid == roots->main_tid ? (uintptr_t)__libc_stack_end : pointer;

	if (pointer != 0)
		visit_thread_pointer(roots, pointer, visit);
	visit_around_own(roots, pointer, mapping_of(roots, bottom - 1), visit);
	visit_around_own(roots, pointer, mapping_of(roots, thread->stack), visit);
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

		if (leaks_thread_state(thread) == LEAKS_THREAD_GONE)
			continue;
		if (leaks_thread_state(thread) == LEAKS_THREAD_MISSED) {
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
