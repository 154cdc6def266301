/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/rules.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/sites/rule_index.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#define FILE_MAX ((size_t)SITES_RULES_FILE_MIB << 20)

enum set { TAGS, WRAPPERS, SETS };

static struct sites_rule_index indexes[SETS];
static struct sites_rules_counts counts;
static uint64_t tried;

/* A file on its way into the indexes. */
struct load {
	const char *path;
	char *text; /* the file */
	size_t size, capacity;
	struct sites_rule *rules[SETS]; /* in the order of the file */
	size_t rules_bytes;
	uint32_t found[SETS], taken[SETS];
	char *globs;        /* room for the globs still to be copied */
	size_t globs_bytes; /* room for all */
	struct sites_rules_counts counts;
};

/* --- notes ------------------------------------------------------------------------------------ */

static struct base_text begin_note(char *buffer, size_t capacity, const struct load *load)
{
	struct base_text note = base_text_in(buffer, capacity);

	base_text_quoted(&note, load->path, base_string_length(load->path));
	return note;
}

static void note_file(const struct load *load, const char *reason)
{
	char buffer[896];
	struct base_text note = begin_note(buffer, sizeof(buffer), load);

	base_text_add(&note, ": rules not read: ");
	base_text_add(&note, reason);
	base_note(buffer);
}

static void note_line(struct load *load, uint64_t line, size_t column, const char *reason)
{
	char buffer[896];
	struct base_text note = begin_note(buffer, sizeof(buffer), load);

	if (load->counts.ignored++ >= SITES_RULES_NOTES_MAX)
		return;
	base_text_char(&note, ':');
	base_text_unsigned(&note, line);
	base_text_char(&note, ':');
	base_text_unsigned(&note, column);
	base_text_add(&note, ": ");
	base_text_add(&note, reason);
	base_text_add(&note, "; this line is ignored");
	base_note(buffer);
}

static void note_rest(const struct load *load)
{
	char buffer[896];
	struct base_text note = begin_note(buffer, sizeof(buffer), load);

	if (load->counts.ignored <= SITES_RULES_NOTES_MAX)
		return;
	base_text_add(&note, ": ");
	base_text_unsigned(&note, load->counts.ignored - SITES_RULES_NOTES_MAX);
	base_text_add(&note, " more lines are ignored");
	base_note(buffer);
}

/* --- the file --------------------------------------------------------------------------------- */

/* Makes room for one more piece. 0 or a negative errno. */
static long grow(struct load *load)
{
	size_t capacity = load->capacity * 2;
	void *bigger;

	if (load->size < load->capacity)
		return 0;
	if (load->capacity > FILE_MAX)
		return -EFBIG;
	bigger = (void *)BASE_SYSCALL4(SYS_mremap, load->text, load->capacity, capacity,
				       MREMAP_MAYMOVE);
	if (base_is_error(bigger))
		return -ENOMEM;
	load->text = bigger;
	load->capacity = capacity;
	return 0;
}

/* Copied, not mapped: a file cut short while it is mapped would be a SIGBUS in the host. */
static long read_pieces(struct load *load, long fd)
{
	long n;

	do {
		n = grow(load);
		if (n < 0)
			return n;
		n = BASE_SYSCALL3(SYS_read, fd, load->text + load->size,
				  load->capacity - load->size);
		if (n > 0)
			load->size += (size_t)n;
	} while (n > 0 || n == -EINTR);
	return n;
}

static long read_open(struct load *load, long fd)
{
	struct stat status;
	long error = BASE_SYSCALL2(SYS_fstat, fd, &status);

	if (error < 0)
		return error;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if ((size_t)status.st_size > FILE_MAX)
		return -EFBIG;
	load->capacity = base_round_up((size_t)status.st_size + 1, BASE_PAGE_SIZE);
	load->text = base_map_memory(load->capacity, PROT_READ | PROT_WRITE, 0);
	if (base_is_error(load->text)) {
		load->text = NULL;
		return -ENOMEM;
	}
	return read_pieces(load, fd);
}

