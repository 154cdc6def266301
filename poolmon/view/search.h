/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search.h - looking for rows, keeping only some, and naming a file: what is typed after / & and w
 *
 * Callers: view/. Allocates nothing; no locks.
 */
#ifndef POOLMON_VIEW_SEARCH_H
#define POOLMON_VIEW_SEARCH_H

#include "view/view.h"

/* Each opens the line to type in. */
int search_ask(struct view *view, int key);
int search_ask_filter(struct view *view, int key);
int search_ask_file(struct view *view, int key);

/* Each acts on what has been typed so far; of searches and filters the screen follows at once. */
int search_answer(struct view *view, enum prompt_result result);
int search_answer_filter(struct view *view, enum prompt_result result);
int search_answer_file(struct view *view, enum prompt_result result);

/* To the next row that matches, from the selected one on and around. */
int search_next(struct view *view, int key);

#endif
