// SPDX-License-Identifier: BSD-2-Clause
// ends.cpp - allocation before main, after it, and at the very end of threads
//
// What is expected is known beforehand, because nobody can print after the last destructor.
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "host.h"
}

extern "C" HOST_SITE void *ends_static(std::size_t size);
extern "C" HOST_SITE void *ends_key(std::size_t size);
extern "C" HOST_SITE void *ends_local(std::size_t size);

void *ends_static(std::size_t size)
{
	void *block = std::malloc(size);
	HOST_NO_TAIL_CALL(block);
	return block;
}

void *ends_key(std::size_t size)
{
	void *block = std::calloc(1, size);
	HOST_NO_TAIL_CALL(block);
	return block;
}

void *ends_local(std::size_t size)
{
	void *block = std::realloc(nullptr, size);
	HOST_NO_TAIL_CALL(block);
	return block;
}

namespace
{
constexpr int threads = 20;
constexpr int rounds = 4; // PTHREAD_DESTRUCTOR_ITERATIONS

void *early;

// The earliest and the last code of a program that is its own.
__attribute__((constructor(101))) void first()
{
	early = ends_static(1000);
}

__attribute__((destructor(101))) void last()
{
	std::free(early);
	std::free(ends_static(3000));
	ends_static(10);
}

void at_exit()
{
	std::free(ends_static(2000));
}

struct global_object {
	std::vector<std::string> texts{std::string(100, 'a'), std::string(200, 'b')};
	void *block = ends_static(50);

	~global_object()
	{
		std::free(block);
		std::free(ends_static(60));
	}
};

global_object object;

pthread_key_t key;

// Called again and again as long as it leaves a value: the last call comes as late as can be.
void key_destructor(void *value)
{
	std::free(value);
	pthread_setspecific(key, ends_key(300));
}

struct thread_object {
	void *block = ends_local(70);

	~thread_object()
	{
		std::free(block);
		std::free(ends_local(80));
	}
};

thread_local thread_object local;

void work()
{
	std::memset(local.block, 1, 70);
	pthread_setspecific(key, ends_key(300));
}
} // namespace

int main()
{
	std::atexit(at_exit);
	pthread_key_create(&key, key_destructor);
	for (int i = 0; i < threads; i++)
		std::thread(work).join();
	const host_tally expected[] = {
		// first, last twice, at_exit, object twice; the block of ten is left over
		{"ends_static", 6, 5, 1000 + 3000 + 10 + 2000 + 50 + 60,
		 1000 + 3000 + 2000 + 50 + 60},
		// one by the thread, one by each round; the last round's value is lost
		{"ends_key", threads * (1 + rounds), threads * rounds, threads * (1 + rounds) * 300,
		 threads * rounds * 300},
		{"ends_local", threads * 2, threads * 2, threads * 150, threads * 150},
	};
	for (const host_tally &tally : expected)
		host_expect(&tally);
}
