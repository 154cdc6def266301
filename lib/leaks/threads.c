/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/threads.h"
#include "lib/base/action.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

/* glibc's SIGSETXID. */
#define SIGNAL 33

/* What the psABI lets leaf functions use below the stack pointer. */
#define RED_ZONE 128

/*
 * A look at the threads that have not answered is due after this long, and giving up after so many;
 * on one that blocks the signal after fewer, for libc's fork and posix_spawn do so for a moment.
 */
#define LOOK_NS       20000000L
#define LOOKS         100
#define LOOKS_BLOCKED 5

/* Threads make threads, and one that is missed goes on doing so. */
#define ROUNDS 1000

/* What the handlers see. */
static struct {
	struct leaks_threads *threads; /* NULL: nobody is being held */
	struct leaks_thread *items;    /* of every scan */
	uint32_t held;                 /* futex: grows with every answer */
	uint32_t round;                /* futex: number of the scan, changes on release */
	void (*before)(int, siginfo_t *, void *); /* glibc's handler; NULL: none */
} stop;

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
	return BASE_SYSCALL4(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout);
}

/* The end of the floating-point and vector registers that the kernel saved. */
static uintptr_t registers_end(const ucontext_t *context)
{
	const char *area = (const char *)context->uc_mcontext.fpregs;
	const uint32_t *software; /* struct _fpx_sw_bytes: a mark, and the size of it all */

	if (area == NULL)
		return (uintptr_t)(context + 1);
	software = (const uint32_t *)(const void *)(area + 464);
	return (uintptr_t)area + (software[0] == 0x46505853 ? software[1] : 512);
}

static struct leaks_thread *find_self(struct leaks_threads *threads)
{
	uint32_t tid = (uint32_t)BASE_SYSCALL0(SYS_gettid);
	uint32_t count = base_load_acquire(&threads->count);

	for (uint32_t i = 0; i < count; i++)
		if (threads->items[i].tid == tid)
			return &threads->items[i];
	return NULL;
}

static uint32_t state_in(uint32_t round, enum leaks_thread_state state)
{
	return round * LEAKS_THREAD_STATES + (uint32_t)state;
}

/* 1 when the thread had not answered in that scan. */
static int settle(struct leaks_thread *thread, uint32_t round, enum leaks_thread_state state)
{
	uint32_t asked = state_in(round, LEAKS_THREAD_ASKED);

	return __atomic_compare_exchange_n(&thread->state, &asked, state_in(round, state), 0,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static void on_signal(int number, siginfo_t *info, void *argument)
{
	const ucontext_t *context = argument;
	uint32_t round = base_load_acquire(&stop.round);
	struct leaks_threads *threads = base_load_acquire(&stop.threads);
	struct leaks_thread *self;

	if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &stop) {
		if (stop.before != NULL)
			stop.before(number, info, argument);
		return;
	}
	if (threads == NULL || (uint32_t)info->si_errno != round)
		return;
	self = find_self(threads);
	if (self == NULL)
		return;
	self->pointer = (uintptr_t)__builtin_thread_pointer();
	self->stack = (uintptr_t)context->uc_mcontext.gregs[REG_RSP] - RED_ZONE;
	self->registers[0] = (uintptr_t)context;
	self->registers[1] = registers_end(context);
	if (!settle(self, round, LEAKS_THREAD_HELD))
		return;
	__atomic_fetch_add(&stop.held, 1, __ATOMIC_RELEASE);
	futex(&stop.held, FUTEX_WAKE, 1, NULL);
	while (base_load_acquire(&stop.round) == round)
		futex(&stop.round, FUTEX_WAIT, round, NULL);
}

/* From now on the signal is ours, and passed on when it is not for us. 0 or a negative errno. */
static int take_signal(void)
{
	struct base_action ours = {
		.handler = on_signal,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
		.mask = ~(uint64_t)0,
	};
	struct base_action now;
	long error = base_action_set(SIGNAL, NULL, &now);

	if (error != 0 || now.handler == on_signal)
		return (int)error;
	stop.before = now.handler;
	return (int)base_action_set(SIGNAL, &ours, NULL);
}

/* --- who is there --------------------------------------------------------------------------- */

/* As many as a process can have at most in practice; untouched memory costs nothing. */
#define THREADS_MAX 65536u

static int is_known(const struct leaks_threads *threads, uint32_t tid)
{
	for (uint32_t i = 0; i < threads->count; i++)
		if (threads->items[i].tid == tid)
			return 1;
	return 0;
}

static uint32_t number_in(const char *text)
{
	uint32_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint32_t)(*text - '0');
	return value;
}

