/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shapes.c - where a program can keep, or lose, its last pointer
 *
 * shapes NAME leak|keep: in the one variant blocks are lost, in the other everything that looks the
 * same is still in reach. What each block must be found to be is the name of the function that
 * allocates it (expect.h).
 */
#include "expect.h"
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define SHAPE __attribute__((noinline, noclone)) static void

extern void __lsan_ignore_object(const void *) __attribute__((weak));
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));
extern void __lsan_register_root_region(const void *, size_t) __attribute__((weak));

static void *volatile global;
static char *volatile middle;
static void *volatile others[2];

/* A block that points to another. Not inlined: what it has in registers is gone when it returns. */
__attribute__((noinline, noclone)) static void *pair(void *(*outer)(size_t), void *(*inner)(size_t))
{
	struct link *first = outer(sizeof(*first));

	first->to = inner(30);
	return first;
}

static void *volatile kept[8];

/*
 * The first block of a run of pages starts where the run does, and that is an address that the allocator
 * leaves on stacks and in registers, all of which may be roots. So the first blocks that a thread makes
 * are none that are to be lost.
 */
static void take_first(void)
{
	static unsigned threads;

	kept[__atomic_fetch_add(&threads, 1, __ATOMIC_RELAXED) % 8] = pair(reachable, reachable);
}

SHAPE plain(int leak)
{
	if (leak)
		pair(definite, indirect);
	else
		global = pair(reachable, reachable);
}

/* In memory order the first block of a ring is the definite one, whoever was allocated first. */
SHAPE ring(int leak)
{
	struct link *links[4];

	for (int i = 0; i < 4; i++)
		links[i] = leak ? malloc(sizeof(struct link)) : reachable(sizeof(struct link));
	for (int i = 0; i < 4; i++)
		links[i]->to = links[(i + 1) % 4];
	if (leak) {
		expect_more("definite", 1, sizeof(struct link));
		expect_more("indirect", 3, 3 * sizeof(struct link));
	} else {
		global = links[2];
	}
}

SHAPE self(int leak)
{
	struct link *only = leak ? definite(sizeof(*only)) : reachable(sizeof(*only));

	only->to = only;
	if (!leak)
		global = only;
}

/* A pointer into the middle keeps a block, and what it points to, from being lost for sure. */
SHAPE interior(int leak)
{
	char *block;

	if (leak) {
		block = definite(100);
		middle = block + 100; /* one past its end is not in it */
		return;
	}
	block = pair(possible, possible);
	middle = block + 17;
}

/* Blocks that were freed hold nothing, whoever points to them or into them still. */
SHAPE freed(int leak)
{
	struct {
		char head[64];
		void *to;
		char tail[100];
	} * blocks[2];

	for (int i = 0; i < 2; i++) {
		blocks[i] = reachable(sizeof(*blocks[i]));
		blocks[i]->to = leak ? definite(30) : reachable(30);
		others[i] = leak ? NULL : blocks[i]->to;
	}
	global = blocks[0];
	middle = (char *)&blocks[1]->to;
	for (int i = 0; i < 2; i++) {
		free(blocks[i]);
		expect_more("reachable", (unsigned long)-1, -sizeof(*blocks[i]));
	}
}

/* A list as long as no stack of pointers to follow can be. */
SHAPE list(int leak)
{
	struct link *first = NULL;

	for (int i = 0; i < 200000; i++) {
		struct link *fresh = leak && i < 199999 ? indirect(sizeof(*fresh))
				     : leak             ? definite(sizeof(*fresh))
							: reachable(sizeof(*fresh));

		fresh->to = first;
		first = fresh;
	}
	if (!leak)
		global = first;
}

/* And a block that points to more blocks than that. */
SHAPE wide(int leak)
{
	void **blocks =
		leak ? definite(300000 * sizeof(void *)) : reachable(300000 * sizeof(void *));

	for (int i = 0; i < 300000; i++)
		blocks[i] = leak ? indirect(8) : reachable(8);
	if (!leak)
		global = blocks;
}

struct node {
	struct node *below[2];
	char *middle;
};

/*
 * A tree in random order, large enough to be read by several threads. Each node points into the middle of
 * a block as well, which another node may point to: that one is in reach whoever comes first.
 */
