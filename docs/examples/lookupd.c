/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookupd.c - the server of docs/tutorial.md: answers "GET name" on a Unix socket
 *
 * Usage: lookupd SOCKET
 * A name is looked up slowly, so answers are kept in a cache of 512 entries. It leaks; the tutorial
 * finds out where. One client at a time; "QUIT" ends the server.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CACHE_ROWS    256
#define CACHE_ENTRIES 512

struct entry {
	struct entry *next;  /* in its row */
	struct entry *older; /* in the order of insertion */
	char *name;
	char *answer;
};

static struct entry *rows[CACHE_ROWS];
static struct entry *oldest, **newest = &oldest;
static unsigned entries;

static unsigned row_of(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return hash % CACHE_ROWS;
}

static struct entry *cache_find(const char *name)
{
	struct entry *entry = rows[row_of(name)];

	while (entry && strcmp(entry->name, name) != 0)
		entry = entry->next;
	return entry;
}

static struct entry *cache_insert(const char *name, char *answer)
{
	struct entry *entry = malloc(sizeof(*entry));
	unsigned row = row_of(name);

	*entry = (struct entry){.next = rows[row], .name = strdup(name), .answer = answer};
	rows[row] = entry;
	return entry;
}

static void cache_evict(struct entry *entry)
{
	struct entry **at = &rows[row_of(entry->name)];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	free(entry->name);
	free(entry->answer);
	free(entry);
}

/* Keeps an entry, and the cache at its size. */
static void cache_keep(struct entry *entry)
{
	*newest = entry;
	newest = &entry->older;
	if (++entries <= CACHE_ENTRIES)
		return;
	entry = oldest;
	oldest = entry->older;
	entries--;
	cache_evict(entry);
}

static char *format_error(const char *name)
{
	char *text = malloc(strlen(name) + 64);

	sprintf(text, "ERR no such name: %s\n", name);
	return text;
}

static char *format_record(const char *name)
{
	char *text = malloc(2 * strlen(name) + 64);

	sprintf(text, "OK %s is at %s.example.net\n", name, name);
	return text;
}

static const char *answer_for(const char *name)
{
	struct entry *entry = cache_find(name);

	if (entry)
		return entry->answer;
	if (strncmp(name, "host", 4) != 0)
		return cache_insert(name, format_error(name))->answer;
	entry = cache_insert(name, format_record(name));
	cache_keep(entry);
	return entry->answer;
}

static int serve(FILE *client)
{
	char line[256];

	while (fgets(line, sizeof(line), client)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strcmp(line, "QUIT") == 0)
			return 1;
		dprintf(fileno(client), "%s",
			strncmp(line, "GET ", 4) == 0 ? answer_for(line + 4) : "ERR what?\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int done = 0;

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fputs("usage: lookupd SOCKET\n", stderr);
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	unlink(argv[1]);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 8) < 0) {
		perror(argv[1]);
		return 1;
	}
	while (!done) {
		int fd = accept(listener, NULL, NULL);
		FILE *client = fd >= 0 ? fdopen(fd, "r") : NULL;

		if (!client)
			continue;
		done = serve(client);
		fclose(client);
	}
	unlink(argv[1]);
	return 0;
}
