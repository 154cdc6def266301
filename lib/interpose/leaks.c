/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The leak check: at exit, on the program's request by pooltag.h, and under the names by which
 * LeakSanitizer is asked, so that programs annotated for that need no change. The functions the
 * program itself may define for LeakSanitizer are called if the loader can find them: an
 * executable's must be in its dynamic symbols (-rdynamic).
 */
#include "lib/interpose/leaks.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/leaks/regions.h"
#include "lib/leaks/report.h"
#include "lib/leaks/roots.h"
#include "lib/leaks/scan.h"
#include "lib/pool/alloc.h"
#include "lib/pool/largest.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* The program's; NULL where it has none. */
extern int __lsan_is_turned_off(void) __attribute__((weak));
extern const char *__lsan_default_suppressions(void) __attribute__((weak));
extern const char *__lsan_default_options(void) __attribute__((weak));

/* LeakSanitizer's exit status for leaks. */
#define EXITCODE 23

/* A file of suppressions for the report the library prints itself. */
#define SUPPRESSIONS_MAX ((size_t)1 << 20)

/* The process that made the one check that __lsan_do_leak_check makes; 0: none did. */
static uint32_t checked_by;

/* --- options -------------------------------------------------------------------------------- */

/* What follows "key=" in a text of options; NULL when the key is not there. */
static const char *value_in(const char *options, const char *key)
{
	size_t length = base_string_length(key);

	for (const char *at = options; at != NULL && *at != '\0'; at++) {
		size_t i = 0;

		if (at != options && at[-1] != ':' && at[-1] != ',' && at[-1] != ' ')
			continue;
		while (i < length && at[i] == key[i])
			i++;
		if (i == length && at[i] == '=')
			return at + i + 1;
	}
	return NULL;
}

/* The environment has the last word over the program. */
static const char *value_of(const char *key)
{
	const char *value = value_in(base_environment("LSAN_OPTIONS"), key);

	if (value == NULL && &__lsan_default_options != NULL)
		value = value_in(__lsan_default_options(), key);
	return value;
}

static int number_of(const char *key, int otherwise)
{
	const char *value = value_of(key);
	int number = 0;

	if (value == NULL || *value < '0' || *value > '9')
		return otherwise;
	for (; *value >= '0' && *value <= '9' && number < 100000; value++)
		number = number * 10 + *value - '0';
	return number;
}

static int is_turned_off(void)
{
	return (&__lsan_is_turned_off != NULL && __lsan_is_turned_off()) ||
	       number_of("detect_leaks", 1) == 0;
}

/* --- suppressions --------------------------------------------------------------------------- */

static const char *program_suppressions(void)
{
	const char *text =
		&__lsan_default_suppressions != NULL ? __lsan_default_suppressions() : NULL;

	return text != NULL ? text : "";
}

/* For poolmon check. */
static void publish_suppressions(void)
{
	struct pooltag_scan *scan = stats_scan();
	const char *text = program_suppressions();

	if (scan != NULL && scan->suppressions == 0 && *text != '\0')
		scan->suppressions = stats_text(text);
}

/* The file that LSAN_OPTIONS names, behind what the program says itself. */
static void add_file(struct base_text *text)
{
	const char *value = value_of("suppressions");
	char line[512];
	char path[256];
	struct base_text name = base_text_in(path, sizeof(path));
	struct base_text message = base_text_in(line, sizeof(line));
	long length;

	for (; value != NULL && *value != '\0' && *value != ':' && *value != ',' && *value != ' ';
	     value++)
		base_text_char(&name, *value);
	if (name.length == 0)
		return;
	length = base_read_file(path, text->start + text->length, text->capacity - text->length);
	if (length >= 0 && !name.cut) {
		text->length += (size_t)length;
		return;
	}
	base_text_add(&message, "cannot read the file of suppressions ");
	base_text_add(&message, path);
	base_text_add(&message, ": ");
	base_text_error(&message, name.cut ? -ENAMETOOLONG : length);
	base_note(line);
}

/* --- scans ---------------------------------------------------------------------------------- */

/* Prints what a scan of __lsan_do_*_leak_check found; the answer goes to `argument`. */
static void print_leaks(const struct leaks_result *result, void *argument)
{
	int *ret_leaks = argument;
	char *memory = base_map_memory(SUPPRESSIONS_MAX, PROT_READ | PROT_WRITE, MAP_NORESERVE);
	struct base_text text;

	if (result->scan.state != POOLTAG_SCAN_COMPLETE)
		return;
	if (base_is_error(memory)) {
		*ret_leaks = leaks_report(result, program_suppressions());
		return;
	}
	text = base_text_in(memory, SUPPRESSIONS_MAX);
	base_text_add(&text, program_suppressions());
	base_text_char(&text, '\n');
	add_file(&text);
	*ret_leaks = leaks_report(result, memory);
	base_munmap(memory, SUPPRESSIONS_MAX);
}

static int scan_and_print(void)
{
	int leaks = 0;

	publish_suppressions();
	leaks_scan(POOLTAG_SCAN_BY_PROGRAM, print_leaks, &leaks);
	return leaks;
}

void interpose_leaks_at_exit(void)
{
	if (!base_options.leak_check || checked_by == (uint32_t)getpid())
		return;
	if (is_turned_off()) {
		leaks_scan_off();
		return;
	}
	publish_suppressions();
	leaks_scan(POOLTAG_SCAN_AT_EXIT, NULL, NULL);
}

static struct pooltag_leak_sum sum_of(const struct leaks_result *result, int class)
{
	struct pooltag_leak_sum sum = {0};

