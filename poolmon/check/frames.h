/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.h - the calls that led to an allocation, with names and lines
 *
 * Callers: check/. Allocates; no locks.
 */
#ifndef POOLMON_CHECK_FRAMES_H
#define POOLMON_CHECK_FRAMES_H

#include "check/check.h"

/* Fills in the frames of a finding that knows its site: return addresses, without names. */
void frames_make(struct check_finding *finding);
void frames_fini(struct check_finding *finding);

/*
 * Gives them names and lines, and a frame of their own to functions that were inlined. That may
 * take long: debug information is read. Does nothing the second time.
 */
void frames_name(const struct check *check, struct check_finding *finding);

/* The same if there is no other way to know the finding's function. */
void frames_name_function(const struct check *check, struct check_finding *finding);

/*
 * A line of the source that people of the project know: of the innermost frame whose file lies
 * below the current directory, else of the innermost one with a line; NULL: there is none.
 * *ret_path is the file, relative to the current directory where it can be; the caller frees it.
 */
const struct check_frame *frames_source(const struct check_finding *finding, char **ret_path);

#endif
