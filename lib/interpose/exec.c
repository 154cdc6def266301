/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exec.c - programs that are started without the library
 *
 * A check of a command covers what the command starts, as long as LD_PRELOAD is handed on and the
 * program has a loader to read it. What is started otherwise leaves no trace of its own. So the
 * functions that start programs are interposed, and under poolmon check (option leak_check=1) the
 * segment counts the programs that could not be looked at and keeps the start of a name.
 *
 * Between fork and exec only the kernel is called: libc's exec could be had by dlsym alone, which
 * takes the loader's lock, and that another thread may have held at the fork. A child that has no
 * segment of its own yet writes to its parent's, with atomic additions.
 */
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/stats/segment.h"
#include <alloca.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Looked up each time, as in dl.c: such calls are rare, and dear anyway. Not after fork. */
#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

#define LIBRARY    "libpooltag.so"

/* --- whether a program will have the library -------------------------------------------------- */

/* Whether a list of libraries, as LD_PRELOAD has it, names ours. */
static int names_library(const char *list)
{
	size_t length = sizeof(LIBRARY) - 1;

	for (const char *at = list; (at = strstr(at, LIBRARY)) != NULL; at += length)
		if ((at == list || strchr(": /", at[-1]) != NULL) &&
		    strchr(": .", at[length]) != NULL)
			return 1;
	return 0;
}

static int hands_on(char *const *environment)
{
	static const char name[] = "LD_PRELOAD=";

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, sizeof(name) - 1) == 0)
			return names_library(*environment + sizeof(name) - 1);
	return 0;
}

/* Whether a file is a program for which no loader is asked. What cannot be read is not. */
static int is_static(const char *path)
{
	long fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	Elf64_Ehdr header;
	Elf64_Phdr segment = {.p_type = PT_INTERP};
	int is = 0;

	if (fd < 0)
		return 0;
	if (BASE_SYSCALL4(SYS_pread64, fd, &header, sizeof(header), 0) == (long)sizeof(header) &&
	    memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_phentsize == sizeof(segment)) {
		is = 1;
		for (unsigned i = 0; i < header.e_phnum && is; i++)
			is = BASE_SYSCALL4(SYS_pread64, fd, &segment, sizeof(segment),
					   header.e_phoff + i * sizeof(segment)) ==
				     (long)sizeof(segment) &&
			     segment.p_type != PT_INTERP;
	}
	BASE_SYSCALL1(SYS_close, fd);
	return is;
}

/* The same of the first file of the name in PATH, as execvp looks for it. */
static int is_static_in_path(const char *name)
{
	const char *at = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(name, '/') != NULL)
		return is_static(name);
	for (; at != NULL && *at != '\0'; at += *at == ':') {
		size_t length = strcspn(at, ":");
		struct base_text text = base_text_in(path, sizeof(path));

		for (; length > 0; length--)
			base_text_char(&text, *at++);
		base_text_char(&text, '/');
		base_text_add(&text, name);
		if (!text.cut && BASE_SYSCALL4(SYS_faccessat, AT_FDCWD, path, X_OK, 0) == 0)
			return is_static(path);
	}
	return 0;
}

/* --- counting --------------------------------------------------------------------------------- */

/* Counts a program that is about to start and cannot be looked at; NULL: it can, or nobody asks. */
static struct pooltag_scan *count(const char *program, char *const *environment)
{
	struct pooltag_scan *scan = base_options.leak_check ? stats_scan() : NULL;

	if (scan == NULL || (hands_on(environment) &&
			     (base_load_relaxed(&base_confined) || !is_static_in_path(program))))
		return NULL;
	if (__atomic_fetch_add(&scan->unwatched, 1, __ATOMIC_RELAXED) == 0) {
		const char *name = base_path_tail(program);

		for (size_t i = 0; i < sizeof(scan->unwatched_name); i++) {
			scan->unwatched_name[i] = *name;
			name += *name != '\0';
		}
	}
	return scan;
}

/* It did not start. */
static void uncount(struct pooltag_scan *scan)
{
	if (scan != NULL)
		__atomic_fetch_sub(&scan->unwatched, 1, __ATOMIC_RELAXED);
}

/* --- the functions ---------------------------------------------------------------------------- */

/*
 * The system call, which needs nothing that another thread could have locked when this one forked.
 */
static int replace(const char *path, char *const argv[], char *const envp[])
{
	errno = (int)-BASE_SYSCALL3(SYS_execve, path, argv, envp);
	return -1;
}

BASE_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	struct pooltag_scan *counted = count(path, envp);

	replace(path, argv, envp);
	uncount(counted);
	return -1;
}

