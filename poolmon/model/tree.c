/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"
#include "model/state.h"

#include <stdlib.h>
#include <string.h>

#define TREE_DEPTH_MAX 64 /* deeper ones stand beside each other */
#define TREE_NONE      SIZE_MAX

/* A process with rows, and where it stands. */
struct tree_node {
	const struct reader_process *process;
	size_t parent; /* index of its node, TREE_NONE: it has none here */
	size_t first;  /* of its rows in the order there was */
};

struct tree {
	struct model *model;
	size_t count;
	struct tree_node *nodes; /* in the order of their first rows */
	const struct model_row **old;
	size_t old_count;
};

static struct tree_node *tree_find(struct tree *tree, uint32_t pid,
				   const struct reader_process *child)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct reader_process *process = tree->nodes[i].process;

		/* Numbers are reused: a parent is older than its child. */
		if (process->host_pid == pid && process != child &&
		    process->created_real_ns <= child->created_real_ns)
			return &tree->nodes[i];
	}
	return NULL;
}

/* The nearest ancestor that has rows; processes in between need not run under pooltag. */
static size_t tree_parent(struct tree *tree, const struct reader_process *process)
{
	uint32_t pid = process->ppid;

	if (process->host_pid == 0)
		return TREE_NONE;
	if (process->host_pid != process->pid)
		pid = reader_parent(process->host_pid);
	for (int step = 0; pid > 1 && step < TREE_DEPTH_MAX; step++) {
		struct tree_node *node = tree_find(tree, pid, process);

		if (node)
			return (size_t)(node - tree->nodes);
		pid = reader_parent(pid);
	}
	return TREE_NONE;
}

static void tree_collect(struct tree *tree)
{
	for (size_t i = 0; i < tree->old_count; i++) {
		size_t at = 0;

		while (at < tree->count && tree->nodes[at].process != tree->old[i]->process)
			at++;
		if (at == tree->count)
			tree->nodes[tree->count++] =
				(struct tree_node){.process = tree->old[i]->process, .first = i};
	}
	for (size_t i = 0; i < tree->count; i++)
		tree->nodes[i].parent = tree_parent(tree, tree->nodes[i].process);
}

/* Puts the rows of a node and of all below it. */
static void tree_emit(struct tree *tree, size_t number, uint8_t depth)
{
	const struct tree_node *node = &tree->nodes[number];
	struct model *model = tree->model;

	for (size_t i = node->first; i < tree->old_count; i++) {
		struct model_row *row = &model->rows[tree->old[i] - model->rows];

		if (row->process != node->process)
			continue;
		row->depth = depth;
		row->parent =
			node->parent == TREE_NONE ? 0 : tree->nodes[node->parent].process->pid;
		model->order[model->order_count++] = row;
	}
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].parent == number)
			tree_emit(tree, i, (uint8_t)(depth + 1));
	}
}

/* Older is above younger, so there are no circles; what equal times could make of them is cut. */
static void tree_cut_circles(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		size_t at = tree->nodes[i].parent;
		int steps = 0;

		while (at != TREE_NONE && at != i && ++steps < TREE_DEPTH_MAX)
			at = tree->nodes[at].parent;
		if (at != TREE_NONE)
			tree->nodes[i].parent = TREE_NONE;
	}
}

void model_make_tree(struct model *model)
{
	struct tree tree = {.model = model, .old_count = model->order_count};

	tree.nodes = memory_zeroed(model->order_count, sizeof(*tree.nodes));
	tree.old = memory_zeroed(model->order_count, sizeof(*tree.old));
	if (model->order_count)
		memcpy(tree.old, model->order, model->order_count * sizeof(*tree.old));
	tree_collect(&tree);
	tree_cut_circles(&tree);
	model->order_count = 0;
	for (size_t i = 0; i < tree.count; i++) {
		if (tree.nodes[i].parent == TREE_NONE)
			tree_emit(&tree, i, 0);
	}
	free(tree.nodes);
	free(tree.old);
}