static const char *reason_of(long error)
{
	if (error == -EINVAL)
		return "not a regular file";
	if (error == -EFBIG)
		return "larger than " POOLTAG_RULE_TEXT_OF(SITES_RULES_FILE_MIB) " MiB";
	return strerrordesc_np((int)-error);
}

/* 0 and the file in load->text, or a negative errno and a note. */
static int read_file(struct load *load)
{
	/* Opening a FIFO would wait for a writer otherwise. */
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	long fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, load->path, flags, 0);
	long error = fd;

	if (fd >= 0) {
		error = read_open(load, fd);
		BASE_SYSCALL1(SYS_close, fd);
	}
	if (error < 0)
		note_file(load, reason_of(error));
	return (int)error;
}

/* --- lines ------------------------------------------------------------------------------------ */

static enum set set_of(enum pooltag_line_kind kind)
{
	return kind == POOLTAG_LINE_RULE ? TAGS : WRAPPERS;
}

static void count_rule(struct load *load, const struct pooltag_rule_line *line,
		       enum pooltag_line_kind kind, uint64_t number)
{
	enum set set = set_of(kind);

	if (load->found[set] == SITES_RULES_MAX) {
		note_line(load, number, 1,
			  "a file has at most " POOLTAG_RULE_TEXT_OF(SITES_RULES_MAX) " rules");
		return;
	}
	load->found[set]++;
	load->globs_bytes += line->module.length + line->function.length + 2;
}

static char *copy_glob(struct load *load, struct pooltag_rule_text glob)
{
	char *copy = load->globs;
	char *end = copy;

	for (size_t i = 0; i < glob.length; i++)
		if (glob.start[i] != '*' || end == copy || end[-1] != '*')
			*end++ = glob.start[i];
	*end++ = '\0';
	load->globs = end;
	return copy;
}

static void take_rule(struct load *load, const struct pooltag_rule_line *line,
		      enum pooltag_line_kind kind, uint64_t number, const char *start)
{
	enum set set = set_of(kind);

	if (load->taken[set] == load->found[set])
		return;
	load->rules[set][load->taken[set]++] = (struct sites_rule){
		.module = copy_glob(load, line->module),
		.function = copy_glob(load, line->function),
		.line = (uint32_t)number,
		.column = (uint16_t)(line->module.start - start + 1),
		.kind = (uint8_t)kind,
		.pool = (uint8_t)line->pool,
		.tag = line->tag,
	};
}

/* Counts the lines of each kind, so that memory for them can be taken at once. */
static void count_lines(struct load *load)
{
	struct pooltag_rule_reader reader;
	struct pooltag_rule_line line;
	const char *start;
	size_t length;

	pooltag_rule_reader_init(&reader, load->text, load->size);
	while (pooltag_rule_reader_next(&reader, &start, &length)) {
		enum pooltag_line_kind kind = pooltag_rule_parse(start, length, &line);

		switch (kind) {
		case POOLTAG_LINE_BLANK:
		case POOLTAG_LINE_COMMENT:
			break;
		case POOLTAG_LINE_DESCRIPTION:
			load->counts.descriptions++;
			break;
		case POOLTAG_LINE_ERROR:
			note_line(load, reader.line_number, line.column, line.reason);
			break;
		case POOLTAG_LINE_RULE:
		case POOLTAG_LINE_WRAPPER:
		case POOLTAG_LINE_NOWRAPPER:
			count_rule(load, &line, kind, reader.line_number);
			break;
		}
	}
}

static void take_lines(struct load *load)
{
	struct pooltag_rule_reader reader;
	struct pooltag_rule_line line;
	const char *start;
	size_t length;

	pooltag_rule_reader_init(&reader, load->text, load->size);
	while (pooltag_rule_reader_next(&reader, &start, &length)) {
		enum pooltag_line_kind kind = pooltag_rule_parse(start, length, &line);

		if (kind == POOLTAG_LINE_RULE || kind == POOLTAG_LINE_WRAPPER ||
		    kind == POOLTAG_LINE_NOWRAPPER)
			take_rule(load, &line, kind, reader.line_number, start);
	}
}

