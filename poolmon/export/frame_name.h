/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame_name.h - a frame of a profile, for people
 *
 * Callers: folded.c. Does not allocate; no locks.
 */
#ifndef POOLMON_EXPORT_FRAME_NAME_H
#define POOLMON_EXPORT_FRAME_NAME_H

#include "export/profile.h"
#include "model/place.h"

/*
 * "redis-server!dictAddRaw", or "redis-server+0x2f31c" (an address of the file) where the function
 * is not known, or "[no module]+0x7f..." outside every file: valid UTF-8 without control
 * characters. `symbols` (or NULL) is asked where the segment does not name it.
 */
void frame_name(const struct profile_stack *stack, size_t frame, struct symbols *symbols,
		char out[PLACE_SIZE]);

#endif