/* struct linux_dirent64. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Adds the threads of one read of the directory that are not known yet. */
static void add_entries(struct leaks_threads *threads, const char *buffer, long bytes,
			uint32_t self)
{
	for (long at = 0; at < bytes;) {
		const struct entry *entry = (const struct entry *)(const void *)(buffer + at);
		uint32_t tid = number_in(entry->name);

		at += entry->length;
		if (tid == 0 || tid == self || is_known(threads, tid) ||
		    threads->count == THREADS_MAX)
			continue;
		threads->items[threads->count] = (struct leaks_thread){
			.tid = tid, .state = state_in(stop.round, LEAKS_THREAD_ASKED)};
		base_store_release(&threads->count, threads->count + 1);
	}
}

/* Adds all threads not known yet: how many, or a negative errno. */
static long add_threads(struct leaks_threads *threads)
{
	uint32_t before = threads->count;
	char buffer[4096] __attribute__((aligned(8)));
	long fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, "/proc/self/task",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long bytes;

	if (fd < 0)
		return fd;
	while ((bytes = BASE_SYSCALL3(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0)
		add_entries(threads, buffer, bytes, (uint32_t)BASE_SYSCALL0(SYS_gettid));
	BASE_SYSCALL1(SYS_close, fd);
	if (threads->count == THREADS_MAX)
		return -ENOMEM;
	return bytes < 0 ? bytes : (long)(threads->count - before);
}

/* --- asking and waiting --------------------------------------------------------------------- */

static long read_of_thread(uint32_t tid, const char *file, char *buffer, size_t capacity)
{
	char path[64];
	struct base_text text = base_text_in(path, sizeof(path));

	base_text_add(&text, "/proc/self/task/");
	base_text_unsigned(&text, tid);
	base_text_char(&text, '/');
	base_text_add(&text, file);
	return base_read_file(path, buffer, capacity);
}

/* What follows "\n<name>:" and blanks in a status file, or "". */
static const char *field(const char *status, const char *name)
{
	for (const char *at = status; *at != '\0'; at++) {
		size_t i = 0;

		if (*at != '\n')
			continue;
		while (name[i] != '\0' && at[1 + i] == name[i])
			i++;
		if (name[i] != '\0' || at[1 + i] != ':')
			continue;
		for (at += i + 2; *at == ' ' || *at == '\t'; at++)
			;
		return at;
	}
	return "";
}

/* Whether a set of signals in hexadecimal has the one we use. */
static int has_signal(const char *mask)
{
	return base_hex_at(&mask) >> (SIGNAL - 1) & 1;
}

/*
 * A thread that is gone needs no registers; -1 for one that is there and cannot answer. One that
 * blocks the signal but does not have it pending is in the handler.
 */
static int can_answer(const struct leaks_thread *thread)
{
	char status[4096];
	char state;

	if (read_of_thread(thread->tid, "status", status, sizeof(status)) <= 0)
		return 0;
	state = field(status, "State")[0];
	if (state == 'Z' || state == 'X' || state == '\0')
		return 0;
	if (state == 'T' || state == 't')
		return -1;
	return has_signal(field(status, "SigBlk")) && has_signal(field(status, "SigPnd")) ? -1 : 1;
}

static void miss_thread(struct leaks_threads *threads, struct leaks_thread *thread)
{
	char text[256];
	const char *at = text;

	/* It may answer at this very moment. */
	if (!settle(thread, stop.round, LEAKS_THREAD_MISSED))
		return;
	threads->missed++;
	/* In a system call: its number, six arguments, stack pointer and program counter. */
	if (read_of_thread(thread->tid, "syscall", text, sizeof(text)) <= 0 || *at == 'r')
		return;
	for (int i = 0; i < 7; i++) {
		while (*at != ' ' && *at != '\0')
			at++;
		at += *at == ' ';
	}
	if (at[0] == '0' && at[1] == 'x') {
		at += 2;
		thread->stack = base_hex_at(&at);
	}
}

/* Lets go of those that will not answer; of all that have not when `patience` is out. */
static void look(struct leaks_threads *threads, int patience)
{
	for (uint32_t i = 0; i < threads->count; i++) {
		struct leaks_thread *thread = &threads->items[i];
		int can;

		if (leaks_thread_state(thread) != LEAKS_THREAD_ASKED)
			continue;
		can = can_answer(thread);
		if (can == 0)
			settle(thread, stop.round, LEAKS_THREAD_GONE);
		else if (patience == 0 || (can < 0 && patience <= LOOKS - LOOKS_BLOCKED))
			miss_thread(threads, thread);
	}
}

static uint32_t count_open(const struct leaks_threads *threads)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < threads->count; i++)
		open += leaks_thread_state(&threads->items[i]) == LEAKS_THREAD_ASKED;
	return open;
}

