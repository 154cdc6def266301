/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene.h - a screen with known figures behind it, and keys to press
 *
 * Callers: tests/screen. Allocates; exits with 99 when a scene cannot be made, for a test cannot go
 * on without.
 */
#ifndef TESTS_SCREEN_SCENE_H
#define TESTS_SCREEN_SCENE_H

#include "reader/reader.h"
#include "view/view.h"

/* Keys that are no characters, for strings of keys. */
#define KEY_DOWN  "\001"
#define KEY_END   "\002"
#define KEY_ENTER "\003"
#define KEY_BACK  "\004"
#define KEY_LATER "\005" /* no key: time passes, and the figures that are next are read */

enum scene_id {
	SCENE_EMPTY,             /* no process */
	SCENE_FIRST,             /* two.seg, seen once */
	SCENE_TWO,               /* and then two-later.seg; later one of them ends */
	SCENE_CRASHED,           /* its crashed process alone */
	SCENE_PATTERNS,          /* some of its tags */
	SCENE_OWNERS,            /* with tag files */
	SCENE_LEDGER,            /* with known figures of /proc/<pid>/smaps_rollup */
	SCENE_LEDGER_UNREADABLE, /* with those of one process and not the other */
	SCENE_DAMAGED,           /* with a counter that went backwards */
	SCENE_DRILL,             /* drill.seg, then drill-later.seg */
	SCENE_SAMPLES,           /* its stacks of which only samples are known */
	SCENE_GROWN,             /* a tag leaks, two processes come of a third, one has crashed */
	SCENE_PLAIN,             /* the same on a terminal without characters beyond ASCII */
};

struct scene {
	const char *source; /* the folder of the .seg files */
	enum scene_id id;
	char dir[64];
	struct owners *owners;
	struct reader *reader;
	struct reader_snapshot *snapshot;
	struct model *model;
	struct view view;
	uint64_t refreshes;
	int steps; /* how often there were other figures */
	int rows;  /* of the screen that is drawn on while typing */
};

void scene_begin(struct scene *scene, const char *source, enum scene_id id);
void scene_end(struct scene *scene);

/* The next figures are written and read; the same again after the last. */
void scene_later(struct scene *scene);

/* Presses a key, and does what it asks for as the live view does. Returns view_reaction bits. */
int scene_press(struct scene *scene, int key);

/* Presses all of `keys`, drawing after each. */
void scene_type(struct scene *scene, const char *keys);

#endif
