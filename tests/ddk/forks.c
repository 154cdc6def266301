// SPDX-License-Identifier: BSD-2-Clause
/*
 * forks.c - a process with a busy driver forks: the child's one thread finds no lock of the driver kit
 * held, and its lookaside lists are its own
 */
#ifndef _GNU_SOURCE
#	define _GNU_SOURCE /* _Fork */
#endif
#include "ddk.h"
#include <ntifs.h>
#include <wdf.h>

#include "../../include/pooltag/pooltag.h"
#include "../../include/pooltag/segment.h"
#include <pthread.h>

#define TAG  'kroF'
#define SIZE 96

/* It takes a second or two, and what counts is the same in every build. */
#ifdef __cplusplus
#	define FORKS 4
#else
#	define FORKS 40
#endif

/* --- one round of everything that takes a lock --------------------------------------------------- */

static void objects(void)
{
	WDFOBJECT parent, child;
	WDF_OBJECT_ATTRIBUTES attributes;

	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	WdfObjectCreate(&attributes, &parent);
	attributes.ParentObject = parent;
	WdfObjectCreate(&attributes, &child);
	WdfObjectDelete(parent);
}

static void sections(void)
{
	LARGE_INTEGER size;
	HANDLE section;
	PVOID base = NULL;
	SIZE_T length = 0;

	size.QuadPart = PAGE_SIZE;
	ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
			NULL);
	ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, NULL, &length, ViewUnmap, 0,
			   PAGE_READWRITE);
	ZwUnmapViewOfSection(ZwCurrentProcess(), base);
	ZwClose(section);
}

static void image(void)
{
	static int data = 1;

	MmUnlockPagableImageSection(MmLockPagableDataSection(&data));
}

static void resources(void)
{
	ERESOURCE resource;

	ExInitializeResourceLite(&resource);
	KeEnterCriticalRegion();
	ExAcquireResourceExclusiveLite(&resource, TRUE);
	ExReleaseResourceLite(&resource);
	KeLeaveCriticalRegion();
	ExDeleteResourceLite(&resource);
}

/* Whether it is had or not; a thread of the parent may have it for ever. */
static ERESOURCE shared_resource;

static void one_resource(void)
{
	KeEnterCriticalRegion();
	for (int i = 0; i < 100; i++)
		if (ExAcquireResourceExclusiveLite(&shared_resource, FALSE))
			ExReleaseResourceLite(&shared_resource);
	KeLeaveCriticalRegion();
}

static void lists(void)
{
	LOOKASIDE_LIST_EX list;

	ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPoolNx, 0, SIZE, TAG, 0);
	for (int i = 0; i < 4; i++)
		ExFreeToLookasideListEx(&list, ExAllocateFromLookasideListEx(&list));
	ExDeleteLookasideListEx(&list);
}

static NPAGED_LOOKASIDE_LIST shared;

static void shared_list(void)
{
	for (int i = 0; i < 8; i++)
		ExFreeToNPagedLookasideList(&shared, ExAllocateFromNPagedLookasideList(&shared));
}

static void pages(void)
{
	static UCHAR buffer[4 * PAGE_SIZE];
	PMDL mdl = IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL);

	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	MmFreeNonCachedMemory(MmAllocateNonCachedMemory(PAGE_SIZE), PAGE_SIZE);
}

static void *attach(void *unused)
{
	UNREFERENCED_PARAMETER(unused);
	__try {
		ExRaiseStatus(STATUS_TIMEOUT);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, attach, NULL) == 0)
		pthread_join(thread, NULL);
}

static const struct {
	void (*round)(void);
	const char *name;
} kinds[] = {
	{objects, "framework objects"},
	{sections, "sections"},
	{image, "locked sections"},
	{resources, "resources"},
	{one_resource, "one resource"},
	{lists, "lookaside lists"},
	{shared_list, "one lookaside list"},
	{pages, "pages"},
	{threads, "threads"},
};

static volatile int stop;