/* --- loading ---------------------------------------------------------------------------------- */

static int take_memory(struct load *load)
{
	size_t rules = (size_t)load->found[TAGS] + load->found[WRAPPERS];

	load->rules_bytes = base_round_up((rules + 1) * sizeof(struct sites_rule), BASE_PAGE_SIZE);
	load->rules[TAGS] = base_map_memory(load->rules_bytes, PROT_READ | PROT_WRITE, 0);
	if (base_is_error(load->rules[TAGS])) {
		load->rules[TAGS] = NULL;
		return -ENOMEM;
	}
	load->rules[WRAPPERS] = load->rules[TAGS] + load->found[TAGS];
	load->globs = base_arena_take(load->globs_bytes + 1);
	return load->globs != NULL ? 0 : -ENOMEM;
}

static void refuse(void *context, const struct sites_rule *rule)
{
	struct load *load = context;

	load->found[set_of(rule->kind)]--;
	note_line(load, rule->line, rule->column,
		  "over " POOLTAG_RULE_TEXT_OF(
			  SITES_RULE_KEY_MAX) " rules are as vague as this one (give it more "
					      "literal characters)");
}

static int compile(struct load *load)
{
	struct sites_rule_index built[SETS];
	int error = take_memory(load);

	if (error == 0)
		take_lines(load);
	for (int set = 0; set < SETS && error == 0; set++)
		error = sites_rule_index_build(load->rules[set], load->taken[set], refuse, load,
					       &built[set]);
	if (error != 0) {
		note_file(load, reason_of(error));
		return error;
	}
	note_rest(load);
	load->counts.rules = load->found[TAGS];
	load->counts.wrappers = load->found[WRAPPERS];
	for (int set = 0; set < SETS; set++)
		indexes[set] = built[set];
	counts = load->counts;
	return 0;
}

int sites_rules_load(const char *path)
{
	struct load load = {.path = path};
	int error;

	if (getauxval(AT_SECURE) != 0) {
		note_file(&load, "this program is privileged");
		return -EPERM;
	}
	error = read_file(&load);
	if (error == 0) {
		count_lines(&load);
		error = compile(&load);
	}
	if (load.text != NULL)
		base_munmap(load.text, load.capacity);
	if (load.rules[TAGS] != NULL)
		base_munmap(load.rules[TAGS], load.rules_bytes);
	return error;
}

struct sites_rules_counts sites_rules_counts(void)
{
	return counts;
}

/* --- look-ups --------------------------------------------------------------------------------- */

static const struct sites_rule *find(enum set set, const char *module_path, const char *linker_name,
				     const char *readable_name)
{
	struct sites_rule_names names = {
		.path = module_path != NULL ? module_path : "",
		.linker = linker_name != NULL ? linker_name : "",
	};
	const struct sites_rule *rule;
	uint32_t cost;

	names.module = base_path_tail(names.path);
	names.readable = names.linker;
	if (readable_name != NULL && !base_string_equal(readable_name, names.linker))
		names.readable = readable_name;
	rule = sites_rule_index_find(&indexes[set], &names, &cost);
	base_add_atomic(&tried, cost);
	return rule;
}

int sites_rules_match(const char *module_path, const char *linker_name, const char *readable_name,
		      struct sites_rule_match *ret_match)
{
	const struct sites_rule *rule = find(TAGS, module_path, linker_name, readable_name);

	if (rule == NULL)
		return 0;
	*ret_match = (struct sites_rule_match){rule->tag, rule->pool, rule->line};
	return 1;
}

int sites_rules_wrapper(const char *module_path, const char *linker_name, const char *readable_name)
{
	const struct sites_rule *rule = find(WRAPPERS, module_path, linker_name, readable_name);

	if (rule == NULL)
		return 0;
	return rule->kind == POOLTAG_LINE_WRAPPER ? 1 : -1;
}

uint64_t sites_rules_tried(void)
{
	return base_load_relaxed(&tried);
}
