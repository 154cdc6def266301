/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/leaks.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

#define LEAKS_ATTEMPTS 8

static int leaks_read_scan(const struct file *file, struct pooltag_scan *ret_scan,
			   struct segment_fault *fault)
{
	memset(ret_scan, 0, sizeof(*ret_scan));
	if (file->sections[POOLTAG_SECTION_SCAN].count == 0)
		return 0;
	return file_read_records(file, POOLTAG_SECTION_SCAN, 0, 1, ret_scan, sizeof(*ret_scan),
				 fault);
}

/* Every number of the scan that something is looked up by. */
static int leaks_check_scan(const struct file *file, struct pooltag_scan *scan,
			    struct segment_fault *fault)
{
	uint32_t strings = file->sections[POOLTAG_SECTION_STRINGS].count;

	scan->reason[sizeof(scan->reason) - 1] = '\0';
	if (scan->state > POOLTAG_SCAN_OFF)
		return file_fault(fault, READER_INDEX, "scan: state %u", scan->state);
	if (scan->suppressions && scan->suppressions >= strings)
		return file_fault(fault, READER_STRING, "scan: offset %u of %u", scan->suppressions,
				  strings);
	return 0;
}

static int leaks_read_records(const struct file *file, struct reader_leaks *leaks,
			      struct segment_fault *fault)
{
	struct file now = *file;

	/* A new scan begins at 0 again, so the count may have shrunk since the file was opened. */
	now.sections[POOLTAG_SECTION_LEAKS].count = 0;
	if (file_reload_count(&now, POOLTAG_SECTION_LEAKS, fault))
		return -1;
	leaks->count = now.sections[POOLTAG_SECTION_LEAKS].count;
	leaks->leaks = memory_resized(leaks->leaks, leaks->count, sizeof(*leaks->leaks));
	return file_read_records(&now, POOLTAG_SECTION_LEAKS, 0, leaks->count, leaks->leaks,
				 sizeof(*leaks->leaks), fault);
}

static int leaks_read_lost(const struct file *file, struct reader_leaks *leaks,
			   struct segment_fault *fault)
{
	struct file now = *file;

	now.sections[POOLTAG_SECTION_LOST].count = 0;
	/* Older libraries have no such section. */
	if (now.sections[POOLTAG_SECTION_LOST].stride == 0)
		return 0;
	if (file_reload_count(&now, POOLTAG_SECTION_LOST, fault))
		return -1;
	leaks->lost_count = now.sections[POOLTAG_SECTION_LOST].count;
	leaks->lost = memory_resized(leaks->lost, leaks->lost_count, sizeof(*leaks->lost));
	return file_read_records(&now, POOLTAG_SECTION_LOST, 0, leaks->lost_count, leaks->lost,
				 sizeof(*leaks->lost), fault);
}

static int leaks_check_lost(const struct file *file, struct reader_leaks *leaks,
			    struct segment_fault *fault)
{
	uint32_t sites = file->sections[POOLTAG_SECTION_SITES].count;

	leaks->lost_blocks = 0;
	while (leaks->lost_blocks < leaks->lost_count &&
	       leaks->lost[leaks->lost_blocks].site != POOLTAG_LOST_POINTER)
		leaks->lost_blocks++;
	for (size_t i = 0; i < leaks->lost_count; i++) {
		const struct pooltag_lost *lost = &leaks->lost[i];
		bool good = i < leaks->lost_blocks
				    ? lost->site < sites && lost->from < POOLTAG_LEAK_CLASSES
				    : lost->site == POOLTAG_LOST_POINTER &&
					      lost->from < leaks->lost_blocks &&
					      lost->bytes < leaks->lost_blocks &&
					      (i == leaks->lost_blocks ||
					       lost->from >= leaks->lost[i - 1].from);

		if (!good)
			return file_fault(fault, READER_INDEX, "lost %zu: %u of %u", i, lost->from,
					  lost->site);
	}
	return 0;
}

static int leaks_check_records(const struct file *file, const struct reader_leaks *leaks,
			       struct segment_fault *fault)
{
	uint32_t sites = file->sections[POOLTAG_SECTION_SITES].count;

	for (size_t i = 0; i < leaks->count; i++) {
		if (leaks->leaks[i].site >= sites)
			return file_fault(fault, READER_INDEX, "leak %zu: site %u of %u", i,
					  leaks->leaks[i].site, sites);
	}
	return 0;
}

/* Forgets what was read: it is not that of one complete scan. */
static void leaks_forget(struct reader_leaks *leaks)
{
	free(leaks->leaks);
	free(leaks->lost);
	leaks->leaks = NULL;
	leaks->lost = NULL;
	leaks->count = leaks->lost_count = leaks->lost_blocks = 0;
}

int leaks_load(const struct file *file, struct reader_leaks *ret_leaks, struct segment_fault *fault)
{
	struct reader_leaks leaks = {.count = 0};
	bool torn = true;

	for (int attempt = 0; torn && attempt < LEAKS_ATTEMPTS; attempt++) {
		struct pooltag_scan after;

		if (leaks_read_scan(file, &leaks.scan, fault))
			goto damaged;
		if (leaks.scan.state != POOLTAG_SCAN_COMPLETE) {
			leaks_forget(&leaks);
			torn = false;
			break;
		}
		if (leaks_read_records(file, &leaks, fault) ||
		    leaks_read_lost(file, &leaks, fault) || leaks_read_scan(file, &after, fault))
			goto damaged;
		torn = after.state != POOLTAG_SCAN_COMPLETE || after.scans != leaks.scan.scans;
	}
	if (torn) {
		leaks_forget(&leaks);
		leaks.scan.state = POOLTAG_SCAN_RUNNING;
	}
	if (leaks_check_scan(file, &leaks.scan, fault) ||
	    leaks_check_records(file, &leaks, fault) || leaks_check_lost(file, &leaks, fault))
		goto damaged;
	*ret_leaks = leaks;
	return 0;
damaged:
	leaks_forget(&leaks);
	return -1;
}

void leaks_fini(struct reader_leaks *leaks)
{
	leaks_forget(leaks);
}
