// SPDX-License-Identifier: BSD-2-Clause
/* libc-callers.c - functions of libc that allocate for their caller or for themselves */
#include <dirent.h>
#include <glob.h>
#include <locale.h>
#include <regex.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

static int compare(const void *left, const void *right)
{
	const int *a = left;
	const int *b = right;

	return (*a > *b) - (*a < *b);
}

static int compare_text(const void *left, const void *right)
{
	return strcmp(left, right);
}

static void strings(void)
{
	char *copy = strdup("a string to copy");
	char *part = strndup(copy, 8);
	wchar_t *wide = wcsdup(L"a wide string");
	char *text = NULL;

	for (int i = 1; i < 200; i++) {
		if (asprintf(&text, "%*d %s", i * 10, i, copy) < 0)
			exit(1);
		free(text);
	}
	printf("%s %s %zu\n", copy, part, wcslen(wide));
	free(copy);
	free(part);
	free(wide);
}

/* More than qsort is willing to put on the stack, so that it sorts in a block. */
static void sorting(void)
{
	enum { COUNT = 40000 };

	int *numbers = calloc(COUNT, sizeof *numbers);

	for (int i = 0; i < COUNT; i++)
		numbers[i] = i * 7919 % COUNT;
	qsort(numbers, COUNT, sizeof *numbers, compare);
	printf("%d %d\n", numbers[0], numbers[COUNT - 1]);
	free(numbers);
}

static void streams(void)
{
	FILE *file = tmpfile();
	char *line = NULL;
	size_t size = 0;
	char *memory = NULL;
	size_t memory_size = 0;
	FILE *stream = open_memstream(&memory, &memory_size);

	for (int i = 0; i < 3000; i++)
		fprintf(file, "%0*d\n", i % 700 + 1, i);
	rewind(file);
	while (getline(&line, &size, file) > 0)
		fputs(line, stream);
	fclose(stream);
	printf("%zu bytes\n", memory_size);
	fclose(file);
	free(line);
	free(memory);
}

static void trees(void)
{
	void *root = NULL;
	static char keys[500][8];
	regex_t expression;

	for (int i = 0; i < 500; i++) {
		snprintf(keys[i], sizeof keys[i], "%d", i * 31 % 500);
		tsearch(keys[i], &root, compare_text);
	}
	for (int i = 0; i < 400; i++)
		tdelete(keys[i], &root, compare_text);
	if (regcomp(&expression, "^(a|b)*c[0-9]+$", REG_EXTENDED) != 0)
		exit(1);
	printf("%d\n", regexec(&expression, "ababababc123", 0, NULL, 0));
	regfree(&expression);
}

static void files(void)
{
	DIR *directory = opendir("/etc");
	glob_t found;
	char *path = realpath("/usr/../etc/passwd", NULL);
	char *here = getcwd(NULL, 0);

	while (readdir(directory) != NULL)
		;
	closedir(directory);
	if (glob("/etc/pass*", 0, NULL, &found) == 0)
		globfree(&found);
	puts(path);
	free(path);
	free(here);
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	strings();
	sorting();
	streams();
	trees();
	files();
	setenv("ADDED", "to the environment", 1);
	tzset();
	printf("%d\n", mkstemp((char[]){"/nonexistent/XXXXXX"}));
	return 0;
}
