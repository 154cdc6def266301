/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sessions.h - the keys that choose a login session
 *
 * Callers: view/. Allocates nothing itself; no locks. All return view_reaction bits.
 */
#ifndef POOLMON_VIEW_SESSIONS_H
#define POOLMON_VIEW_SESSIONS_H

#include "view/view.h"

/* Between all processes and what was chosen last. */
int sessions_toggle(struct view *view, int key);

/* The session whose digit `key` is. */
int sessions_choose(struct view *view, int key);

/* Asks for a number; the answer is sessions_answer()'s. */
int sessions_ask(struct view *view, int key);
int sessions_answer(struct view *view, enum prompt_result result);

#endif
