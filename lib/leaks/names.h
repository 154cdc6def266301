/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - what the frames of a site are called
 *
 * Purpose: for the report and the suppressions. The innermost frame's function was found when the
 * site was made, and is known even after its file was unloaded; those of further frames are looked
 * up now.
 * Callers: leaks/report.c, leaks/suppress.c. Locking: none. Context: reads files; never allocates.
 */
#ifndef LIB_LEAKS_NAMES_H
#define LIB_LEAKS_NAMES_H

#include "lib/base/text.h"

#define LEAKS_NAME_MAX 512

struct leaks_frame {
	uintptr_t address;
	const char *module;            /* path, "" when not known */
	char function[LEAKS_NAME_MAX]; /* readable, "" when not known */
};

/* How many frames the site has, at least 1. */
uint32_t leaks_frame_count(uint32_t site);

/* The frame `n` calls out of the one that allocated. */
void leaks_frame_of(uint32_t site, uint32_t n, struct leaks_frame *ret_frame);

#endif
