/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * liveness.h - whether the writer of a segment still runs
 *
 * Callers: the reader. Does not allocate; no locks. A heartbeat is never asked: only the kernel
 * knows who runs.
 */
#ifndef POOLMON_READER_LIVENESS_H
#define POOLMON_READER_LIVENESS_H

#include "reader/containers.h"
#include "reader/reader.h"

/* The machine and the pid namespace we are in. */
struct liveness_here {
	uint8_t boot_id[16];                 /* zero: could not be read */
	uint64_t pidns_inode;                /* 0: could not be read */
	const struct containers *containers; /* NULL: nothing is known of other namespaces */
	int descriptors;                     /* those numbered lower may be kept open */
};

/*
 * A process that was found to run, and a descriptor that says when it ends: of a process that is
 * known, that is a tenth of the work. Zero-initialise; release with liveness_forget().
 */
struct liveness_watch {
	uint32_t pid; /* 0: none */
	int descriptor;
};

void liveness_init(struct liveness_here *ret_here);

/*
 * Our number of the process that wrote `header`, as far as one can know, else 0. One that does not
 * name its pid namespace is taken to be in ours.
 */
uint32_t liveness_host_pid(const struct liveness_here *here,
			   const struct pooltag_segment_header *header);

void liveness_forget(struct liveness_watch *watch);

/*
 * The state of the process that wrote `header`, which `watch` is for. A segment of an earlier boot
 * belongs to a process that is gone. One of a pid namespace that we do not see into, or that does
 * not say, is READER_UNKNOWN unless it says itself that it has ended.
 */
enum reader_state liveness_of(const struct liveness_here *here,
			      const struct pooltag_segment_header *header,
			      struct liveness_watch *watch);

/* Whether `header` was written in this boot, so that its CLOCK_MONOTONIC is ours. */
bool liveness_same_boot(const struct liveness_here *here,
			const struct pooltag_segment_header *header);

/*
 * The login session of a process that runs in our pid namespace, as the kernel's audit numbers them
 * and loginctl(1) shows them; 0: none, as of services, or the kernel does not tell.
 */
uint32_t liveness_session(uint32_t pid);

#endif
