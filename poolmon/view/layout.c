/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/layout.h"

#include "view/frame.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LAYOUT_PERIOD      8  /* drawings */
#define LAYOUT_RANK_ASKED  9  /* of columns that are there only when asked for */
#define LAYOUT_RANK_KEPT   -1 /* of columns that never go */
#define LAYOUT_PLACE_FIRST 36 /* characters of a place that matters most */
#define LAYOUT_PLACE_SMALL 20 /* on a screen that is narrower than usual */
#define LAYOUT_USUAL       80 /* columns */
#define LAYOUT_OURS        5  /* rank of the columns that PoolMon does not have, and above */

/* How generous the widths are. */
enum layout_level { LAYOUT_WIDE, LAYOUT_NARROW, LAYOUT_POOLMON, LAYOUT_TIGHT, LAYOUT_PAGE };

/* The least width of the place column per level when its data are longer. */
static const int layout_place_least[] = {[LAYOUT_WIDE] = INT_MAX,
					 [LAYOUT_NARROW] = 24,
					 [LAYOUT_POOLMON] = 14,
					 [LAYOUT_TIGHT] = 14,
					 [LAYOUT_PAGE] = INT_MAX};

static int layout_digits(int64_t value)
{
	char text[24];

	return snprintf(text, sizeof(text), "%lld", (long long)value);
}

static void layout_measure_row(const struct model_row *row, int data[MODEL_COLUMN_MAX])
{
	int width = frame_width(row->place) + 2 * row->depth;
	int owner = *row->owner ? frame_width(row->owner) : 0;

	for (int i = 0; i < MODEL_COLUMN_MAX; i++) {
		/* Most figures are far shorter than the widest: skip what cannot widen anything. */
		static const int64_t tens[] = {
			1,           10,           100,          1000,      10000,
			100000,      1000000,      10000000,     100000000, 1000000000,
			10000000000, 100000000000, 1000000000000};
		int64_t value = row->value[i];
		int known = data[i];

		if (known > 0 && known < 13 && value < tens[known] && value > -tens[known - 1])
			continue;
		if (layout_digits(value) > known)
			data[i] = layout_digits(value);
	}
	if (width > data[MODEL_COLUMN_PLACE])
		data[MODEL_COLUMN_PLACE] = width;
	if (owner > data[MODEL_COLUMN_OWNER])
		data[MODEL_COLUMN_OWNER] = owner;
}

/* A column keeps its width while it is narrower for a while: at least one period, at most two. */
static void layout_measure(struct layout_memory *memory, const struct model *model)
{
	int now[MODEL_COLUMN_MAX] = {0};

	for (size_t i = 0; i < model_row_count(model); i++)
		layout_measure_row(model_row(model, i), now);
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
		layout_measure_row(model_total(model, pool), now);
	if (++memory->age > LAYOUT_PERIOD) {
		memory->age = 0;
		memcpy(memory->before, memory->period, sizeof(memory->before));
		memset(memory->period, 0, sizeof(memory->period));
	}
	for (int i = 0; i < MODEL_COLUMN_MAX; i++) {
		if (now[i] > memory->period[i])
			memory->period[i] = now[i];
		memory->data[i] = memory->period[i] > memory->before[i] ? memory->period[i]
									: memory->before[i];
	}
	memory->data[MODEL_COLUMN_PLACE] = now[MODEL_COLUMN_PLACE];
	memory->data[MODEL_COLUMN_OWNER] = now[MODEL_COLUMN_OWNER];
}

/* Texts that get what room there is. */
static bool layout_is_long(enum model_column_id id)
{
	return id == MODEL_COLUMN_PLACE || id == MODEL_COLUMN_OWNER;
}

static int layout_heading_width(enum model_column_id id, const struct model *model)
{
	if (id == MODEL_COLUMN_PLACE)
		return (int)strlen(model_groups[model_settings(model)->group].heading);
	return (int)strlen(model_columns[id].heading);
}

/* The width of a column at a level, without the blanks before it. */
static int layout_width(const struct layout *layout, int index, const struct layout_memory *memory,
			const struct model *model, enum layout_level level)
{
	enum model_column_id id = layout->columns[index].id;
	const struct model_column *column = &model_columns[id];
	int preferred = level == LAYOUT_WIDE ? column->wide : column->narrow;
	int data = memory->data[id];
	int heading = layout_heading_width(id, model);

	/* Changes have no heading: that of the column behind them may begin above them. */
	if (index > 0 && model_columns[layout->columns[index - 1].id].kind == MODEL_KIND_DELTA)
		heading -= layout->columns[index - 1].width;

	if (layout_is_long(id)) {
		int natural = data > heading ? data : heading;
		int least = layout_place_least[level];

		if (least < memory->place_least)
			least = memory->place_least;
		return natural < least ? natural : least;
	}
	if (column->kind == MODEL_KIND_TEXT || column->kind == MODEL_KIND_GRAPH)
		return preferred;
	if (level == LAYOUT_TIGHT && heading < preferred)
		preferred = heading;
	if (column->kind == MODEL_KIND_PERCENT)
		data++;
	if (column->kind == MODEL_KIND_DELTA && preferred < 3)
		preferred = 3;
	if (data > preferred)
		preferred = data;
	if (heading > preferred)
		preferred = heading;
	return preferred + (column->kind == MODEL_KIND_DELTA ? 2 : 0);
}

static int layout_gap(enum model_column_id id)
{
	return id == MODEL_COLUMN_PLACE ? 2 : 1;
}

/* Places the columns one after the other; returns the width of it all. */
static int layout_place(struct layout *layout, const struct layout_memory *memory,
			const struct model *model, enum layout_level level)
{
	int at = 0;

	for (int i = 0; i < layout->count; i++) {
		struct layout_column *column = &layout->columns[i];

		column->at = at + layout_gap(column->id);
		column->width = layout_width(layout, i, memory, model, level);
		at = column->at + column->width;
	}
	return at;
}