static void *keep_busy(void *which)
{
	while (!stop)
		kinds[(size_t)which].round();
	return NULL;
}

/* A child that hangs is ended by its alarm. */
static int child_lives(size_t which)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		alarm(10);
		kinds[which].round();
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void no_lock_is_left(void)
{
	pthread_t busy[2];

	for (size_t which = 0; which < ARRAYSIZE(kinds); which++) {
		int lived = 0, tried = 0;

		stop = 0;
		for (size_t i = 0; i < ARRAYSIZE(busy); i++)
			pthread_create(&busy[i], NULL, keep_busy, (void *)which);
		for (; tried < FORKS && lived == tried; tried++)
			lived += child_lives(which);
		stop = 1;
		for (size_t i = 0; i < ARRAYSIZE(busy); i++)
			pthread_join(busy[i], NULL);
		ok(lived == tried, "%s: %d forks, %d children that went on", kinds[which].name,
		   tried, lived);
	}
}

/* --- a list, before and after --------------------------------------------------------------------- */

/* The segment this process writes, or its parent's until it has its own. */
static const struct pooltag_segment_header *segment(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start = 0, found = 0;
	char line[600];

	while (maps != NULL && found == 0 && fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-", &start) == 1 && strstr(line, " rw-s ") != NULL &&
		    memcmp((const void *)start, POOLTAG_SEGMENT_MAGIC,
			   sizeof(((struct pooltag_segment_header *)0)->magic)) == 0)
			found = start;
	if (maps != NULL)
		fclose(maps);
	return (const struct pooltag_segment_header *)found;
}

/* Allocations from lists of the test's tag, as readers of the segment see them. */
static ULONGLONG shown_allocates(void)
{
	const struct pooltag_segment_header *header = segment();
	ULONGLONG allocates = 0;

	for (ULONG i = 0; header != NULL && i < header->section_count; i++) {
		const struct pooltag_section *section =
			(const struct pooltag_section *)((const char *)header +
							 header->section_offset +
							 i * header->section_stride);
		const char *records = (const char *)header + section->offset;

		if (section->type != POOLTAG_SECTION_LOOKASIDES)
			continue;
		for (ULONG r = 0; r < section->count; r++) {
			const struct pooltag_lookaside *shown =
				(const struct pooltag_lookaside *)(records + r * section->stride);

			if (shown->tag == pooltag_tag_from_text("Mine"))
				allocates += shown->allocates;
		}
	}
	return allocates;
}

static LOOKASIDE_LIST_EX mine;

/* Hits only: nothing else of the child's goes through the pool. */
static void eight_hits(void)
{
	for (int i = 0; i < 8; i++)
		ExFreeToLookasideListEx(&mine, ExAllocateFromLookasideListEx(&mine));
}

static void lists_are_copied(pid_t (*make_child)(void), const char *name)
{
	ULONGLONG before;
	int status = 0;
	pid_t child;

	ExInitializeLookasideListEx(&mine, NULL, NULL, NonPagedPoolNx, 0, SIZE, 'eniM', 0);
	eight_hits();
	before = shown_allocates();
	child = make_child();
	if (child == 0) {
		alarm(10);
		eight_hits();
		_exit((mine.L.TotalAllocates != 16) | (shown_allocates() != before + 8) << 1 |
		      (segment()->pid != (uint32_t)getpid()) << 2);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	   "%s: the child goes on with the list, in its own segment (status 0x%x)", name, status);
	ok(mine.L.TotalAllocates == 8 && shown_allocates() == before && before >= 8,
	   "%s: the parent's list and figures know nothing of it", name);
	ExDeleteLookasideListEx(&mine);
}

int main(void)
{
	ExInitializeNPagedLookasideList(&shared, NULL, NULL, POOL_NX_ALLOCATION, SIZE, TAG, 0);
	ExInitializeResourceLite(&shared_resource);
	lists_are_copied(fork, "fork");
	lists_are_copied(_Fork, "_Fork");
	no_lock_is_left();
	return done();
}
