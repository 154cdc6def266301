/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/detail.h"

#include "common/text.h"

#include <inttypes.h>
#include <stdarg.h>

/* Text that ends in "..." when it is full. */
struct detail_text {
	char *out;
	size_t size;
	size_t length;
	bool full;
};

/* Lines being drawn, or only counted. */
struct detail_list {
	const struct view *view;
	struct frame *frame; /* NULL: count */
	int line;
	int used;
	int most;
	const char *note; /* said last, and of which module */
	uint32_t noted;
};

static void detail_add(struct detail_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void detail_add(struct detail_text *text, const char *format, ...)
{
	size_t room = text->size - text->length;
	va_list list;
	int length;

	if (text->full)
		return;
	va_start(list, format);
	length = vsnprintf(text->out + text->length, room, format, list);
	va_end(list);
	if (length >= 0 && (size_t)length + sizeof("...") < room) {
		text->length += (size_t)length;
		return;
	}
	strcpy(text->out + text->length, "...");
	text->full = true;
}

bool detail_exists(const struct view *view)
{
	enum model_group group = model_settings(view->model)->group;

	return group == MODEL_GROUP_SITE || group == MODEL_GROUP_STACK;
}

/* The site's address as a frame, for rows that have no stack. */
static struct reader_frame detail_site(const struct model_row *row)
{
	const struct reader_site *site = &row->process->tables->sites[row->site];

	return (struct reader_frame){.address = site->address, .module = site->module};
}

static const struct symbols_answer *detail_answer(const struct view *view,
						  const struct model_row *row,
						  const struct reader_frame *frame)
{
	return view->symbols && frame->address
		       ? symbols_find(view->symbols, row->process, frame->module, frame->address)
		       : NULL;
}

/* " dict.c:512"; compilers give line 0 to code that belongs to none. */
static void detail_add_line(struct detail_text *text, const char *file, int line)
{
	if (file && line)
		detail_add(text, " %s:%d", file, line);
	else if (file)
		detail_add(text, " %s", file);
}

/* How far into the function, for what has no line. */
static void detail_add_offset(struct detail_text *text, const struct model_row *row,
			      const struct symbols_answer *answer)
{
	const struct reader_site *site = &row->process->tables->sites[row->site];
	uint64_t offset = site->function ? site->function_offset : answer->offset;

	if (offset)
		detail_add(text, "+0x%" PRIx64, offset);
}

/* " (inlined zmalloc zmalloc.c:97 < sdsnew)", innermost first. */
static void detail_add_inlined(struct detail_text *text, const struct symbols_answer *answer)
{
	for (size_t i = 0; i + 1 < answer->count; i++) {
		const struct symbols_place *place = &answer->places[i];

		detail_add(text, "%s%s", i ? " < " : " (inlined ",
			   place->function ? place->function : "?");
		if (i == 0 && place->file)
			detail_add_line(text, text_base_name(place->file), place->line);
	}
	if (answer->count > 1)
		detail_add(text, ")");
}

/* "redis-server!dictAddRaw dict.c:512", with what was inlined there. */
static void detail_site_place(const struct view *view, const struct model_row *row,
			      struct detail_text *text)
{
	struct reader_frame frame = detail_site(row);
	const struct symbols_answer *answer = detail_answer(view, row, &frame);
	const struct symbols_place *place;
	char name[PLACE_SIZE];

	if (!answer || !answer->known || answer->count == 0) {
		detail_add(text, "%s%s", row->place, answer && !answer->known ? " ..." : "");
		return;
	}
	place = &answer->places[answer->count - 1];
	place_module(row->process, row->site, name);
	detail_add(text, "%s", name);
	place_function(row->process, row->site, name);
	if (*name || place->function)
		detail_add(text, "!%s", *name ? name : place->function);
	if (place->file)
		detail_add_line(text, text_base_name(place->file), place->line);
	else
		detail_add_offset(text, row, answer);
	detail_add_inlined(text, answer);
}

/* One frame of a stack on one line: its functions, else file and address. */
static void detail_frame_place(const struct view *view, const struct model_row *row,
			       const struct reader_frame *frame, struct detail_text *text)
{
	const struct symbols_answer *answer = detail_answer(view, row, frame);
	char name[PLACE_SIZE];

	if (answer && answer->known && answer->count && answer->places[0].function) {
		for (size_t i = 0; i < answer->count; i++)
			detail_add(text, "%s%s", i ? " < " : "",
				   answer->places[i].function ? answer->places[i].function : "?");
		return;
	}
	place_frame(row->process, frame, name);
	detail_add(text, "%s%s", name, answer && !answer->known ? " ..." : "");
}

void detail_place(const struct view *view, const struct model_row *row, char out[PLACE_SIZE])
{
	const struct reader_frame *frames = model_frames(row);
	struct detail_text text = {.out = out, .size = PLACE_SIZE};

	out[0] = '\0';
	if (row->sampled)
		detail_add(&text, "~%d%% ", row->share);
	if (!detail_exists(view) || !row->process) { /* totals are of no process */
		detail_add(&text, "%s", row->place);
	} else if (model_settings(view->model)->group == MODEL_GROUP_SITE || !frames) {
		detail_site_place(view, row, &text);
	} else {
		for (uint32_t i = 0; i < row->frame_count && !text.full; i++) {
			if (i)
				detail_add(&text, " < ");
			detail_frame_place(view, row, &frames[i], &text);
		}
	}
}

static void detail_line(struct detail_list *list, const char *line)
{
	if (list->used == list->most)
		return;
	if (list->frame)
		frame_put(list->frame, list->line + list->used, 1, -1, FRAME_NORMAL, line);
	list->used++;
}

/* What was missing, unless it has just been said of the same module. */
static void detail_add_note(struct detail_list *list, struct detail_text *text,
			    const struct symbols_answer *answer, uint32_t module)
{
	if (answer->note && (answer->note != list->note || module != list->noted))
		detail_add(text, "  (%s)", answer->note);
	list->note = answer->note;
	list->noted = module;
}

/* "#0  redis-server!zmalloc (inlined)  zmalloc.c:97", the functions of one call. */
static void detail_call(struct detail_list *list, const struct model_row *row,
			const struct reader_frame *frame, uint32_t number)
{
	const struct symbols_answer *answer = detail_answer(list->view, row, frame);
	char name[PLACE_SIZE];
	char line[2 * PLACE_SIZE];
	struct detail_text text = {.out = line, .size = sizeof(line)};

	place_frame(row->process, frame, name);
	if (!answer || answer->count == 0) {
		detail_add(&text, "#%-3u %s", number, name);
		if (answer && !answer->known)
			detail_add(&text, "  ...");
		else if (answer)
			detail_add_note(list, &text, answer, frame->module);
		detail_line(list, line);
		return;
	}
	for (size_t i = 0; i < answer->count; i++) {
		const struct symbols_place *place = &answer->places[i];
		bool inlined = i + 1 < answer->count;

		text = (struct detail_text){.out = line, .size = sizeof(line)};
		if (i == 0)
			detail_add(&text, "#%-3u ", number);
		else
			detail_add(&text, "     ");
		detail_add(&text, "%.*s!%s%s", (int)(strrchr(name, '+') - name), name,
			   place->function ? place->function : "?", inlined ? " (inlined)" : "");
		if (place->file)
			detail_add_line(&text, place->file, place->line);
		else
			detail_add(&text, "+0x%" PRIx64, answer->offset);
		detail_add_note(list, &text, answer, frame->module);
		detail_line(list, line);
	}
}

static int detail_walk(struct detail_list *list, const struct model_row *row)
{
	const struct reader_frame *frames = model_frames(row);
	struct reader_frame site = detail_site(row);

	if (!frames) {
		if (site.address)
			detail_call(list, row, &site, 0);
		return list->used;
	}
	for (uint32_t i = 0; i < row->frame_count && list->used < list->most; i++)
		detail_call(list, row, &frames[i], i);
	return list->used;
}

int detail_lines(const struct view *view, const struct model_row *row, int most)
{
	struct detail_list list = {.view = view, .most = most};

	return detail_walk(&list, row);
}

void detail_render(const struct view *view, const struct model_row *row, struct frame *frame,
		   int line, int count)
{
	struct detail_list list = {.view = view, .frame = frame, .line = line, .most = count};

	detail_walk(&list, row);
}
