/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/team.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>

#define STACK_BYTES ((size_t)64 * 1024)

/* A thread like pthread_create's, part of the process in everything, but without libc's parts. */
#define FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static struct {
	void (*work)(uint32_t number);
	uint32_t running; /* futex: helpers that are not done */
} team;

uint32_t leaks_team_size = 1;

uint32_t leaks_team_wanted(void)
{
	uint64_t mask[128] = {0};
	long bytes = BASE_SYSCALL3(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	uint32_t processors = 0;

	for (long i = 0; i < bytes / (long)sizeof(mask[0]); i++)
		processors += (uint32_t)__builtin_popcountl(mask[i]);
	return (uint32_t)base_min(base_max(processors, 1), LEAKS_TEAM_MAX);
}

static void help(uint32_t number)
{
	team.work(number);
	if (__atomic_sub_fetch(&team.running, 1, __ATOMIC_ACQ_REL) == 0)
		BASE_SYSCALL3(SYS_futex, &team.running, FUTEX_WAKE_PRIVATE, 1);
}

/* Calls help(number) in a new thread, on a stack that ends at `top`. 0 or a negative errno. */
static long spawn(uint32_t number, uintptr_t top)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	uint64_t *start = (uint64_t *)top - 2;
	long result;

	start[0] = (uint64_t)(uintptr_t)help;
	start[1] = number;
	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "popq %%rax\n\t"
			 "popq %%rdi\n\t"
			 "callq *%%rax\n\t"
			 "movl %[exit], %%eax\n\t"
			 "xorl %%edi, %%edi\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(result)
			 : "a"((long)SYS_clone), "D"((long)FLAGS), "S"(start), "d"(0l), "r"(r10),
			   "r"(r8), [exit] "i"(SYS_exit)
			 : "rcx", "r11", "memory");
	return result < 0 ? result : 0;
}

void leaks_team_run(void (*work)(uint32_t number))
{
	uint32_t running;

	team.work = work;
	for (uint32_t number = 1; number < leaks_team_size; number++) {
		char *stack = base_map_memory(STACK_BYTES, PROT_READ | PROT_WRITE, MAP_NORESERVE);

		if (base_is_error(stack))
			break;
		__atomic_add_fetch(&team.running, 1, __ATOMIC_ACQ_REL);
		if (spawn(number, (uintptr_t)stack + STACK_BYTES) != 0) {
			__atomic_sub_fetch(&team.running, 1, __ATOMIC_ACQ_REL);
			base_munmap(stack, STACK_BYTES);
			break;
		}
	}
	work(0);
	while ((running = base_load_acquire(&team.running)) != 0)
		BASE_SYSCALL4(SYS_futex, &team.running, FUTEX_WAIT_PRIVATE, running, NULL);
}
