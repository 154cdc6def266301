/* SPDX-License-Identifier: BSD-2-Clause */
#include "symbols/symbols.h"

#include "common/memory.h"
#include "symbols/files.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define SYMBOLS_MOST (1u << 16) /* answers kept */

static const struct symbols_answer symbols_unknown;
static const struct symbols_answer symbols_nowhere = {.known = true,
						      .note = "code outside every file"};

/* A question, and later its answer. */
struct symbols_entry {
	uint32_t module; /* index in modules */
	bool queued;
	uint64_t address; /* in the file */
	struct symbols_answer answer;
	struct symbols_entry *next; /* asked before it */
};

struct symbols {
	pthread_mutex_t lock; /* of everything below but `files`, which is the worker's */
	pthread_cond_t asked;
	pthread_t worker;
	bool started;
	bool wait;
	bool ending;
	bool working;
	uint64_t progress;
	struct symbols_entry *queue; /* newest first */
	size_t entry_count;
	size_t slot_count; /* a power of two */
	struct symbols_entry **slots;
	size_t module_count;
	size_t modules_allocated;
	struct files_module **modules;
	/* The module asked for last time, so that the text need not be compared again. */
	uint64_t last_serial;
	uint32_t last_module;
	uint32_t last_number;
	struct files *files;
};

/* Answers until told to end. */
static void *symbols_work(void *context)
{
	struct symbols *symbols = context;

	pthread_mutex_lock(&symbols->lock);
	while (!symbols->ending) {
		struct symbols_entry *entry = symbols->queue;
		struct symbols_answer answer = {.known = true};
		struct files_module *module;

		if (!entry) {
			pthread_cond_wait(&symbols->asked, &symbols->lock);
			continue;
		}
		symbols->queue = entry->next;
		symbols->working = true;
		module = symbols->modules[entry->module];
		pthread_mutex_unlock(&symbols->lock);
		files_find(symbols->files, module, entry->address, &answer);
		pthread_mutex_lock(&symbols->lock);
		entry->answer = answer;
		entry->queued = false;
		symbols->working = false;
		symbols->progress++;
	}
	pthread_mutex_unlock(&symbols->lock);
	return NULL;
}

struct symbols *symbols_create(const char *directory, bool wait)
{
	struct symbols *symbols = memory_zeroed(1, sizeof(*symbols));

	pthread_mutex_init(&symbols->lock, NULL);
	pthread_cond_init(&symbols->asked, NULL);
	symbols->wait = wait;
	symbols->slot_count = 1024;
	symbols->slots = memory_zeroed(symbols->slot_count, sizeof(struct symbols_entry *));
	symbols->files = files_create(directory);
	return symbols;
}

static void symbols_free_entry(struct symbols_entry *entry)
{
	for (size_t i = 0; i < entry->answer.count; i++) {
		free(entry->answer.places[i].function);
		free(entry->answer.places[i].file);
	}
	free(entry->answer.places);
	free(entry);
}

static void symbols_free(struct symbols *symbols)
{
	files_destroy(symbols->files);
	for (size_t i = 0; i < symbols->slot_count; i++) {
		if (symbols->slots[i])
			symbols_free_entry(symbols->slots[i]);
	}
	for (size_t i = 0; i < symbols->module_count; i++) {
		free(symbols->modules[i]->path);
		free(symbols->modules[i]->root);
		free(symbols->modules[i]);
	}
	free(symbols->slots);
	free(symbols->modules);
	free(symbols);
}

void symbols_destroy(struct symbols *symbols)
{
	bool working;

	if (!symbols)
		return;
	pthread_mutex_lock(&symbols->lock);
	symbols->ending = true;
	working = symbols->working;
	pthread_cond_signal(&symbols->asked);
	pthread_mutex_unlock(&symbols->lock);
	if (working) {
		/* It may be waiting for a server; what it uses goes away with the process. */
		pthread_detach(symbols->worker);
		return;
	}
	if (symbols->started)
		pthread_join(symbols->worker, NULL);
	symbols_free(symbols);
}