/* Of the tags' columns, what the tag files' takes the place of, or the other way round. */
static bool layout_is_left_out(enum model_column_id id, const struct layout_choice *choice,
			       enum model_group group)
{
	if (id == MODEL_COLUMN_OWNER)
		return !choice->owners;
	return choice->owners && group == MODEL_GROUP_TAG && model_columns[id].rank >= LAYOUT_OURS;
}

size_t layout_columns(const struct layout_choice *choice, enum model_group group,
		      enum model_column_id ret_ids[MODEL_COLUMN_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < choice->count; i++) {
		if (!choice->fitting || model_columns[choice->ids[i]].groups & 1u << group)
			ret_ids[count++] = choice->ids[i];
	}
	for (int id = 0; choice->count == 0 && id < MODEL_COLUMN_MAX; id++) {
		if (layout_is_left_out((enum model_column_id)id, choice, group))
			continue;
		if (model_columns[id].rank >= 0 && (model_columns[id].groups & 1u << group))
			ret_ids[count++] = (enum model_column_id)id;
	}
	return count;
}

static void layout_choose(struct layout *layout, const struct layout_choice *choice,
			  enum model_group group)
{
	enum model_column_id ids[MODEL_COLUMN_MAX];

	layout->count = (int)layout_columns(choice, group, ids);
	for (int i = 0; i < layout->count; i++)
		layout->columns[i].id = ids[i];
}

/*
 * What is there only when asked for goes first: the rest is what one knows one's way by. What names
 * a row and what rows are sorted by stays.
 */
static int layout_rank(enum model_column_id id, const struct model_options *options)
{
	bool tagged = model_columns[MODEL_COLUMN_TAG].groups & 1u << options->group;

	if (id == options->sort || (id == MODEL_COLUMN_PLACE && !tagged))
		return LAYOUT_RANK_KEPT;
	return model_columns[id].rank < 0 ? LAYOUT_RANK_ASKED : model_columns[id].rank;
}

/*
 * Removes the column of the highest rank that is at least `least`, the rightmost of several; never
 * the last one left. Returns 0 when there is nothing to remove.
 */
static int layout_drop(struct layout *layout, const struct layout_memory *memory,
		       const struct model_options *options, int least)
{
	int worst = 0;
	int highest = INT_MIN;

	for (int i = 0; i < layout->count; i++) {
		int rank = layout_rank(layout->columns[i].id, options);

		if (memory->place_least && layout->columns[i].id == MODEL_COLUMN_PLACE)
			continue;
		if (rank >= highest) {
			highest = rank;
			worst = i;
		}
	}
	if (layout->count <= 1 || highest < least)
		return 0;
	layout->count--;
	memmove(&layout->columns[worst], &layout->columns[worst + 1],
		(size_t)(layout->count - worst) * sizeof(layout->columns[0]));
	return 1;
}

/* Gives blanks that are left over to the numbers, up to their narrow widths, and to the place. */
static void layout_spread(struct layout *layout, const struct layout_memory *memory,
			  const struct model *model, int left)
{
	int shift = 0;

	for (int i = 0; i < layout->count; i++) {
		struct layout_column *column = &layout->columns[i];
		int more = layout_width(layout, i, memory, model, LAYOUT_NARROW) - column->width;

		column->at += shift;
		if (layout_is_long(column->id))
			more = left - shift;
		else if (layout_is_long(layout->columns[layout->count - 1].id))
			more = 0;
		if (more > left - shift)
			more = left - shift;
		if (more > 0) {
			column->width += more;
			shift += more;
		}
	}
}

/* On 80 columns its table is PoolMon's to the letter, when figures are not longer than there. */
static int layout_as_poolmon(struct layout *layout, const struct layout_memory *memory,
			     const struct model *model, int columns)
{
	struct layout all = *layout;
	int width;

	do {
		width = layout_place(layout, memory, model, LAYOUT_POOLMON);
	} while (width > columns &&
		 layout_drop(layout, memory, model_settings(model), LAYOUT_OURS));
	if (width > columns)
		*layout = all;
	return width;
}

static int layout_squeeze(struct layout *layout, const struct layout_memory *memory,
			  const struct model *model, int columns)
{
	int width;

	do {
		width = layout_place(layout, memory, model, LAYOUT_TIGHT);
	} while (width > columns && layout_drop(layout, memory, model_settings(model), 0));
	return width;
}

void layout_compute(struct layout *layout, struct layout_memory *memory, const struct model *model,
		    const struct layout_choice *choice, int columns, int place_width)
{
	enum model_group group = model_settings(model)->group;
	int width;

	layout_choose(layout, choice, group);
	layout_measure(memory, model);
	memory->place_least = place_width == 0         ? 0
			      : columns < LAYOUT_USUAL ? LAYOUT_PLACE_SMALL
						       : LAYOUT_PLACE_FIRST;
	if (place_width)
		memory->data[MODEL_COLUMN_PLACE] = place_width;
	if (columns == LAYOUT_UNLIMITED) {
		layout_place(layout, memory, model, LAYOUT_PAGE);
		return;
	}
	width = layout_place(layout, memory, model, LAYOUT_WIDE);
	if (width > columns)
		width = layout_place(layout, memory, model, LAYOUT_NARROW);
	if (width > columns && choice->count == 0 && group == MODEL_GROUP_TAG)
		width = layout_as_poolmon(layout, memory, model, columns);
	if (width > columns)
		width = layout_squeeze(layout, memory, model, columns);
	if (width < columns)
		layout_spread(layout, memory, model, columns - width);
}
