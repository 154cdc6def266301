// SPDX-License-Identifier: BSD-2-Clause
// locals.cpp - thread_local objects that allocate while they are made and while they are destroyed
//
// Usage: locals. Prints what poolmon has to show, as many.c does.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#define SITE __attribute__((noinline))

extern "C" SITE void *locals_made(std::size_t size);
extern "C" SITE void *locals_destroyed(std::size_t size);
extern "C" SITE void *locals_crossed(std::size_t size);

void *locals_made(std::size_t size)
{
	void *block = std::malloc(size);
	__asm__ volatile("" : "+r"(block)::"memory");
	return block;
}

void *locals_destroyed(std::size_t size)
{
	void *block = std::malloc(size);
	__asm__ volatile("" : "+r"(block)::"memory");
	return block;
}

void *locals_crossed(std::size_t size)
{
	void *block = std::malloc(size);
	__asm__ volatile("" : "+r"(block)::"memory");
	return block;
}

namespace
{
constexpr unsigned long rounds = 500;

struct inner {
	void *block = locals_made(40);

	~inner()
	{
		std::free(block);
		std::free(locals_destroyed(20));
	}
};

// Made for the first time while another one is destroyed: its own destructor comes after.
inner &last_made()
{
	thread_local inner object;
	return object;
}

struct outer {
	void *block = locals_made(1000);
	void *crossed = locals_crossed(3000);

	~outer()
	{
		last_made();
		std::free(block);
		std::free(locals_destroyed(30000));
		std::free(crossed);
	}
};

thread_local outer object;
thread_local std::vector<std::unique_ptr<outer>> objects;

void work()
{
	object.crossed = std::realloc(object.crossed, 3000);
	objects.push_back(std::make_unique<outer>());
}

void expect(const char *function, unsigned long calls, unsigned long bytes)
{
	std::printf("expect %s %lu %lu %lu %lu\n", function, calls, calls, bytes, bytes);
}
} // namespace

int main()
{
	for (unsigned long i = 0; i < rounds; i++) {
		std::thread first(work), second(work);
		first.join();
		second.join();
	}
	// Two outers a thread, and an inner.
	const unsigned long threads = 2 * rounds;
	expect("locals_made", 3 * threads, threads * (2 * 1000 + 40));
	expect("locals_destroyed", 3 * threads, threads * (2 * 30000 + 20));
	expect("locals_crossed", 2 * threads, threads * 2 * 3000);
}
