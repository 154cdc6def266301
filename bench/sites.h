/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sites.h - a function for each of 60,000 call sites of malloc
 *
 * The functions are in sites.S, one after the other, SITES_SPACING bytes apart.
 */
#ifndef BENCH_SITES_H
#define BENCH_SITES_H

#define SITES_COUNT   60000
#define SITES_SPACING 16
#define SITES_STRIDE  7919 /* a prime: adding it again and again reaches every site */

#ifndef __ASSEMBLER__
#	include <stddef.h>

extern const char sites_start[];

/* malloc(size), called from site number `site`, below SITES_COUNT. */
static inline void *sites_malloc(size_t site, size_t size)
{
	union {
		const char *address;
		void *(*call)(size_t);
	} entry = {sites_start + site * SITES_SPACING};

	return entry.call(size);
}
#endif

#endif
