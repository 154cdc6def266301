/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/stats/place.h"
#include "lib/base/options.h"
#include "lib/base/program.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include <errno.h>
#include <fcntl.h>

/* exec chains longer than this within one process reuse nothing and link nothing. */
#define GENERATIONS_MAX 10000

static uint64_t parse_unsigned(const char **text)
{
	uint64_t value = 0;

	while (**text >= '0' && **text <= '9')
		value = value * 10 + (uint64_t)(*(*text)++ - '0');
	return value;
}

/* Field 22 of /proc/self/stat; the name in field 2 may hold anything, so count from its last ')'.
 */
static uint64_t start_ticks(void)
{
	char stat[1024];
	const char *field = NULL;

	if (base_read_file("/proc/self/stat", stat, sizeof(stat)) <= 0)
		return 0;
	for (const char *c = stat; *c != '\0'; c++)
		if (*c == ')')
			field = c + 1;
	for (int number = 2; field != NULL && *field != '\0'; field++)
		if (*field == ' ' && ++number == 22) {
			field++;
			return parse_unsigned(&field);
		}
	return 0;
}

static unsigned hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 15;
}

static void read_boot_id(uint8_t boot_id[16])
{
	char text[64];
	int digits = 0;

	if (base_read_file("/proc/sys/kernel/random/boot_id", text, sizeof(text)) < 36)
		return;
	for (const char *c = text; *c > ' ' && digits < 32; c++)
		if (*c != '-') {
			boot_id[digits / 2] = (uint8_t)(boot_id[digits / 2] << 4 | hex_value(*c));
			digits++;
		}
}

static uint64_t pid_namespace(void)
{
	char link[64] = "";
	const char *c = link;

	if (BASE_SYSCALL4(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", link, sizeof(link) - 1) <=
	    0)
		return 0;
	while (*c != '\0' && *c != '[')
		c++;
	if (*c != '[')
		return 0;
	c++;
	return parse_unsigned(&c);
}

/* The end of a path says more than its start. */
static void read_exe(char *exe, size_t size)
{
	char path[4096];
	size_t length = base_program_path(path, sizeof(path));
	size_t skip = length > size ? length - size : 0;

	for (size_t i = 0; i + skip < length; i++)
		exe[i] = path[i + skip];
}

void stats_identify(struct pooltag_segment_header *header)
{
	header->pid = (uint32_t)BASE_SYSCALL0(SYS_getpid);
	header->ppid = (uint32_t)BASE_SYSCALL0(SYS_getppid);
	header->uid = (uint32_t)BASE_SYSCALL0(SYS_geteuid);
	header->start_ticks = start_ticks();
	header->pidns_inode = pid_namespace();
	read_boot_id(header->boot_id);
	read_exe(header->exe, sizeof(header->exe));
	header->created_mono_ns = base_now_ns(CLOCK_MONOTONIC);
	header->created_real_ns = base_now_ns(CLOCK_REALTIME);
	header->heartbeat_ns = header->created_mono_ns;
}

/*
 * A directory another user could have put there, or can write to, is refused: he could swap the
 * file under the reader, or fill the directory with files of ours.
 */
static long open_directory(const char *directory, uint32_t uid, const char **ret_what)
{
	struct stat status;
	long fd;
	long error;

	error = BASE_SYSCALL3(SYS_mkdirat, AT_FDCWD, directory, 0700);
	if (error < 0 && error != -EEXIST && error != -EROFS) {
		*ret_what = "cannot make the directory";
		return error;
	}
	fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, directory,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0) {
		*ret_what = "cannot open the directory";
		return fd;
	}
	error = BASE_SYSCALL2(SYS_fstat, fd, &status);
	if (error == 0 && status.st_uid != uid) {
		*ret_what = "the directory belongs to someone else";
		error = -EPERM;
	} else if (error == 0 && (status.st_mode & 022) != 0) {
		*ret_what = "the directory is writable by others";
		error = -EPERM;
	}
	if (error < 0) {
		BASE_SYSCALL1(SYS_close, fd);
		return error;
	}
	return fd;
}

static void default_directory(struct base_text *text, uint32_t uid)
{
	/* POOLTAG_DIRECTORY_FORMAT has one conversion, the uid, at its end. */
	for (const char *c = POOLTAG_DIRECTORY_FORMAT; *c != '%'; c++)
		base_text_char(text, *c);
	base_text_unsigned(text, uid);
}

static void name_of(struct base_text *text, const struct pooltag_segment_header *header)
{
	base_text_unsigned(text, header->pid);
	base_text_char(text, '.');
	base_text_unsigned(text, header->start_ticks);
}