SHAPE tree(int leak)
{
	struct node *root = NULL;
	unsigned long random = 1;
	char *last = NULL;

	for (int i = 0; i < 400000; i++) {
		struct node **at = &root;
		unsigned long way = random = random * 6364136223846793005u + 1;
		struct node *fresh = !leak    ? reachable(sizeof(*fresh))
				     : i == 0 ? definite(sizeof(*fresh))
					      : indirect(sizeof(*fresh));

		if (i % 4 == 0)
			last = leak ? indirect(20) : possible(20);
		else if (i % 8 == 1)
			last = leak ? indirect(24) : possible(24);
		fresh->middle = last + 7;
		for (; *at != NULL; way = way << 1 | way >> 63)
			at = &(*at)->below[way >> 63];
		*at = fresh;
	}
	if (!leak)
		global = root;
}

SHAPE large(int leak)
{
	char *block = leak ? definite(3000000) : reachable(3000000);
	char *inner = leak ? definite(1 << 20) : possible(1 << 20);

	if (leak)
		return;
	global = block;
	*(void **)(block + 2999992) = reachable(24);
	middle = inner + 700001;
}

SHAPE aligned(int leak)
{
	void *blocks[3];

	for (int i = 0; i < 3; i++)
		blocks[i] = aligned_alloc((size_t)64 << (i * 6), 5000);
	expect_more(leak ? "definite" : "reachable", 3, 15000);
	if (!leak) {
		void **keep = reachable(sizeof(blocks));

		memcpy(keep, blocks, sizeof(blocks));
		global = keep;
	}
	memset(blocks, 0, sizeof(blocks));
}

/* A block with a page that cannot be touched, as the stack of a coroutine has it. */
static char *with_guard(size_t guard, void *(*inner)(size_t))
{
	size_t page = 4096, pages = 16;
	char *block = aligned_alloc(page, pages * page);

	memset(block, 0, pages * page);
	*(void **)(block + pages * page - sizeof(void *)) = inner(40);
	*(void **)(block + (guard == 0) * page) = inner(41);
	must(mprotect(block + guard * page, page, PROT_NONE) == 0, "mprotect");
	return block;
}

SHAPE guarded(int leak)
{
	void *low = with_guard(0, leak ? indirect : reachable);
	void *middle_page = with_guard(7, leak ? indirect : reachable);

	expect_more(leak ? "definite" : "reachable", 2, (unsigned long)2 * 16 * 4096);
	if (leak)
		return;
	others[0] = low;
	others[1] = middle_page;
}

SHAPE reallocated(int leak)
{
	void *block = malloc(10);

	for (size_t size = 20; size <= 100000; size += size / 2)
		block = realloc(block, size);
	block = realloc(block, 50);
	expect_more(leak ? "definite" : "reachable", 1, 50);
	if (!leak)
		global = block;
}

SHAPE locked(int leak)
{
	char *page = aligned_alloc(4096, 4096);

	memset(page, 0, 4096);
	must(mlock(page, 4096) == 0, "mlock");
	expect_more(leak ? "definite" : "reachable", 1, 4096);
	*(void **)page = leak ? indirect(20) : reachable(20);
	if (!leak)
		global = page;
}

/* Mappings are no roots, unless the program says so. */
SHAPE mapped(int leak)
{
	void **page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page[5] = leak ? pair(definite, indirect) : pair(reachable, reachable);
	if (!leak && __lsan_register_root_region != NULL)
		__lsan_register_root_region(page, 4096);
}

SHAPE annotated(int leak)
{
	char *block;

	if (leak) {
		plain(1);
		return;
	}
	if (__lsan_ignore_object == NULL)
		return;
	block = pair(ignored, reachable);
	__lsan_ignore_object(block + 1);
	__lsan_disable();
	__lsan_disable();
	ignored(77);
	__lsan_enable();
	ignored(500000);
	__lsan_enable();
}

/* --- threads -------------------------------------------------------------------------------- */

static pthread_barrier_t ready;
static int leaking;

static void wait_for_ever(void)
{
	pthread_barrier_wait(&ready);
	for (;;)
		pause();
}

/* Starts a thread that waits for ever once it has set the scene. */
static void start(void *(*body)(void *), int leak)
{
	pthread_t thread;

	leaking = leak;
	must(pthread_barrier_init(&ready, NULL, 2) == 0, "barrier");
	must(pthread_create(&thread, NULL, body, NULL) == 0, "thread");
	pthread_barrier_wait(&ready);
}

