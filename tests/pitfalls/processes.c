// SPDX-License-Identifier: BSD-2-Clause
/*
 * processes.c - hosts that fork, clone, daemonise, confine themselves, and change who they are
 */
#include "pitfall.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void reap(pid_t child)
{
	int status = -1;

	must(child > 0 && waitpid(child, &status, 0) == child);
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static atomic_int stop;

/* Leaves the processors to the one that forks, whenever it has something to do. */
static void *churner(void *argument)
{
	unsigned seed = (unsigned)(size_t)argument;

	must(setpriority(PRIO_PROCESS, (id_t)gettid(), 19) == 0);
	while (!atomic_load(&stop))
		pitfall_churn(seed++);
	return NULL;
}

/* Four children at a time, of which all but every third use the heap they inherit. */
static void fork_four(int first, char **inherited)
{
	pid_t children[4];

	for (int i = 0; i < 4; i++) {
		int number = first + i;

		children[i] = fork();
		if (children[i] != 0)
			continue;
		if (number % 3 != 0) {
			free(inherited[number % 64]);
			pitfall_churn((unsigned)number);
		}
		if (number % 5 == 0)
			exit(0);
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		reap(children[i]);
}

/* Forks at any moment of four threads' allocations; the children allocate, free and leave. */
static void fork_storm(const char *argument)
{
	enum { THREADS = 4 };

	pthread_t threads[THREADS];
	int forks = atoi(argument);
	char *inherited[64];

	for (int i = 0; i < 64; i++)
		must((inherited[i] = calloc(1, 100 + (size_t)i * 97)) != NULL);
	for (size_t i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, churner, (void *)(i * 7919)) == 0);
	for (int i = 0; i < forks; i += 4)
		fork_four(i, inherited);
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++)
		must(pthread_join(threads[i], NULL) == 0);
	printf("%d forks\n", forks);
}

static atomic_int forks_left;

static void *forker(void *argument)
{
	while (atomic_fetch_sub(&forks_left, 1) > 0) {
		pid_t child = fork();

		if (child == 0) {
			free(argument);
			free(malloc(100));
			_exit(0);
		}
		reap(child);
	}
	return NULL;
}

/* Forks in many threads at once. */
static void fork_race(const char *argument)
{
	enum { THREADS = 16 };

	pthread_t threads[THREADS];
	int forks = atoi(argument);

	atomic_store(&forks_left, forks);
	for (int i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, forker, malloc(1000)) == 0);
	for (int i = 0; i < THREADS; i++)
		must(pthread_join(threads[i], NULL) == 0);
	printf("%d forks\n", forks);
}

/*
 * Children made past libc: no handler of fork runs in them. Each has the parent's 100 blocks and
 * frees 50 of them; the parent's figures are not theirs to change.
 */
void raw_fork(const char *unused);

void raw_fork(const char *unused)
{
	char *inherited[100];

	(void)unused;
	for (size_t i = 0; i < 100; i++)
		must((inherited[i] = malloc(i % 10 == 0 ? 20000 * (i + 1) : i * 30 + 1)) != NULL);
	for (int round = 0; round < 6; round++) {
		pid_t child =
			round % 2 == 0 ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : _Fork();

		if (child == 0) {
			for (int i = 0; i < 50; i++)
				free(inherited[i]);
			for (int i = 0; i < 20; i++)
				pitfall_churn((unsigned)i);
			_exit(0);
		}
		reap(child);
	}
	for (int i = 0; i < 100; i++)
		free(inherited[i]);
	puts("done");
}

static int share_memory(void *argument)
{
	char **block = argument;

	free(block[0]);
	block[0] = malloc(12345);
	memset(block[0], 7, 12345);
	return pitfall_churn(5) > 0 ? 0 : 1;
}

/* A child in our memory while we wait: what vfork and posix_spawn do, by hand. */
static void clone_vm(const char *unused)
{
	enum { STACK = 1 << 18 };

	char *block = malloc(10);
	char *stack = malloc(STACK);

	(void)unused;
	for (int i = 0; i < 50; i++)
		reap(clone(share_memory, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, &block));
	must(block[0] == 7 && block[12344] == 7);
	free(block);
	free(stack);
	puts("done");
}

/* A daemon of the old school: two forks, a session of its own, every descriptor closed. */
static void daemonise(const char *path)
{
	char text[64] = "";
	pid_t child = fork();

	if (child == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		closefrom(0);
		umask(0);
		must(chdir("/") == 0);
		int made = pitfall_churn(3);
		int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

		/* It is the first descriptor: nobody else holds one. */
		int length = snprintf(text, sizeof text, "%d blocks, descriptor %d\n", made, file);
		must(write(file, text, (size_t)length) == length);
		exit(0);
	}
	reap(child);
	for (int i = 0; i < 1000; i++) {
		int file = open(path, O_RDONLY);

		if (file >= 0 && read(file, text, sizeof text - 1) > 0)
			break;
		if (file >= 0)
			close(file);
		usleep(10000);
	}
	printf("the daemon: %s", text);
}

/* Call sites that have not been seen before the sandbox closes: one each. */
#define FRESH(name, size)                                \
	__attribute__((noinline)) static void name(void) \
	{                                                \
		char *volatile block = malloc(size);     \
		must(block != NULL);                     \
		block[0] = 1;                            \
		free(block);                             \
	}
FRESH(fresh_small, 40)
FRESH(fresh_middle, 5000)
FRESH(fresh_big, 100000)
FRESH(fresh_huge, 50 << 20)

