/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile.h - weighted stacks, for the formats that are about stacks
 *
 * Exact: one stack per site. It has the frames the library told the site by (stack=N), or is the
 * one call. Sampled: a site's exact figures, divided among the stacks that were sampled at it in
 * the proportion of what each stands for; a site that was never sampled is one call. Either way the
 * sums over the stacks are the exact figures of the process. That the blocks in use divide like
 * those allocated is an assumption: nobody samples the frees.
 *
 * Callers: pprof.c, folded.c. Allocates; no locks. A profile refers to the model's snapshot.
 */
#ifndef POOLMON_EXPORT_PROFILE_H
#define POOLMON_EXPORT_PROFILE_H

#include "export/format.h"

struct profile_stack {
	const struct reader_process *process;
	uint32_t site;
	uint32_t frame_count;              /* at least 1 */
	const struct reader_frame *frames; /* innermost first; return addresses */
	uint64_t value[FORMAT_VALUE_MAX];
};

/* Where the stacks of the processes come from. */
struct profile_sources {
	size_t exact;   /* processes with stacks by site */
	size_t sampled; /* with sampled stacks */
	size_t bare;    /* with neither: one call per site */
	uint64_t samples;
	uint64_t sampled_bytes; /* that the samples stand for */
};

struct profile {
	size_t count;
	size_t allocated;
	struct profile_stack *stacks;
	struct profile_sources sources;
	size_t call_count;
	size_t calls_allocated;
	struct reader_frame **calls; /* of sites that are one call */
};

/*
 * The stacks of the processes and tags the model shows, whose snapshot has READER_WANT_STACKS.
 * Release with profile_fini().
 */
void profile_init(struct profile *profile, const struct model *model, enum format_stacks stacks);
void profile_fini(struct profile *profile);

/* The function of a frame as the linker knows it, or NULL; for people it may need escaping. */
const char *profile_function(const struct profile_stack *stack, size_t frame);

/* One line that says where the stacks come from; the caller frees it. */
char *profile_describe(const struct profile *profile);

#endif
