// SPDX-License-Identifier: BSD-2-Clause
/* replay.c - runs a target over the files of the directories given, without a fuzzer */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_MAX 10 /* for one input */

static size_t replayed;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *data = NULL;
	size_t size = 0;
	char piece[4096];
	size_t got;

	if (!file) {
		perror(path);
		exit(1);
	}
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0) {
		data = realloc(data, size + got);
		if (!data)
			abort();
		memcpy(data + size, piece, got);
		size += got;
	}
	fclose(file);
	/* The name is what a failure leaves on the screen. */
	fprintf(stderr, "%s\n", path);
	alarm(SECONDS_MAX);
	LLVMFuzzerTestOneInput(data, size);
	alarm(0);
	free(data);
	replayed++;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *directory = opendir(argv[i]);
		const struct dirent *entry;
		char path[4096];

		if (!directory) {
			perror(argv[i]);
			return 1;
		}
		while ((entry = readdir(directory)) != NULL) {
			snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			if (entry->d_name[0] != '.')
				replay_file(path);
		}
		closedir(directory);
	}
	printf("%zu inputs replayed\n", replayed);
	return replayed == 0;
}