static void *dying(void *unused)
{
	(void)unused;
	take_first();
	return leaking ? (pair(definite, indirect), NULL) : pair(reachable, reachable);
}

SHAPE dead_thread(int leak)
{
	pthread_t thread;
	void *result;

	leaking = leak;
	must(pthread_create(&thread, NULL, dying, NULL) == 0, "thread");
	must(pthread_join(thread, &result) == 0, "join");
	global = result;
}

static void *on_stack(void *unused)
{
	void *volatile held = leaking ? NULL : pair(reachable, reachable);

	take_first();
	if (leaking)
		pair(definite, indirect);
	scrub();
	wait_for_ever();
	return unused != NULL ? held : NULL;
}

SHAPE thread_stack(int leak)
{
	start(on_stack, leak);
}

/* A block nobody knows but a callee-saved register of a thread that computes. */
static void *in_register(void *unused)
{
	void *block = leaking ? definite(64) : reachable(64);

	__asm__ volatile("" : "+r"(block));
	if (leaking)
		block = NULL;
	scrub();
	pthread_barrier_wait(&ready);
	__asm__ volatile("movq %0, %%r12\n\txorl %%eax, %%eax\n1:\tpause\n\tjmp 1b" ::"r"(block)
			 : "r12", "rax");
	return unused;
}

SHAPE thread_register(int leak)
{
	start(in_register, leak);
}

/* libc's own mask functions leave one signal open. */
static void *blocking(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	return leaking ? on_stack(unused) : in_register(unused);
}

SHAPE thread_blocking(int leak)
{
	start(blocking, leak);
}

/* The system call itself leaves none: such a thread is missed, and all of its stack is a root. */
static void *deaf(void *unused)
{
	unsigned long all = ~0ul;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	return on_stack(unused);
}

SHAPE thread_deaf(int leak)
{
	start(deaf, leak);
}

/* One that never enters the kernel either: nothing is known of where its stack is. */
static void *spinning(void *unused)
{
	void *volatile held = leaking ? NULL : pair(reachable, reachable);
	unsigned long all = ~0ul;

	take_first();
	if (leaking)
		pair(definite, indirect);
	scrub();
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	pthread_barrier_wait(&ready);
	for (;;)
		__asm__ volatile("pause");
	return unused != NULL ? held : NULL;
}

SHAPE thread_spinning(int leak)
{
	start(spinning, leak);
}

static __thread void *volatile static_tls;

static void *in_static_tls(void *unused)
{
	static_tls = leaking ? NULL : pair(reachable, reachable);
	if (leaking)
		pair(definite, indirect);
	scrub();
	wait_for_ever();
	return unused;
}

SHAPE tls_static(int leak)
{
	start(in_static_tls, leak);
	if (!leak)
		static_tls = reachable(11);
}

static void **(*plugin_slot)(void);

static void *in_dynamic_tls(void *unused)
{
	*plugin_slot() = pair(reachable, reachable);
	scrub();
	if (!leaking)
		wait_for_ever();
	return unused;
}

static void *in_dead_dynamic_tls(void *unused)
{
	*plugin_slot() = pair(definite, indirect);
	scrub();
	return unused;
}

static const char *directory;

static void *open_plugin(void)
{
	char path[4096];
	void *opened;

	snprintf(path, sizeof(path), "%s/leak-plugin.so", directory);
	opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	must(opened != NULL, path);
	return opened;
}

static uintptr_t address_in(void *opened, const char *name)
{
	void *found = dlsym(opened, name);

	must(found != NULL, name);
	return (uintptr_t)found;
}

SHAPE tls_dynamic(int leak)
{
	pthread_t thread;

	plugin_slot = (void **(*)(void))address_in(open_plugin(), "plugin_slot");
	if (!leak) {
		*plugin_slot() = reachable(12);
		start(in_dynamic_tls, 0);
		return;
	}
	must(pthread_create(&thread, NULL, in_dead_dynamic_tls, NULL) == 0, "thread");
	must(pthread_join(thread, NULL) == 0, "join");
}

/* The first 32 keys stand in the thread's descriptor, the others in blocks of libc's. */
static pthread_key_t keys[100];