/*
 * An unnamed file can be linked only through /proc and only where the file system has O_TMPFILE.
 * Elsewhere the file stands under a hidden name, which readers skip, until it is complete.
 */
static long create_unnamed(struct stats_place *place, const struct pooltag_segment_header *header,
			   long directory)
{
	struct base_text text;
	long fd = -ENOTSUP;

	place->temporary[0] = '\0';
	if (header->pidns_inode != 0)
		fd = BASE_SYSCALL4(SYS_openat, directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC,
				   0600);
	if (fd != -ENOTSUP && fd != -EISDIR && fd != -ENOENT)
		return fd;
	text = base_text_in(place->temporary, sizeof(place->temporary));
	base_text_add(&text, place->directory);
	base_text_add(&text, "/.new.");
	name_of(&text, header);
	BASE_SYSCALL3(SYS_unlinkat, AT_FDCWD, place->temporary, 0);
	fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, place->temporary,
			   O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		place->temporary[0] = '\0';
	return fd;
}

long stats_place_create(struct stats_place *place, const struct pooltag_segment_header *header,
			const char **ret_what)
{
	struct base_text text = base_text_in(place->directory, sizeof(place->directory));
	long directory;
	long fd;
	long error;

	place->path[0] = '\0';
	if (base_options.dir[0] != '\0')
		base_text_add(&text, base_options.dir);
	else
		default_directory(&text, header->uid);
	directory = open_directory(place->directory, header->uid, ret_what);
	if (directory < 0)
		return directory;
	fd = create_unnamed(place, header, directory);
	BASE_SYSCALL1(SYS_close, directory);
	if (fd < 0) {
		*ret_what = "cannot create a file there";
		return fd;
	}
	error = BASE_SYSCALL2(SYS_ftruncate, fd, header->segment_size);
	if (error < 0) {
		*ret_what = "cannot give a file there its size";
		BASE_SYSCALL1(SYS_close, fd);
		return error;
	}
	return fd;
}

static void make_path(struct stats_place *place, const struct pooltag_segment_header *header,
		      uint32_t suffix)
{
	struct base_text text = base_text_in(place->path, sizeof(place->path));

	base_text_add(&text, place->directory);
	base_text_char(&text, '/');
	name_of(&text, header);
	if (suffix > 0) {
		base_text_char(&text, '.');
		base_text_unsigned(&text, suffix);
	}
}

/* The file of this same process before it called exec. Returns its generation. */
static uint32_t supersede(const char *path)
{
	long fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
	struct pooltag_segment_header old = {0};
	uint32_t state = POOLTAG_STATE_EXECED;

	if (fd < 0)
		return 0;
	if (BASE_SYSCALL4(SYS_pread64, fd, &old, sizeof(old), 0) == (long)sizeof(old) &&
	    old.state == POOLTAG_STATE_LIVE)
		BASE_SYSCALL4(SYS_pwrite64, fd, &state, sizeof(state),
			      offsetof(struct pooltag_segment_header, state));
	BASE_SYSCALL1(SYS_close, fd);
	return old.generation;
}

long stats_place_link(struct stats_place *place, long fd, struct pooltag_segment_header *header)
{
	char self[STATS_PATH_MAX];
	struct base_text text = base_text_in(self, sizeof(self));
	uint32_t suffix = 0;
	long error;

	base_text_add(&text, place->temporary[0] != '\0' ? place->temporary : "/proc/self/fd/");
	if (place->temporary[0] == '\0')
		base_text_unsigned(&text, (uint64_t)fd);
	header->generation = 0;
	for (int tries = 0; tries < GENERATIONS_MAX; tries++) {
		make_path(place, header, suffix);
		error = BASE_SYSCALL5(SYS_linkat, AT_FDCWD, self, AT_FDCWD, place->path,
				      AT_SYMLINK_FOLLOW);
		if (error != -EEXIST)
			break;
		header->generation = supersede(place->path) + 1;
		if (base_options.keep)
			suffix++;
		else
			BASE_SYSCALL3(SYS_unlinkat, AT_FDCWD, place->path, 0);
	}
	if (error < 0)
		place->path[0] = '\0';
	if (place->temporary[0] != '\0')
		BASE_SYSCALL3(SYS_unlinkat, AT_FDCWD, place->temporary, 0);
	place->temporary[0] = '\0';
	return error;
}

void stats_place_unlink(struct stats_place *place)
{
	if (place->path[0] != '\0')
		BASE_SYSCALL3(SYS_unlinkat, AT_FDCWD, place->path, 0);
}