/* Only read, write, exit and sigreturn are left. Memory taken before must do. */
static void seccomp_strict(const char *unused)
{
	char *pool[64];

	(void)unused;
	for (int i = 0; i < 64; i++)
		must((pool[i] = malloc(100)) != NULL);
	for (int i = 0; i < 64; i++)
		free(pool[i]);
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	for (int i = 0; i < 64; i++)
		pool[i] = malloc(100);
	fresh_small();
	/* Enough that stacks are sampled. */
	for (int i = 0; i < 100000; i++)
		free(malloc(100));
	for (int i = 0; i < 64; i++)
		free(pool[i]);
	must(write(STDOUT_FILENO, "confined\n", 9) == 9);
	syscall(SYS_exit, 0);
}

/* Lets pass what an allocator needs; anything else kills the process. */
static void install_filter(int by_syscall)
{
	static const int allowed[] = {
		SYS_mmap,     SYS_munmap, SYS_madvise,    SYS_mremap,    SYS_brk,
		SYS_mprotect, SYS_futex,  SYS_exit_group, SYS_write,     SYS_newfstatat,
		SYS_exit,     SYS_fstat,  SYS_lseek,      SYS_getrandom,
	};

	enum { ALLOWED = sizeof allowed / sizeof allowed[0] };
	struct sock_filter filter[ALLOWED + 3];
	struct sock_fprog program = {.len = ALLOWED + 3, .filter = filter};

	filter[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (int i = 0; i < ALLOWED; i++)
		filter[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							     (unsigned)allowed[i],
							     (unsigned char)(ALLOWED - i), 0);
	filter[ALLOWED + 1] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	filter[ALLOWED + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (by_syscall)
		must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
	else
		must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void seccomp_filter(const char *how)
{
	install_filter(strcmp(how, "syscall") == 0);
	fresh_small();
	fresh_middle();
	fresh_big();
	fresh_huge();
	printf("%d blocks\n", pitfall_churn(1));
}

/* What would the library open once there is nothing to open? */
static void chrooted(const char *directory)
{
	pid_t child;

	fresh_small();
	must(chroot(directory) == 0 && chdir("/") == 0);
	fresh_middle();
	fresh_big();
	child = fork();
	if (child == 0) {
		pitfall_churn(2);
		exit(0);
	}
	reap(child);
	printf("%d blocks\n", pitfall_churn(1));
}

static void become_nobody(const char *unused)
{
	const struct passwd *nobody = getpwnam("nobody");

	(void)unused;
	must(nobody != NULL && setgroups(0, NULL) == 0);
	must(setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) == 0);
	must(setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) == 0);
	pitfall_churn(1);
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();

		if (child == 0) {
			pitfall_churn(2);
			exit(0);
		}
		reap(child);
	}
	puts("done");
}

/* Everything that a host may do to its environment and its locale. */
static void environment(const char *unused)
{
	char *kept = malloc(64);

	(void)unused;
	strcpy(kept, "POOLTAG_OPTIONS=stack=4");
	must(putenv(kept) == 0);
	must(setenv("LD_PRELOAD", "", 1) == 0);
	pitfall_churn(1);
	must(clearenv() == 0);
	free(kept);
	pitfall_churn(2);
	environ = NULL;
	must(setlocale(LC_ALL, "C.UTF-8") != NULL);
	pitfall_churn(3);
	static char *empty[] = {NULL};

	environ = empty;
	for (int i = 0; i < 100; i++)
		must(setenv("SOME_NAME", "some value", 1) == 0 && unsetenv("SOME_NAME") == 0);
	printf("%d blocks\n", pitfall_churn(4));
}

/* Memory is out, as the limit on address space has it; then it is there again. */
static void out_of_memory(const char *unused)
{
	struct rlimit limit;
	struct rlimit short_limit;
	char *blocks[4096];
	int count = 0;
	int failures = 0;

	(void)unused;
	must(getrlimit(RLIMIT_AS, &limit) == 0);
	short_limit = limit;
	short_limit.rlim_cur = 400 << 20;
	must(setrlimit(RLIMIT_AS, &short_limit) == 0);
	while (count < 4096 && (blocks[count] = malloc(1 << 20)) != NULL)
		count++;
	must(count > 50 && count < 4096 && errno == ENOMEM);
	for (int i = 0; i < 100; i++)
		failures += malloc(100 << 20) == NULL;
	errno = 0;
	must(realloc(blocks[0], 300 << 20) == NULL && errno == ENOMEM);
	for (int i = 0; i < count; i++)
		free(blocks[i]);
	must(setrlimit(RLIMIT_AS, &limit) == 0);
	printf("%d failures, %d blocks\n", failures, pitfall_churn(1));
}

/* Huge pages asked for all over the heap, and the opposite. */
static void huge_pages(const char *unused)
{
	(void)unused;
	for (int round = 0; round < 4; round++) {
		size_t size = (size_t)8 << 20;
		char *block = aligned_alloc(2 << 20, size);

		must(block != NULL);
		madvise(block, size, round % 2 == 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		memset(block, round, size);
		must(madvise(block, size, MADV_DONTNEED) == 0 && block[size - 1] == 0);
		free(block);
		must(prctl(PR_SET_THP_DISABLE, round % 2, 0, 0, 0) == 0);
	}
	printf("%d blocks\n", pitfall_churn(1));
}

int main(int argc, char **argv)
{
	static const struct pitfall pitfalls[] = {
		{"fork-storm", fork_storm},
		{"fork-race", fork_race},
		{"raw-fork", raw_fork},
		{"clone-vm", clone_vm},
		{"daemonise", daemonise},
		{"seccomp-strict", seccomp_strict},
		{"seccomp-filter", seccomp_filter},
		{"chroot", chrooted},
		{"nobody", become_nobody},
		{"environment", environment},
		{"out-of-memory", out_of_memory},
		{"huge-pages", huge_pages},
	};

	return pitfall_main(pitfalls, sizeof pitfalls / sizeof pitfalls[0], argc, argv);
}
