// SPDX-License-Identifier: BSD-2-Clause
/*
 * stacks.c - stacks of every kind a C program makes, compared frame by frame
 *
 * Usage: stacks. Prints TAP. Built with several compilers and options (meson.build).
 */
#include "compare.h"
#include "tests/harness/tap.h"

#include <alloca.h>
#include <pthread.h>
#include <search.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define SITE __attribute__((noinline, noclone))
#ifdef __clang__
#	undef SITE
#	define SITE __attribute__((noinline))
#endif

/* A call through it is neither inlined nor a jump. */
#define KEEP() __asm__ volatile("" ::: "memory")

void asm_described(void (*function)(void));
void asm_bare(void (*function)(void));
void asm_hides_bp(void (*function)(void), void *bp);
void asm_cfa_in_rbx(void (*function)(void));
void asm_outermost(void (*function)(void));

/* What one case saw: the worst end, and the longest stack. */
static struct {
	struct compare_stack worst;
	unsigned long stacks, frames, deepest;
} seen;

static SITE void here(void)
{
	struct compare_stack stack = compare_here();

	if (stack.end > seen.worst.end || seen.stacks == 0)
		seen.worst = stack;
	if (stack.frames > seen.deepest)
		seen.deepest = stack.frames;
	seen.frames += stack.frames;
	seen.stacks++;
	KEEP();
}

/* The case must have met the expected end, at least so many frames deep. */
static void expect(const char *name, enum compare_end end, unsigned long deepest)
{
	const struct compare_stack *worst = &seen.worst;

	if (!ok(seen.stacks > 0 && worst->end == end && seen.deepest >= deepest,
		"%s: %lu stacks, %lu frames", name, seen.stacks, seen.frames))
		diag("%s instead of %s, deepest %lu of %lu; from %#lx by rule %lu after %lu: "
		     "we %#lx sp %#lx, they %#lx sp %#lx",
		     compare_end_name(worst->end), compare_end_name(end), seen.deepest, deepest,
		     worst->address, worst->rule, worst->frames, worst->ours, worst->our_sp,
		     worst->theirs, worst->their_sp);
	memset(&seen, 0, sizeof(seen));
}

/* --- recursion, variable frames ------------------------------------------------------------- */

static SITE int recurse(int depth)
{
	volatile char room[64];
	int result;

	room[depth % 64] = (char)depth;
	if (depth == 0) {
		here();
		return 0;
	}
	result = recurse(depth - 1) + room[depth % 64];
	KEEP();
	return result;
}