	for (uint32_t i = 0; i < result->sites; i++) {
		sum.blocks += result->leaks[i].blocks[class];
		sum.bytes += result->leaks[i].bytes[class];
	}
	return sum;
}

static void sum_up(const struct leaks_result *result, void *argument)
{
	*(struct pooltag_leaks *)argument = (struct pooltag_leaks){
		.definite = sum_of(result, POOLTAG_LEAK_DEFINITE),
		.indirect = sum_of(result, POOLTAG_LEAK_INDIRECT),
		.possible = sum_of(result, POOLTAG_LEAK_POSSIBLE),
		.reachable = sum_of(result, POOLTAG_LEAK_REACHABLE),
		.ignored = sum_of(result, POOLTAG_LEAK_IGNORED),
	};
}

BASE_EXPORT int pooltag_leak_scan(struct pooltag_leaks *ret_leaks)
{
	publish_suppressions();
	return leaks_scan(POOLTAG_SCAN_BY_PROGRAM, sum_up, ret_leaks) == 0 ? 0 : ECANCELED;
}

/* --- requests from outside ------------------------------------------------------------------ */

/*
 * Questions for blocks are requests, too. Whoever changes `seen`
 * serves; others go on. The hooks of the program are not called here.
 */
static void serve_request(void)
{
	struct pooltag_scan *scan = stats_scan();
	uint32_t seen = base_load_relaxed(&pool_request.seen);
	uint32_t wanted = base_load_acquire(&scan->request);

	if (seen == wanted || !__atomic_compare_exchange_n(&pool_request.seen, &seen, wanted, 0,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	if (wanted - seen > pool_largest_answer())
		leaks_scan(POOLTAG_SCAN_BY_REQUEST, NULL, NULL);
	base_store_release(&scan->request_served, wanted);
}

static void on_signal(int number)
{
	int saved_errno = errno;

	(void)number;
	if (pool_is_own())
		pool_request_look();
	errno = saved_errno;
}

static void watch_signal(int number)
{
	struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
	struct sigaction now;

	if (sigaction(number, NULL, &now) != 0 || now.sa_handler != SIG_DFL ||
	    sigaction(number, &ours, NULL) != 0) {
		base_note("leak_signal: that signal cannot be used, or is handled already");
		return;
	}
	pool_request.signal = (uint32_t)number;
	if (stats_scan() != NULL)
		stats_scan()->request_signal = (uint32_t)number;
}

void interpose_leaks_init(void)
{
	const char *options = base_environment("POOLTAG_OPTIONS");

	pool_request.serve = serve_request;
	pool_request.forked = leaks_scan_forked;
	leaks_roots_measure();
	/* Who never allocates need not be counted, unless it is to be checked or to listen. */
	if (value_in(options, "leak_signal") != NULL || value_in(options, "leak_check") != NULL)
		pool_enter();
	if (base_options.leak_signal != 0)
		watch_signal((int)base_options.leak_signal);
}

/* --- LeakSanitizer's interface -------------------------------------------------------------- */

BASE_EXPORT void __lsan_do_leak_check(void);
BASE_EXPORT int __lsan_do_recoverable_leak_check(void);
BASE_EXPORT void __lsan_ignore_object(const void *address);
BASE_EXPORT void __lsan_disable(void);
BASE_EXPORT void __lsan_enable(void);
BASE_EXPORT void __lsan_register_root_region(const void *start, size_t bytes);
BASE_EXPORT void __lsan_unregister_root_region(const void *start, size_t bytes);

/* Once in a process, and instead of the check at exit. Under poolmon check that judges. */
void __lsan_do_leak_check(void)
{
	int status = number_of("exitcode", EXITCODE);

	if (checked_by == (uint32_t)getpid())
		return;
	checked_by = (uint32_t)getpid();
	if (is_turned_off())
		return;
	if (base_options.leak_check) {
		publish_suppressions();
		leaks_scan(POOLTAG_SCAN_BY_PROGRAM, NULL, NULL);
	} else if (scan_and_print() && status != 0) {
		_exit(status);
	}
}

int __lsan_do_recoverable_leak_check(void)
{
	return !is_turned_off() && scan_and_print();
}

void __lsan_ignore_object(const void *address)
{
	if (pool_ignore(address) != 0)
		base_note("__lsan_ignore_object: not a live block of the heap");
}

static void set_ignoring(struct pool_thread *thread, uint32_t depth)
{
	thread->ignoring = depth;
	thread->scope_use = depth > 0 ? POOL_USE_IGNORED : 0;
	thread->scope_salt = pool_salt_with(thread->scope_tag, thread->scope_use);
}

void __lsan_disable(void)
{
	struct pool_thread *thread = pool_enter();

	if (thread != NULL && thread != &pool_orphan)
		set_ignoring(thread, thread->ignoring + 1);
}

void __lsan_enable(void)
{
	struct pool_thread *thread = pool_enter();

	if (thread == NULL || thread == &pool_orphan)
		return;
	if (thread->ignoring == 0)
		base_note("__lsan_enable without __lsan_disable before it");
	else
		set_ignoring(thread, thread->ignoring - 1);
}

void __lsan_register_root_region(const void *start, size_t bytes)
{
	if (leaks_region_add((uintptr_t)start, (uintptr_t)start + bytes) != 0)
		base_note("__lsan_register_root_region: no memory");
}

void __lsan_unregister_root_region(const void *start, size_t bytes)
{
	if (leaks_region_remove((uintptr_t)start, (uintptr_t)start + bytes) != 0)
		base_note("__lsan_unregister_root_region: no such region");
}
