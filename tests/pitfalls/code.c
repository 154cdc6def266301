// SPDX-License-Identifier: BSD-2-Clause
/*
 * code.c - hosts whose code is unusual: modules, callbacks, stacks, threads, generated code
 */
#include "pitfall.h"
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

/* dlerror's text is allocated by libc, per thread, and freed when the thread ends. */
static void *failing_lookups(void *unused)
{
	void *self = dlopen(NULL, RTLD_NOW);

	(void)unused;
	must(self != NULL);
	for (int i = 0; i < 200; i++) {
		must(dlsym(self, "there_is_no_such_function") == NULL);
		must(dlopen("/there/is/no/such/file.so", RTLD_NOW) == NULL);
		must(i % 2 == 0 || strstr(dlerror(), "/there/is") != NULL);
	}
	dlclose(self);
	return NULL;
}

static void dl_errors(const char *unused)
{
	pthread_t threads[8];

	(void)unused;
	for (int i = 0; i < 8; i++)
		must(pthread_create(&threads[i], NULL, failing_lookups, NULL) == 0);
	for (int i = 0; i < 8; i++)
		must(pthread_join(threads[i], NULL) == 0);
	failing_lookups(NULL);
	puts("done");
}

static void *(*plugin_take)(size_t);
static void (*plugin_give)(void *);

static void *plugin(const char *path, int flags, int new_namespace)
{
	void *module = new_namespace ? dlmopen(LM_ID_NEWLM, path, flags) : dlopen(path, flags);

	if (module == NULL)
		fprintf(stderr, "%s\n", dlerror());
	must(module != NULL);
	*(void **)&plugin_take = dlsym(module, "plugin_take");
	*(void **)&plugin_give = dlsym(module, "plugin_give");
	must(plugin_take != NULL && plugin_give != NULL);
	return module;
}

/* Takes and gives on each side, and across, which is libc's allocator against ours. */
static void cross(void)
{
	for (int i = 0; i < 500; i++) {
		char *theirs = plugin_take((size_t)i * 50 + 1);
		char *ours = malloc((size_t)i * 50 + 1);

		must(theirs != NULL && ours != NULL);
		memset(theirs, 1, (size_t)i * 50 + 1);
		memset(ours, 2, (size_t)i * 50 + 1);
		if (i % 2 == 0) {
			theirs = realloc(theirs, (size_t)i * 70 + 2);
			must(theirs != NULL && theirs[i] == 1);
		}
		free(theirs);
		free(ours);
	}
}

/* A plugin that sees libc's malloc first: what it allocates, the host frees. */
static void deepbind(const char *path)
{
	void *module = plugin(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND, 0);

	cross();
	must(dlclose(module) == 0);
	puts("done");
}

/* Another libc in the same process: what was taken there is given back there. */
static void other_namespace(const char *path)
{
	void *module = plugin(path, RTLD_NOW | RTLD_LOCAL, 1);

	for (size_t i = 0; i < 500; i++) {
		char *theirs = plugin_take(i * 50 + 1);

		memset(theirs, 1, i * 50 + 1);
		plugin_give(theirs);
		pitfall_churn((unsigned)i % 3);
	}
	must(dlclose(module) == 0);
	puts("done");
}

static const char *tls_path;

/* A module with much thread-local data, loaded when threads already run. */
static void *use_tls(void *unused)
{
	void *module = dlopen(tls_path, RTLD_NOW);
	char *(*data)(void);

	(void)unused;
	must(module != NULL);
	*(void **)&data = dlsym(module, "plugin_tls");
	must(data != NULL);
	memset(data(), 3, 65536);
	pitfall_churn(1);
	must(data()[65535] == 3);
	must(dlclose(module) == 0);
	return NULL;
}

static void tls_module(const char *path)
{
	tls_path = path;
	for (int round = 0; round < 10; round++) {
		pthread_t threads[8];

		for (int i = 0; i < 8; i++)
			must(pthread_create(&threads[i], NULL, use_tls, NULL) == 0);
		for (int i = 0; i < 8; i++)
			must(pthread_join(threads[i], NULL) == 0);
	}
	puts("done");
}

/* Out of the middle of a callback of libc's, again and again. */
static jmp_buf out_of_sort;
static int comparisons;

static int compare_and_leave(const void *a, const void *b)
{
	void *block = malloc(64);
	int left = *(const int *)a, right = *(const int *)b;

	free(block);
	if (++comparisons % 700 == 0)
		longjmp(out_of_sort, 1);
	return (left > right) - (left < right);
}

static void long_jumps(const char *unused)
{
	static int numbers[3000];
	volatile int jumps = 0;

	(void)unused;
	for (volatile int round = 0; round < 20; round++) {
		for (int i = 0; i < 3000; i++)
			numbers[i] = (i * 7919 + round) % 3001;
		if (setjmp(out_of_sort) == 0)
			qsort(numbers, 3000, sizeof numbers[0], compare_and_leave);
		else
			jumps++;
	}
	printf("%d jumps\n", jumps);
}

static ucontext_t main_context, coroutines[16];
static int blocks_made;

static void coroutine(int number)
{
	for (int i = 0; i < 20; i++) {
		void *block = malloc(100 + (size_t)number);

		blocks_made += block != NULL;
		must(swapcontext(&coroutines[number], &main_context) == 0);
		free(block);
	}
}