static SITE int with_alloca(int depth)
{
	char *room = alloca((size_t)depth * 16 + 1);
	int result;

	memset(room, 1, (size_t)depth * 16 + 1);
	__asm__ volatile("" ::"r"(room) : "memory");
	here();
	result = depth > 0 ? with_alloca(depth - 1) + room[0] : 0;
	KEEP();
	return result;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wvla"

static SITE int with_array(int depth)
{
	volatile int room[depth + 1];

	room[depth] = 1;
	here();
	if (depth > 0)
		room[0] = with_array(depth - 1);
	KEEP();
	return room[depth];
}

#pragma GCC diagnostic pop

/* A frame bigger than a page, and one so big that offsets have many digits. */
static SITE int with_big_frame(void)
{
	volatile char room[200000];

	room[0] = room[sizeof(room) - 1] = 1;
	here();
	recurse(3);
	KEEP();
	return room[0];
}

/* --- realigned stacks ----------------------------------------------------------------------- */

typedef double wide __attribute__((vector_size(64)));

static SITE double realigned(int depth)
{
	_Alignas(64) volatile wide value = {depth, 1, 2, 3, 4, 5, 6, 7};
	double result;

	here();
	recurse(2);
	result = depth > 0 ? realigned(depth - 1) + value[1] : value[2];
	KEEP();
	return result;
}

static SITE double realigned_with_alloca(int depth)
{
	_Alignas(128) volatile char value[128];
	char *room = alloca((size_t)depth + 40);
	double result;

	value[0] = room[0] = 1;
	__asm__ volatile("" ::"r"(room) : "memory");
	here();
	result = depth > 0 ? realigned_with_alloca(depth - 1) + value[0] : room[0];
	KEEP();
	return result;
}

/* Arguments on the stack, so that the caller's frame must be found from the realigned one. */
static SITE double realigned_with_arguments(int a, int b, int c, int d, int e, int f, int g, int h)
{
	_Alignas(64) volatile wide value = {g, h};

	here();
	KEEP();
	return value[0] + value[1] + a + b + c + d + e + f;
}

/* --- registers spilled, frame registers mixed ----------------------------------------------- */

static SITE long busy(long a, long b, long c, long d)
{
	long e = a * b, f = b * c, g = c * d, h = d * a, i = a ^ c, j = b ^ d;

	here();
	__asm__ volatile("" : "+r"(e), "+r"(f), "+r"(g), "+r"(h), "+r"(i), "+r"(j)::"memory");
	here();
	KEEP();
	return a + b + c + d + e + f + g + h + i + j;
}

#ifndef __clang__
#	define OMIT    __attribute__((optimize("omit-frame-pointer")))
#	define NO_OMIT __attribute__((optimize("no-omit-frame-pointer")))
#else
#	define OMIT
#	define NO_OMIT
#endif

static SITE NO_OMIT int mixed_kept(int depth);

static SITE OMIT int mixed_omitted(int depth)
{
	int result;

	here();
	result = depth > 0 ? mixed_kept(depth - 1) + 1 : 0;
	KEEP();
	return result;
}

static SITE NO_OMIT int mixed_kept(int depth)
{
	char *room = alloca((size_t)depth % 7 * 8 + 8);
	int result;

	room[0] = 1;
	__asm__ volatile("" ::"r"(room) : "memory");
	here();
	result = depth > 0 ? mixed_omitted(depth - 1) + room[0] : 0;
	KEEP();
	return result;
}

/* --- functions that do not return ----------------------------------------------------------- */

static jmp_buf back;

static SITE __attribute__((noreturn)) void never(void)
{
	here();
	longjmp(back, 1);
}

/* Its call is its last instruction: the return address lies in what follows. */
static SITE __attribute__((noreturn)) void ends_with_call(void)
{
	never();
}

/* --- callbacks of libc ---------------------------------------------------------------------- */

static int compare_ints(const void *a, const void *b)
{
	static int calls;

	if (calls++ % 50 == 0)
		here();
	return *(const int *)a - *(const int *)b;
}

static int compare_once(const void *a, const void *b)
{
	here();
	return *(const int *)a - *(const int *)b;
}

static void visit(const void *node, VISIT order, int depth)
{
	(void)node;
	(void)depth;
	if (order == leaf)
		here();
}

static void release(void *node)
{
	(void)node;
	here();
}

static void callbacks(void)
{
	enum { COUNT = 2000 };

	static int numbers[COUNT];
	void *root = NULL;

	for (int i = 0; i < COUNT; i++)
		numbers[i] = (int)((uint32_t)i * 2654435761u >> 8);
	qsort(numbers, COUNT, sizeof(*numbers), compare_ints);
	expect("qsort", COMPARE_WHOLE, 4);
	bsearch(&numbers[77], numbers, COUNT, sizeof(*numbers), compare_once);
	expect("bsearch", COMPARE_WHOLE, 4);
	for (int i = 0; i < 40; i++)
		tsearch(&numbers[i * 37 % 40], &root, compare_once);
	twalk(root, visit);
	tdestroy(root, release);
	expect("tsearch, twalk, tdestroy", COMPARE_WHOLE, 4);
}

/* --- signals -------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void handler(int signal_number)
{
	(void)signal_number;
	here();
}

static void handler_with_context(int signal_number, siginfo_t *info, void *context)
{
	struct compare_stack stack = compare_interrupted(context);

	(void)signal_number;
	(void)info;
	here();
	if (stack.end > seen.worst.end)
		seen.worst = stack;
	interrupted = 1;
}

static void install(int number, int flags, void (*action)(int, siginfo_t *, void *))
{
	struct sigaction how = {.sa_flags = flags};

	if (action != NULL) {
		how.sa_sigaction = action;
		how.sa_flags |= SA_SIGINFO;
	} else {
		how.sa_handler = handler;
	}
	sigaction(number, &how, NULL);
}

/* A handler called in the middle of code, not in a system call. */
static SITE void fault(void)
{
	__asm__ volatile("ud2");
}

static void skip_fault(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *at = context;

	handler_with_context(signal_number, info, context);
	at->uc_mcontext.gregs[REG_RIP] += 2;
}

static void nested_handler(int signal_number)
{
	(void)signal_number;
	raise(SIGUSR1);
	recurse(3);
}

static void signals(void)
{
	static char *alternate;
	stack_t stack = {.ss_size = 128 << 10};
	struct sigaction nested = {.sa_handler = nested_handler};

	install(SIGUSR1, 0, NULL);
	raise(SIGUSR1);
	recurse(2);
	expect("signal handler", COMPARE_WHOLE, 5);
	sigaction(SIGUSR2, &nested, NULL);
	raise(SIGUSR2);
	expect("signal handler in a signal handler", COMPARE_WHOLE, 8);
	install(SIGILL, 0, skip_fault);
	fault();
	expect("fault", COMPARE_WHOLE, 4);
	alternate = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	stack.ss_sp = alternate;
	sigaltstack(&stack, NULL);
	install(SIGUSR1, SA_ONSTACK, handler_with_context);
	raise(SIGUSR1);
	expect("signal handler on a stack of its own", COMPARE_WHOLE, 5);
	install(SIGILL, SA_ONSTACK, skip_fault);
	fault();
	expect("fault on a stack of its own", COMPARE_WHOLE, 4);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	munmap(alternate, stack.ss_size);
}

/* A timer's signals come anywhere: prologues, epilogues, libc. */
static unsigned long interrupted_ends[COMPARE_END_MAX];
static struct compare_stack interrupted_worst;

static void timer(int signal_number, siginfo_t *info, void *context)
{
	struct compare_stack stack = compare_interrupted(context);

	(void)signal_number;
	(void)info;
	interrupted_ends[stack.end]++;
	if (stack.end > interrupted_worst.end)
		interrupted_worst = stack;
	interrupted++;
}

static void work(int round)
{
	volatile double sum = (double)busy(round, 2, 3, 4) + realigned(1);
	char text[64];

	snprintf(text, sizeof(text), "%f", sum);
	sum += strtod(text, NULL) + recurse(5) + mixed_kept(4);
}

/*
 * Where both cannot go on: hand-written code of libc whose frame information is wrong in its
 * middle. Linkage tables are described by expressions, which we need not follow: no call returns
 * there.
 */
static void anywhere(void)
{
	enum { SAMPLES = 3000 };
	struct itimerspec every = {{0, 200000}, {0, 200000}};
	const struct compare_stack *worst = &interrupted_worst;
	timer_t id;

	install(SIGALRM, SA_RESTART, timer);
	interrupted = 0;
	timer_create(CLOCK_MONOTONIC, NULL, &id);
	timer_settime(id, 0, &every, NULL);
	while (interrupted < SAMPLES)
		work(interrupted);
	timer_delete(id);
	memset(&seen, 0, sizeof(seen));
	if (!ok(worst->end < COMPARE_REFUSED &&
			interrupted_ends[COMPARE_WHOLE] * 10 > (unsigned long)interrupted * 9,
		"interrupted anywhere"))
		diag("%s from %#lx by rule %lu after %lu: we %#lx sp %#lx, they %#lx sp %#lx",
		     compare_end_name(worst->end), worst->address, worst->rule, worst->frames,
		     worst->ours, worst->our_sp, worst->theirs, worst->their_sp);
	for (int end = 0; end < COMPARE_END_MAX; end++)
		diag("interrupted: %lu %s", interrupted_ends[end], compare_end_name(end));
}

/* --- stacks of the program's own ------------------------------------------------------------ */

static ucontext_t outside, inside;

static void on_other_stack(void)
{
	recurse(3);
	with_alloca(2);
	swapcontext(&inside, &outside);
	recurse(4);
}

static void contexts(void)
{
	size_t size = 256 << 10;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	getcontext(&inside);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = size;
	inside.uc_link = &outside;
	makecontext(&inside, on_other_stack, 0);
	swapcontext(&outside, &inside);
	swapcontext(&outside, &inside);
	expect("makecontext and swapcontext", COMPARE_WHOLE, 4);
	munmap(stack, size);
}

static void *thread(void *unused)
{
	recurse(5);
	with_alloca(3);
	realigned(2);
	return unused;
}

static void in_thread(pthread_attr_t *attributes, const char *name)
{
	pthread_t id;

	pthread_create(&id, attributes, thread, NULL);
	pthread_join(id, NULL);
	expect(name, COMPARE_WHOLE, 8);
}

static void threads(void)
{
	size_t size = 128 << 10;
	pthread_attr_t attributes;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	in_thread(NULL, "thread");
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	in_thread(&attributes, "thread with a small stack");
	pthread_attr_setstack(&attributes, stack, size);
	in_thread(&attributes, "thread on a stack it was given");
	pthread_attr_destroy(&attributes);
	munmap(stack, size);
}

/* --- by hand -------------------------------------------------------------------------------- */

static void *frame_outside;

static SITE NO_OMIT void caller_with_bp(void)
{
	char *volatile room = alloca((size_t)(frame_outside != NULL) * 64);

	/* A frame register that looks like one of ours, two frames too far out. */
	asm_hides_bp(here, frame_outside);
	room[0] = 1;
	KEEP();
}

static SITE NO_OMIT void twice(void (*function)(void))
{
	function();
	KEEP();
}

static SITE NO_OMIT void thrice(void (*function)(void))
{
	frame_outside = __builtin_frame_address(0);
	twice(function);
	KEEP();
}

static void by_hand(void)
{
	asm_described(here);
	expect("assembly with frame information", COMPARE_WHOLE, 3);
	asm_bare(here);
	expect("assembly without frame information", COMPARE_NO_INFORMATION, 0);
	asm_outermost(here);
	expect("assembly that says nobody called it", COMPARE_WHOLE, 1);
	asm_cfa_in_rbx(here);
	expect("assembly with its frame in rbx", COMPARE_NOT_FOLLOWED, 1);
}

/* The frame register is lost on the way; what is in it must not be taken for it. */
static void lost_register(void)
{
	struct compare_stack stack;

	thrice(caller_with_bp);
	stack = seen.worst;
	if (!ok(stack.end != COMPARE_WRONG, "a frame register kept in another: no wrong frame"))
		diag("from %#lx we got to %#lx sp %#lx, they to %#lx sp %#lx", stack.address,
		     stack.ours, stack.our_sp, stack.theirs, stack.their_sp);
	memset(&seen, 0, sizeof(seen));
}

int main(void)
{
	here();
	expect("main", COMPARE_WHOLE, 2);
	recurse(20);
	expect("recursion", COMPARE_WHOLE, 20);
	recurse(20000);
	expect("deep recursion", COMPARE_WHOLE, 20000);
	with_alloca(10);
	expect("alloca", COMPARE_WHOLE, 11);
	with_array(10);
	expect("variable arrays", COMPARE_WHOLE, 11);
	with_big_frame();
	expect("big frames", COMPARE_WHOLE, 5);
	realigned(3);
	expect("realigned", COMPARE_WHOLE, 5);
	realigned_with_alloca(3);
	expect("realigned with alloca", COMPARE_WHOLE, 5);
	realigned_with_arguments(1, 2, 3, 4, 5, 6, 7, 8);
	expect("realigned with arguments", COMPARE_WHOLE, 2);
	busy(1, 2, 3, 4);
	expect("many registers", COMPARE_WHOLE, 2);
	mixed_omitted(10);
	expect("with and without frame pointers", COMPARE_WHOLE, 11);
	if (setjmp(back) == 0)
		ends_with_call();
	expect("call that does not return", COMPARE_WHOLE, 4);
	callbacks();
	signals();
	anywhere();
	contexts();
	threads();
	by_hand();
	lost_register();
	return done();
}
