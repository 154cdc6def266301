/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/fault.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/pool/check.h"
#include "lib/pool/describe.h"
#include "lib/sites/table.h"
#include "lib/stats/segment.h"
#include "lib/verify/lock.h"
#include "lib/verify/match.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>

#define LINE_MAX_BYTES 4096 /* a stack of the driver kit has a dozen frames */

/* What is known of a site, by its number. */
enum known { KNOWN_NOTHING, KNOWN_SPARED, KNOWN_MAY_FAIL };

static struct {
	uint8_t *known; /* enum known, [site] */
	uint64_t asked; /* allocations that might have failed */
	uint64_t failed;
	struct sites_table logged; /* hash of a line of the log -> 1 */
	size_t log_read;           /* bytes of it that have been read */
} fault;

static int wants_filter(void)
{
	return base_options.fault_tag[0] != '\0' || base_options.fault_site[0] != '\0';
}

static int wants_log(void)
{
	return base_options.fault_log[0] != '\0';
}

static int wants_choice(void)
{
	return base_options.fault_rate != 0 || base_options.fault_nth != 0 || wants_log();
}

/* --- the log of sites that have failed -------------------------------------------------------- */

static uint64_t hash_of(const char *line, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)line[i]) * 0x100000001b3u;
	return hash >> 1 | 1; /* a key of the table is neither 0 nor all ones */
}

static void note_lines(const char *text, size_t length)
{
	size_t start = 0;

	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n') {
			uint64_t hash = hash_of(text + start, i - start);

			if (sites_table_find(&fault.logged, hash) == SITES_UNKNOWN)
				sites_table_insert(&fault.logged, hash, 1);
			start = i + 1;
		}
	fault.log_read += start;
}

/* Reads what other processes have added meanwhile. */
static void read_log(long fd)
{
	struct stat status;
	char *text;
	size_t length;

	if (BASE_SYSCALL2(SYS_fstat, fd, &status) != 0 || (size_t)status.st_size <= fault.log_read)
		return;
	length = (size_t)status.st_size;
	text = base_mmap(NULL, length, PROT_READ, MAP_PRIVATE, (int)fd, 0);
	if (base_is_error(text))
		return;
	note_lines(text + fault.log_read, length - fault.log_read);
	base_munmap(text, length);
}

static long open_log(void)
{
	return BASE_SYSCALL4(SYS_openat, AT_FDCWD, base_options.fault_log,
			     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
}

/*
 * 1 when the line was in no process's log and is now: the file's lock makes sure of that. Another
 * process may hold it for long, and be stopped: this site has its turn later then.
 */
static int add_to_log(const char *line, size_t length)
{
	uint64_t hash = hash_of(line, length - 1);
	long fd = open_log();
	int added = 0;

	if (fd < 0)
		return 0;
	if (BASE_SYSCALL2(SYS_flock, fd, LOCK_EX | LOCK_NB) == 0) {
		read_log(fd);
		if (sites_table_find(&fault.logged, hash) == SITES_UNKNOWN)
			added = BASE_SYSCALL3(SYS_write, fd, line, length) == (long)length;
		read_log(fd);
	}
	BASE_SYSCALL1(SYS_close, fd);
	return added;
}

/* " < module!function+0x12" for each further frame that tells the site from others. */
static void add_callers(struct base_text *text, const struct pooltag_site *record)
{
	for (uint32_t i = 1; i < record->frame_count; i++) {
		base_text_add(text, " < ");
		pool_describe_text(text, stats_frame_record(record->first_frame + i)->address);
	}
}

/*
 * "tag module!function+0x12\n", and its callers; the
 * same in every run; 0 when the site has no such name.
 */
static size_t line_of(uint32_t site, char *buffer, size_t capacity)
{
	struct base_text text = base_text_in(buffer, capacity);

	verify_site_text(&text, site);
	add_callers(&text, stats_site_record(site));
	if (text.cut || !verify_site_has_module(site))
		return 0;
	base_text_char(&text, '\n');
	return text.cut ? 0 : text.length;
}

static int is_first_time(uint32_t site)
{
	char line[LINE_MAX_BYTES];
	size_t length;
	int first = 0;

	base_lock_take(&verify_lock);
	length = fault.known[site] == KNOWN_MAY_FAIL ? line_of(site, line, sizeof(line)) : 0;
	if (length > 0)
		first = add_to_log(line, length);
	/* The lock of the log may have been another's: only what is known to be there is done. */
	if (length == 0 ||
	    sites_table_find(&fault.logged, hash_of(line, length - 1)) != SITES_UNKNOWN)
		base_store_relaxed(&fault.known[site], (uint8_t)KNOWN_SPARED);
	base_lock_drop(&verify_lock);
	return first;
}

/* --- which allocation ------------------------------------------------------------------------- */

static int may_fail(uint32_t site)
{
	uint8_t known = base_load_relaxed(&fault.known[site]);

	if (BASE_LIKELY(known != KNOWN_NOTHING))
		return known == KNOWN_MAY_FAIL;
	known = site != POOLTAG_SITE_EARLY && verify_site_matches(site, base_options.fault_tag,
								  base_options.fault_site)
			? KNOWN_MAY_FAIL
			: KNOWN_SPARED;
	base_store_relaxed(&fault.known[site], known);
	return known == KNOWN_MAY_FAIL;
}

/* A number without pattern for each allocation and seed. */
static uint64_t mixed(uint64_t n)
{
	n += base_options.fault_seed * 0x9e3779b97f4a7c15u;
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
	n = (n ^ n >> 27) * 0x94d049bb133111ebu;
	return n ^ n >> 31;
}

static int is_chosen(uint64_t number, uint32_t site)
{
	if (!wants_choice())
		return 1;
	if (base_options.fault_nth != 0 && number == base_options.fault_nth)
		return 1;
	if (base_options.fault_rate != 0 && mixed(number) % base_options.fault_rate == 0)
		return 1;
	return wants_log() && is_first_time(site);
}

int pool_check_fault_due(uint32_t site, size_t size)
{
	uint64_t number;

	(void)size;
	if (!may_fail(site))
		return 0;
	number = base_add_atomic(&fault.asked, 1) + 1;
	if (number <= base_options.fault_after)
		return 0;
	if (base_options.fault_max != 0 &&
	    base_load_relaxed(&fault.failed) >= base_options.fault_max)
		return 0;
	if (!is_chosen(number - base_options.fault_after, site))
		return 0;
	base_add_atomic(&fault.failed, 1);
	base_add_atomic(&stats_process()->faults, 1);
	return 1;
}

/* --- start ------------------------------------------------------------------------------------ */

static int start_log(void)
{
	long fd = open_log();
	char buffer[BASE_OPTION_TEXT_MAX + 100];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	if (fd >= 0) {
		read_log(fd);
		BASE_SYSCALL1(SYS_close, fd);
		return 0;
	}
	base_text_add(&text, "fault_log=");
	base_text_quoted(&text, base_options.fault_log, base_string_length(base_options.fault_log));
	base_text_add(&text, ": ");
	base_text_error(&text, fd);
	base_text_add(&text, "; no allocation fails");
	base_note(buffer);
	return -1;
}

int verify_fault_start(void)
{
	if (!wants_filter() && !wants_choice())
		return 0;
	fault.known = base_map_sparse(HEAP_SITES_MAX, PROT_READ | PROT_WRITE);
	if (base_is_error(fault.known)) {
		base_note("fault_*: no memory for its table; no allocation fails");
		return 0;
	}
	return !wants_log() || start_log() == 0;
}