BASE_EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* A file that is no program is a script for the shell, as libc has it. */
static void replace_by_any(const char *path, char *const argv[], char *const envp[])
{
	size_t words = 0;
	char **shell;

	replace(path, argv, envp);
	if (errno != ENOEXEC)
		return;
	while (argv[words] != NULL)
		words++;
	shell = alloca((words + 3) * sizeof(*shell));
	shell[0] = (char *)(uintptr_t) "/bin/sh";
	shell[1] = (char *)(uintptr_t)path;
	for (size_t i = 1; i < words; i++)
		shell[i + 1] = argv[i];
	shell[words + (words == 0) + 1] = NULL;
	replace(shell[0], shell, envp);
}

/* Tries each file of the name in PATH, as libc does. */
static void replace_from_path(const char *file, char *const argv[], char *const envp[])
{
	const char *at = getenv("PATH");
	int denied = 0;

	for (at = at != NULL ? at : "/bin:/usr/bin";; at++) {
		size_t length = strcspn(at, ":");
		char path[PATH_MAX];
		struct base_text text = base_text_in(path, sizeof(path));

		for (size_t i = 0; i < length; i++)
			base_text_char(&text, at[i]);
		base_text_add(&text, length > 0 ? "/" : "");
		base_text_add(&text, file);
		errno = ENOENT;
		if (!text.cut)
			replace_by_any(path, argv, envp);
		denied |= errno == EACCES;
		if (errno != EACCES && errno != ENOENT && errno != ESTALE && errno != ENOTDIR &&
		    errno != ENODEV && errno != ETIMEDOUT)
			return;
		at += length;
		if (*at == '\0')
			break;
	}
	if (denied)
		errno = EACCES;
}

BASE_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	struct pooltag_scan *counted = count(file, envp);

	if (*file == '\0')
		errno = ENOENT;
	else if (strchr(file, '/') != NULL)
		replace_by_any(file, argv, envp);
	else if (strlen(file) > NAME_MAX)
		errno = ENAMETOOLONG;
	else
		replace_from_path(file, argv, envp);
	uncount(counted);
	return -1;
}

BASE_EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

BASE_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	struct pooltag_scan *counted = count("?", envp);

	errno = (int)-BASE_SYSCALL5(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	uncount(counted);
	return -1;
}

BASE_EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
			    const posix_spawnattr_t *attributes, char *const argv[],
			    char *const envp[])
{
	struct pooltag_scan *counted = count(path, envp);
	int error = REAL(posix_spawn)(pid, path, actions, attributes, argv, envp);

	if (error != 0)
		uncount(counted);
	return error;
}

BASE_EXPORT int posix_spawnp(pid_t *pid, const char *file,
			     const posix_spawn_file_actions_t *actions,
			     const posix_spawnattr_t *attributes, char *const argv[],
			     char *const envp[])
{
	struct pooltag_scan *counted = count(file, envp);
	int error = REAL(posix_spawnp)(pid, file, actions, attributes, argv, envp);

	if (error != 0)
		uncount(counted);
	return error;
}

BASE_EXPORT int system(const char *command)
{
	if (command != NULL)
		count("sh", environ);
	return REAL(system)(command);
}

BASE_EXPORT FILE *popen(const char *command, const char *mode)
{
	struct pooltag_scan *counted = count("sh", environ);
	FILE *pipe = REAL(popen)(command, mode);

	if (pipe == NULL)
		uncount(counted);
	return pipe;
}

/* The words of a list of arguments, `first` among them, the NULL at its end too. */
static size_t count_words(va_list list)
{
	size_t words = 2;

	while (va_arg(list, char *) != NULL)
		words++;
	return words;
}

/* Makes `argv` of the words of execl's list; `list` goes on behind the NULL. */
#define WORDS(argv, first, list)                          \
	do {                                              \
		va_list counting;                         \
		size_t words;                             \
                                                          \
		va_start(list, first);                    \
		va_copy(counting, list);                  \
		words = count_words(counting);            \
		va_end(counting);                         \
		(argv) = alloca(words * sizeof(char *));  \
		(argv)[0] = (char *)(uintptr_t)(first);   \
		for (size_t i = 1; i < words; i++)        \
			(argv)[i] = va_arg(list, char *); \
	} while (0)

BASE_EXPORT int execl(const char *path, const char *argument, ...)
{
	va_list list;
	char **argv;

	WORDS(argv, argument, list);
	va_end(list);
	return execve(path, argv, environ);
}

BASE_EXPORT int execlp(const char *file, const char *argument, ...)
{
	va_list list;
	char **argv;

	WORDS(argv, argument, list);
	va_end(list);
	return execvpe(file, argv, environ);
}

BASE_EXPORT int execle(const char *path, const char *argument, ...)
{
	char *const *envp;
	va_list list;
	char **argv;

	WORDS(argv, argument, list);
	envp = va_arg(list, char *const *);
	va_end(list);
	return execve(path, argv, envp);
}