/* Returns whether there is a worker. */
static bool symbols_start(struct symbols *symbols)
{
	sigset_t all;
	sigset_t before;

	if (symbols->started)
		return true;
	/* Signals are for the thread that has the terminal. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	symbols->started = pthread_create(&symbols->worker, NULL, symbols_work, symbols) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return symbols->started;
}

static bool symbols_is_module(const struct files_module *known, const struct reader_module *module,
			      const char *path)
{
	return known->build_id_size == module->build_id_size &&
	       memcmp(known->build_id, module->build_id, sizeof(known->build_id)) == 0 &&
	       strcmp(known->path, path) == 0;
}

static uint32_t symbols_add_module(struct symbols *symbols, const struct reader_process *process,
				   const struct reader_module *module, const char *path)
{
	struct files_module *added = memory_zeroed(1, sizeof(*added));

	added->path = memory_text(path);
	if (process->state == READER_LIVE)
		added->root = memory_printed("/proc/%u/root%s", process->pid, path);
	added->build_id_size = module->build_id_size;
	memcpy(added->build_id, module->build_id, sizeof(added->build_id));
	memory_reserve(&symbols->modules, &symbols->modules_allocated, symbols->module_count,
		       sizeof(struct files_module *));
	symbols->modules[symbols->module_count++] = added;
	return (uint32_t)symbols->module_count - 1;
}

static uint32_t symbols_module(struct symbols *symbols, const struct reader_process *process,
			       uint32_t number)
{
	const struct reader_tables *tables = process->tables;
	const struct reader_module *module = &tables->modules[number];
	const char *path = tables->strings + module->path;
	uint32_t found = 0;

	if (symbols->last_serial == tables->serial && symbols->last_module == number)
		return symbols->last_number;
	while (found < symbols->module_count &&
	       !symbols_is_module(symbols->modules[found], module, path))
		found++;
	if (found == symbols->module_count)
		found = symbols_add_module(symbols, process, module, path);
	symbols->last_serial = tables->serial;
	symbols->last_module = number;
	symbols->last_number = found;
	return found;
}

static struct symbols_entry **symbols_slot(const struct symbols *symbols, uint32_t module,
					   uint64_t address)
{
	size_t mask = symbols->slot_count - 1;
	uint64_t hash = (address ^ (uint64_t)module << 40) * 0x9e3779b97f4a7c15u;
	size_t at = (hash ^ hash >> 32) & mask;

	while (symbols->slots[at] &&
	       (symbols->slots[at]->module != module || symbols->slots[at]->address != address))
		at = (at + 1) & mask;
	return &symbols->slots[at];
}

/* Makes room: the table twice as long, or all old answers dropped when there are too many. */
static void symbols_make_room(struct symbols *symbols)
{
	size_t old_count = symbols->slot_count;
	struct symbols_entry **old = symbols->slots;
	bool full = symbols->entry_count >= SYMBOLS_MOST;

	if (!full)
		symbols->slot_count *= 2;
	symbols->slots = memory_zeroed(symbols->slot_count, sizeof(struct symbols_entry *));
	symbols->entry_count = 0;
	for (size_t i = 0; i < old_count; i++) {
		if (!old[i])
			continue;
		if (full && !old[i]->queued) {
			symbols_free_entry(old[i]);
			continue;
		}
		*symbols_slot(symbols, old[i]->module, old[i]->address) = old[i];
		symbols->entry_count++;
	}
	free(old);
}

static struct symbols_entry *symbols_ask(struct symbols *symbols, uint32_t module, uint64_t address)
{
	struct symbols_entry *entry = memory_zeroed(1, sizeof(*entry));

	if (2 * (symbols->entry_count + 1) > symbols->slot_count ||
	    symbols->entry_count >= SYMBOLS_MOST)
		symbols_make_room(symbols);
	entry->module = module;
	entry->address = address;
	*symbols_slot(symbols, module, address) = entry;
	symbols->entry_count++;
	if (symbols->wait || !symbols_start(symbols)) {
		files_find(symbols->files, symbols->modules[module], address, &entry->answer);
		entry->answer.known = true;
		return entry;
	}
	entry->queued = true;
	entry->next = symbols->queue;
	symbols->queue = entry;
	pthread_cond_signal(&symbols->asked);
	return entry;
}

/* The answer, or NULL: not known. `ask` whether to ask then. */
static const struct symbols_answer *symbols_get(struct symbols *symbols,
						const struct reader_process *process,
						uint32_t module, uint64_t address, bool ask)
{
	struct symbols_entry *entry;
	uint32_t number;

	/* The instruction before the one that is returned to is the call. */
	address -= process->tables->modules[module].load_address + 1;
	number = symbols_module(symbols, process, module);
	entry = *symbols_slot(symbols, number, address);
	if (!entry && ask)
		entry = symbols_ask(symbols, number, address);
	return entry && entry->answer.known ? &entry->answer : &symbols_unknown;
}

static const struct symbols_answer *symbols_locked(struct symbols *symbols,
						   const struct reader_process *process,
						   uint32_t module, uint64_t address, bool ask)
{
	const struct symbols_answer *answer;

	if (module == POOLTAG_NO_MODULE)
		return &symbols_nowhere;
	if (!symbols)
		return &symbols_unknown;
	pthread_mutex_lock(&symbols->lock);
	answer = symbols_get(symbols, process, module, address, ask);
	pthread_mutex_unlock(&symbols->lock);
	return answer;
}

const struct symbols_answer *symbols_find(struct symbols *symbols,
					  const struct reader_process *process, uint32_t module,
					  uint64_t address)
{
	return symbols_locked(symbols, process, module, address, true);
}

const struct symbols_answer *symbols_peek(struct symbols *symbols,
					  const struct reader_process *process, uint32_t module,
					  uint64_t address)
{
	return symbols_locked(symbols, process, module, address, false);
}

uint64_t symbols_progress(struct symbols *symbols)
{
	uint64_t progress;

	pthread_mutex_lock(&symbols->lock);
	progress = symbols->progress;
	pthread_mutex_unlock(&symbols->lock);
	return progress;
}

bool symbols_busy(struct symbols *symbols)
{
	bool busy;

	pthread_mutex_lock(&symbols->lock);
	busy = symbols->queue || symbols->working;
	pthread_mutex_unlock(&symbols->lock);
	return busy;
}
