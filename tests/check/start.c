/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.c - starts a program by any function there is for it
 *
 * start FUNCTION kept|cleared PROGRAM: with the environment as it is, or with an empty one.
 * start names NAME...: execvp of each; what it said, if it came back, and the status.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *words[2];
static char *none[1];
static char **environment;

static void by_execve(void)
{
	execve(words[0], words, environment);
}

static void by_execv(void)
{
	environ = environment;
	execv(words[0], words);
}

static void by_execvp(void)
{
	environ = environment;
	execvp(words[0], words);
}

static void by_execvpe(void)
{
	execvpe(words[0], words, environment);
}

static void by_fexecve(void)
{
	fexecve(open(words[0], O_RDONLY), words, environment);
}

static void by_execl(void)
{
	environ = environment;
	execl(words[0], words[0], (char *)NULL);
}

static void by_execlp(void)
{
	environ = environment;
	execlp(words[0], words[0], "a", "b", "c", (char *)NULL);
}

static void by_execle(void)
{
	execle(words[0], words[0], "a", (char *)NULL, environment);
}

static void by_posix_spawn(void)
{
	pid_t child;

	if (posix_spawn(&child, words[0], NULL, NULL, words, environment) == 0)
		waitpid(child, NULL, 0);
}

static void by_posix_spawnp(void)
{
	pid_t child;

	if (posix_spawnp(&child, words[0], NULL, NULL, words, environment) == 0)
		waitpid(child, NULL, 0);
}

static void by_system(void)
{
	environ = environment;
	if (system(words[0]) < 0)
		exit(1);
}

static void by_popen(void)
{
	environ = environment;
	pclose(popen(words[0], "r"));
}

static const struct {
	const char *name;
	void (*start)(void);
} ways[] = {
	{"execve", by_execve},           {"execv", by_execv},
	{"execvp", by_execvp},           {"execvpe", by_execvpe},
	{"fexecve", by_fexecve},         {"execl", by_execl},
	{"execlp", by_execlp},           {"execle", by_execle},
	{"posix_spawn", by_posix_spawn}, {"posix_spawnp", by_posix_spawnp},
	{"system", by_system},           {"popen", by_popen},
};

/* What becomes of each name when execvp gets it, with two words. */
static void try_names(char **names)
{
	for (; *names != NULL; names++) {
		static char first[] = "one", second[] = "two";
		char *tried[] = {*names, first, second, NULL};
		pid_t child = fork();
		int status;

		if (child == 0) {
			execvp(*names, tried);
			printf("%s: %s\n", *names, strerror(errno));
			exit(1);
		}
		waitpid(child, &status, 0);
		printf("%s: status %d\n", *names, status);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc > 1 && strcmp(argv[1], "names") == 0) {
		try_names(argv + 2);
		return 0;
	}
	if (argc != 4)
		return 2;
	words[0] = argv[3];
	environment = strcmp(argv[2], "kept") == 0 ? environ : none;
	child = fork();
	if (child == 0) {
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
			if (strcmp(ways[i].name, argv[1]) == 0)
				ways[i].start();
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return 0;
}