static void wait_for_answers(struct leaks_threads *threads)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};

	for (int patience = LOOKS; count_open(threads) > 0;) {
		uint32_t held = base_load_acquire(&stop.held);

		if (count_open(threads) == 0)
			return;
		if (futex(&stop.held, FUTEX_WAIT, held, &pause) == -ETIMEDOUT)
			look(threads, patience > 0 ? patience-- : 0);
	}
}

/* The same memory for every scan, and never unmapped: a handler may look at it late. */
static int prepare_list(struct leaks_threads *threads)
{
	if (stop.items == NULL) {
		void *memory = base_map_memory(THREADS_MAX * sizeof(*stop.items),
					       PROT_READ | PROT_WRITE, MAP_NORESERVE);

		if (base_is_error(memory))
			return -ENOMEM;
		stop.items = memory;
	}
	*threads = (struct leaks_threads){.items = stop.items};
	return 0;
}

static void ask(struct leaks_threads *threads, struct leaks_thread *thread)
{
	siginfo_t info = {
		.si_signo = SIGNAL,
		.si_code = SI_QUEUE,
		.si_errno = (int)stop.round,
	};
	long error;

	info.si_value.sival_ptr = &stop;
	error = BASE_SYSCALL4(SYS_rt_tgsigqueueinfo, BASE_SYSCALL0(SYS_getpid), thread->tid, SIGNAL,
			      &info);
	if (error == -ESRCH)
		settle(thread, stop.round, LEAKS_THREAD_GONE);
	else if (error != 0) /* RLIMIT_SIGPENDING */
		miss_thread(threads, thread);
}

int leaks_threads_hold(struct leaks_threads *threads)
{
	uint32_t asked = 0;
	int rounds = 0;
	long added = prepare_list(threads);

	if (added != 0)
		return (int)added;
	added = add_threads(threads);
	if (added > 0 && take_signal() != 0)
		added = -EBUSY;
	base_store_release(&stop.threads, threads);
	/* Until all are held and no more come. */
	while (added > 0) {
		for (; asked < threads->count; asked++)
			ask(threads, &threads->items[asked]);
		wait_for_answers(threads);
		added = ++rounds < ROUNDS ? add_threads(threads) : -EAGAIN;
	}
	if (added < 0)
		leaks_threads_release();
	return (int)added;
}

void leaks_threads_release(void)
{
	base_store_release(&stop.threads, NULL);
	__atomic_fetch_add(&stop.round, 1, __ATOMIC_RELEASE);
	futex(&stop.round, FUTEX_WAKE, INT32_MAX, NULL);
}

void leaks_threads_forked(void)
{
	base_store_relaxed(&stop.threads, NULL);
}