/* Stacks that come from the heap, swapped in the middle of allocations' lives. */
static void swapped_stacks(const char *unused)
{
	enum { STACK = 64 << 10 };

	(void)unused;
	for (volatile int i = 0; i < 16; i++) {
		must(getcontext(&coroutines[i]) == 0);
		coroutines[i].uc_stack.ss_sp = malloc(STACK);
		coroutines[i].uc_stack.ss_size = STACK;
		coroutines[i].uc_link = &main_context;
		makecontext(&coroutines[i], (void (*)(void))coroutine, 1, i);
	}
	for (int round = 0; round < 21; round++)
		for (int i = 0; i < 16; i++)
			must(swapcontext(&main_context, &coroutines[i]) == 0);
	for (int i = 0; i < 16; i++)
		free(coroutines[i].uc_stack.ss_sp);
	printf("%d blocks\n", blocks_made);
}

/*
 * A function generated for each call site, all in memory that no module owns:
 * sub $8, %rsp; movabs malloc, %rax; call *%rax; add $8, %rsp; ret
 */
static void generated_sites(const char *argument)
{
	enum { STUB = 24 };

	static const unsigned char code[STUB] = {0x48, 0x83, 0xec, 0x08, 0x48, 0xb8, 0,    0,
						 0,    0,    0,    0,    0,    0,    0xff, 0xd0,
						 0x48, 0x83, 0xc4, 0x08, 0xc3, 0x90, 0x90, 0x90};
	size_t count = strtoul(argument, NULL, 10);
	unsigned char *stubs = mmap(NULL, count * STUB, PROT_READ | PROT_WRITE | PROT_EXEC,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *(*target)(size_t) = malloc;
	size_t made = 0;

	must(stubs != MAP_FAILED);
	for (size_t i = 0; i < count; i++) {
		memcpy(stubs + i * STUB, code, STUB);
		memcpy(stubs + i * STUB + 6, &target, sizeof target);
	}
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < count; i++) {
			void *(*stub)(size_t) = (void *(*)(size_t))(uintptr_t)(stubs + i * STUB);
			void *block = stub(i % 500 + 1);

			made += block != NULL;
			free(block);
		}
	}
	printf("%zu blocks\n", made);
}

static pthread_barrier_t all_here;

static void *short_life(void *argument)
{
	char *block = malloc((size_t)argument % 300 + 1);

	pthread_barrier_wait(&all_here);
	return block;
}

/* Many threads at once, over and over; each leaves a block that the next step frees. */
static void many_threads(const char *argument)
{
	enum { AT_ONCE = 500 };

	static pthread_t threads[AT_ONCE];
	int rounds = atoi(argument) / AT_ONCE;
	pthread_attr_t attributes;

	must(pthread_attr_init(&attributes) == 0);
	must(pthread_attr_setstacksize(&attributes, 64 << 10) == 0);
	must(pthread_barrier_init(&all_here, NULL, AT_ONCE) == 0);
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < AT_ONCE; i++)
			must(pthread_create(&threads[i], &attributes, short_life, (void *)i) == 0);
		for (int i = 0; i < AT_ONCE; i++) {
			void *block;

			must(pthread_join(threads[i], &block) == 0 && block != NULL);
			free(block);
		}
	}
	printf("%d threads\n", rounds * AT_ONCE);
}

static atomic_int profiles;

static void profile(int unused)
{
	void *frames[64];

	(void)unused;
	if (backtrace(frames, 64) > 0)
		atomic_fetch_add(&profiles, 1);
}

/* A profiler's signal in the middle of our code unwinds through it. */
static void profiled(const char *unused)
{
	struct sigaction action = {.sa_handler = profile, .sa_flags = SA_RESTART};
	struct itimerval often = {{0, 500}, {0, 500}};
	struct itimerval never = {{0, 0}, {0, 0}};
	void *frames[4];

	(void)unused;
	backtrace(frames, 4); /* loads libgcc, which allocates */
	must(sigaction(SIGPROF, &action, NULL) == 0 && setitimer(ITIMER_PROF, &often, NULL) == 0);
	for (unsigned i = 0; atomic_load(&profiles) < 200; i++)
		pitfall_churn(i);
	must(setitimer(ITIMER_PROF, &never, NULL) == 0);
	puts("done");
}

/* A thread is cancelled wherever it waits; what its clean-up handlers free is freed. */
static void *waiter(void *unused)
{
	void *block = malloc(333);

	(void)unused;
	pthread_cleanup_push(free, block);
	for (;;)
		usleep(1000);
	pthread_cleanup_pop(1);
	return NULL;
}

static void cancelled(const char *unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++) {
		pthread_t thread;
		void *result;

		must(pthread_create(&thread, NULL, waiter, NULL) == 0);
		must(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
		must(result == PTHREAD_CANCELED);
	}
	puts("done");
}

/* Takes memory until somebody ends it. */
void hoard(const char *unused);

void hoard(const char *unused)
{
	(void)unused;
	for (;;) {
		char *block = malloc(64 << 10);

		must(block != NULL);
		memset(block, 1, 64 << 10);
	}
}

int main(int argc, char **argv)
{
	static const struct pitfall pitfalls[] = {
		{"dl-errors", dl_errors},
		{"deepbind", deepbind},
		{"other-namespace", other_namespace},
		{"tls-module", tls_module},
		{"long-jumps", long_jumps},
		{"swapped-stacks", swapped_stacks},
		{"generated-sites", generated_sites},
		{"many-threads", many_threads},
		{"profiled", profiled},
		{"cancelled", cancelled},
		{"hoard", hoard},
	};

	return pitfall_main(pitfalls, sizeof pitfalls / sizeof pitfalls[0], argc, argv);
}
