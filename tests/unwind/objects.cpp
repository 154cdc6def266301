// SPDX-License-Identifier: BSD-2-Clause
// objects.cpp - stacks of C++: exceptions in flight, callbacks of templates, threads of std
//
// Usage: objects. Prints TAP. Built with several compilers and options (meson.build).
#include "compare.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{
int tests, failures;
compare_stack worst;
unsigned long stacks, deepest;

__attribute__((noinline)) void here()
{
	const compare_stack stack = compare_here();

	if (stack.end > worst.end)
		worst = stack;
	deepest = std::max(deepest, stack.frames);
	stacks++;
	__asm__ volatile("" ::: "memory");
}

void expect(const char *name, unsigned long least)
{
	const bool passed = stacks > 0 && worst.end == COMPARE_WHOLE && deepest >= least;

	std::printf("%sok %d - %s: %lu stacks, deepest %lu\n", passed ? "" : "not ", ++tests, name,
		    stacks, deepest);
	if (!passed) {
		failures++;
		std::printf("# %s from %#lx by rule %lu after %lu: we %#lx sp %#lx, they %#lx sp "
			    "%#lx\n",
			    compare_end_name(worst.end), worst.address, worst.rule, worst.frames,
			    worst.ours, worst.our_sp, worst.theirs, worst.their_sp);
	}
	worst = {};
	stacks = deepest = 0;
}

// Looks while the exception passes, that is below _Unwind_RaiseException or _Unwind_Resume.
struct looks_when_destroyed {
	~looks_when_destroyed()
	{
		here();
	}
};

__attribute__((noinline)) int thrower(int depth)
{
	looks_when_destroyed object;

	if (depth == 0)
		throw std::runtime_error("thrown");
	return thrower(depth - 1) + 1;
}

__attribute__((noinline)) int rethrower(int depth)
{
	looks_when_destroyed object;

	try {
		return thrower(depth);
	} catch (const std::exception &) {
		here();
		throw;
	}
}

// Its copy constructor runs between the throw and the search for a handler.
struct looks_when_copied {
	looks_when_copied() = default;

	looks_when_copied(const looks_when_copied &)
	{
		here();
	}
};

__attribute__((noinline)) void throws_copy(const looks_when_copied &object)
{
	throw object;
}

struct base {
	virtual ~base() = default;
	virtual int virtual_call(int depth) = 0;
};

struct derived : base {
	int virtual_call(int depth) override
	{
		here();
		return depth > 0 ? virtual_call(depth - 1) + 1 : 0;
	}
};

template <typename T> struct allocates_oddly {
	using value_type = T;

	T *allocate(std::size_t count)
	{
		here();
		return static_cast<T *>(::operator new(count * sizeof(T)));
	}

	void deallocate(T *block, std::size_t)
	{
		::operator delete(block);
	}
};

void algorithms()
{
	std::vector<int> numbers(3000);
	std::map<std::string, int> names;
	int calls = 0;

	for (std::size_t i = 0; i < numbers.size(); i++)
		numbers[i] = static_cast<int>(i * 7919 % 3001);
	std::sort(numbers.begin(), numbers.end(), [&](int a, int b) {
		if (calls++ % 100 == 0)
			here();
		return a < b;
	});
	std::stable_sort(numbers.begin(), numbers.end(), [&](int a, int b) {
		if (calls++ % 100 == 0)
			here();
		return a > b;
	});
	expect("std::sort, std::stable_sort", 3);
	std::function<int(int)> recursive = [&](int depth) {
		here();
		return depth > 0 ? recursive(depth - 1) + 1 : 0;
	};
	recursive(10);
	expect("std::function", 12);
	std::vector<int, allocates_oddly<int>> odd;
	for (int i = 0; i < 1000; i++)
		odd.push_back(i);
	expect("an allocator in std::vector", 2);
	std::shared_ptr<void> deleter(nullptr, [](void *) { here(); });
	deleter.reset();
	expect("a deleter of std::shared_ptr", 3);
	std::unique_ptr<base> object = std::make_unique<derived>();
	object->virtual_call(5);
	expect("virtual calls", 4);
}

void threads()
{
	std::thread([] { here(); }).join();
	expect("std::thread", 2);
	std::async(std::launch::async, [] { here(); }).get();
	expect("std::async", 4);
	static std::once_flag once;
	std::call_once(once, [] { here(); });
	expect("std::call_once", 3);
}

void exceptions()
{
	try {
		thrower(5);
	} catch (const std::exception &) {
		here();
	}
	expect("an exception in flight", 4);
	try {
		rethrower(3);
	} catch (const std::exception &) {
		here();
	}
	expect("an exception thrown again", 4);
	try {
		throws_copy(looks_when_copied());
	} catch (const looks_when_copied &) {
		here();
	}
	expect("while an exception is copied", 3);
	try {
		std::vector<int>().at(3);
	} catch (const std::out_of_range &) {
		here();
	}
	expect("an exception of libstdc++", 2);
}
} // namespace

int main()
{
	exceptions();
	algorithms();
	threads();
	std::printf("1..%d\n", tests);
	return failures != 0;
}