/* A thread that cannot be asked where its storage is. */
static void *deaf_in_dynamic_tls(void *unused)
{
	unsigned long all = ~0ul;

	take_first();
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	pthread_setspecific(keys[90],
			    leaking ? pair(definite, indirect) : pair(reachable, reachable));
	pthread_setspecific(keys[90], leaking ? NULL : pthread_getspecific(keys[90]));
	if (!leaking)
		return in_dynamic_tls(unused);
	scrub();
	wait_for_ever();
	return unused;
}

SHAPE deaf_tls(int leak)
{
	for (int i = 0; i < 100; i++)
		must(pthread_key_create(&keys[i], NULL) == 0, "key");
	plugin_slot = (void **(*)(void))address_in(open_plugin(), "plugin_slot");
	start(deaf_in_dynamic_tls, leak);
}

static void *in_specific(void *unused)
{
	pthread_setspecific(keys[1],
			    leaking ? pair(definite, indirect) : pair(reachable, reachable));
	pthread_setspecific(keys[90], leaking ? definite(13) : reachable(13));
	scrub();
	if (!leaking)
		wait_for_ever();
	return unused;
}

SHAPE specific(int leak)
{
	pthread_t thread;

	for (int i = 0; i < 100; i++)
		must(pthread_key_create(&keys[i], NULL) == 0, "key");
	if (!leak) {
		pthread_setspecific(keys[95], reachable(14));
		start(in_specific, 0);
		return;
	}
	leaking = 1;
	must(pthread_create(&thread, NULL, in_specific, NULL) == 0, "thread");
	must(pthread_join(thread, NULL) == 0, "join");
}

/*
 * Threads that are in the allocator whenever they are looked at. None of their blocks is as small as
 * those of others: what was freed a moment ago is still pointed to.
 */
static void *allocating(void *unused)
{
	void *blocks[64] = {NULL};

	pthread_barrier_wait(&ready);
	for (unsigned i = 0;; i++) {
		free(blocks[i % 64]);
		blocks[i % 64] = malloc(200 + i * 37 % (i % 16 == 0 ? 100000 : 3000));
	}
	return unused;
}

SHAPE thread_allocating(int leak)
{
	for (int i = 0; i < 4; i++)
		start(allocating, leak);
	plain(leak);
}

/* --- stacks --------------------------------------------------------------------------------- */

static ucontext_t at_main, at_other;

__attribute__((noinline)) static void *deeper(void)
{
	void *volatile block = definite(500);

	(void)block;
	return NULL;
}

/* What lies below the stack pointer is history. */
SHAPE stale_stack(int leak)
{
	if (leak)
		global = deeper();
	else
		global = reachable(500);
}

static void other_main(void)
{
	void *volatile held = leaking ? pair(indirect, indirect) : pair(reachable, reachable);

	scrub();
	swapcontext(&at_other, &at_main);
	must(held == NULL, "came back");
}

/* A suspended context whose stack is a block: in reach as long as that is. */
SHAPE context(int leak)
{
	size_t size = 64 * 1024;
	char *stack = leak ? definite(size) : reachable(size);

	leaking = leak;
	must(getcontext(&at_other) == 0, "getcontext");
	at_other.uc_stack.ss_sp = stack;
	at_other.uc_stack.ss_size = size;
	at_other.uc_link = NULL;
	makecontext(&at_other, other_main, 0);
	must(swapcontext(&at_main, &at_other) == 0, "swapcontext");
	/* What it says of the stack is what keeps it. */
	if (leak)
		memset(&at_other, 0, sizeof(at_other));
	memset(&at_main, 0, sizeof(at_main));
}

static void exit_there(void)
{
	void *volatile held = leaking ? NULL : pair(reachable, reachable);

	if (leaking)
		pair(definite, indirect);
	expect_print();
	exit(held == &at_main);
}

/* exit() on a stack of its own; the first stack counts as well. */
static void exit_on(char *stack, size_t size)
{
	void *volatile held = leaking ? NULL : reachable(15);

	must(getcontext(&at_other) == 0, "getcontext");
	at_other.uc_stack.ss_sp = stack;
	at_other.uc_stack.ss_size = size;
	at_other.uc_link = NULL;
	makecontext(&at_other, exit_there, 0);
	must(swapcontext(&at_main, &at_other) == 0, "swapcontext");
	must(held == NULL, "came back");
}

