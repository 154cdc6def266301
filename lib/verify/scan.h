/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.h - a leak scan, from the request to the result in the segment
 *
 * Purpose: holds the other threads, forks, lets them go, and waits while the child reads its frozen
 * copy of the process. The child takes no lock, calls nothing but the kernel and writes nothing but
 * its own memory and the result, so it does not matter what the threads were doing.
 *
 * Callers: lib/interpose; pool's slow paths by way of verify/request.c. Locking: one scan at a
 * time. Context: not while holding a lock of the library; otherwise anywhere, signal handlers
 * included. errno is unchanged.
 */
#ifndef LIB_VERIFY_SCAN_H
#define LIB_VERIFY_SCAN_H

#include <pooltag/segment.h>

/* What a scan found. `leaks` is by number of the site, most of them empty. */
struct verify_result {
	struct pooltag_scan scan;
	uint32_t sites;
	struct pooltag_leak leaks[];
};

/*
 * Scans, and calls `use` with the result once it stands in the segment (NULL: nothing more to do).
 * 0, or -1 when it could not be done: result->scan.reason says why.
 */
typedef void verify_use(const struct verify_result *result, void *argument);
int verify_scan(enum pooltag_scan_trigger trigger, verify_use *use, void *argument);

#endif