SHAPE context_mapped(int leak)
{
	size_t size = 256 * 1024;

	leaking = leak;
	exit_on(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), size);
}

SHAPE context_heap(int leak)
{
	size_t size = 256 * 1024;

	/*
	 * Lost on a third stack: a block in reach is read whole, the unused part of the stack in it
	 * too, and so is the first stack while the thread is on another.
	 */
	if (leak)
		dead_thread(1);
	leaking = 0;
	global = reachable(size);
	exit_on(global, size);
}

/* --- files and processes -------------------------------------------------------------------- */

SHAPE plugin(int leak)
{
	void *opened = open_plugin();
	void (*keep)(void *) = (void (*)(void *))address_in(opened, "plugin_keep");
	void *(*make)(size_t) = (void *(*)(size_t))address_in(opened, "plugin_make");

	keep(leak ? pair(definite, indirect) : pair(reachable, reachable));
	make(99); /* remembers it as well */
	expect_more(leak ? "definite" : "reachable", 1, 99);
	if (leak)
		dlclose(opened);
}

/* In a namespace of its own, with its own C library: its data are roots all the same. */
SHAPE namespace(int leak)
{
	char path[4096];
	void *opened;
	void (*keep)(void *);

	snprintf(path, sizeof(path), "%s/leak-plugin.so", directory);
	opened = dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
	must(opened != NULL, path);
	keep = (void (*)(void *))address_in(opened, "plugin_keep");
	keep(leak ? pair(definite, indirect) : pair(reachable, reachable));
	if (leak)
		keep(NULL);
}

/* The child loses what it inherited, and more; the parent does not. */
SHAPE forked(int leak)
{
	pid_t child;
	int status;

	global = reachable(1000);
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		expect_forget();
		if (leak) {
			expect_more("definite", 1, 1000); /* charged to the site `reachable` */
			global = NULL;
			plain(1);
			global = NULL;
		} else {
			expect_more("reachable", 1, 1000);
		}
		expect_print();
		exit(0);
	}
	must(waitpid(child, &status, 0) == child && status == 0, "child");
}

static void *first, *second;

__attribute__((constructor)) static void construct(void)
{
	first = malloc(71);
	second = malloc(72);
}

static void at_exit(void)
{
	free(first);
	first = NULL;
}

/* What handlers and destructors free at the end is no leak. */
__attribute__((destructor)) static void destruct(void)
{
	free(second);
	second = NULL;
}

SHAPE ending(int leak)
{
	if (!leak) {
		must(atexit(at_exit) == 0, "atexit");
		return;
	}
	first = second = NULL;
	expect_more("definite", 2, 71 + 72);
}

/* --- main ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(int leak);
} shapes[] = {

#define NAMED(name)         \
	{                   \
#		name, name \
	}
	NAMED(plain),
	NAMED(ring),
	NAMED(self),
	NAMED(interior),
	NAMED(freed),
	NAMED(list),
	NAMED(wide),
	NAMED(tree),
	NAMED(large),
	NAMED(aligned),
	NAMED(guarded),
	NAMED(reallocated),
	NAMED(locked),
	NAMED(mapped),
	NAMED(annotated),
	NAMED(dead_thread),
	NAMED(thread_stack),
	NAMED(thread_register),
	NAMED(thread_blocking),
	NAMED(thread_deaf),
	NAMED(tls_static),
	NAMED(tls_dynamic),
	NAMED(specific),
	NAMED(thread_allocating),
	NAMED(stale_stack),
	NAMED(context),
	NAMED(context_mapped),
	NAMED(context_heap),
	NAMED(plugin),
	NAMED(forked),
	NAMED(ending),
	NAMED(namespace),
	NAMED(thread_spinning),
	NAMED(deaf_tls),
};

int main(int argc, char **argv)
{
	int leak = argc > 2 && strcmp(argv[2], "leak") == 0;

	directory = argc > 3 ? argv[3] : ".";
	if (argc < 2 || strcmp(argv[1], "ending") != 0) {
		free(first);
		free(second);
		first = second = NULL;
	}
	for (size_t i = 0; argc > 2 && i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strcmp(shapes[i].name, argv[1]) == 0) {
			take_first();
			shapes[i].run(leak);
			scrub();
			expect_print();
			return 0;
		}
	must(0, "usage: shapes NAME leak|keep [DIRECTORY]");
}
